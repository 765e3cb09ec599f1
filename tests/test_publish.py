"""Reconcile, never append: whatever happened before, the forge ends in the wanted state."""

from __future__ import annotations

from dataclasses import replace

from bot.checkruns import names
from bot.model import CheckStatus, Comment, Report
from bot.publish import Desk
from checks.model import Severity
from tests.plain_forge import PlainForge, pull
from tests.reports import HEAD, cost, finding, report


def publish(forge: PlainForge, said: Report, seq: int = 1, *, newest: bool = True) -> bool:
    desk = Desk(forge=forge, pull=pull(), seq=seq)
    desk.start(said.change.head_sha)
    return desk.finish(said, lambda: newest)


def test_a_verdict_is_one_comment_and_every_check_run_completed() -> None:
    forge = PlainForge()
    assert publish(forge, report(finding(), delta=cost()))
    assert sorted(r.name for r in forge.runs) == sorted(names())
    assert forge.pending() == []
    assert len(forge.remarks) == 1
    assert forge.remarks[0].body.startswith(f"<!-- plumbline:report head={HEAD} seq=1 -->")


def test_the_gating_run_turns_final_last() -> None:
    forge = PlainForge()
    publish(forge, report(finding()))
    final = {r.name: r.status for r in forge.runs}
    assert final["plumbline"] is CheckStatus.FAILURE
    assert final["plumbline/policy"] is CheckStatus.FAILURE
    assert final["plumbline/cost"] is CheckStatus.SUCCESS


def test_the_same_report_again_writes_nothing_new() -> None:
    forge = PlainForge()
    said = report(delta=cost())
    publish(forge, said)
    before = (list(forge.runs), list(forge.remarks))
    desk = Desk(forge=forge, pull=pull(), seq=2)
    writes = forge.writes
    desk.finish(said, lambda: True)
    assert forge.writes == writes
    assert (forge.runs, forge.remarks) == before


def test_a_report_with_annotations_again_finds_its_own_runs() -> None:
    forge = PlainForge()
    publish(forge, report(finding()))
    publish(forge, report(finding()), seq=2)
    assert len(forge.runs) == len(names())


def test_other_annotations_are_another_run_since_github_takes_none_back() -> None:
    forge = PlainForge()
    publish(forge, report(finding()))
    publish(forge, report(finding(message="another")), seq=2)
    policy = [r for r in forge.runs if r.name == "plumbline/policy"]
    assert len(policy) == 2
    assert all(len(r.annotations) == 1 for r in policy)


def test_an_older_judgement_never_overwrites_a_newer_one() -> None:
    forge = PlainForge()
    publish(forge, report(finding(), head="d" * 40), seq=7)
    body = forge.remarks[0].body
    publish(forge, report(), seq=6)
    assert forge.remarks[0].body == body


def test_a_superseded_judgement_writes_no_comment() -> None:
    forge = PlainForge()
    assert not publish(forge, report(finding()), newest=False)
    assert forge.remarks == []


def test_surplus_comments_are_removed_and_strangers_are_left() -> None:
    forge = PlainForge()
    publish(forge, report(finding()))
    forge.remarks.append(replace(forge.remarks[0], id="again"))
    forge.remarks.append(Comment(id="chat", body="see <!-- plumbline:report --> above"))
    publish(forge, report(finding(Severity.WARN)), seq=2)
    assert [c.id for c in forge.remarks][1:] == ["chat"]


def test_nothing_relevant_is_silent_but_its_check_run_says_so() -> None:
    forge = PlainForge()
    publish(forge, report(files=0))
    assert forge.remarks == []
    gate = next(r for r in forge.runs if r.name == "plumbline")
    assert (gate.status, gate.title) == (CheckStatus.SUCCESS, "0 infrastructure files changed")


def test_what_becomes_irrelevant_is_resolved_in_place() -> None:
    forge = PlainForge()
    publish(forge, report(finding()))
    publish(forge, report(files=0, head="e" * 40), seq=2)
    assert len(forge.remarks) == 1
    assert "resolved" in forge.remarks[0].body


def test_unfinished_runs_of_an_old_head_are_ended() -> None:
    forge = PlainForge()
    desk = Desk(forge=forge, pull=pull(), seq=1)
    desk.start("f" * 40)
    assert desk.end_unfinished("f" * 40, "Superseded", "A newer head.") == 1
    assert desk.end_unfinished("f" * 40, "Superseded", "A newer head.") == 0
    assert forge.runs[0].status is CheckStatus.CANCELLED


def test_giving_up_fails_the_gate_and_says_why() -> None:
    forge = PlainForge()
    desk = Desk(forge=forge, pull=pull(), seq=1)
    desk.start(HEAD)
    desk.give_up(HEAD, "It was tried 3 times.")
    assert forge.runs[0].status is CheckStatus.FAILURE
    assert "It was tried 3 times." in forge.runs[0].summary


def test_another_pull_request_on_the_same_commit_keeps_its_runs() -> None:
    forge = PlainForge()
    publish(forge, report())
    other = Desk(forge=forge, pull=pull(2), seq=1)
    other.start(HEAD)
    assert len([r for r in forge.runs if r.name == "plumbline"]) == 2

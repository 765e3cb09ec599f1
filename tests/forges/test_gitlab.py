"""The adapter against the simulated GitLab: what it reads and writes."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forges import Forge, ForgeApp, ForgeError
from bot.forges.gitlab import inert, meant
from bot.model import CheckStatus, Comment, PullRequest
from bot.retry import Later
from tests.forge.faults import Effect
from tests.forges.gitlab_rig import AMBIGUOUS, PROJECT, Rig, served

MARKER = "<!-- plumbline:report"
FAULTS = [pytest.param(fault, id=name) for name, fault in AMBIGUOUS.items()]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as rig:
        yield rig


def test_it_is_a_forge_of_an_app(rig: Rig) -> None:
    app: ForgeApp = rig.app()
    forge: Forge = app.acting_for(PROJECT)
    assert (app.name, forge.name, forge.annotates) == ("gitlab", "gitlab", False)


def test_a_merge_request_is_read_as_it_is(rig: Rig) -> None:
    assert rig.forge().pull_request(PROJECT, rig.pull.iid) == PullRequest(
        project=PROJECT,
        number=rig.pull.iid,
        base_ref="main",
        base_sha=rig.pull.base_sha,
        head_sha=rig.pull.head_sha,
        is_open=True,
        is_draft=False,
        author="alice",
        url=f"{rig.fake.url}/{PROJECT}/-/merge_requests/{rig.pull.iid}",
    )


def test_a_draft_from_a_deleted_fork_is_read(rig: Rig) -> None:
    rig.project.commit("forked", {"b.yaml": "b: 1\n"})
    pull = rig.project.open_merge_request(
        "forked", fork="mallory/infra", author="mallory", draft=True
    )
    rig.fake.project("mallory/infra").delete()
    read = rig.forge().pull_request(PROJECT, pull.iid)
    assert read is not None
    assert (read.is_draft, read.author, read.head_sha) == (True, "mallory", pull.head_sha)


def test_closed_and_merged_ones_are_not_open(rig: Rig) -> None:
    rig.pull.close()
    closed = rig.forge().pull_request(PROJECT, rig.pull.iid)
    rig.pull.reopen()
    rig.pull.merge()
    merged = rig.forge().pull_request(PROJECT, rig.pull.iid)
    assert closed is not None
    assert merged is not None
    assert not closed.is_open
    assert not merged.is_open


def test_what_gitlab_still_prepares_is_for_later(rig: Rig) -> None:
    rig.project.commit("new", {"b.yaml": "b: 1\n"})
    pull = rig.project.open_merge_request("new", preparing=2)
    forge = rig.forge()
    assert [each.number for each in forge.open_pull_requests(PROJECT)] == [rig.pull.iid]
    for _ in range(2):
        with pytest.raises(Later, match=f"preparing {PROJECT}!{pull.iid}"):
            forge.pull_request(PROJECT, pull.iid)
    read = forge.pull_request(PROJECT, pull.iid)
    assert read is not None
    assert read.head_sha == pull.head_sha


@pytest.mark.parametrize("project", ["acme/nothing", "stranger/infra"])
def test_a_project_that_we_do_not_see_has_no_merge_requests(rig: Rig, project: str) -> None:
    rig.fake.create_project("stranger/infra", level=0)
    assert rig.forge().pull_request(project, 1) is None
    assert rig.forge().branch_tip(project, "main") is None
    with pytest.raises(ForgeError, match="make the bot's user a Developer"):
        list(rig.forge().open_pull_requests(project))


def test_there_is_no_merge_request_of_another_number(rig: Rig) -> None:
    assert rig.forge().pull_request(PROJECT, 99) is None


def test_the_tip_of_a_branch_is_read_whatever_its_name(rig: Rig) -> None:
    sha = rig.project.commit("feat/a.b#1", {"b.yaml": "b: 1\n"})
    forge = rig.forge()
    assert forge.branch_tip(PROJECT, "feat/a.b#1") == sha
    assert forge.branch_tip(PROJECT, "feat") is None


def test_open_merge_requests_come_from_every_page(rig: Rig) -> None:
    for _ in range(101):
        rig.project.open_merge_request("change")
    rig.pull.close()
    read = [pull.number for pull in rig.forge().open_pull_requests(PROJECT)]
    assert read == list(range(2, 103))


def test_git_fetches_with_what_remote_gives(rig: Rig) -> None:
    remote = rig.forge().remote(PROJECT)
    config = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}
    listed = subprocess.run(
        ["git", "ls-remote", remote.url, "refs/heads/change"],
        env={"PATH": "/usr/bin:/bin", "GIT_CONFIG_VALUE_0": remote.header} | config,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split()[0] == rig.pull.head_sha
    assert base64.b64decode(remote.header.rpartition(" ")[2]).decode() == f"oauth2:{rig.fake.token}"
    assert rig.fake.token not in f"{remote} {remote.url}"


@pytest.mark.parametrize("status", list(CheckStatus))
@pytest.mark.parametrize("name", ["plumbline", "plumbline/cost"])
def test_a_check_run_comes_back_as_it_is_shown(rig: Rig, status: CheckStatus, name: str) -> None:
    forge = rig.forge()
    wanted = rig.run(status, name=name)
    made = forge.create_check_run(PROJECT, wanted)
    assert made.id
    assert list(forge.check_runs(PROJECT, wanted.head_sha)) == [made]
    assert replace(made, id="") == forge.shown(wanted) == forge.shown(forge.shown(wanted))
    assert (made.status is CheckStatus.IN_PROGRESS) == (status is CheckStatus.IN_PROGRESS)


@pytest.mark.parametrize(
    ("status", "title", "state", "said"),
    [
        (CheckStatus.NEUTRAL, "2 findings", "success", "pass with warnings: 2 findings"),
        (CheckStatus.NEUTRAL, "Pass with warnings: 2", "success", "Pass with warnings: 2"),
        (CheckStatus.ACTION_REQUIRED, "2 findings", "failed", "needs approval: 2 findings"),
        (CheckStatus.ACTION_REQUIRED, "needs approval: 2", "failed", "needs approval: 2"),
        (CheckStatus.CANCELLED, "Superseded", "canceled", "Superseded"),
        (CheckStatus.FAILURE, "x" * 300, "failed", "x" * 255),
    ],
)
def test_what_states_cannot_say_is_said_in_words(
    rig: Rig, status: CheckStatus, title: str, state: str, said: str
) -> None:
    rig.forge().create_check_run(PROJECT, rig.run(status, title=title))
    (made,) = rig.fake.statuses(PROJECT, rig.pull.head_sha)
    assert (made.name, made.state, made.description) == ("plumbline !1", state, said)


def test_annotations_do_not_make_another_run_of_it(rig: Rig) -> None:
    forge = rig.forge()
    name = "plumbline/cost"
    with_marks = replace(rig.run(name=name), external_id=f"plumbline:{rig.pull.iid}:{name}:0a1b")
    assert forge.shown(with_marks).external_id == f"plumbline:{rig.pull.iid}:{name}"


def test_a_link_that_is_too_long_is_left_out(rig: Rig) -> None:
    long = replace(rig.run(), details_url="https://plumbline.example/" + "x" * 230)
    made = rig.forge().create_check_run(PROJECT, long)
    assert made.details_url == ""


def test_a_run_that_names_no_merge_request_is_a_mistake(rig: Rig) -> None:
    with pytest.raises(ValueError, match="names no merge request"):
        rig.forge().create_check_run(PROJECT, replace(rig.run(), external_id="x"))


def test_only_our_statuses_are_seen_and_all_of_them(rig: Rig) -> None:
    theirs = rig.forge(token=rig.fake.issue_token("alice").value)
    theirs.create_check_run(PROJECT, rig.run(name="plumbline/policy"))
    rig.project.run_pipeline(rig.pull.head_sha, "change", job="plumbline")
    forge = rig.forge()
    names = [f"plumbline/n{n}" for n in range(101)]
    for name in names:
        forge.create_check_run(PROJECT, rig.run(name=name))
    assert [run.name for run in forge.check_runs(PROJECT, rig.pull.head_sha)] == names
    assert list(forge.check_runs(PROJECT, "f" * 40)) == []


@pytest.mark.parametrize("strict", [True, False])
def test_a_run_goes_from_begun_to_ended_and_begins_again(rig: Rig, strict: bool) -> None:
    rig.fake.refuses_repeats = strict
    forge = rig.forge()
    begun = forge.create_check_run(PROJECT, rig.run(CheckStatus.IN_PROGRESS))
    # Two jobs may both begin it; GitLab refuses to say twice that it runs.
    forge.update_check_run(PROJECT, begun, rig.run(CheckStatus.IN_PROGRESS, title="Again"))
    forge.update_check_run(PROJECT, begun, rig.run(CheckStatus.FAILURE, title="fail"))
    assert rig.states() == [("plumbline !1", "failed")]
    (ended,) = forge.check_runs(PROJECT, rig.pull.head_sha)
    assert (ended.status, ended.title) == (CheckStatus.FAILURE, "fail")
    forge.update_check_run(PROJECT, ended, rig.run(CheckStatus.IN_PROGRESS))
    assert rig.states() == [("plumbline !1", "running")]


def test_another_refusal_of_a_status_is_an_error(rig: Rig) -> None:
    rig.fake.refuses_repeats = True
    forge = rig.forge()
    wanted = replace(rig.run(), head_sha="f" * 40)
    with pytest.raises(ForgeError, match="404 Commit Not Found"):
        forge.create_check_run(PROJECT, wanted)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("status", [CheckStatus.IN_PROGRESS, CheckStatus.SUCCESS])
def test_a_status_is_set_once_whatever_happens_to_the_answer(
    rig: Rig, fault: Effect, status: CheckStatus
) -> None:
    forge = rig.forge()
    forge.create_check_run(PROJECT, rig.run(title="before"))
    rig.fake.faults.add("POST", "/statuses/", fault)
    forge.create_check_run(PROJECT, rig.run(status, title="after"))
    (run,) = forge.check_runs(PROJECT, rig.pull.head_sha)
    assert (run.status, run.title) == (status, "after")
    assert len(rig.states(retried=True)) == 2


def test_another_merge_request_of_the_same_head_does_not_replace_the_verdict(rig: Rig) -> None:
    rig.project.commit("lax", {"c.yaml": "c: 1\n"})
    other = rig.project.open_merge_request("change", target="lax")
    assert other.head_sha == rig.pull.head_sha
    forge = rig.forge()
    forge.create_check_run(PROJECT, rig.run(CheckStatus.FAILURE))
    forge.create_check_run(PROJECT, rig.run(CheckStatus.SUCCESS, pull=other))
    assert rig.states() == [("plumbline !1", "failed"), ("plumbline !2", "success")]
    ids = [run.external_id for run in forge.check_runs(PROJECT, rig.pull.head_sha)]
    assert ids == ["plumbline:1:plumbline", "plumbline:2:plumbline"]


def pipelines(rig: Rig) -> list[tuple[str, str, int]]:
    """(source, ref, how many of our statuses) of the head's pipelines in the target project."""
    ours = [s.pipeline.id for s in rig.fake.statuses(PROJECT, rig.pull.head_sha) if "!" in s.name]
    found = rig.fake.hub.state.pipelines_of(rig.project.state, rig.pull.head_sha)
    return [(p.source, p.ref, ours.count(p.id)) for p in found]


def test_a_status_joins_the_pipeline_that_decides(rig: Rig) -> None:
    rig.project.run_pipeline(rig.pull.head_sha, "elsewhere")
    rig.project.run_pipeline(rig.pull.head_sha, "change")
    rig.forge().create_check_run(PROJECT, rig.run())
    assert pipelines(rig) == [("push", "elsewhere", 0), ("push", "change", 1)]


def test_without_a_pipeline_a_status_makes_one_for_the_source_branch(rig: Rig) -> None:
    rig.project.git.set_ref("refs/heads/a-same-commit", rig.pull.head_sha)
    rig.forge().create_check_run(PROJECT, rig.run())
    assert pipelines(rig) == [("external", "change", 1)]


def test_a_pipeline_that_took_over_is_told_and_the_old_one_ends(rig: Rig) -> None:
    forge = rig.forge()
    forge.create_check_run(PROJECT, rig.run(CheckStatus.IN_PROGRESS))
    rig.project.run_pipeline(rig.pull.head_sha, "change")
    (begun,) = forge.check_runs(PROJECT, rig.pull.head_sha)
    assert begun.status is CheckStatus.IN_PROGRESS
    forge.update_check_run(PROJECT, begun, rig.run(CheckStatus.FAILURE))
    assert pipelines(rig) == [("external", "change", 1), ("push", "change", 1)]
    assert [state for name, state in rig.states() if "!" in name] == ["failed", "failed"]


def test_a_verdict_in_an_old_pipeline_does_not_count(rig: Rig) -> None:
    forge = rig.forge()
    forge.create_check_run(PROJECT, rig.run())
    rig.project.run_pipeline(rig.pull.head_sha, "change")
    assert list(forge.check_runs(PROJECT, rig.pull.head_sha)) == []


def test_a_status_on_an_older_head_can_be_ended(rig: Rig) -> None:
    forge = rig.forge()
    begun = forge.create_check_run(PROJECT, rig.run(CheckStatus.IN_PROGRESS))
    rig.project.push("change", {"a.yaml": "a: 2\n"})
    rig.project.run_pipeline(rig.pull.head_sha, "change")
    (old,) = forge.check_runs(PROJECT, begun.head_sha)
    ended = replace(old, status=CheckStatus.CANCELLED, title="Superseded")
    forge.update_check_run(PROJECT, old, ended)
    (status,) = rig.fake.statuses(PROJECT, begun.head_sha)
    assert (status.state, status.description) == ("canceled", "Superseded")


def test_a_commit_of_a_fork_has_its_status_in_the_target_project(rig: Rig) -> None:
    rig.project.commit("forked", {"b.yaml": "b: 1\n"})
    pull = rig.project.open_merge_request("forked", fork="mallory/infra", author="mallory")
    fork = rig.fake.project("mallory/infra")
    fork.add_member(rig.fake.bot.username)
    fork.run_pipeline(pull.head_sha, "forked")
    forge = rig.forge()
    made = forge.create_check_run(PROJECT, rig.run(pull=pull))
    (status,) = rig.fake.statuses(PROJECT, pull.head_sha)
    assert status.pipeline.ref == f"refs/merge-requests/{pull.iid}/head"
    assert list(forge.check_runs(PROJECT, pull.head_sha)) == [made]


def test_only_our_notes_are_seen_and_all_of_them(rig: Rig) -> None:
    forge, number = rig.forge(), rig.pull.iid
    first = forge.create_comment(PROJECT, number, f"{MARKER} 1 -->", MARKER)
    for _ in range(101):
        rig.fake.add_note(PROJECT, number, f"{MARKER} theirs -->")
    rig.fake.hub.remark(rig.pull.state, MARKER, rig.fake.bot)
    second = forge.create_comment(PROJECT, number, f"{MARKER} 2 -->", MARKER)
    assert list(forge.comments(PROJECT, number)) == [first, second]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_note_is_made_once_whatever_happens_to_the_answer(rig: Rig, fault: Effect) -> None:
    rig.fake.add_note(PROJECT, rig.pull.iid, f"{MARKER} not ours -->")
    rig.fake.faults.add("POST", "/notes", fault)
    made = rig.forge().create_comment(PROJECT, rig.pull.iid, f"{MARKER} 1 -->", MARKER)
    theirs, ours = rig.fake.notes(PROJECT, rig.pull.iid)
    assert made == Comment(id=str(ours.id), body=f"{MARKER} 1 -->")
    assert theirs.author.username == "mallory"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_note_is_edited_and_removed_even_if_the_answer_is_lost(rig: Rig, fault: Effect) -> None:
    forge, number = rig.forge(), rig.pull.iid
    made = forge.create_comment(PROJECT, number, "one", "one")
    rig.fake.faults.add("PUT", "/notes/", fault)
    forge.update_comment(PROJECT, number, made.id, "two")
    assert [comment.body for comment in forge.comments(PROJECT, number)] == ["two"]
    rig.fake.faults.add("DELETE", "/notes/", fault)
    forge.delete_comment(PROJECT, number, made.id)
    forge.delete_comment(PROJECT, number, made.id)
    assert list(forge.comments(PROJECT, number)) == []


def test_a_note_is_never_longer_than_gitlab_allows(rig: Rig) -> None:
    forge, body = rig.forge(), "ä" * 1_000_000
    made = forge.create_comment(PROJECT, rig.pull.iid, body, "ä")
    assert made.body == body
    for wrong in (body + "x", "/x\n" + body[3:]):
        with pytest.raises(ValueError, match="more than 1000000"):
            forge.update_comment(PROJECT, rig.pull.iid, made.id, wrong)


ACTS = "Found:\n/approve\n  /close\n\n/plumbline explain\n- a/b\n```\n/merge\n```\n/label ~x"


def test_what_strangers_wrote_is_no_quick_action_in_our_name(rig: Rig) -> None:
    forge, number = rig.forge(), rig.pull.iid
    made = forge.create_comment(PROJECT, number, ACTS, "Found")
    forge.update_comment(PROJECT, number, made.id, ACTS)
    assert rig.fake.quick_actions == []
    assert [comment.body for comment in forge.comments(PROJECT, number)] == [ACTS]
    (note,) = rig.fake.notes(PROJECT, number)
    assert "\n/plumbline explain\n" in note.body


@given(st.text(alphabet=st.sampled_from("/a \t\r\n-`plumbine"), max_size=40))
def test_no_line_of_ours_begins_with_a_command(text: str) -> None:
    # GitLab drops every carriage return before it looks.
    lines = [line.lstrip(" \t") for line in inert(text).replace("\r", "").split("\n")]
    assert not [line for line in lines if line.startswith("/a")]
    assert meant(inert(text)) == text
    assert inert(inert(text)) == inert(text)

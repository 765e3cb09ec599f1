"""Commands and approvals on the simulated GitLab."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.forges import Conversing, ForgeError
from checks.model import Approval, Review
from tests.forge import faults
from tests.forge.faults import Effect
from tests.forges.gitlab_rig import AMBIGUOUS, PROJECT, Rig, served

MARKER = "<!-- plumbline:reply to=5 -->"
FAULTS = [pytest.param(fault, id=name) for name, fault in AMBIGUOUS.items()]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as rig:
        for user, level in (("bob", 30), ("carol", 40), ("dave", 20)):
            rig.project.add_member(user, level)
        yield rig


def test_it_is_conversing(rig: Rig) -> None:
    talk: Conversing = rig.talk()
    assert talk.may_write(PROJECT, "alice")


@pytest.mark.parametrize(
    ("level", "may"), [(10, False), (20, False), (30, True), (40, True), (50, True)]
)
def test_who_may_push_may_write(rig: Rig, level: int, may: bool) -> None:
    rig.project.add_member("Bob", level)
    assert rig.talk().may_write(PROJECT, "bob") is may


def test_strangers_may_not_write(rig: Rig) -> None:
    rig.fake.issue_token("mallory")
    assert not rig.talk().may_write(PROJECT, "mallory")
    assert not rig.talk().may_write(PROJECT, "nobody-of-that-name")
    assert not rig.talk().may_write("acme/nothing", "alice")


def approved(rig: Rig) -> Review:
    # GitLab's times are in milliseconds.
    time.sleep(0.003)
    for user in ("bob", "carol", "dave", "alice"):
        rig.pull.approve(user)
    return rig.talk().review(PROJECT, rig.pull.iid)


def test_approvals_of_the_head_count_but_not_the_authors_nor_of_who_may_not_push(rig: Rig) -> None:
    head = rig.pull.head_sha
    assert approved(rig) == Review(
        head_sha=head,
        author="alice",
        approvals=(Approval(user="bob", head_sha=head), Approval(user="carol", head_sha=head)),
    )


def test_what_was_approved_before_the_last_push_does_not_count(rig: Rig) -> None:
    approved(rig)
    time.sleep(0.003)
    head = rig.project.push("change", {"a.yaml": "a: 2\n"})
    time.sleep(0.003)
    rig.pull.unapprove("bob")
    rig.pull.approve("bob")
    assert len(rig.pull.state.approvals) == 4
    review = rig.talk().review(PROJECT, rig.pull.iid)
    assert review.approvals == (Approval(user="bob", head_sha=head),)


def test_an_approval_that_was_taken_back_does_not_count(rig: Rig) -> None:
    approved(rig)
    rig.pull.unapprove("carol")
    review = rig.talk().review(PROJECT, rig.pull.iid)
    assert [approval.user for approval in review.approvals] == ["bob"]


def test_a_push_between_the_questions_makes_approvals_count_nothing(rig: Rig) -> None:
    head = rig.pull.head_sha
    review = approved(rig)
    assert review.approvals
    rig.pull.state.versions.append(replace(rig.pull.state.version, id=99_999_999, head="f" * 40))
    before = {"sha": head, "author": {"username": "alice"}}
    rig.fake.faults.add("GET", "/merge_requests/1$", answered(before))
    assert rig.talk().review(PROJECT, rig.pull.iid) == Review(head_sha=head, author="alice")


def answered(body: object) -> Effect:
    """A success that says something else."""
    return replace(faults.status(200), body=json.dumps(body))


def test_without_times_of_approvals_gitlabs_own_notes_tell(rig: Rig) -> None:
    head = approved(rig).head_sha
    rig.project.add_member("erin")
    users = [rig.fake.hub.state.user(name) for name in ("bob", "carol", "dave", "erin", "alice")]
    told = [{"user": {"id": user.id, "username": user.username}} for user in users]
    # Anybody can write the words; only GitLab's own note counts.
    rig.fake.add_note(PROJECT, rig.pull.iid, "approved this merge request", "erin")
    rig.fake.faults.add("GET", "/approvals", answered({"approved_by": told}))
    review = rig.talk().review(PROJECT, rig.pull.iid)
    assert review.approvals == (
        Approval(user="bob", head_sha=head),
        Approval(user="carol", head_sha=head),
    )


def test_nobody_approved_yet(rig: Rig) -> None:
    review = rig.talk().review(PROJECT, rig.pull.iid)
    assert review == Review(head_sha=rig.pull.head_sha, author="alice")


def test_there_is_no_review_of_what_is_not_there(rig: Rig) -> None:
    with pytest.raises(ForgeError, match="404"):
        rig.talk().review(PROJECT, 99)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_comment_gets_one_pair_of_eyes(rig: Rig, fault: Effect) -> None:
    note = rig.fake.add_note(PROJECT, rig.pull.iid, "/plumbline explain", "alice")
    rig.fake.faults.add("POST", "/award_emoji", fault)
    rig.talk().react(PROJECT, rig.pull.iid, str(note.id))
    rig.talk().react(PROJECT, rig.pull.iid, str(note.id))
    assert [(award.name, award.user.username) for award in note.awards] == [
        ("eyes", rig.fake.bot.username)
    ]


def test_reacting_to_a_comment_that_is_gone_is_nothing(rig: Rig) -> None:
    rig.talk().react(PROJECT, rig.pull.iid, "5")
    rig.fake.faults.add("POST", "/award_emoji", faults.status(403, "403 Forbidden"))
    with pytest.raises(ForgeError, match="403"):
        rig.talk().react(PROJECT, rig.pull.iid, "5")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_reply_is_one_note_that_says_the_newest(rig: Rig, fault: Effect) -> None:
    rig.fake.add_note(PROJECT, rig.pull.iid, f"{MARKER}\nnot ours")
    talk = rig.talk()
    rig.fake.faults.add("POST", "/notes", fault)
    first = talk.reply(PROJECT, rig.pull.iid, f"{MARKER}\none", MARKER)
    again = talk.reply(PROJECT, rig.pull.iid, f"{MARKER}\none\n", MARKER)
    last = talk.reply(PROJECT, rig.pull.iid, f"{MARKER}\ntwo", MARKER)
    assert first.id == again.id == last.id
    _, ours = rig.fake.notes(PROJECT, rig.pull.iid)
    assert (str(ours.id), ours.body) == (last.id, f"{MARKER}\ntwo")


def test_a_reply_without_its_marker_is_a_mistake(rig: Rig) -> None:
    with pytest.raises(ValueError, match="begins with its marker"):
        rig.talk().reply(PROJECT, rig.pull.iid, f"one {MARKER}", MARKER)


def test_a_report_that_quotes_a_marker_is_no_reply(rig: Rig) -> None:
    report = rig.forge().create_comment(PROJECT, rig.pull.iid, f"Report\n{MARKER}", "Report")
    made = rig.talk().reply(PROJECT, rig.pull.iid, f"{MARKER}\none", MARKER)
    assert made.id != report.id
    assert len(rig.fake.notes(PROJECT, rig.pull.iid)) == 2

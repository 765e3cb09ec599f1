"""What people say on GitHub, read and answered, and what a bad line does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from github.Auth import AppAuth

from bot import commands
from bot.forges import Conversing, ForgeError
from bot.forges.github import GitHub
from bot.forges.github_talk import GitHubTalk
from bot.forges.github_wire import Lease, Setup, Wire
from bot.forges.wire import Pace, classify
from bot.intake.github import read
from bot.model import Command, Job
from bot.retry import Later, Policy
from checks.model import Approval, Review
from tests.forge import events, faults
from tests.forge.faults import Effect
from tests.forges.conftest import PROJECT, Rig
from tests.forges.test_github import AMBIGUOUS
from tests.intake.deliveries import APP_ID, SECRET, encode, signed

MARKER = "<!-- plumbline:reply comment=31 -->"
BODY = f"{MARKER}\nSaid.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The adapter on its rig."""

    rig: Rig
    talk: Conversing

    @property
    def number(self) -> int:
        return self.rig.pull.number

    def approvals(self) -> list[tuple[str, str]]:
        """(user, head) of those that stand."""
        found = self.talk.review(PROJECT, self.number).approvals
        return [(approval.user, approval.head_sha) for approval in found]

    def reply(self, body: str = BODY) -> str:
        """The id of the reply."""
        return self.talk.reply(PROJECT, self.number, body, MARKER).id

    def bodies(self) -> list[str]:
        """Every comment, oldest first."""
        return [comment.body for comment in self.rig.fake.comments(PROJECT, self.number)]


@pytest.fixture
def desk(rig: Rig) -> Desk:
    rig.repo.state.collaborators |= {"bob": "write", "carol": "admin", "dora": "maintain"}
    rig.repo.state.collaborators |= {"tess": "triage", "rita": "read"}
    policy = Policy(classify=classify, sleep=rig.sleep, clock=lambda: rig.now)
    setup = Setup(api_url=rig.fake.url, timeout=5, policy=policy, pace=Pace(0.0, policy))
    app = Wire(AppAuth(rig.fake.app.id, rig.fake.app.private_key_pem), setup)
    installation = rig.repo.state.installation
    assert installation is not None
    lease = Lease(app, installation.id, setup.now)
    wire = Wire(lease, setup)
    forge = GitHub(
        wire=wire,
        lease=lease,
        git_url=rig.fake.url,
        app_id=rig.fake.app.id,
        login=lambda: rig.fake.app.bot,
    )
    return Desk(rig=rig, talk=GitHubTalk(wire=wire, forge=forge))


@pytest.mark.parametrize(
    ("user", "may"),
    [
        ("bob", True),
        ("carol", True),
        ("dora", True),
        ("tess", False),
        ("rita", False),
        ("mallory", False),
        ("../bob", False),
    ],
)
def test_who_may_write(desk: Desk, user: str, may: bool) -> None:
    assert desk.talk.may_write(PROJECT, user) is may


def test_on_a_public_repository_strangers_may_not_write(desk: Desk) -> None:
    desk.rig.repo.state.private = False
    assert not desk.talk.may_write(PROJECT, "mallory")


def test_a_user_that_github_does_not_know_may_not_write(desk: Desk) -> None:
    desk.rig.fake.faults.add("GET", "/permission", faults.status(404, "nobody is not a user"))
    assert not desk.talk.may_write(PROJECT, "nobody")


def test_an_error_is_no_answer_about_a_person(desk: Desk) -> None:
    desk.rig.fake.faults.add("GET", "/permission", faults.status(403, "no"))
    with pytest.raises(ForgeError, match="403"):
        desk.talk.may_write(PROJECT, "bob")


def test_nobody_has_approved(desk: Desk) -> None:
    wanted = Review(head_sha=desk.rig.pull.head_sha, author="alice", approvals=())
    assert desk.talk.review(PROJECT, desk.number) == wanted


def test_an_approval_names_the_head_it_was_given_to(desk: Desk) -> None:
    old = desk.rig.pull.head_sha
    desk.rig.pull.review(by="carol")
    desk.rig.repo.push("change", {"a.yaml": "a: 2\n"})
    desk.rig.pull.review(by="bob")
    read = desk.talk.review(PROJECT, desk.number)
    new = desk.rig.pull.head_sha
    assert old != new == read.head_sha
    assert read.approvals == (
        Approval(user="bob", head_sha=new),
        Approval(user="carol", head_sha=old),
    )


def test_only_the_last_word_of_a_person_stands(desk: Desk) -> None:
    pull, head = desk.rig.pull, desk.rig.pull.head_sha
    pull.review("APPROVED", by="bob")
    pull.review("CHANGES_REQUESTED", by="bob")
    pull.review("CHANGES_REQUESTED", by="carol")
    pull.review("APPROVED", by="carol")
    assert desk.approvals() == [("carol", head)]


def test_a_remark_takes_nothing_back(desk: Desk) -> None:
    desk.rig.pull.review("APPROVED", by="bob")
    desk.rig.pull.review("COMMENTED", by="bob")
    desk.rig.pull.review("COMMENTED", by="carol")
    assert desk.approvals() == [("bob", desk.rig.pull.head_sha)]


def test_a_dismissed_approval_is_none_and_an_older_one_does_not_come_back(desk: Desk) -> None:
    first = desk.rig.pull.review(by="bob")
    desk.rig.pull.dismiss(desk.rig.pull.review(by="bob"))
    assert desk.approvals() == []
    desk.rig.pull.dismiss(first)
    desk.rig.pull.review(by="bob")
    assert desk.approvals() == [("bob", desk.rig.pull.head_sha)]


@pytest.mark.parametrize("by", ["alice", "mallory", "rita", "tess", "helper[bot]", None])
def test_whose_approval_does_not_count(desk: Desk, by: str | None) -> None:
    desk.rig.repo.state.private = False
    desk.rig.repo.state.collaborators |= {"alice": "admin", "helper[bot]": "write"}
    desk.rig.pull.review(by=by)
    assert desk.approvals() == []


def test_an_approval_of_a_commit_that_is_gone_is_of_none(desk: Desk) -> None:
    desk.rig.pull.review(by="bob").head_sha = None
    assert desk.approvals() == [("bob", "")]


def test_reviews_come_from_every_page(desk: Desk) -> None:
    for _ in range(101):
        desk.rig.pull.review("COMMENTED", by="carol")
    desk.rig.pull.review(by="bob")
    assert desk.approvals() == [("bob", desk.rig.pull.head_sha)]


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_comment_gets_eyes_once(desk: Desk, fault: Effect) -> None:
    comment = desk.rig.fake.add_comment(PROJECT, desk.number, "/plumbline recheck", "bob")
    desk.rig.fake.faults.add("POST", "/reactions", fault)
    desk.talk.react(PROJECT, desk.number, str(comment.id))
    desk.talk.react(PROJECT, desk.number, str(comment.id))
    (shown,) = desk.rig.fake.comments(PROJECT, desk.number)
    assert list(shown.reactions) == [("eyes", desk.rig.fake.app.bot)]


def test_a_comment_that_is_gone_needs_no_eyes(desk: Desk) -> None:
    desk.talk.react(PROJECT, desk.number, "999999")
    assert desk.bodies() == []


def test_without_the_permission_the_error_names_it(desk: Desk) -> None:
    comment = desk.rig.fake.add_comment(PROJECT, desk.number, "/plumbline recheck", "bob")
    installation = desk.rig.repo.state.installation
    assert installation is not None
    del installation.permissions["pull_requests"]
    with pytest.raises(ForgeError, match="pull_requests=write"):
        desk.talk.react(PROJECT, desk.number, str(comment.id))


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_reply_is_made_once_whatever_happens_to_the_answer(desk: Desk, fault: Effect) -> None:
    desk.rig.fake.faults.add("POST", "/comments", fault)
    assert desk.reply() == desk.reply()
    assert desk.bodies() == [BODY]


def test_a_reply_is_made_to_say_what_is_wanted(desk: Desk) -> None:
    first = desk.reply()
    again = f"{MARKER}\nSaid otherwise.\n"
    assert desk.reply(again) == first
    assert desk.bodies() == [again]


def test_a_reply_that_says_it_already_is_not_written_again(desk: Desk) -> None:
    desk.reply()
    desk.rig.fake.faults.add("PATCH", "", faults.status(400))
    desk.reply(BODY.replace("\n", "\r\n"))
    desk.rig.fake.faults.clear()
    assert desk.bodies() == [BODY]


def test_a_marker_in_the_text_of_others_makes_nothing_a_reply(desk: Desk) -> None:
    report = f"<!-- plumbline:report -->\nThe file `{MARKER}` is broken\n"
    desk.rig.forge().create_comment(PROJECT, desk.number, report, "<!-- plumbline:report")
    desk.rig.fake.add_comment(PROJECT, desk.number, BODY, "mallory")
    desk.reply()
    assert desk.bodies() == [report, BODY, BODY]
    assert [c.by_app for c in desk.rig.fake.comments(PROJECT, desk.number)] == [True, False, True]


def test_a_reply_without_its_marker_could_never_be_found_again(desk: Desk) -> None:
    with pytest.raises(ValueError, match="begins with its marker"):
        desk.reply("Said.")
    assert desk.bodies() == []


def test_a_long_limit_is_left_to_the_queue(desk: Desk) -> None:
    desk.rig.fake.faults.add("POST", "/comments", faults.secondary_limit(retry_after=60))
    with pytest.raises(Later):
        desk.reply()
    assert desk.bodies() == []


def heard(desk: Desk, text: str, by: str) -> Command:
    """The command in a comment that somebody writes, as its webhook tells of it."""
    rig = desk.rig
    about = {"comment": rig.fake.add_comment(PROJECT, desk.number, text, by)}
    sent = encode(
        events.payload(rig.fake.hub, "issue_comment", "created", rig.repo.state, about, by)
    )
    (work,) = read(signed(sent, "issue_comment"), sent, SECRET, APP_ID).work
    assert isinstance(work, Command)
    return work


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_command_is_answered_once_however_often_it_is_run(desk: Desk, fault: Effect) -> None:
    asked = heard(desk, "/plumbline explain image-tag-latest", "bob")
    desk.rig.fake.faults.add("POST", "/comments", fault)
    for _ in range(2):
        word = commands.run(asked, desk.rig.forge(), desk.talk, enqueue=lambda _: True)
        assert word == "replied"
    (_, reply) = desk.bodies()
    assert reply.startswith(f"<!-- plumbline:reply comment={asked.comment_id} -->\n**`image-tag")


def test_a_recheck_is_asked_for_by_a_comment(desk: Desk) -> None:
    jobs: list[Job] = []

    def enqueue(job: Job) -> bool:
        jobs.append(job)
        return True

    for by, text in (("alice", "recheck"), ("tess", "recheck"), ("mallory", "help")):
        asked = heard(desk, f"Well.\n\n/plumbline {text}", by)
        commands.run(asked, desk.rig.forge(), desk.talk, enqueue=enqueue)
    assert [job.number for job in jobs] == [desk.number]
    shown = desk.rig.fake.comments(PROJECT, desk.number)
    assert [(c.author, len(c.reactions)) for c in shown] == [
        ("alice", 1),
        ("tess", 0),
        ("mallory", 0),
    ]

"""Who is answered, with what, and that a command run twice leaves what running it once does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot import commands, rulebook
from bot.forges import ForgeError
from bot.model import Command, Comment, Job
from bot.render.failures import REMEDIES
from checks.model import Review
from checks.registry import CHECKS
from tests.plain_forge import PlainForge, pull

MARKER = "<!-- plumbline:reply comment=31 -->"


@dataclass
class Talk:
    """A forge that people talk to, without a network."""

    writers: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    eyes: set[str] = field(default_factory=set)
    replies: dict[str, str] = field(default_factory=dict)
    refuses: str = ""

    def may_write(self, project: str, user: str) -> bool:
        self.asked.append(user)
        return user in self.writers

    def review(self, project: str, number: int) -> Review:
        return Review(head_sha="a" * 40, author="alice")

    def react(self, project: str, number: int, comment_id: str) -> None:
        if self.refuses:
            raise ForgeError(self.refuses)
        self.eyes.add(comment_id)

    def reply(self, project: str, number: int, body: str, marker: str) -> Comment:
        assert body.startswith(marker)
        self.replies[marker] = body
        return Comment(id="1", body=body)


@dataclass
class Room:
    """Alice's pull request of number 1, and what came of a command."""

    talk: Talk = field(default_factory=lambda: Talk(writers={"wanda"}))
    forge: PlainForge = field(default_factory=lambda: PlainForge(pulls={1: pull()}))
    jobs: list[Job] = field(default_factory=list)

    def enqueue(self, job: Job) -> bool:
        is_new = job not in self.jobs
        if is_new:
            self.jobs.append(job)
        return is_new

    def say(self, text: str, by: str = "alice", *, number: int = 1) -> str:
        return commands.run(command(text, by, number), self.forge, self.talk, enqueue=self.enqueue)

    def answer(self, text: str) -> str:
        """What alice is answered, without the marker."""
        assert self.say(text) == "replied"
        marker, _, said = self.talk.replies[MARKER].partition("\n")
        assert marker == MARKER
        return said.strip()


def command(text: str, by: str = "alice", number: int = 1) -> Command:
    return Command(
        forge="github",
        project="acme/infra",
        number=number,
        comment_id="31",
        author=by,
        text=text,
        delivery_id="d-1",
        installation="99",
    )


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.mark.parametrize("by", ["alice", "Alice", "wanda"])
@pytest.mark.parametrize("text", ["recheck", "Recheck", " recheck\tplease"])
def test_a_recheck_is_one_job_and_shows_on_the_comment(room: Room, by: str, text: str) -> None:
    assert [room.say(text, by), room.say(text, by)] == ["rechecking", "rechecking"]
    assert room.jobs == [
        Job(
            forge="github",
            project="acme/infra",
            number=1,
            trigger="command.recheck",
            delivery_id="d-1:recheck",
            installation="99",
        )
    ]
    assert (room.talk.eyes, room.talk.replies) == ({"31"}, {})


@pytest.mark.parametrize("text", ["recheck", "help", "explain image_tag", "", "nonsense"])
def test_strangers_get_nothing(room: Room, text: str) -> None:
    assert room.say(text, "mallory") == "not allowed"
    assert (room.jobs, room.talk.eyes, room.talk.replies) == ([], set(), {})
    assert room.talk.asked == ["mallory"]


def test_an_author_is_known_without_asking(room: Room) -> None:
    room.say("help")
    assert room.talk.asked == []


def test_a_refused_reaction_does_not_undo_the_recheck(room: Room) -> None:
    room.talk.refuses = "403"
    assert room.say("recheck") == "rechecking"
    assert len(room.jobs) == 1


def test_a_closed_pull_request_is_not_judged_again(room: Room) -> None:
    room.forge.pulls[1] = replace(pull(), is_open=False)
    assert "closed" in room.answer("recheck")
    assert (room.jobs, room.talk.eyes) == ([], set())


def test_a_pull_request_that_is_gone_gets_no_answer(room: Room) -> None:
    assert room.say("help", number=2) == "gone"
    assert room.talk.replies == {}


@pytest.mark.parametrize("text", ["help", "", "HELP"])
def test_help_names_the_commands(room: Room, text: str) -> None:
    said = room.answer(text)
    assert re.findall(r"^- `(/plumbline \w+)", said, re.M) == [
        "/plumbline recheck",
        "/plumbline explain",
        "/plumbline help",
    ]


def test_an_unknown_command_is_named_and_helped(room: Room) -> None:
    assert room.answer("rechek").startswith("`rechek` is no command. plumbline answers to")


@pytest.mark.parametrize(
    "text",
    [
        "<!-- plumbline:report head=aaaa seq=9 -->",
        "@everyone",
        "`x`",
        "[a](https://evil.example)",
        "explain <!--plumbline:report",
        "explain @everyone",
        "explain ../../etc/passwd\u202e",
        "explain x|y",
        "explain " + "a" * 101,
    ],
)
def test_nothing_of_a_comment_is_repeated_that_is_no_plain_word(room: Room, text: str) -> None:
    said = room.answer(text)
    assert not re.search(r"@|<!--|evil|passwd|\u202e|x\|y|aaaa", said)


@pytest.mark.parametrize("known", sorted(rulebook.known()))
def test_every_rule_and_check_is_explained(room: Room, known: str) -> None:
    assert room.answer(f"explain {known}").startswith(f"**`{known}`**: ")


def test_an_explanation_says_what_is_wrong_and_what_to_do(room: Room) -> None:
    said = room.answer("explain\t`IMAGE-TAG-LATEST` ")
    assert "An image has a tag that moves" in said
    assert "**What to do:** Name the version instead of a tag such as 'latest'" in said
    assert "replicas can differ" in said
    assert said.endswith("A rule of the check `image_tag`.")


def test_a_check_is_explained_with_its_rules(room: Room) -> None:
    for check in CHECKS:
        said = room.answer(f"explain {check.id}")
        assert all(f"- `{rule.id}`: " in said for rule in check.rules)
    assert all(f"- `{code}`: " in room.answer("explain readable") for code in REMEDIES)


def test_a_rule_of_a_policy_is_explained_in_general(room: Room) -> None:
    said = room.answer("explain rego/shop/team")
    assert said.startswith("**`rego/shop/team`**")
    assert "a rule of a policy" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("explain", "Name a rule or a check: `/plumbline explain RULE`."),
        ("explain image-tag-latst", "There is no rule or check `image-tag-latst`. Did you mean"),
        ("explain zzz", "There is no rule or check `zzz`. The checks are `readable`,"),
    ],
)
def test_an_unknown_rule_leads_to_known_ones(room: Room, asked: str, said: str) -> None:
    assert room.answer(asked).startswith(said)


def test_what_explains_can_be_given(room: Room) -> None:
    explain: Callable[[str], str | None] = {"mine": "My own."}.get
    commands.run(
        command("explain mine"), room.forge, room.talk, enqueue=room.enqueue, explain=explain
    )
    assert room.talk.replies[MARKER] == f"{MARKER}\nMy own.\n"


def test_the_page_names_every_command() -> None:
    page = (Path(__file__).parent.parent / "docs" / "commands.md").read_text("utf-8")
    (shown,) = re.findall(r"^\| :--.*?\n\n", page, re.M | re.S)
    room = Room()
    named = re.findall(r"`/plumbline (\w+)", shown)
    assert named == re.findall(r"^- `/plumbline (\w+)", room.answer("help"), re.M)

"""Our pull requests over time: opened once, updated rather than repeated, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forges import ForgeError
from bot.model import ProposedPull
from bot.retry import Later
from bot.rightsizing.lifecycle import Action, Desk, Ledger, Result, reconcile
from bot.rightsizing.memory import Change, Limits, State, read_state
from bot.rightsizing.proposal import Draft
from checks.model import Recommendation
from tests.rightsizing.drafts import MANIFEST, NOW, SMALLER_CPU, SMALLER_MEMORY, draft, wants
from tests.rightsizing.plain_proposing import Died, PlainLedger, PlainProposing

DAY = timedelta(days=1)


@dataclass
class World:
    """A forge, a ledger and a clock; `run` is one nightly run."""

    forge: PlainProposing = field(default_factory=PlainProposing)
    ledger: Ledger = field(default_factory=PlainLedger)
    now: datetime = NOW
    limits: Limits = field(default_factory=Limits)

    def run(self, *wanted: Draft, settled: dict[str, str] | None = None) -> list[Result]:
        desk = Desk(
            proposing=self.forge,
            forge="plain",
            project="acme/infra",
            base="main",
            base_sha="a" * 40,
            ledger=self.ledger,
            limits=self.limits,
            now=self.now,
        )
        return reconcile(desk, wanted, settled)

    def actions(self, *wanted: Draft) -> list[Action]:
        return [result.action for result in self.run(*wanted)]

    def after(self, days: float) -> World:
        self.now += DAY * days
        return self

    @property
    def text(self) -> str:
        """The file on the only branch."""
        (head,) = self.forge.heads.values()
        return head.text.decode()


def named(number: int) -> Draft:
    """A draft of another workload."""
    return draft(name=f"web-{number}", path=f"shop/web-{number}.yaml")


def test_a_draft_becomes_one_commit_and_one_pull_request() -> None:
    world = World()
    (result,) = world.run(draft())
    assert (result.action, result.number) == (Action.OPENED, 1)
    assert result.url.endswith("/pull/1")
    assert "cpu: 850m" in world.text
    (pull,) = world.forge.open()
    state = read_state(pull.body)
    assert state is not None
    assert state.is_at(pull.head_sha)
    assert world.forge.writes == 2


def test_nothing_is_written_while_nothing_changes() -> None:
    world = World()
    world.run(draft())
    assert world.after(1).actions(draft()) == [Action.KEPT]
    assert world.forge.writes == 2


def test_a_value_that_hardly_moves_bothers_nobody() -> None:
    world = World()
    world.run(draft())
    near = draft(wants("cpu", "2", "900m"))
    assert world.actions(near) == [Action.KEPT]
    assert "cpu: 850m" in world.text


@pytest.mark.parametrize(
    "other",
    [
        draft(wants("cpu", "2", "1200m")),
        draft(SMALLER_CPU, SMALLER_MEMORY),
        draft(SMALLER_MEMORY),
        draft(text=f"# new\n{MANIFEST}", blob="c" * 40),
    ],
    ids=["value", "more", "else", "base"],
)
def test_what_changes_is_updated_and_not_repeated(other: Draft) -> None:
    world = World()
    world.run(draft())
    assert world.actions(other) == [Action.UPDATED]
    (pull,) = world.forge.open()
    assert world.actions(other) == [Action.KEPT]
    assert world.forge.writes == 4
    changed = {f"{r.resource}: {r.proposed}" for r in other.recommendations}
    assert all(change in world.text for change in changed)
    assert all(f"`{r.proposed}`" in pull.body for r in other.recommendations)


@pytest.mark.parametrize("applied", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("dies_at", range(1, 5))
def test_a_run_that_dies_anywhere_is_completed_by_the_next(dies_at: int, applied: bool) -> None:
    first, second = draft(), draft(wants("cpu", "2", "1200m"))
    world = World(forge=PlainProposing(dies_at=dies_at, applied=applied))
    for wanted in (first, second):
        try:
            world.run(wanted)
        except Died:
            world.run(wanted)
    (pull,) = world.forge.open()
    assert len(world.forge.heads) == 1
    assert "cpu: 1200m" in world.text
    assert "`1200m`" in pull.body
    assert world.actions(second) == [Action.KEPT]
    assert len(world.forge.pulls) == 1


@pytest.mark.parametrize("applied", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("dies_at", range(3, 5))
def test_an_update_that_dies_is_completed_even_when_the_next_run_wants_the_first_value_again(
    dies_at: int, applied: bool
) -> None:
    world = World(forge=PlainProposing(dies_at=dies_at, applied=applied))
    world.run(draft())
    with pytest.raises(Died):
        world.run(draft(wants("cpu", "2", "1200m")))
    world.run(draft())
    (pull,) = world.forge.open()
    assert "cpu: 850m" in world.text
    assert "`850m`" in pull.body
    state = read_state(pull.body)
    assert state is not None
    assert state.is_at(pull.head_sha)


def test_a_half_made_one_is_completed_although_there_is_no_room_left() -> None:
    world = World(forge=PlainProposing(dies_at=1), limits=Limits(open_per_project=1))
    with pytest.raises(Died):
        world.run(draft())
    assert world.actions(draft()) == [Action.OPENED]


def closed(*refused: Recommendation) -> World:
    """A world in which somebody has just said no."""
    world = World()
    world.run(draft(*refused))
    world.forge.close(1, world.now)
    return world


@pytest.mark.parametrize(
    ("days", "moved", "action"),
    [
        (0, "850m", Action.REMEMBERED),
        (29, "850m", Action.REMEMBERED),
        (29, "700m", Action.REMEMBERED),
        (29, "637m", Action.OPENED),
        (29, "1100m", Action.OPENED),
        (31, "850m", Action.OPENED),
    ],
)
def test_a_no_is_remembered_for_a_month_unless_the_value_moves(
    days: float, moved: str, action: Action
) -> None:
    world = closed(SMALLER_CPU).after(days)
    (result,) = world.run(draft(wants("cpu", "2", moved)))
    assert result.action is action
    if action is Action.REMEMBERED:
        assert "a smaller cpu request for web was turned down" in result.why
        assert "not proposed again before 2026-04-01" in result.why
        assert world.forge.open() == []


def test_every_further_no_holds_for_longer() -> None:
    world = closed(SMALLER_CPU)
    for number, days in ((2, 30), (3, 60), (4, 120), (5, 120)):
        assert world.after(days - 1).actions(draft()) == [Action.REMEMBERED], number
        assert world.after(2).actions(draft()) == [Action.OPENED], number
        world.forge.close(number, world.now)


def test_a_no_to_less_is_no_no_to_more() -> None:
    world = closed(SMALLER_CPU)
    assert world.actions(draft(wants("cpu", "2", "3"))) == [Action.OPENED]


def test_a_no_to_one_thing_leaves_the_others_and_is_not_forgotten_by_them() -> None:
    world = closed(SMALLER_CPU)
    assert world.after(1).actions(draft(SMALLER_CPU, SMALLER_MEMORY)) == [Action.OPENED]
    assert "cpu: 2 " in world.text
    assert "memory: 2900Mi" in world.text
    (pull,) = world.forge.open()
    assert "a smaller cpu request for web was turned down" in pull.body
    world.forge.close(2, world.now, merged=True)
    assert world.after(10).actions(draft(SMALLER_CPU)) == [Action.REMEMBERED]
    assert world.after(20).actions(draft(SMALLER_CPU)) == [Action.OPENED]


def test_one_that_people_wiped_counts_as_a_no_to_all() -> None:
    world = World()
    world.run(draft())
    world.forge.pulls[0] = replace(world.forge.pulls[0], body="no thanks")
    world.forge.close(1, world.now)
    assert world.after(29).actions(draft(wants("cpu", "2", "3"))) == [Action.REMEMBERED]
    assert world.after(2).actions(draft()) == [Action.OPENED]


def test_an_open_one_that_people_wiped_is_written_again() -> None:
    world = World()
    world.run(draft())
    world.forge.pulls[0] = replace(world.forge.pulls[0], body="hello")
    assert world.actions(draft()) == [Action.UPDATED]
    assert "`850m`" in world.forge.open()[0].body


def test_after_a_merge_there_is_a_week_of_peace() -> None:
    world = World()
    world.run(draft())
    world.forge.close(1, world.now, merged=True)
    again = draft(wants("cpu", "850m", "600m"))
    (result,) = world.after(6).run(again)
    assert (result.action, result.why) == (
        Action.COOLING,
        "#1 was merged; nothing more before 2026-03-09",
    )
    assert world.after(2).actions(again) == [Action.OPENED]


def test_work_of_others_on_the_branch_is_left_alone() -> None:
    world = World()
    (first,) = world.run(draft())
    world.forge.push(f"plumbline/{first.key}", b"mine")
    (result,) = world.run(draft(wants("cpu", "2", "1200m")))
    assert result.action is Action.LEFT
    assert "somebody else committed" in result.why
    assert world.text == "mine"
    assert world.actions(draft()) == [Action.LEFT]


def test_no_more_are_open_than_the_limit() -> None:
    world = World(limits=Limits(open_per_project=2))
    actions = world.actions(*(named(n) for n in range(3)))
    assert actions == [Action.OPENED, Action.OPENED, Action.WAITING]
    world.forge.close(1, world.now)
    results = world.after(2).run(*(named(n) for n in range(3)))
    assert [r.action for r in results] == [Action.REMEMBERED, Action.KEPT, Action.OPENED]


def test_one_that_nobody_wants_now_stays_open_and_counts() -> None:
    world = World(limits=Limits(open_per_project=1))
    world.run(named(0))
    (result,) = world.run(named(1))
    assert (result.action, result.why) == (
        Action.WAITING,
        "1 are open in this project already",
    )
    world.forge.close(1, world.now)
    assert world.actions(named(1)) == [Action.OPENED]


def test_no_more_are_opened_in_a_day_than_the_limit() -> None:
    world = World(limits=Limits(workloads_a_day=2))
    for number in (0, 1):
        world.run(named(number))
        world.forge.close(number + 1, world.now, merged=True)
    (result,) = world.run(named(2))
    assert (result.action, result.why) == (Action.WAITING, "2 were opened within a day")
    assert world.after(1.1).actions(named(2)) == [Action.OPENED]


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        ("", "No manifest of the repository declares the workload any more."),
        ("c" * 40, "The file has changed since, and what it requests now is about right."),
    ],
)
def test_what_is_not_needed_any_more_is_closed_and_that_is_nobodys_no(blob: str, why: str) -> None:
    world = World()
    (first,) = world.run(draft())
    (result,) = world.run(settled={first.key: blob})
    assert (result.action, result.number, result.why) == (Action.CLOSED, 1, why)
    assert world.forge.open() == []
    assert world.forge.said == [why]
    assert world.forge.heads == {}
    assert world.run(settled={first.key: blob}) == []
    assert world.after(1).actions(draft()) == [Action.OPENED]


def test_what_is_just_about_right_on_the_same_text_stays_open() -> None:
    world = World()
    (first,) = world.run(draft())
    assert world.run(settled={first.key: "b" * 40}) == []
    assert len(world.forge.open()) == 1


def test_what_cannot_be_edited_is_refused_and_the_rest_goes_on() -> None:
    shared = draft(text=MANIFEST.replace("requests:", "requests: &r"), name="other")
    results = World().run(shared, draft())
    assert [r.action for r in results] == [Action.REFUSED, Action.OPENED]
    assert "the anchor &r" in results[0].why


@dataclass
class Failing(PlainProposing):
    """A forge that fails for the first proposal it is asked for."""

    error: Callable[[], Exception] = lambda: ForgeError("down")
    left: int = 1

    def proposed(self, project: str, branch: str) -> ProposedPull | None:
        self.left -= 1
        if self.left >= 0:
            raise self.error()
        return super().proposed(project, branch)


def test_a_forge_that_fails_for_one_goes_on_with_the_others() -> None:
    results = World(forge=Failing()).run(named(0), named(1))
    assert [(r.action, r.why) for r in results] == [(Action.FAILED, "down"), (Action.OPENED, "")]


def test_a_forge_that_asks_to_wait_puts_the_whole_run_off() -> None:
    with pytest.raises(Later):
        World(forge=Failing(error=lambda: Later(60, "busy"))).run(named(0))


AMOUNTS = st.decimals(min_value="0.001", max_value="1e15", places=3)
CHANGES = st.builds(
    Change,
    container=st.text(min_size=1),
    resource=st.sampled_from(["cpu", "memory"]),
    before=AMOUNTS,
    after=AMOUNTS,
    times=st.integers(0, 999),
)


@given(st.lists(CHANGES, max_size=3), st.lists(CHANGES, max_size=3), st.booleans())
def test_what_a_marker_remembers_is_read_back_whatever_the_names_are(
    proposed: list[Change], refused: list[Change], withdrawn: bool
) -> None:
    state = State(
        key="0123456789abcdef",
        blob="b" * 12,
        head="c" * 12,
        withdrawn=withdrawn,
        proposed=tuple(proposed),
        refused=tuple(replace(change, since=NOW) for change in refused),
    )
    marker = state.marker()
    assert marker.isascii()
    assert marker.index("-->") == len(marker) - 3
    assert read_state(f"{marker}\nrest") == state


@given(st.text())
def test_a_marker_that_people_edited_is_read_without_an_error(text: str) -> None:
    found = read_state(f"<!-- plumbline:proposal key=0123456789abcdef state={text} -->")
    assert found is None or found.key == "0123456789abcdef"

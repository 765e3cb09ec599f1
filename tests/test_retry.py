"""The retry policy, on a clock that only moves when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.retry import Later, Policy, RateLimited, Transient, retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class ForgeFaultError(Exception):
    """A failure that carries what it means."""

    def __init__(self, meaning: Transient | RateLimited | None) -> None:
        super().__init__("the forge said no")
        self.meaning = meaning


class World:
    """A clock, and the sleeps that moved it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def policy(self) -> Policy:
        return Policy(
            classify=lambda e: e.meaning if isinstance(e, ForgeFaultError) else None,
            sleep=self.sleep,
            clock=lambda: self.now,
        )


class Script:
    """A call that plays one outcome after the other, the last one for ever."""

    def __init__(self, *outcomes: Transient | RateLimited | str | None) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self) -> str:
        outcome = self.outcomes[min(self.calls, len(self.outcomes) - 1)]
        self.calls += 1
        if isinstance(outcome, str):
            return outcome
        raise ForgeFaultError(outcome)


@pytest.fixture
def world() -> World:
    return World()


def never_found() -> None:
    """Looks for what is not there."""


def test_what_works_is_called_once(world: World) -> None:
    call = Script("ok")
    assert world.policy().idempotent(call) == "ok"
    assert (call.calls, world.sleeps) == (1, [])


def test_a_transient_failure_is_tried_again_after_a_growing_jittered_wait(world: World) -> None:
    call = Script(Transient(), Transient(), Transient(), "ok")
    assert world.policy().idempotent(call) == "ok"
    first, second, third = world.sleeps
    assert 0.5 <= first <= 1.0 <= second <= 1.5
    assert 2.0 <= third <= 2.5


def test_it_gives_up_after_four_attempts_with_the_failure_itself(world: World) -> None:
    call = Script(Transient())
    with pytest.raises(ForgeFaultError):
        world.policy().idempotent(call)
    assert call.calls == 4


def test_no_attempt_starts_after_the_budget(world: World) -> None:
    def slow() -> str:
        world.now += 15
        raise ForgeFaultError(Transient())

    with pytest.raises(ForgeFaultError):
        world.policy().idempotent(slow)
    assert len(world.sleeps) == 1


def test_what_is_final_is_not_tried_again(world: World) -> None:
    call = Script(None)
    with pytest.raises(ForgeFaultError):
        world.policy().idempotent(call)
    assert (call.calls, world.sleeps) == (1, [])


def test_an_exception_nobody_classified_is_not_tried_again(world: World) -> None:
    def broken() -> str:
        world.sleeps.append(0)
        raise KeyError("a mistake of ours")

    with pytest.raises(KeyError):
        world.policy().idempotent(broken)
    assert world.sleeps == [0]


def test_a_short_rate_limit_is_waited_out(world: World) -> None:
    call = Script(RateLimited(seconds=7), "ok")
    assert world.policy().idempotent(call) == "ok"
    assert world.sleeps == [7]


def test_a_long_rate_limit_is_for_later(world: World) -> None:
    call = Script(RateLimited(seconds=61))
    with pytest.raises(Later, match="the forge said no; again in 61 s") as later:
        world.policy().idempotent(call)
    assert (later.value.seconds, call.calls, world.sleeps) == (61, 1, [])


def test_a_server_that_asks_for_a_long_wait_is_for_later_too(world: World) -> None:
    with pytest.raises(Later) as later:
        world.policy().idempotent(Script(Transient(after=120)))
    assert later.value.seconds == 120


def test_a_server_that_asks_for_a_short_wait_gets_it(world: World) -> None:
    assert world.policy().idempotent(Script(Transient(after=5), "ok")) == "ok"
    assert world.sleeps == [5]


def test_short_rate_limits_without_end_are_for_later_not_an_error(world: World) -> None:
    with pytest.raises(Later) as later:
        world.policy().idempotent(Script(RateLimited(seconds=9)))
    assert later.value.seconds == 9
    assert sum(world.sleeps) <= 30


def test_creating_looks_first_before_it_sends_again(world: World) -> None:
    call = Script(Transient(), "created")
    assert world.policy().create(call, lambda: "found") == "found"
    assert call.calls == 1


def test_creating_sends_again_where_nothing_is_found(world: World) -> None:
    call = Script(Transient(), RateLimited(seconds=2), "created")
    assert world.policy().create(call, never_found) == "created"
    assert call.calls == 3


def test_creating_does_not_look_without_need(world: World) -> None:
    def find() -> str:
        raise AssertionError("looked for what cannot be there")

    assert world.policy().create(Script("created"), find) == "created"
    with pytest.raises(ForgeFaultError):
        world.policy().create(Script(None), find)


def test_looking_may_fail_and_is_tried_again(world: World) -> None:
    call, find = Script(Transient(), "created"), Script(Transient(), "found")
    assert world.policy().create(call, find) == "found"
    assert (call.calls, find.calls) == (1, 2)


def test_looking_may_ask_for_later(world: World) -> None:
    def find() -> str:
        return world.policy().idempotent(Script(RateLimited(seconds=300)))

    with pytest.raises(Later) as later:
        world.policy().create(Script(Transient()), find)
    assert later.value.seconds == 300


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        (" 30 ", 30),
        ("9" * 400, 86_400),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("Sun, 01 Mar 2026 12:01:00 -0000", 60),
        ("Sun, 01 Mar 9999 12:01:00 GMT", 86_400),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


DATES: Callable[..., st.SearchStrategy[str]] = st.from_regex


@given(
    st.text()
    | DATES(r"[A-Z][a-z]{2}, [0-9]{1,4} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{1,9} [+-]?[0-9]{1,9}")
    | st.datetimes(timezones=st.timezones()).map(format_datetime)
)
def test_no_retry_after_header_raises_or_asks_for_more_than_a_day(header: str) -> None:
    assert 0 <= (retry_after(header, NOW) or 0) <= 86_400

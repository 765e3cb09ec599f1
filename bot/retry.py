"""The one retry policy, and the only import of tenacity.

Adapters say what an exception means (`Transient`, `RateLimited` or neither); this says what is done
about it. Nothing here knows a vendor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias, TypeVar

import tenacity

T = TypeVar("T")

_DAY = 86_400.0


class Later(Exception):  # noqa: N818 - not an error: a request to be run again
    """Run the job again after `seconds`: the forge asked for a wait that no worker should sleep."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(f"{reason}; again in {seconds:.0f} s")
        self.seconds = seconds
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Transient:
    """It may work next time, and may have worked this time: the answer was lost, late or a 5xx.
    `after` is the least wait in seconds the other side asked for."""

    after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimited:
    """It was refused, not done, and is to be asked again no sooner than in `seconds`."""

    seconds: float


# What an exception means; None is final: trying again would change nothing.
Classify: TypeAlias = Callable[[BaseException], "Transient | RateLimited | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often, how long, and what is too long. All times are seconds.

    No attempt starts later than `budget` after the first; a wait above `cap` that the other side
    asked for is raised as `Later`. `sleep` and `clock` are the world's, or a test's.
    """

    classify: Classify
    attempts: int = 4
    budget: float = 30.0
    cap: float = 10.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def idempotent(self, call: Callable[[], T]) -> T:
        """`call()`, again where it may help. It must be safe to repeat.

        Raises `Later` for a long wait, else the last exception of `call`.
        """
        return self._retrying()(call)

    def create(self, call: Callable[[], T], find: Callable[[], T | None]) -> T:
        """`call()`, which makes something that must be made once; `find()` looks for it.

        Before anything is sent a second time, `find` is asked: after a lost answer the thing may
        be there already. Raises as `idempotent` does.
        """
        first = True

        def attempt() -> T:
            nonlocal first
            if first:
                first = False
                return call()
            found = find()
            return call() if found is None else found

        return self.idempotent(attempt)

    def _retrying(self) -> tenacity.Retrying:
        started = self.clock()
        backoff = tenacity.wait_exponential_jitter(multiplier=0.5, max=8.0, jitter=0.5)

        def worth_it(state: tenacity.RetryCallState) -> bool:
            failure = _failure(state)
            meaning = self.classify(failure) if failure else None
            if (asked := _asked(meaning)) > self.cap:
                raise Later(asked, str(failure)) from failure
            return meaning is not None

        def wait(state: tenacity.RetryCallState) -> float:
            failure = _failure(state)
            asked = _asked(self.classify(failure)) if failure else 0.0
            return max(asked, backoff(state))

        def stop(state: tenacity.RetryCallState) -> bool:
            over = self.clock() - started + state.upcoming_sleep > self.budget
            return over or state.attempt_number >= self.attempts

        def give_up(state: tenacity.RetryCallState) -> T:  # type: ignore[type-var]
            failure = _failure(state)
            assert failure is not None  # noqa: S101 - only a failure is ever given up on
            meaning = self.classify(failure)
            if isinstance(meaning, RateLimited):
                raise Later(meaning.seconds, str(failure)) from failure
            raise failure

        return tenacity.Retrying(
            sleep=self.sleep, retry=worth_it, wait=wait, stop=stop, retry_error_callback=give_up
        )


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _asked(meaning: Transient | RateLimited | None) -> float:
    """How long the other side asked to wait."""
    if isinstance(meaning, RateLimited):
        return meaning.seconds
    return meaning.after if meaning else 0.0


def retry_after(header: str, now: datetime) -> float | None:
    """The seconds a Retry-After header asks for: a number of seconds or an HTTP-date (RFC 9110).

    None where it is neither; a date that has passed is 0, and nothing is more than a day: a wild
    header must not park a job for good.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _DAY)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    # "-0000" parses to a naive time; HTTP-dates are always UTC.
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), _DAY)

"""Faults that a simulated forge plays: limits, delays, lost and broken answers."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Cut(Enum):
    """What happens to the connection."""

    NOT = "it stays"
    RESET = "it is reset instead of an answer"
    HALF = "it ends in the middle of the answer's body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a fault does. `applies`: the request takes effect before anything is spoilt. `status`
    replaces the answer. `delay` in seconds, before anything else happens."""

    name: str
    applies: bool = False
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay: float = 0.0
    cut: Cut = Cut.NOT

    @property
    def spoils(self) -> bool:
        """Whether the answer is not the one that the request would have had."""
        return bool(self.status) or self.cut is not Cut.NOT


def status(code: int, message: str = "Server Error", **headers: str) -> Effect:
    """Any refusal; underscores in header names become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"message": message, "documentation_url": "", "status": str(code)})
    return Effect(name=f"status {code}", status=code, headers=named, body=body)


def primary_limit(reset_in: float = 60.0, code: int = 403) -> Effect:
    """The hourly quota is used up until `reset_in` seconds from now."""
    return status(
        code,
        "API rate limit exceeded for installation.",
        x_ratelimit_limit="5000",
        x_ratelimit_remaining="0",
        x_ratelimit_used="5000",
        x_ratelimit_reset=str(int(time.time() + reset_in)),
        x_ratelimit_resource="core",
    )


def secondary_limit(retry_after: int | None = 60, code: int = 403) -> Effect:
    """Too much at once; without `retry_after` no header says how long to wait."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes."
    headers = {} if retry_after is None else {"retry_after": str(retry_after)}
    return status(code, message, **headers)


def bad_credentials() -> Effect:
    """One 401, as after a token was revoked."""
    return status(401, "Bad credentials")


def slow(seconds: float) -> Effect:
    """A correct answer, late."""
    return Effect(name=f"slow {seconds} s", applies=True, delay=seconds)


def reset() -> Effect:
    """The connection is reset and nothing happened."""
    return Effect(name="reset", cut=Cut.RESET)


def lost_answer(code: int = 0) -> Effect:
    """It happened, but the connection is reset, or `code` (502, 504) is answered."""
    if code:
        return Effect(name=f"lost answer {code}", applies=True, status=code, body="{}")
    return Effect(name="lost answer", applies=True, cut=Cut.RESET)


def truncated() -> Effect:
    """It happened, and half of the answer arrives."""
    return Effect(name="truncated", applies=True, cut=Cut.HALF)


@dataclass(slots=True, kw_only=True)
class _Rule:
    method: re.Pattern[str]
    path: re.Pattern[str]
    effect: Effect
    skip: int
    times: int


class Faults:
    """The faults still to be played; the first rule that matches a request plays."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        # "POST /repos/…: lost answer", in the order they were played.
        self.played: list[str] = []

    def add(self, method: str, path: str, effect: Effect, *, times: int = 1, skip: int = 0) -> None:
        """Play `effect` on the next `times` requests whose method and path (without the query)
        match both expressions somewhere, after letting `skip` of them pass."""
        rule = _Rule(
            method=re.compile(method),
            path=re.compile(path),
            effect=effect,
            skip=skip,
            times=times,
        )
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Behave from now on."""
        with self._lock:
            self._rules.clear()

    @property
    def pending(self) -> int:
        """How many faults were not played yet."""
        with self._lock:
            return sum(rule.times for rule in self._rules)

    def take(self, method: str, path: str) -> Effect | None:
        """The fault for this request, used up."""
        with self._lock:
            for rule in self._rules:
                if not (rule.method.search(method) and rule.path.search(path)):
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                rule.times -= 1
                self._rules = [each for each in self._rules if each.times > 0]
                self.played.append(f"{method} {path}: {rule.effect.name}")
                return rule.effect
        return None

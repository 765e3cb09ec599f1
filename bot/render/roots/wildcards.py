"""Argo CD's globs over paths, in linear time: they are written in the pull request."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache

_MOST_ALTERNATIVES = 100
_LONGEST = 300


class Unmatchable(Exception):  # noqa: N818 - a verdict on a pattern, not a fault
    """A pattern that would take too long, or is none."""


def across(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches where "*" stands for anything, "/" too, and "{a,b}" for either (as in
    an Application's include and exclude, and in git's own patterns). Raises Unmatchable."""
    compiled = [_compiled(one) for one in _alternatives(pattern)]
    return lambda text: any(one.match(text) is not None for one in compiled)


def within(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches where "*" stays within a part of the path (as in the directories of a
    git generator). Raises Unmatchable."""
    if len(pattern) > _LONGEST:
        raise Unmatchable(f"the pattern has more than {_LONGEST} characters")
    parts = [_compiled(part) for part in pattern.split("/")]

    def matches(text: str) -> bool:
        given = text.split("/")
        if len(given) != len(parts):
            return False
        return all(part.match(one) is not None for part, one in zip(parts, given, strict=True))

    return matches


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # The standard library gives every "*" a group that is never entered again.
    return re.compile(fnmatch.translate(pattern.replace("[^", "[!")))


def _alternatives(pattern: str) -> list[str]:
    """A pattern with braces as those without."""
    if len(pattern) > _LONGEST:
        raise Unmatchable(f"the pattern has more than {_LONGEST} characters")
    done: list[str] = []
    waiting = [pattern]
    while waiting:
        one = waiting.pop()
        opened = one.rfind("{")
        closed = one.find("}", opened)
        if opened < 0 or closed < 0:
            done.append(one)
            continue
        waiting += (
            one[:opened] + option + one[closed + 1 :]
            for option in one[opened + 1 : closed].split(",")
        )
        if len(done) + len(waiting) > _MOST_ALTERNATIVES:
            raise Unmatchable(f"its braces stand for more than {_MOST_ALTERNATIVES} patterns")
    return done

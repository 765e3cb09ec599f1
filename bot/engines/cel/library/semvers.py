"""Semantic versions: `semver("1.2.3")`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from bot.engines.cel.library.registry import Library
from bot.engines.cel.values import CelError

LIBRARY = Library()
_NUMBER = r"(0|[1-9][0-9]*)"
_TEXT = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?", re.ASCII
)
_UINT64_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Semver:
    """A version. `rest` are the parts of its pre-release."""

    numbers: tuple[int, int, int]
    rest: tuple[str, ...] = ()
    cel_type: ClassVar[str] = "kubernetes.Semver"

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers)) + ("-" + ".".join(self.rest) if self.rest else "")

    @property
    def rank(self) -> tuple[object, ...]:
        """What versions are ordered by: a pre-release is before its release, numbers are before
        words, and what goes on is after what it begins with."""
        parts = tuple(
            (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in self.rest
        )
        return (self.numbers, not self.rest, parts)


def parsed(text: str, *, normal: bool = False) -> Semver:
    """A version. Raises CelError."""
    match = _TEXT.fullmatch(_normal(text) if normal else text)
    parts = [part for group in (4, 5) if match and match[group] for part in match[group].split(".")]
    numeric = [p for p in (match[4] or "").split(".") if p.isdecimal()] if match else []
    if (
        match is None
        or not all(parts)
        or any(len(part) > 1 and part[0] == "0" for part in numeric)
        or any(len(match[n]) > _UINT64_DIGITS for n in (1, 2, 3))
    ):
        raise CelError(f"invalid semantic version: {text!r}")
    return Semver(
        (int(match[1]), int(match[2]), int(match[3])),
        tuple(match[4].split(".") if match[4] else ()),
    )


def _normal(text: str) -> str:
    parts = text.removeprefix("v").split(".", 2)
    for at, part in enumerate(parts):
        if len(part) > 1:
            bare = part.lstrip("0")
            parts[at] = bare if bare[:1] in tuple("0123456789") else "0" + bare
    if len(parts) < 3:
        if "+" in parts[-1] or "-" in parts[-1]:
            raise CelError("short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    return ".".join(parts)


@LIBRARY.add("semver", str)
def _semver(text: str) -> Semver:
    return parsed(text)


@LIBRARY.add("semver", str, bool)
def _semver_normal(text: str, normal: bool) -> Semver:
    return parsed(text, normal=normal)


@LIBRARY.add("isSemver", str)
@LIBRARY.add("isSemver", str, bool)
def _is_semver(text: str, normal: bool = False) -> bool:
    try:
        parsed(text, normal=normal)
    except CelError:
        return False
    return True


@LIBRARY.add(".major", Semver)
def _major(one: Semver) -> int:
    return one.numbers[0]


@LIBRARY.add(".minor", Semver)
def _minor(one: Semver) -> int:
    return one.numbers[1]


@LIBRARY.add(".patch", Semver)
def _patch(one: Semver) -> int:
    return one.numbers[2]


@LIBRARY.add(".compareTo", Semver, Semver)
def _compare(one: Semver, other: Semver) -> int:
    return (one.rank > other.rank) - (one.rank < other.rank)


@LIBRARY.add(".isGreaterThan", Semver, Semver)
def _greater(one: Semver, other: Semver) -> bool:
    return one.rank > other.rank


@LIBRARY.add(".isLessThan", Semver, Semver)
def _less(one: Semver, other: Semver) -> bool:
    return one.rank < other.rank

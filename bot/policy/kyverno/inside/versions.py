"""Semantic versions and ranges of them, as the Go package blang/semver reads them."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.policy.kyverno.inside.faults import Fault

Version = tuple[int, int, int, tuple[tuple[int, int, str], ...], bool]
_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?", re.ASCII
)
_OPERATORS: dict[str, Callable[[Version, Version], bool]] = {
    "": lambda a, b: _key(a) == _key(b),
    "=": lambda a, b: _key(a) == _key(b),
    "==": lambda a, b: _key(a) == _key(b),
    "!": lambda a, b: _key(a) != _key(b),
    "!=": lambda a, b: _key(a) != _key(b),
    ">": lambda a, b: _key(a) > _key(b),
    ">=": lambda a, b: _key(a) >= _key(b),
    "<": lambda a, b: _key(a) < _key(b),
    "<=": lambda a, b: _key(a) <= _key(b),
}
_PART = re.compile(r"(==|=|!=|!|>=|<=|>|<)?\s*([^\s|=!<>]+)")


def parse(text: str) -> Version | None:
    """A version, None where semver.Parse fails (a leading "v", two parts only, …)."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    pre = []
    for part in (found[4] or "").split(".") if found[4] else []:
        if not part or (part.isdigit() and len(part) > 1 and part[0] == "0"):
            return None
        # Numbers come before words; numbers by their size, words by their bytes.
        pre.append((0, int(part), "") if part.isdigit() else (1, 0, part))
    if found[5] and not all(found[5].split(".")):
        return None
    return int(found[1]), int(found[2]), int(found[3]), tuple(pre), not pre


def _key(version: Version) -> tuple[object, ...]:
    major, minor, patch, pre, final = version
    return major, minor, patch, final, pre


def compare(one: Version, other: Version) -> int:
    """-1, 0 or 1."""
    a, b = _key(one), _key(other)
    return (a > b) - (a < b)


def in_range(version: Version, text: str) -> bool:
    """Whether a version is in a range (">=1.0.0 <2.0.0 || 3.x"). Raises Fault."""
    alternatives = text.split("||")
    checked = [_conjunction(one, text) for one in alternatives]
    return any(all(test(version) for test in tests) for tests in checked)


def _conjunction(text: str, whole: str) -> list[Callable[[Version], bool]]:
    tests: list[Callable[[Version], bool]] = []
    at = 0
    text = text.strip()
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise Fault(f'could not parse Range "{whole}"')
        tests += _tests(part[1] or "", part[2], whole)
        at = part.end()
        while at < len(text) and text[at].isspace():
            at += 1
    if not tests:
        raise Fault(f'could not parse Range "{whole}": empty')
    return tests


def _tests(operator: str, text: str, whole: str) -> list[Callable[[Version], bool]]:
    parts = text.split(".")
    wild = next((n for n, part in enumerate(parts) if part in ("x", "X", "*")), None)
    if wild is not None:
        return _wild(operator, parts, wild, whole)
    limit = parse(text)
    if limit is None:
        raise Fault(f'could not parse Range "{whole}": "{text}" is no version')
    test = _OPERATORS[operator]
    return [lambda version: test(version, limit)]


def _wild(
    operator: str, parts: list[str], wild: int, whole: str
) -> list[Callable[[Version], bool]]:
    """ "1.x" is from 1.0.0 up to 2.0.0, "1.2.x" from 1.2.0 up to 1.3.0."""
    if wild == 0 or not all(part.isdigit() for part in parts[:wild]):
        raise Fault(f'could not parse Range "{whole}"')
    numbers = [int(part) for part in parts[:wild]]
    low = _of([*numbers, 0, 0])
    high = _of([*numbers[:-1], numbers[-1] + 1, 0, 0])
    least, below = _OPERATORS[">="], _OPERATORS["<"]
    match operator:
        case "" | "=" | "==":
            return [lambda v: least(v, low), lambda v: below(v, high)]
        case "!" | "!=":
            return [lambda v: below(v, low) or least(v, high)]
        case ">":
            return [lambda v: least(v, high)]
        case ">=":
            return [lambda v: least(v, low)]
        case "<":
            return [lambda v: below(v, low)]
        case _:
            return [lambda v: below(v, high)]


def _of(numbers: list[int]) -> Version:
    return numbers[0], numbers[1], numbers[2], (), True

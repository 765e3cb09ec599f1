"""An object against a pattern: which part of it does not fit, or that the pattern does not apply.

A walk as Kyverno's own, step by step, with its texts: which error comes from which anchor it tells
by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.policy.kyverno.inside import anchors, scalars
from bot.policy.kyverno.inside.gotext import sprint
from bot.policy.kyverno.inside.metadata import expanded

Path = tuple[str | int, ...]
CONDITION, GLOBAL, NEGATION, ADD, EQUALITY, EXISTENCE = "", "<", "X", "+", "=", "^"
_MESSAGES = {
    NEGATION: "negation anchor matched in resource",
    CONDITION: "conditional anchor mismatch",
    GLOBAL: "global anchor mismatch",
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why something does not fit. `anchor` is the sign of the anchor that said so; a `combined`
    one stands for several that do not apply."""

    message: str
    path: Path | None = None
    anchor: str | None = None
    combined: bool = False

    def of(self, sign: str) -> bool:
        """Whether an anchor is at its root."""
        if self.anchor is not None:
            return self.anchor == sign
        return _MESSAGES[sign] in self.message

    @property
    def skips(self) -> bool:
        """Whether it says that the pattern does not apply."""
        return self.of(CONDITION) or self.of(GLOBAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`status` is "skip", "fail" or "error" (an anchor's field is missing); `path` the field that
    does not fit."""

    status: str
    message: str
    path: Path = ()


def said(path: Path) -> str:
    """A path as Kyverno writes it: "/spec/containers/0/image/"."""
    return "/" + "".join(f"{step}/" for step in path)


def judged(resource: Any, pattern: Any) -> Verdict | None:
    """What a pattern says of an object, None where it fits."""
    walk = _Walk()
    misfit = walk.element(resource, pattern, ())
    if misfit is None:
        return None
    if misfit.skips:
        return Verdict(status="skip", message=misfit.message)
    path = misfit.path
    if (not misfit.of(NEGATION) and walk.missing) or path is None:
        return Verdict(status="error", message=misfit.message)
    return Verdict(status="fail", message=misfit.message, path=path)


@dataclass(slots=True)
class _Walk:
    """One object against one pattern. `seen` tells of each anchor whether its field was there."""

    seen: dict[str, bool] = field(default_factory=dict)

    @property
    def missing(self) -> bool:
        """Whether a field of an anchor is nowhere."""
        return any(
            not there and not ((anchor := anchors.parse(key)) and anchor.sign == NEGATION)
            for key, there in self.seen.items()
        )

    def element(self, resource: Any, pattern: Any, path: Path) -> Misfit | None:
        """Any value against any pattern."""
        if isinstance(pattern, dict):
            if not isinstance(resource, dict):
                return Misfit(
                    f"pattern and resource have different structures. Path: {said(path)}. "
                    f"Expected map[string]interface {{}}, found {_type(resource)}",
                    path,
                )
            self._note(pattern, resource)
            return self._map(resource, pattern, path)
        if isinstance(pattern, list):
            if not isinstance(resource, list):
                return Misfit(
                    f"validation rule failed at path {said(path)}, "
                    "resource does not satisfy the expected overlay pattern",
                    path,
                )
            return self._list(resource, pattern, path)
        values = resource if isinstance(resource, list) else [resource]
        if all(scalars.fits(one, pattern) for one in values):
            return None
        told = f"resource value '{sprint(resource)}' does not match '{sprint(pattern)}'"
        return Misfit(f"{told} at path {said(path)}", path)

    def _note(self, pattern: Mapping[str, Any], resource: Mapping[str, Any]) -> None:
        for key in pattern:
            anchor = anchors.parse(key)
            if anchor and anchor.sign in (CONDITION, EXISTENCE, NEGATION):
                self.seen[key] = self.seen.get(key, False) or anchor.key in resource

    def _map(self, resource: dict[str, Any], pattern: dict[str, Any], path: Path) -> Misfit | None:
        pattern = expanded(pattern, resource)
        first = {k for k in pattern if (a := anchors.parse(k)) and a.sign not in (GLOBAL, ADD)}
        skipped: list[Misfit] = []
        applied = 0
        for key in sorted(first):
            misfit = self._entry(key, pattern[key], resource, path)
            if misfit is None:
                applied += 1
            elif misfit.skips:
                skipped.append(misfit)
            elif all(one.combined for one in skipped):
                return misfit
        if skipped and (not applied or not all(one.combined for one in skipped)):
            return _combined(skipped, path)
        rest = [key for key in pattern if key not in first]
        for key in _nested_first(rest, pattern):
            misfit = self._entry(key, pattern[key], resource, path)
            if misfit is not None:
                return misfit
        return None

    def _entry(self, key: str, pattern: Any, resource: dict[str, Any], path: Path) -> Misfit | None:
        anchor = anchors.parse(key)
        if anchor is None or anchor.sign == ADD:
            return self._plain(key, pattern, resource, path)
        here = (*path, anchor.key)
        if anchor.key not in resource:
            if anchor.sign == CONDITION:
                absent = "conditional anchor key doesn't exist in the resource"
                return Misfit(f"{_MESSAGES[CONDITION]}: {absent}", here, CONDITION)
            return None
        if anchor.sign == NEGATION:
            return Misfit(f"{_MESSAGES[NEGATION]}: {said(here)} is not allowed", here, NEGATION)
        value = resource[anchor.key]
        if anchor.sign == EXISTENCE:
            return self._exists(value, pattern, here)
        misfit = self.element(value, pattern, here)
        if misfit is None or anchor.sign == EQUALITY:
            return misfit
        sign = anchor.sign
        return Misfit(f"{_MESSAGES[sign]}: {misfit.message}", misfit.path, sign)

    def _plain(self, key: str, pattern: Any, resource: dict[str, Any], path: Path) -> Misfit | None:
        value = resource.get(key)
        if pattern == "*":
            if value is not None:
                return None
            return Misfit(f"{said(path)}/{key} not found", path)
        return self.element(value, pattern, (*path, key))

    def _exists(self, value: Any, pattern: Any, path: Path) -> Misfit | None:
        if not isinstance(value, list):
            told = f"invalid resource type {_type(value)}: Existence ^ () anchor can be used only "
            return Misfit(told + "on list/array type resource", path)
        if not isinstance(pattern, list) or not all(isinstance(one, dict) for one in pattern):
            told = f"invalid pattern type {_type(pattern)}: Pattern has to be of "
            return Misfit(told + "list to compare against resource", path)
        for wanted in pattern:
            if all(self.element(one, wanted, (*path, n)) for n, one in enumerate(value)):
                return Misfit(f"existence anchor validation failed at path {said(path)}", path)
        return None

    def _list(self, resource: list[Any], pattern: list[Any], path: Path) -> Misfit | None:
        if not pattern:
            return Misfit("pattern Array empty", path)
        if isinstance(pattern[0], dict):
            pairs = [(one, pattern[0]) for one in resource]
        elif not isinstance(pattern[0], list):
            return self.element(resource, pattern[0], path)
        elif len(resource) < len(pattern):
            told = "validate Array failed, array length mismatch, resource Array len is "
            return Misfit(f"{told}{len(resource)} and pattern Array len is {len(pattern)}")
        else:
            pairs = list(zip(resource, pattern, strict=False))
        return self._each(pairs, path)

    def _each(self, pairs: list[tuple[Any, Any]], path: Path) -> Misfit | None:
        skipped: list[Misfit] = []
        applied = 0
        for number, (one, wanted) in enumerate(pairs):
            misfit = self.element(one, wanted, (*path, number))
            if misfit is None:
                applied += 1
            elif misfit.skips:
                skipped.append(misfit)
            else:
                return misfit
        return _combined(skipped, path) if skipped and not applied else None


def _combined(misfits: list[Misfit], path: Path) -> Misfit:
    return Misfit("; ".join(one.message for one in misfits), path, combined=True)


def _nested_first(keys: list[str], pattern: Mapping[str, Any]) -> list[str]:
    """Keys with an anchor in or below them come first, the last of them before the others."""
    ordered: list[str] = []
    for key in sorted(keys):
        anchor = anchors.parse(key)
        if (anchor and anchor.sign == GLOBAL) or _has_anchors(pattern[key]):
            ordered.insert(0, key)
        else:
            ordered.append(key)
    return ordered


def _has_anchors(node: Any) -> bool:
    if isinstance(node, dict):
        parsed = map(anchors.parse, node)
        return any(one and one.sign != ADD for one in parsed) or any(
            map(_has_anchors, node.values())
        )
    return isinstance(node, list) and any(map(_has_anchors, node))


def _type(value: Any) -> str:
    """%T of a JSON value."""
    names = {dict: "map[string]interface {}", list: "[]interface {}", bool: "bool", str: "string"}
    if value is None:
        return "<nil>"
    return names.get(type(value), "float64" if isinstance(value, float) else "int64")

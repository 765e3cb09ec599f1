"""A finding that is about several places of one object at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.model import (
    Finding,
    Input,
    Node,
    Patch,
    Pointer,
    Resource,
    ResourceRef,
    Severity,
    Trace,
)
from checks.rule import Rule

NOT_GIVEN = "not given"
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place that a rule objects to: `key` names it independently of where it stands in a list,
    `value` is what is there, NOT_GIVEN where it is what is missing."""

    key: str
    label: str
    pointer: Pointer
    value: str = NOT_GIVEN
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """A finding, and the keys of what it objects to: with one more of them it is a new one."""

    finding: Finding
    about: frozenset[str]


def objection(
    check: str,
    resource: Resource,
    rule: Rule,
    severity: Severity,
    places: Sequence[Place],
    message: str,
    *,
    threshold: str,
    observed: str = "",
    remedy: str = "",
    patches: tuple[Patch, ...] | None = None,
    topic: str = "",
) -> Objection:
    """An objection at the first of the `places`. The patches are theirs if all have some. `topic`
    tells objections of one rule to one object apart."""
    first = resource.locate(*places[0].pointer)
    own: list[Patch] = []
    for patch in (patch for place in places for patch in place.patches):
        # Several containers may be mended by one word of their pod.
        if patch not in own:
            own.append(patch)
    complete = all(place.patches for place in places)
    finding = Finding(
        check=check,
        rule=rule.id,
        severity=severity,
        message=message,
        location=first,
        subject=f"{resource.id} {rule.id}" + (f" {topic}" if topic else ""),
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=tuple(
                Input(
                    location=resource.locate(*place.pointer),
                    pointer=".".join(map(str, place.pointer)),
                    value=place.value,
                )
                for place in places
            ),
            predicate=f"not: {rule.title}",
            observed=observed or "; ".join(f"{place.label}: {place.value}" for place in places),
            threshold=threshold,
        ),
        remedy=remedy or rule.remedy,
        patches=patches if patches is not None else tuple(own) if complete else (),
    )
    return Objection(finding=finding, about=frozenset(place.key for place in places))


def shown(value: Node) -> str:
    """A value of a manifest in a sentence."""
    if value is None:
        return NOT_GIVEN
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    # Python refuses to write out endless numbers.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63:
        return "a number that is too large"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

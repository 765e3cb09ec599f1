"""From what a policy says about an object to findings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from bot.engines.program import Unit
from bot.engines.rego import Answer
from checks.model import (
    Finding,
    Input,
    Pointer,
    Resource,
    ResourceRef,
    Severity,
    Tier,
    Trace,
)

_CHECK = "policy"
_MESSAGE = 1000
_STEP = re.compile(r"\[(\d+)\]|\[\"([^\"]*)\"\]|\['([^']*)'\]|\.?([^.\[\]]+)")


def findings(
    resource: Resource, answer: Answer, severity_of_tier: Callable[[Tier], Severity]
) -> Iterator[Finding]:
    """One finding for each thing that the policies say about the object, told once."""
    seen: set[tuple[str, str]] = set()
    for unit, value in answer.said:
        for message, details in sorted(_messages(unit, value), key=lambda said: said[0]):
            if (unit.entry, message) not in seen:
                seen.add((unit.entry, message))
                severity = (
                    Severity.WARN if unit.entry == "warn" else severity_of_tier(resource.tier)
                )
                yield _finding(resource, unit, severity, message, details)


def _finding(
    resource: Resource, unit: Unit, severity: Severity, message: str, details: dict[str, Any]
) -> Finding:
    pointer = _pointer(details.get("path", details.get("field")))
    location = resource.locate(*pointer)
    remedy = details.get("remedy")
    inputs: tuple[Input, ...] = ()
    if pointer:
        value = json.dumps(resource.get(*pointer), default=str)[:_MESSAGE]
        inputs = (Input(location=location, pointer=".".join(map(str, pointer)), value=value),)
    return Finding(
        check=_CHECK,
        rule=f"rego/{unit.rule}",
        severity=severity,
        message=message[:_MESSAGE],
        location=location,
        subject=f"{resource.id} {message}",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=inputs,
            predicate=f"{unit.rule} at {unit.path}:{unit.line} finds nothing",
            observed=message[:_MESSAGE],
        ),
        remedy=remedy[:_MESSAGE] if isinstance(remedy, str) else "",
    )


def _messages(unit: Unit, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a rule's value says, as (message, what else its object has). Only false, null and what
    is empty say nothing: a value of another form is shown as it is, never dropped."""
    if value is None or value is False or value in ([], {}):
        return
    if value is True:
        yield f"{unit.rule} is true", {}
    elif isinstance(value, list):
        for item in value:
            yield _one(unit, item)
    elif isinstance(value, dict) and _text(value) is None:
        for key, item in sorted(value.items()):
            yield _one(unit, key if item is True else item)
    else:
        yield _one(unit, value)


def _one(unit: Unit, item: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(item, dict):
        return _text(item) or json.dumps(item, sort_keys=True), item
    text = item if isinstance(item, str) else json.dumps(item, sort_keys=True)
    return text.strip() or f"{unit.rule} objects", {}


def _text(item: dict[str, Any]) -> str | None:
    for key in ("msg", "message"):
        if isinstance(item.get(key), str) and item[key].strip():
            return str(item[key]).strip()
    return None


def _pointer(path: Any) -> Pointer:
    """A place in the object: ["spec", "containers", 0], "/spec/containers/0" or
    "spec.containers[0]"; () where it is none."""
    if isinstance(path, list):
        steps = [step for step in path if isinstance(step, str | int)]
        return tuple(steps) if len(steps) == len(path) else ()
    if not isinstance(path, str):
        return ()
    if path.startswith("/"):
        parts = (part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))
        return tuple(int(part) if part.isdecimal() else part for part in parts)
    return tuple(
        int(index) if index else double or single or name
        for index, double, single, name in _STEP.findall(path)
    )

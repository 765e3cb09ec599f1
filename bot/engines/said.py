"""What the value of a Rego rule says: messages, each with where it is and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checks.model import Pointer

_STEP = re.compile(r"\[(\d+)\]|\[\"([^\"]*)\"\]|\['([^']*)'\]|\.?([^.\[\]]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that a rule says; `pointer` is () where it does not say where."""

    message: str
    pointer: Pointer = ()
    remedy: str = ""


def said(rule: str, value: Any) -> list[Said]:
    """What a rule's value says, each message once, in the order of the messages."""
    found: dict[str, Said] = {}
    for message, details in sorted(_messages(rule, value), key=lambda one: one[0]):
        remedy = details.get("remedy")
        one = Said(
            message=message,
            pointer=pointer_of(details.get("path", details.get("field"))),
            remedy=remedy if isinstance(remedy, str) else "",
        )
        found.setdefault(message, one)
    return list(found.values())


def _messages(rule: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a rule's value says, as (message, what else its object has). Only false, null and what
    is empty say nothing: a value of another form is shown as it is, never dropped."""
    if value is None or value is False or value in ([], {}):
        return
    if value is True:
        yield f"{rule} is true", {}
    elif isinstance(value, list):
        for item in value:
            yield _one(rule, item)
    elif isinstance(value, dict) and _text(value) is None:
        for key, item in sorted(value.items()):
            yield _one(rule, key if item is True else item)
    else:
        yield _one(rule, value)


def _one(rule: str, item: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(item, dict):
        return _text(item) or json.dumps(item, sort_keys=True), item
    text = item if isinstance(item, str) else json.dumps(item, sort_keys=True)
    return text.strip() or f"{rule} objects", {}


def _text(item: dict[str, Any]) -> str | None:
    for key in ("msg", "message"):
        if isinstance(item.get(key), str) and item[key].strip():
            return str(item[key]).strip()
    return None


def pointer_of(path: Any) -> Pointer:
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

"""Label selectors of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Unknown(Exception):  # noqa: N818 - an answer, not a fault
    """The answer depends on what is not known; the message says on what."""


def selects(
    selector: Mapping[str, Any], labels: Mapping[str, str], *, partial: bool = False
) -> bool:
    """Whether a selector takes these labels. Where they are only some of the labels, `partial`,
    raises Unknown if the others decide."""
    unknown = ""
    for key, operator, values in _requirements(selector):
        if partial and key not in labels:
            unknown = key
        elif not _holds(operator, values, labels.get(key)):
            return False
    if unknown:
        raise Unknown(unknown)
    return True


def _requirements(selector: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for key, value in (selector.get("matchLabels") or {}).items():
        yield key, "In", [value]
    for one in selector.get("matchExpressions") or ():
        yield one["key"], one["operator"], one.get("values") or []


def _holds(operator: str, values: list[str], value: str | None) -> bool:
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None

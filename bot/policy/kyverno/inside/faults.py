"""What can go wrong in a rule, as Kyverno tells it apart."""

from __future__ import annotations

from typing import Any


class Fault(Exception):  # noqa: N818 - Kyverno's word for it is the rule's status "error"
    """A rule that cannot be evaluated on an object: in the cluster its status is "error"."""


class NotFound(Fault):
    """A field that is not there, where nothing stands in for it."""

    def __init__(self, key: str) -> None:
        super().__init__(f'Unknown key "{key}" in path')


class Unsupported(Exception):  # noqa: N818 - a verdict on a part of a policy, told in words
    """A part of a rule that plumbline cannot evaluate as the cluster would; names it."""


# What stands in the place of a value that the cluster would know; no text in YAML has this byte.
_MARK = "\0"


def unknown(what: str) -> str:
    """A value that is not known here; looking at it raises Unsupported with these words."""
    return _MARK + what


def seen(value: Any) -> Any:
    """The value, where it is known. Raises Unsupported."""
    if isinstance(value, str) and _MARK in value:
        what = value[value.index(_MARK) + 1 :].partition('"')[0]
        raise Unsupported(f"{what}, which is not known here")
    return value

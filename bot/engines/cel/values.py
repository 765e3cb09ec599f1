"""CEL's values as Python's: null, bool, int, float, str, bytes, list and dict are themselves.

Exact types count: `True` is no number, and an unsigned 1 is no int.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
UINT_MAX = 2**64 - 1


class CelError(Exception):
    """An evaluation failed, as it would in the cluster."""


class UnknownError(CelError):
    """It would be known in the cluster, but not here: no error of the policy."""


class UnsupportedError(UnknownError):
    """What this engine does not do."""


def worse(one: CelError | None, other: CelError) -> CelError:
    """Of two errors the one that decides what is known."""
    return other if one is None or isinstance(other, UnknownError) else one


class UInt(int):
    """An unsigned integer of 64 bits."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in nanoseconds."""

    ns: int


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A point in time, in nanoseconds since 1970 in UTC."""

    ns: int


@dataclass(frozen=True, slots=True)
class Type:
    """A type as a value: `type(1)`."""

    name: str


class Lazy:
    """Fields that are computed when they are first asked for: `variables`, `request`."""

    __slots__ = ()

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        raise NotImplementedError

    def get(self, name: str) -> Any:
        """The value of a field. Raises CelError."""
        raise NotImplementedError


class Optional:
    """A value or nothing. `NONE` is nothing."""

    __slots__ = ("_values",)

    def __init__(self, *values: Any) -> None:
        self._values = values

    @property
    def present(self) -> bool:
        """Whether there is a value."""
        return bool(self._values)

    @property
    def value(self) -> Any:
        """The value. Raises CelError where there is none."""
        if not self._values:
            raise CelError("optional.none() dereference")
        return self._values[0]


NONE = Optional()
NUMBERS = frozenset({int, UInt, float})
_NAMES: dict[type, str] = {
    type(None): "null_type",
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    Duration: "google.protobuf.Duration",
    Timestamp: "google.protobuf.Timestamp",
    Type: "type",
    Optional: "optional_type",
}


def type_name(value: Any) -> str:
    """What CEL calls the type of a value."""
    return _NAMES.get(type(value)) or str(getattr(value, "cel_type", "map"))


def equal(left: Any, right: Any) -> bool:
    """CEL's `==`: numbers by value whatever their type, everything else of the same type only."""
    kind, other = type(left), type(right)
    if kind in NUMBERS and other in NUMBERS:
        return bool(left == right)
    if kind is not other:
        return False
    if kind is list:
        return len(left) == len(right) and all(map(equal, left, right))
    if kind is dict:
        return len(left) == len(right) and all(
            key in right and equal(value, right[key]) for key, value in left.items()
        )
    if kind is Optional:
        if left.present and right.present:
            return equal(left.value, right.value)
        return bool(left.present == right.present)
    return bool(left == right)


def in_range(value: int) -> int:
    """A result that an int can hold. Raises CelError."""
    if not INT_MIN <= value <= INT_MAX:
        raise CelError("integer overflow")
    return value


def unsigned(value: int) -> UInt:
    """A result that a uint can hold. Raises CelError."""
    if not 0 <= value <= UINT_MAX:
        raise CelError("unsigned integer overflow")
    return UInt(value)

"""The values of Terraform's language, and those that nobody knows before a plan.

A value is None, a bool, an int, a float, a str, a list, a Set, a dict, a Lazy, or an Unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

Value: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What stands for a value that is known only after apply, or that nobody is to see. `of` is the
    attribute of a resource that it will be ("aws_instance.web[0].id"), "" for none or any."""

    secret: bool = False
    of: str = ""


UNKNOWN, SECRET = Unknown(), Unknown(secret=True)
# What stands for a secret in a report.
MASK = "(sensitive)"


class EvalError(Exception):
    """An expression that Terraform would refuse too; try() and can() take it for an answer."""


class TooMuch(Exception):  # noqa: N818 - a verdict on the input, not a fault
    """The input stands for more than is reasonable."""


@runtime_checkable
class Lazy(Protocol):
    """What has attributes that are made when they are asked for: a resource, a module's outputs."""

    def attribute(self, name: str) -> Value:
        """The value of that attribute. Raises EvalError where there cannot be one."""


class Set(list[Value]):
    """A set: its elements once each, in the order in which Terraform goes through them."""

    @classmethod
    def of(cls, items: Iterable[Value]) -> Set:
        """The set of these elements."""
        seen: dict[str, Value] = {}
        for item in items:
            seen.setdefault(order(item), item)
        return cls(seen[key] for key in sorted(seen))


class Budget:
    """How much may be done for one module and all that it calls."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Count so many steps. Raises TooMuch."""
        self._left -= steps
        if self._left < 0:
            raise TooMuch("its expressions stand for too many values")


def is_unknown(value: Value) -> bool:
    """Whether nothing at all is known of it."""
    return isinstance(value, Unknown)


def whole_unknown(value: Value) -> Unknown | None:
    """What stands for it where it is no value yet; something lazy is none where one is needed."""
    if isinstance(value, Lazy):
        return UNKNOWN
    return value if isinstance(value, Unknown) else None


def unknown_in(value: Value, budget: Budget) -> Unknown | None:
    """The first unknown in it, however deep; secrets go before others."""
    worst: Unknown | None = None
    for leaf in _leaves(value, budget):
        found = whole_unknown(leaf)
        if found and found.secret:
            return found
        worst = worst or found
    return worst


def _leaves(value: Value, budget: Budget) -> Iterator[Value]:
    waiting = [value]
    while waiting:
        budget.spend()
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
        else:
            yield node


def number(value: Value) -> int | float:
    """The number that it is or can be turned into. Raises EvalError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            found = float(value) if len(value) < 400 else float("nan")
        except ValueError:
            found = float("nan")
        if found - found == 0:
            whole = value.lstrip("+-").isdecimal()
            return int(value) if whole else tidy(found)
    raise EvalError("a number is required")


def tidy(value: int | float) -> int | float:
    """A whole number as int: Terraform has but one kind of number. Raises EvalError."""
    if isinstance(value, float):
        if value - value != 0:
            raise EvalError("the number is too large")
        return int(value) if value.is_integer() else value
    if value.bit_length() > 2048:
        raise EvalError("the number is too large")
    return value


def boolean(value: Value) -> bool:
    """The truth value that it is or can be turned into. Raises EvalError."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise EvalError("true or false is required")


def text(value: Value) -> str:
    """The text that it is or can be turned into. Raises EvalError."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else repr(value)
    raise EvalError("a text is required")


def order(value: Value) -> str:
    """A key that tells values apart and sorts them: texts by themselves, the rest by their form."""
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"n{value:030.9f}" if abs(value) < 1e18 else f"n{value!r}"
    return f"z{value!r}"


def equal(left: Value, right: Value) -> bool:
    """`==`: never between a text and a number."""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)

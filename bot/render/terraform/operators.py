"""What operators make of values, once those are known."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bot.render.terraform.values import (
    Budget,
    EvalError,
    Lazy,
    Set,
    Unknown,
    Value,
    equal,
    number,
    text,
    tidy,
    unknown_in,
    whole_unknown,
)


def first_unknown(values: list[Value]) -> Unknown | None:
    """SECRET or UNKNOWN where one of the values is that as a whole."""
    found = [unknown for value in values if (unknown := whole_unknown(value))]
    return next((unknown for unknown in found if unknown.secret), found[0] if found else None)


def step(value: Value, key: Value) -> Value:
    """`value[key]`, which is also `value.key`. Raises EvalError."""
    if isinstance(value, Unknown):
        return value
    if isinstance(key, Unknown):
        return key
    if isinstance(value, Lazy):
        return value.attribute(text(key))
    if isinstance(value, dict):
        name = text(key)
        if name not in value:
            raise EvalError(f"there is no {name!r} in it")
        return value[name]
    if isinstance(value, list) and not isinstance(value, Set):
        at = number(key)
        if isinstance(at, int) and 0 <= at < len(value):
            return value[at]
        raise EvalError(f"it has {len(value)} elements, but none at {at}")
    raise EvalError("it has no elements")


def pairs(value: Value) -> Iterator[tuple[Value, Value]]:
    """The keys and values that a for or a dynamic block goes through. Raises EvalError."""
    if isinstance(value, dict):
        yield from sorted(value.items())
    elif isinstance(value, Set):
        yield from ((item, item) for item in value)
    elif isinstance(value, list):
        yield from enumerate(value)
    else:
        raise EvalError("a list, a set or a map is required")


def equality(op: str, left: Value, right: Value, budget: Budget) -> Value:
    """`==` or `!=`, unknown where a part of either is."""
    nothing = left is None or right is None
    unknown = unknown_in(left, budget) or unknown_in(right, budget)
    # A list or a resource is not null, however little is known of what is in it.
    shallow = first_unknown([left, right])
    if unknown and not (nothing and not shallow):
        return unknown
    return equal(left, right) is (op == "==")


def arithmetic(op: str, left: int | float, right: int | float) -> Value:
    """`left op right` for two numbers. Raises EvalError."""
    try:
        match op:
            case "+" | "-" | "*":
                return _decimal(op, left, right)
            case "/":
                return tidy(left / right)
            case "%":
                return tidy(left - right * int(left / right))
            case "<":
                return left < right
            case ">":
                return left > right
            case "<=":
                return left <= right
            case _:
                return left >= right
    except (ZeroDivisionError, OverflowError) as error:
        raise EvalError("there is no such number") from error


def _decimal(op: str, left: int | float, right: int | float) -> Value:
    """In decimal digits, where 0.1 + 0.2 is 0.3."""
    if isinstance(left, int) and isinstance(right, int):
        return tidy({"+": left + right, "-": left - right, "*": left * right}[op])
    one, other = Decimal(repr(left)), Decimal(repr(right))
    return tidy(float({"+": one + other, "-": one - other, "*": one * other}[op]))

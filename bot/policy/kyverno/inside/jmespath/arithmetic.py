"""Kyverno's arithmetic over numbers, quantities ("1Gi") and durations ("30m")."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bot.policy.kyverno.inside import durations, quantities
from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.gotext import general
from bot.policy.kyverno.inside.jmespath.standard import Entry
from bot.policy.kyverno.inside.quantities import Quantity

# An integer here is a duration in nanoseconds.
_Operand = float | Quantity | int


def _operand(value: Any, name: str) -> _Operand:
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        quantity = quantities.parse(value)
        if quantity is not None:
            return quantity
        duration = durations.parse(value)
        if duration is not None:
            return duration
    raise Fault(f"JMESPath function '{name}': invalid operand")


def _said(value: _Operand) -> Any:
    if isinstance(value, float):
        return value
    return str(value) if isinstance(value, Quantity) else durations.text(value)


def _binary(name: str, apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def handler(one: Any, other: Any) -> Any:
        result = apply(_operand(one, name), _operand(other, name))
        if result is NotImplemented:
            raise Fault(f"JMESPath function '{name}': Types mismatch")
        return result

    return handler


def _add(one: _Operand, other: _Operand) -> Any:
    if type(one) is not type(other):
        return NotImplemented
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return _said(one.add(other))
    return _said(one + other)  # type: ignore[operator]


def _subtract(one: _Operand, other: _Operand) -> Any:
    if type(one) is not type(other):
        return NotImplemented
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return _said(one.subtract(other))
    return _said(one - other)  # type: ignore[operator]


def _multiply(one: _Operand, other: _Operand) -> Any:
    if isinstance(one, float) and not isinstance(other, float):
        one, other = other, one
    if not isinstance(other, float):
        return NotImplemented
    if isinstance(one, float):
        return one * other
    if isinstance(one, Quantity):
        return str(Quantity(one.amount * _scalar(other, "multiply"), one.form))
    return durations.text(int(durations.seconds(one) * other * durations.SECOND))


def _scalar(value: float, name: str) -> Fraction:
    """A number as Kubernetes reads it as a quantity."""
    quantity = quantities.parse(general(value))
    if quantity is None:
        raise Fault(f"JMESPath function '{name}': {value} is no quantity")
    return quantity.amount


def _divide(one: _Operand, other: _Operand) -> Any:
    by_zero = "JMESPath function 'divide': Zero divisor passed"
    amount = other.amount if isinstance(other, Quantity) else other
    if amount == 0 and (type(one) is type(other) or isinstance(other, float)):
        raise Fault(by_zero)
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return float(one.amount) / float(other.amount)
    if isinstance(one, Quantity) and isinstance(other, float):
        return _share(one, other)
    if isinstance(one, float):
        return one / other if isinstance(other, float) else NotImplemented
    if isinstance(one, int) and isinstance(other, float):
        return durations.text(int(durations.seconds(one) / other * durations.SECOND))
    if isinstance(one, int) and isinstance(other, int):
        return durations.seconds(one) / durations.seconds(other)
    return NotImplemented


def _share(one: Quantity, other: float) -> str:
    """Rounded down to the finer scale of both, which depends on how they were written."""
    quotient = one.amount / _scalar(other, "divide")
    if quotient.denominator != 1:
        raise Unsupported("divide() of a quantity by a number that does not divide it")
    return str(Quantity(quotient, one.form))


def _modulo(one: _Operand, other: _Operand) -> Any:
    if type(one) is not type(other):
        return NotImplemented
    if isinstance(one, int) and isinstance(other, int):
        return durations.text(_remainder(one, other))
    a = one.amount if isinstance(one, Quantity) else Fraction(one)
    b = other.amount if isinstance(other, Quantity) else Fraction(other)
    if a.denominator != 1 or b.denominator != 1:
        raise Fault("JMESPath function 'modulo': Non-integer argument(s) passed for modulo")
    rest = _remainder(int(a), int(b))
    return str(Quantity(Fraction(rest), one.form)) if isinstance(one, Quantity) else float(rest)


def _remainder(one: int, other: int) -> int:
    if other == 0:
        raise Fault("JMESPath function 'modulo': Zero divisor passed")
    rest = abs(one) % abs(other)
    return -rest if one < 0 else rest


def _sum(values: list[Any]) -> Any:
    if not values:
        raise Fault("JMESPath function 'sum': at least one element in the array is required")
    add = _binary("sum", _add)
    result = values[0]
    for value in values[1:]:
        result = add(result, value)
    return result


def _round(value: float, digits: float) -> float:
    if digits != int(digits):
        raise Fault("JMESPath function 'round': Non-integer argument(s) passed for round off")
    if digits < 0:
        raise Fault("JMESPath function 'round': argument is out of bounds")
    shifted = value * math.pow(10, digits)
    # math.Round of Go: halves away from zero.
    whole = math.floor(abs(shifted) + 0.5)
    return math.copysign(whole, shifted) / math.pow(10, digits)


TABLE: dict[str, Entry] = {
    "add": (("any", "any"), _binary("add", _add)),
    "subtract": (("any", "any"), _binary("subtract", _subtract)),
    "multiply": (("any", "any"), _binary("multiply", _multiply)),
    "divide": (("any", "any"), _binary("divide", _divide)),
    "modulo": (("any", "any"), _binary("modulo", _modulo)),
    "sum": (("array",), _sum),
    "round": (("number", "number"), _round),
}

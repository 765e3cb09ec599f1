"""The steps of an evaluation that are no functions, as closures over their operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.engines.cel.macros import Code
from bot.engines.cel.operators import is_absent, item, lookup, no_overload
from bot.engines.cel.values import NONE, CelError, Lazy, Optional, equal, type_name, worse


def field(operand: Code, name: str) -> Code:
    """`operand.field`."""

    def run(frame: list[Any]) -> Any:
        container = operand(frame)
        if type(container) is dict:
            try:
                return container[name]
            except KeyError:
                raise CelError(f"no such key: {name}") from None
        if isinstance(container, Lazy):
            return container.get(name)
        if type(container) is Optional:
            return _maybe(container, name)
        return item(container, name)

    return run


def indexed(operand: Code, index: Code) -> Code:
    """`operand[index]`."""

    def run(frame: list[Any]) -> Any:
        container, key = operand(frame), index(frame)
        if type(container) is Optional:
            return _maybe(container, key)
        return item(container, key)

    return run


def tested(operand: Code, field: str) -> Code:
    """`has(operand.field)`."""

    def run(frame: list[Any]) -> bool:
        container = operand(frame)
        if type(container) is dict:
            return field in container
        if type(container) is Optional:
            return bool(_maybe(container, field).present)
        return not is_absent(lookup(container, field, test=True))

    return run


def optional_item(operand: Code, index: Code) -> Code:
    """`operand.?field` and `operand[?index]`."""

    def run(frame: list[Any]) -> Optional:
        return _maybe(operand(frame), index(frame))

    return run


def _maybe(container: Any, key: Any) -> Optional:
    if type(container) is Optional:
        if not container.present:
            return NONE
        container = container.value
    value = lookup(container, key, test=False)
    return NONE if is_absent(value) else Optional(value)


def present(value: Any) -> bool:
    """Whether an optional entry of a list or a map is there. Raises CelError."""
    if type(value) is not Optional:
        raise CelError(f"cannot initialize optional entry from non-optional {type_name(value)}")
    return value.present


def logical(name: str, codes: Sequence[Code]) -> Code:
    """`&&` and `||`: an error counts only where no other operand decides."""
    decides = name == "_||_"

    def run(frame: list[Any]) -> bool:
        failed: CelError | None = None
        for code in codes:
            try:
                value = code(frame)
            except CelError as error:
                failed = worse(failed, error)
                continue
            if value is decides:
                return bool(decides)
            if type(value) is not bool:
                failed = worse(failed, no_overload(name, value))
        if failed is not None:
            raise failed
        return not decides

    return run


def conditional(condition: Code, yes: Code, no: Code) -> Code:
    """`condition ? yes : no`."""

    def run(frame: list[Any]) -> Any:
        value = condition(frame)
        if value is True:
            return yes(frame)
        if value is False:
            return no(frame)
        raise no_overload("_?_:_", value)

    return run


def equality(left: Code, right: Code, *, wanted: bool) -> Code:
    """`left == right`, or `!=`."""

    def run(frame: list[Any]) -> bool:
        return equal(left(frame), right(frame)) is wanted

    return run


def alternative(target: Code, other: Code, name: str) -> Code:
    """`orValue` and `or`, which look at their argument only where there is no value."""

    def run(frame: list[Any]) -> Any:
        value = target(frame)
        # cel-go: what is no optional is a value that is there.
        if type(value) is not Optional:
            return value
        if value.present:
            return value if name == "or" else value.value
        return other(frame)

    return run

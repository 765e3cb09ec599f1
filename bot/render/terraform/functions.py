"""Terraform's functions: which there are, and what they make of arguments that are unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.render.terraform import functions_data, functions_lists, functions_text
from bot.render.terraform.files import ModuleFiles
from bot.render.terraform.values import (
    UNKNOWN,
    Budget,
    EvalError,
    Value,
    unknown_in,
)

# They look at a container without its elements, or hand elements on as they are.
_SHALLOW: Mapping[str, Callable[..., Value]] = functions_lists.SHALLOW
_DEEP: Mapping[str, Callable[..., Value]] = {
    **functions_lists.DEEP,
    **functions_text.TABLE,
    **functions_data.TABLE,
}
_LONGEST = 1 << 20


def call(name: str, args: list[Value], files: ModuleFiles, budget: Budget) -> Value:
    """What the function makes of these arguments; UNKNOWN for one that is not known here, or whose
    answer differs from run to run (timestamp, uuid). Raises EvalError, TooMuch."""
    name = name.removeprefix("core::")
    if name in functions_data.READING:
        unknown = unknown_in(args, budget)
        return unknown or _checked(functions_data.READING[name], [files, *args], budget)
    if name in _SHALLOW:
        return _checked(_SHALLOW[name], args, budget)
    unknown = unknown_in(args, budget)
    if unknown:
        return unknown
    return _checked(_DEEP[name], args, budget) if name in _DEEP else UNKNOWN


def _checked(function: Callable[..., Value], args: list[Value], budget: Budget) -> Value:
    for arg in args:
        budget.spend(len(arg) // 8 if isinstance(arg, (list, dict, str)) else 1)
    try:
        found = function(*args)
    except (TypeError, AttributeError, KeyError, IndexError, ValueError, OverflowError) as error:
        # Arguments of the wrong number or type, which Terraform refuses as well.
        raise EvalError("its arguments are not what the function takes") from error
    if isinstance(found, (list, dict)):
        budget.spend(len(found))
    if isinstance(found, str) and len(found) > _LONGEST:
        raise EvalError("the text is too long")
    return found

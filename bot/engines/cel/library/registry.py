"""How functions are found: by name, then by the types of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from bot.engines.cel.macros import Code
from bot.engines.cel.operators import no_overload

_F = TypeVar("_F", bound=Callable[..., Any])


class Overload(NamedTuple):
    """A function for arguments of certain types, the receiver first; `object` takes any."""

    types: tuple[type, ...]
    function: Callable[..., Any]


class Library:
    """Functions by name: "size" for `size(x)`, ".size" for `x.size()`, "math.abs" for
    `math.abs(x)`."""

    def __init__(self) -> None:
        self.functions: dict[str, list[Overload]] = {}

    def add(self, name: str, *types: type) -> Callable[[_F], _F]:
        """Declare the decorated function under a name for these types."""

        def register(function: _F) -> _F:
            self.functions.setdefault(name, []).append(Overload(types, function))
            return function

        return register


def dispatch(name: str, overloads: Sequence[Overload], codes: Sequence[Code]) -> Code:
    """The code of a call."""

    def run(frame: list[Any]) -> Any:
        args = [code(frame) for code in codes]
        for types, function in overloads:
            for kind, arg in zip(types, args, strict=True):
                if kind is not object and kind is not type(arg):
                    break
            else:
                return function(*args)
        raise no_overload(name, *args)

    return run

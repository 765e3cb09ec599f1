"""Which functions there are, what they take, and what Kyverno has that cannot be had here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.gotext import sprint
from bot.policy.kyverno.inside.jmespath import arithmetic, encodings, standard, strings, times
from bot.policy.kyverno.inside.jmespath.query import Interpreter, Reference

# What Kyverno has too, and why it is not here.
_REFUSED = {
    "random": "random(), which says something else each time",
    "x509_decode": "x509_decode()",
    "is_external_url": "is_external_url(), which asks the network",
}
_TESTS: Mapping[str, Callable[[Any], bool]] = {
    "number": lambda v: isinstance(v, float),
    "string": lambda v: isinstance(v, str),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "array[number]": lambda v: isinstance(v, list) and all(isinstance(one, float) for one in v),
    "array[string]": lambda v: isinstance(v, list) and all(isinstance(one, str) for one in v),
    "any": lambda v: True,  # noqa: ARG005
    "expref": lambda v: isinstance(v, Reference),
}


class Functions:
    """The functions at a moment: `now_ns` since 1970 is what time it is to them."""

    def __init__(self, now_ns: int) -> None:
        self._table = {
            **standard.TABLE,
            **strings.TABLE,
            **arithmetic.TABLE,
            **encodings.TABLE,
            **times.table(now_ns),
        }

    def __call__(self, name: str, arguments: list[Any], interpreter: Interpreter) -> Any:
        """Call a function. Raises Fault or Unsupported."""
        if name in _REFUSED:
            raise Unsupported(_REFUSED[name])
        entry = self._table.get(name)
        if entry is None:
            raise Fault(f"unknown function: {name}")
        types, handler = entry
        _check(types, arguments)
        if any(isinstance(one, Reference) for one in arguments):
            return handler(interpreter, *arguments)
        return handler(*arguments)


def _check(types: Sequence[str], arguments: Sequence[Any]) -> None:
    if types and types[-1].endswith("…"):
        # Go does not look at the types of these; a wrong one ends Kyverno's request.
        if len(arguments) < len(types):
            raise Fault("Invalid arity.")
        types = [types[0].removesuffix("…")] * len(arguments)
    elif len(types) != len(arguments) and types:
        raise Fault("incorrect number of args")
    for wanted, value in zip(types, arguments, strict=False):
        if not any(_TESTS[one](value) for one in wanted.split("|")):
            kinds = ", ".join(wanted.split("|"))
            raise Fault(f"Invalid type for: {_said(value)}, expected: {kinds}")


def _said(value: Any) -> str:
    return "an expression" if isinstance(value, Reference) else sprint(value)


def is_known(name: str) -> bool:
    """Whether Kyverno has a function, also where it is refused here."""
    return name in _REFUSED or name in _NAMES


_NAMES = frozenset(
    (
        *standard.TABLE,
        *strings.TABLE,
        *arithmetic.TABLE,
        *encodings.TABLE,
        *times.table(0),
    )
)

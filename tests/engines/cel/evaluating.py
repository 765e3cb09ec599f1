"""CEL expressions through a real worker."""

from __future__ import annotations

from typing import Any

from bot.engines.cel.engine import CelEngine, Evaluated, Limits
from tests.checks.manifests import NOW

LIMITS = Limits(evaluation_seconds=10, total_seconds=120)


class Asker:
    """One engine for many expressions."""

    def __init__(self, engine: CelEngine) -> None:
        self._engine = engine

    def says(self, expression: str, /, **bindings: Any) -> tuple[str, Any]:
        """("value", v), ("error", message), or ("refused", message) where it does not load."""
        if error := self._engine.load(0, (), (expression,)):
            return "refused", error
        return self._engine.ask(0, bindings).values[0]

    def value(self, expression: str, /, **bindings: Any) -> Any:
        """The value of an expression."""
        kind, value = self.says(expression, **bindings)
        assert kind == "value", f"{expression}: {value}"
        return value


def engine(limits: Limits = LIMITS) -> CelEngine:
    """An engine with limits."""
    return CelEngine(now=NOW, limits=limits)


def evaluated(expressions: list[str], *, variables: Any = (), **bindings: Any) -> Evaluated:
    """What one unit says, in an engine of its own."""
    with engine() as one:
        assert one.load(1, variables, expressions) == ""
        return one.ask(1, bindings)

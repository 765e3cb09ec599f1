"""The patterns in the schemas of templates. Whoever wrote one may have meant it to take for ever,
so they are tried where that can be ended."""

from __future__ import annotations

import re

from bot.engines.cel.engine import CelEngine
from bot.policy.gatekeeper.match import WILDCARD

_UNIT = -1


class Patterns:
    """Tries patterns in the worker of CEL, whose expressions are Go's, as the cluster's are."""

    def __init__(self, cel: CelEngine) -> None:
        self._cel = cel

    def fit(self, pattern: str, text: str) -> bool | str:
        """Whether a pattern is in a text, or why that cannot be told. Raises EngineError."""
        if pattern == WILDCARD:
            return re.search(pattern, text) is not None
        # Anew each time: one that ended the worker says nothing of the next.
        said = self._cel.load(_UNIT, (), ("object.matches(params)",))
        if said:
            return said
        ((kind, value),) = self._cel.ask(_UNIT, {"object": text, "params": pattern}).values
        return value if kind == "value" and isinstance(value, bool) else str(value)

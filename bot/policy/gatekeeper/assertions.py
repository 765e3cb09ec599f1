"""What a case of a suite expects of the violations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from bot.engines.program import Limits, Source
from bot.engines.rego import RegoEngine

# A pattern is a stranger's: it is tried where it can do no harm, by the expressions of Rego.
_POLICY = """package assertion
import rego.v1
deny contains i if {
  some i, message in input.messages
  regex.match(input.pattern, message)
}
"""


class Assertions:
    """Compares violations with what is expected; holds a worker for patterns."""

    def __init__(self, now: datetime, limits: Limits) -> None:
        self._engine = RegoEngine(now=now, limits=limits)
        self._program = self._engine.compile([Source(path="assertion", text=_POLICY)])

    def __enter__(self) -> Assertions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    def broken(self, assertion: Mapping[str, Any], messages: Sequence[str]) -> str:
        """How violations with these messages differ from an assertion, "" where they do not.
        Raises EngineError."""
        pattern = assertion.get("message")
        found = len(messages)
        if pattern is not None:
            matching = self._matching(str(pattern), messages)
            if isinstance(matching, str):
                return matching
            found = matching
        wanted = assertion.get("violations")
        like = f' with a message like "{pattern}"' if pattern is not None else ""
        if wanted in (None, "yes") or wanted is True:
            right, said = found > 0, "at least one violation"
        elif wanted == "no" or wanted is False:
            right, said = found == 0, "no violation"
        elif isinstance(wanted, int) and wanted >= 0:
            right, said = found == wanted, f"{wanted} violations"
        else:
            return f'violations is a number, "yes" or "no", not {wanted!r}'
        if right:
            return ""
        came = "; ".join(messages) or "none"
        return f"expected {said}{like}, found {found} among: {came}"

    def _matching(self, pattern: str, messages: Sequence[str]) -> int | str:
        """How many messages a pattern fits, or why that cannot be told."""
        text = json.dumps({"pattern": pattern, "messages": list(messages)})
        said, problems = self._engine.ask(self._program.units, text, "the messages")
        if problems:
            return f"the pattern {pattern!r} cannot be tried: {problems[0].message}"
        return sum(len(value) for _, value in said)

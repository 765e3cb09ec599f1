"""Rego modules read: the text as OPA takes it, and what it says about itself. Runs in the worker
only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from bot.engines import builtins
from bot.engines.dialect import as_opa_reads
from bot.engines.negation import arguments_first
from bot.engines.survey import Tree, survey
from bot.engines.unknown import Path, hidden, raised

_NESTED_NEGATIONS = 20
_MODERN = re.compile(
    r"^import (rego\.v1|future\.keywords)|\bif\s*\{|\bcontains\b.*\bif\b", re.MULTILINE
)


class Reader:
    """Reads modules with engines of the given kind."""

    def __init__(self, engine: Callable[[], Any]) -> None:
        self._engine = engine
        self._known = builtins.known()

    def survey(self, text: str, v0: bool | None, unknown: Sequence[Path]) -> dict[str, Any]:
        """The facts of a module, and its text with what OPA takes for granted written out; what
        leads to `unknown` raises in it. `v0` is the syntax, None for what fits. Raises
        RuntimeError."""
        text, v0 = self._written_out(as_opa_reads(text), v0, unknown)
        tree = tree_of(self.parsed(text, v0)[0])
        facts = survey(tree, text.encode())
        calls = [".".join(path) for path in facts.calls]
        missing = [name for name in calls if name not in self._known]
        refused = {name: builtins.REFUSED[name] for name in calls if name in builtins.REFUSED}
        said = {"v0": v0, "text": text, "unknown": missing, "refused": refused}
        return {**facts.as_json(), **said, "hidden": hidden(tree, unknown)}

    def _written_out(self, text: str, v0: bool | None, unknown: Sequence[Path]) -> tuple[str, bool]:
        engine, old = self.parsed(text, v0)
        if unknown:
            text = raised(tree_of(engine), text.encode(), unknown).decode()
            engine, _ = self.parsed(text, old)
        for turn in range(_NESTED_NEGATIONS):
            new = arguments_first(tree_of(engine), text.encode(), turn).decode()
            if new == text:
                return text, old
            text = new
            engine, _ = self.parsed(text, old)
        raise RuntimeError("error: negations are nested too deep")

    def parsed(self, text: str, v0: bool | None) -> tuple[Any, bool]:
        """An engine that holds the module, in the syntax that is asked for; else in today's, then
        the old one. Raises RuntimeError."""
        if v0 is not None:
            engine = self._engine()
            engine.set_rego_v0(v0)
            engine.add_policy("policy", text)
            return engine, v0
        try:
            return self.parsed(text, False)
        except RuntimeError as modern:
            try:
                return self.parsed(text, True)
            except RuntimeError as old:
                raise (old if _is_old(text, modern) else modern) from None


def tree_of(engine: Any) -> Tree:
    """The syntax tree of the one module that an engine holds."""
    tree: Tree = json.loads(engine.get_ast_as_json())[0]["ast"]
    return tree


def _is_old(text: str, modern: Exception) -> bool:
    """Whether a file that neither syntax takes is meant for the old one, which has no `if`."""
    return "keyword is required" in str(modern) and not _MODERN.search(text)

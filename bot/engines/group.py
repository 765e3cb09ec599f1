"""Modules that are asked together. Runs in the worker only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from bot.engines.sprintf import sprintf

# What a value is that has no form outside the engine: a set of objects, a number of many digits.
NOT_HANDED_OVER = re.compile(r"unhashable type|not an i64|extension 'sprintf' raises")
# What stands in the place of JSON for what is undefined.
_UNDEFINED = '"<undefined>"'


class Group:
    """Two engines with the same modules: one with our `sprintf`, which is OPA's, and, started
    where a value cannot be handed to it, one with the engine's own. Raises RuntimeError where the
    modules cannot be loaded."""

    def __init__(self, start: Callable[[], Any], modules: Sequence[dict[str, Any]]) -> None:
        self._start = start
        self._modules = modules
        self._engine = self._loaded()
        self._engine.add_extension("sprintf", 2, sprintf)
        self._plain: Any = None

    def ask(self, rule: str, text: str) -> str | None:
        """What a rule is for an input, as JSON, None where it is undefined. Raises
        RuntimeError."""
        try:
            return _asked(self._engine, rule, text)
        except RuntimeError as error:
            if not NOT_HANDED_OVER.search(str(error)):
                raise
        if self._plain is None:
            self._plain = self._loaded()
        return _asked(self._plain, rule, text)

    def _loaded(self) -> Any:
        engine = self._start()
        for module in self._modules:
            engine.set_rego_v0(module["v0"])
            engine.add_policy(module["name"], module["text"])
        return engine


def _asked(engine: Any, rule: str, text: str) -> str | None:
    engine.set_input_json(text)
    answer = str(engine.eval_rule_as_json(rule))
    engine.take_prints()
    # A policy might say the very words that stand for what is undefined.
    return None if answer == _UNDEFINED and engine.eval_rule(rule) is None else answer

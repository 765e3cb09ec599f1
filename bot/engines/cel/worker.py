"""The worker: the only process that evaluates CEL. It is told what to do through a pipe, has no
secrets in its environment, and may die at any moment without harm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.engines.cel.units import Unit, load, normal
from bot.engines.serving import say, serve

# What an expression may say about one object, as JSON.
_ANSWER_BYTES = 256 * 1024
# Nothing that Kubernetes accepts is deeper; each level takes a few frames of Python's.
_RECURSION = 5000


def main(memory_bytes: int, cpu_seconds: int, file_bytes: int, now_ns: int) -> None:
    """Answer what comes in on standard input, until it ends."""
    del file_bytes, now_ns
    serve(memory_bytes, cpu_seconds, lambda: _Worker().answer, _RECURSION)


class _Worker:
    """The units of this process, and the values that they see."""

    def __init__(self) -> None:
        self._units: dict[int, Unit] = {}
        self._values: dict[str, Any] = {}

    def answer(self, request: Mapping[str, Any]) -> None:
        """Answer one request with one message."""
        match request["do"]:
            case "load":
                unit, error = load(request["variables"], request["expressions"])
                if unit is not None:
                    self._units[request["unit"]] = unit
                say({"error": error})
            case "ask":
                say({"asks": [self._asked(ask) for ask in request["asks"]]})

    def _asked(self, ask: Mapping[str, Any]) -> list[list[list[Any]] | bool]:
        for name, value in ask["set"].items():
            self._values[name] = normal(value)
        seen = {name: self._values[name] for name in ask["names"]}
        return [_limited(self._units[number].answers(seen)) for number in ask["units"]]


def _limited(values: list[list[Any]]) -> list[list[Any]] | bool:
    """The values, where they are not too long; just True where all are."""
    if values and all(value is True and kind == "value" for kind, value in values):
        return True
    if not any(isinstance(value, str | list | dict) for _, value in values):
        return values
    size = len(json.dumps(values))
    if size <= _ANSWER_BYTES:
        return values
    return [["unknown", f"it says {size:,} bytes about one object"] for _ in values]

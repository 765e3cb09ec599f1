"""Units that can share an engine, which reads each input once for all of them. Runs in the worker
only.

An engine does not say which of its modules is at fault, and may be left in disorder by an error: so
whatever goes wrong here is asked again of the unit's own engine, and the unit no longer shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.engines.sprintf import sprintf

_READY = {"name": "ready", "v0": False, "text": "package plumbline_ready\n\nis := true\n"}
# What a rule is that says nothing.
NOTHING: tuple[Any, ...] = (set(), None, [])


class Shared:
    """The engine of units that are asked about the same inputs: each has a module (`name`, `text`,
    `v0`) and a `query`, `libraries` are the modules that any of them needs."""

    def __init__(
        self,
        start: Callable[[], Any],
        units: Mapping[int, Mapping[str, Any]],
        libraries: Sequence[Mapping[str, Any]],
    ) -> None:
        self._start = start
        self._libraries = libraries
        self._engine: Any = None
        self._units: dict[int, Mapping[str, Any]] = {}
        if not self._take(units):
            # One that cannot be analysed is in the way of all.
            self._take({n: unit for n, unit in units.items() if self._take({n: unit})})

    def __len__(self) -> int:
        return len(self._units)

    def _take(self, units: Mapping[int, Mapping[str, Any]]) -> bool:
        """Whether an engine can be made of these units; it is the one that is asked then."""
        engine = self._start()
        engine.add_extension("sprintf", 2, sprintf)
        try:
            for one in (_READY, *self._libraries, *units.values()):
                engine.set_rego_v0(one["v0"])
                engine.add_policy(one["name"], one["text"])
            engine.eval_rule("data.plumbline_ready.is")
        except RuntimeError:
            self._engine, self._units = None, {}
            return False
        self._engine, self._units = engine, dict(units)
        return True

    def said(self, units: Iterable[int], text: str) -> Iterator[tuple[int, str | None]]:
        """(unit, what it says as JSON) of those that say something about an input; None of those
        whose own engine is to be asked."""
        ready = False
        for unit in units:
            answer = None
            try:
                if unit in self._units:
                    if not ready:
                        self._engine.set_input_json(text)
                        ready = True
                    answer = self._asked(self._units[unit]["query"])
            except RuntimeError:
                ready = False
                self._take({n: one for n, one in self._units.items() if n != unit})
            if answer != "":
                yield unit, answer
        if ready:
            self._engine.take_prints()

    def _asked(self, query: str) -> str:
        try:
            if self._engine.eval_rule(query) in NOTHING:
                return ""
        except TypeError:
            # A set of objects has no form in Python.
            pass
        return str(self._engine.eval_rule_as_json(query))

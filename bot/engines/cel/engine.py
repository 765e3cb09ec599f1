"""CEL expressions over objects, in a worker that is killed when it hangs, grows or crashes.

Whatever goes wrong is an error of the unit that ran, never silence: the others are asked in a new
worker.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any, Literal, TypeAlias

from bot.engines.process import Box, Process, WorkerDied
from bot.engines.program import Limits
from bot.engines.rego import EngineError

__all__ = ["Ask", "CelEngine", "Evaluated", "Limits", "Value"]

_START_SECONDS = 30.0
_MODULE = "bot.engines.cel.worker"
# Units, and what they are asked about.
Ask: TypeAlias = "tuple[Sequence[int], Mapping[str, Any]]"
Value: TypeAlias = "tuple[Literal['value', 'error'], Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What each expression of a unit is: ("value", v) or ("error", message). `unknown` are the
    places of errors that are ours, not the policy's: in the cluster there might be a value. `held`
    is whether all are true."""

    values: Sequence[Value]
    unknown: frozenset[int] = frozenset()
    held: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    """What a unit is loaded from, again after its worker died."""

    variables: Sequence[tuple[str, str]]
    expressions: Sequence[str]


class CelEngine:
    """One worker for as long as it lives, started when it is first needed. Not for several
    threads."""

    def __init__(self, *, now: datetime, limits: Limits) -> None:
        self._limits = limits
        self._box = Box(
            memory_bytes=limits.memory_bytes,
            # Only for a worker whose parent is gone; the parent's clock is the real limit.
            cpu_seconds=int(limits.total_seconds) + 5,
            file_bytes=limits.file_bytes,
            now_ns=int(now.timestamp()) * 1_000_000_000 + now.microsecond * 1000,
        )
        self._process: Process | None = None
        self._sources: dict[int, _Source] = {}
        self._loaded: set[int] = set()
        self._dead: dict[int, str] = {}
        # What the worker was told of each binding; the same object is not sent again.
        self._told: dict[str, Any] = {}
        self._end = limits.end()

    def __enter__(self) -> CelEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    @property
    def pid(self) -> int | None:
        """The process id of the worker, None while there is none."""
        return self._process.pid if self._process else None

    def load(
        self, unit: int, variables: Sequence[tuple[str, str]], expressions: Sequence[str]
    ) -> str:
        """Make a unit ready; "" or what is wrong with it: "expression 2: …" (from 1), "variable
        name: …". Variables are (name, expression), visible as `variables.<name>`. Raises
        EngineError."""
        self._sources[unit] = _Source(variables, expressions)
        self._dead.pop(unit, None)
        self._loaded.discard(unit)
        said = self._load(unit)
        if said:
            self._dead[unit] = said
        return said

    def ask(self, unit: int, bindings: Mapping[str, Any]) -> Evaluated:
        """What a unit says of these values. They are not to be changed while the engine lives:
        the worker keeps those that it was told. Raises EngineError."""
        return self.ask_each((unit,), bindings)[0]

    def ask_each(self, units: Sequence[int], bindings: Mapping[str, Any]) -> list[Evaluated]:
        """What several units say of the same values, in one go. Raises EngineError."""
        return self.ask_many(((units, bindings),))[0]

    def ask_many(self, asks: Sequence[Ask]) -> list[list[Evaluated]]:
        """What units say of values, for several values in one go: as many as are evaluated well
        within the limit for one. Raises EngineError."""
        failed: dict[int, Evaluated] = {}
        ready = set(self._ready(dict.fromkeys(u for units, _ in asks for u in units), failed))
        waiting = [([u for u in dict.fromkeys(units) if u in ready], to) for units, to in asks]
        try:
            found = self._told_of(waiting)
        except WorkerDied:
            # One of them ended it; which one, they tell one by one.
            self._stop()
            found = [{unit: self._alone(unit, to) for unit in units} for units, to in waiting]
        return [
            [one[unit] if unit in one else failed[unit] for unit in units]
            for one, (units, _) in zip(found, asks, strict=True)
        ]

    def _ready(self, units: Iterable[int], said: dict[int, Evaluated]) -> list[int]:
        """The units that the worker has; what the others are is said."""
        waiting = list(units)
        while True:
            for unit in waiting:
                if unit not in self._dead and (why := self._load(unit)):
                    self._dead[unit] = why
                if unit in self._dead:
                    said[unit] = self._failed(unit, self._dead[unit])
            waiting = [unit for unit in waiting if unit not in self._dead]
            # Loading one can end the worker, and with it what was loaded before.
            if self._loaded.issuperset(waiting):
                return waiting

    def _alone(self, unit: int, bindings: Mapping[str, Any]) -> Evaluated:
        said: dict[int, Evaluated] = {}
        if not self._ready((unit,), said):
            return said[unit]
        try:
            return self._told_of([([unit], bindings)])[0][unit]
        except WorkerDied as died:
            self._stop()
            self._dead[unit] = self._why(died)
            return self._failed(unit, self._dead[unit])

    def _told_of(self, asks: Sequence[Ask]) -> list[dict[int, Evaluated]]:
        if not any(units for units, _ in asks):
            return [{} for _ in asks]
        process = self._running()
        messages = [self._message(units, bindings) for units, bindings in asks]
        process.send({"do": "ask", "asks": messages}, self._seconds())
        answers = process.receive(self._seconds())["asks"]
        return [
            {unit: self._evaluated(unit, one) for unit, one in zip(units, found, strict=True)}
            for (units, _), found in zip(asks, answers, strict=True)
        ]

    def _evaluated(self, unit: int, values: Sequence[Sequence[Any]] | bool) -> Evaluated:
        if isinstance(values, bool):
            return _held(len(self._sources[unit].expressions))
        return Evaluated(
            values=[("value" if kind == "value" else "error", value) for kind, value in values],
            unknown=frozenset(at for at, (kind, _) in enumerate(values) if kind == "unknown"),
        )

    def _message(self, units: Sequence[int], bindings: Mapping[str, Any]) -> dict[str, Any]:
        fresh = {
            name: value
            for name, value in bindings.items()
            if name not in self._told or self._told[name] is not value
        }
        self._told.update(fresh)
        return {"units": units, "set": fresh, "names": list(bindings)}

    def _failed(self, unit: int, why: str) -> Evaluated:
        count = len(self._sources[unit].expressions)
        return Evaluated(values=[("error", why)] * count, unknown=frozenset(range(count)))

    def _load(self, unit: int) -> str:
        """Make sure that the worker has the unit; "" or why it does not."""
        if unit in self._loaded:
            return ""
        source = self._sources[unit]
        message = {
            "do": "load",
            "unit": unit,
            "variables": source.variables,
            "expressions": source.expressions,
        }
        try:
            process = self._running()
            process.send(message, self._seconds())
            said = str(process.receive(self._seconds())["error"])
        except WorkerDied as died:
            self._stop()
            return self._why(died)
        if not said:
            self._loaded.add(unit)
        return said

    def _why(self, died: WorkerDied) -> str:
        if time.monotonic() < self._end:
            return str(died)
        return f"the policies together took longer than {self._limits.total_seconds:.3g} s"

    def _seconds(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            self._stop()
            raise WorkerDied("no time is left")
        return min(self._limits.evaluation_seconds, left)

    def _running(self) -> Process:
        if self._process is None:
            # None is started for what has no time left.
            self._seconds()
            try:
                self._process = Process.start(self._box, _START_SECONDS, _MODULE)
            except (WorkerDied, OSError) as error:
                raise EngineError(f"the CEL engine does not start: {error}") from error
        return self._process

    def _stop(self) -> None:
        self._loaded.clear()
        self._told.clear()
        if self._process is not None:
            self._process.close()
            self._process = None


@cache
def _held(count: int) -> Evaluated:
    return Evaluated(values=[("value", True)] * count, held=True)

"""Rules in a worker that is killed when one of them hangs, grows or crashes.

Whatever goes wrong is a result of the rule that ran, never silence: the others are asked in a new
worker.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.engines.process import Box, Process, WorkerDied
from bot.engines.program import Limits
from bot.engines.rego import EngineError
from checks.model import Pointer

_START_SECONDS = 30.0
_MODULE = "bot.policy.kyverno.inside.worker"
ConfigMaps = Sequence[tuple[str, str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a rule says of an object: "pass", "fail", "skip", "error" (in the cluster too),
    "unsupported" (ours) or "none"; `path` leads to the field that broke it."""

    status: str
    message: str = ""
    path: Pointer = ()


class Rules:
    """One worker for as long as it lives, started when it is first needed. Not for several
    threads."""

    def __init__(self, *, now: datetime, limits: Limits, config_maps: ConfigMaps) -> None:
        self._limits = limits
        self._box = Box(
            memory_bytes=limits.memory_bytes,
            # Only for a worker whose parent is gone; the parent's clock is the real limit.
            cpu_seconds=int(limits.total_seconds) + 5,
            file_bytes=limits.file_bytes,
            now_ns=int(now.timestamp()) * 1_000_000_000 + now.microsecond * 1000,
        )
        self._config_maps = config_maps
        self._process: Process | None = None
        self._bodies: dict[int, Mapping[str, Any]] = {}
        self._loaded: set[int] = set()
        self._dead: dict[int, str] = {}
        self._end = limits.end()

    @property
    def pid(self) -> int | None:
        """The process id of the worker, None while there is none."""
        return self._process.pid if self._process else None

    def add(self, number: int, body: Mapping[str, Any]) -> None:
        """Make a rule known, to be loaded when it is first asked."""
        self._bodies.setdefault(number, body)

    def check(self, body: Mapping[str, Any]) -> Sequence[str]:
        """What is wrong with the expressions of a rule. Raises EngineError."""
        try:
            process = self._running()
            process.send({"do": "check", "rule": body}, self._seconds())
            return [str(one) for one in process.receive(self._seconds())["flaws"]]
        except WorkerDied as died:
            self.stop()
            return [self._why(died)]

    def ask(
        self,
        rules: Sequence[tuple[int, Mapping[str, Any]]],
        request: Mapping[str, Any],
        unknown: Mapping[str, str],
    ) -> list[Told]:
        """What rules, each with a test's values, say of a request. Raises EngineError."""
        said: dict[int, Told] = {}
        waiting = list(rules)
        while waiting:
            waiting = self._ask(waiting, request, unknown, said)
        return [said[number] for number, _ in rules]

    def _ask(
        self,
        rules: Sequence[tuple[int, Mapping[str, Any]]],
        request: Mapping[str, Any],
        unknown: Mapping[str, str],
        said: dict[int, Told],
    ) -> list[tuple[int, Mapping[str, Any]]]:
        """Ask rules until one ends the worker; those that are still to be asked."""
        waiting = []
        for number, values in rules:
            if number not in self._dead:
                self._load(number)
            if number in self._dead:
                said[number] = Told(status="unsupported", message=self._dead[number])
            else:
                waiting.append((number, values))
        if not waiting or not all(number in self._loaded for number, _ in waiting):
            # Loading one ended the worker, and with it what was loaded before.
            return waiting
        at = 0
        try:
            process = self._running()
            message = {"do": "ask", "rules": waiting, "request": request, "unknown": unknown}
            process.send(message, self._seconds())
            for at, (number, _) in enumerate(waiting):  # noqa: B007 - needed where it ends
                said[number] = _told(process.receive(self._seconds()))
        except WorkerDied as died:
            self._bury(waiting[at][0], died)
            return [*waiting[at:]]
        return []

    def _load(self, number: int) -> None:
        if number in self._loaded:
            return
        message = {
            "do": "load",
            "number": number,
            "rule": self._bodies[number],
            "config_maps": self._config_maps if not self._loaded else [],
        }
        try:
            process = self._running()
            process.send(message, self._seconds())
            process.receive(self._seconds())
            self._loaded.add(number)
        except WorkerDied as died:
            self._bury(number, died)

    def _bury(self, number: int, died: WorkerDied) -> None:
        self._dead[number] = self._why(died)
        self.stop()

    def _why(self, died: WorkerDied) -> str:
        if time.monotonic() < self._end:
            return str(died)
        return f"the policies together took longer than {self._limits.total_seconds:.3g} s"

    def _seconds(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            self.stop()
            raise WorkerDied("no time is left")
        return min(self._limits.evaluation_seconds, left)

    def _running(self) -> Process:
        if self._process is None:
            # None is started for what has no time left.
            self._seconds()
            try:
                self._process = Process.start(self._box, _START_SECONDS, _MODULE)
            except (WorkerDied, OSError) as error:
                raise EngineError(f"the Kyverno engine does not start: {error}") from error
        return self._process

    def stop(self) -> None:
        """End the worker."""
        self._loaded.clear()
        if self._process is not None:
            self._process.close()
            self._process = None


def _told(message: Mapping[str, Any]) -> Told:
    return Told(
        status=str(message["status"]), message=str(message["message"]), path=tuple(message["path"])
    )

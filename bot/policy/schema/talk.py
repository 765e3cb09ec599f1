"""The validating worker as the engine uses it: asked for many objects at once, started again when
it dies, and only what killed it goes without an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.engines.process import Box, Process, WorkerDied
from bot.engines.rego import EngineError
from bot.policy.model import Limits

_START_SECONDS = 30.0
_MODULE = "bot.policy.schema.worker"
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An object, and the names of the definitions that may be its; () for Kubernetes' own."""

    body: Mapping[str, Any]
    definitions: tuple[str, ...] = ()


class Talk:
    """One worker for as long as it lives, started when it is first needed. Not for several
    threads."""

    def __init__(self, folder: Path, *, now: datetime, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._box = Box(
            memory_bytes=limits.memory_bytes,
            # Only for a worker whose parent is gone; the parent's clock is the real limit.
            cpu_seconds=int(limits.total_seconds) + 5,
            file_bytes=limits.file_bytes,
            now_ns=int(now.timestamp()) * 1_000_000_000,
        )
        self._process: Process | None = None
        self._schemas: dict[str, tuple[Mapping[str, Any], bool]] = {}
        self._defined: set[str] = set()
        self._end = limits.end()
        self.kinds: list[tuple[str, str]] = []

    @property
    def pid(self) -> int | None:
        """The process id of the worker, None while there is none."""
        return self._process.pid if self._process else None

    def define(self, name: str, schema: Mapping[str, Any], *, status: bool) -> str:
        """Make a definition's schema known; "" or what is wrong with it. Raises EngineError."""
        message = {"do": "define", "name": name, "schema": schema, "status": status}
        said = self._tell(message)
        if isinstance(said, str) or said["error"]:
            return said if isinstance(said, str) else str(said["error"])
        self._schemas[name] = (schema, status)
        self._defined.add(name)
        return ""

    def judge(self, objects: Sequence[Asked]) -> list[dict[str, Any]]:
        """What there is to say of each object, in order: {"flaws", "held"}, {"absent"} or
        {"problem"}. Raises EngineError."""
        answers: list[dict[str, Any]] = []
        for start in range(0, len(objects), _AT_ONCE):
            answers += self._some(objects[start : start + _AT_ONCE])
        return answers

    def _some(self, objects: Sequence[Asked]) -> list[dict[str, Any]]:
        for name in dict.fromkeys(n for one in objects for n in one.definitions):
            if name not in self._defined:
                schema, status = self._schemas[name]
                self.define(name, schema, status=status)
        sent = [{"body": one.body, "definitions": one.definitions} for one in objects]
        said = self._tell({"do": "judge", "objects": sent})
        if not isinstance(said, str):
            return list(said["answers"])
        if len(objects) == 1 or time.monotonic() >= self._end:
            return [{"problem": said}] * len(objects)
        # One of them did it: halves, until it is alone.
        half = len(objects) // 2
        return [*self._some(objects[:half]), *self._some(objects[half:])]

    def open(self) -> str:
        """Start the worker; "" or why the schemas cannot be read. Raises EngineError."""
        said = self._tell({"do": "open", "folder": str(self._folder)})
        if isinstance(said, str):
            return said
        self.kinds = [(api, kind) for api, kind in said["kinds"]]
        return ""

    def _tell(self, message: dict[str, Any]) -> dict[str, Any] | str:
        """The worker's answer, or why it has none."""
        try:
            process = self._running(fresh=message["do"] == "open")
            process.send(message, self._seconds())
            return process.receive(self._seconds())
        except WorkerDied as died:
            self.close()
            if time.monotonic() < self._end:
                return str(died)
            return f"the schemas together took longer than {self._limits.total_seconds:.3g} s"

    def _seconds(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise WorkerDied("no time is left")
        return min(self._limits.evaluation_seconds, left)

    def _running(self, *, fresh: bool = False) -> Process:
        if self._process is None:
            # None is started for what has no time left.
            self._seconds()
            try:
                self._process = Process.start(self._box, _START_SECONDS, _MODULE)
            except (WorkerDied, OSError) as error:
                raise EngineError(f"the schema engine does not start: {error}") from error
            if not fresh:
                self._process.send({"do": "open", "folder": str(self._folder)}, self._seconds())
                self._process.receive(self._seconds())
        return self._process

    def close(self) -> None:
        """End the worker."""
        self._defined.clear()
        if self._process is not None:
            self._process.close()
            self._process = None

"""Rego policies over objects, in a worker that is killed when it hangs, grows or crashes.

Whatever goes wrong is a Problem of the policy that ran, never silence: the others are asked in a
new worker.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any

from bot.engines.facts import module_of
from bot.engines.plan import plan
from bot.engines.process import Box, Process, WorkerDied
from bot.engines.program import (
    Limits,
    Module,
    Path,
    Problem,
    Program,
    Source,
    Style,
    Unit,
)
from bot.engines.together import Answer, Question, answered, judging, sharing

__all__ = [
    "Answer",
    "EngineError",
    "Limits",
    "Problem",
    "Program",
    "Question",
    "RegoEngine",
    "Source",
    "Style",
    "Unit",
]

_START_SECONDS = 30.0
# Objects that go to the worker together, and how long that may take of what one evaluation may.
_AT_ONCE = 64
_SHARE_OF_TIME = 0.1


class EngineError(Exception):
    """No worker can be started here: the installation is broken, not a policy."""


class RegoEngine:
    """One worker for as long as it lives, started when it is first needed. Not for several
    threads. Policies see the time `now`."""

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
        self._loaded: set[int] = set()
        self._dead: set[int] = set()
        self._data: Callable[[], str] = lambda: "{}"
        self._holding = self._sharing = False
        self._batching = True
        self._turn = 0
        self._end = limits.end()

    def __enter__(self) -> RegoEngine:
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

    def compile(self, sources: Sequence[Source]) -> Program:
        """Parse files and plan what they ask. Raises EngineError."""
        modules, problems = self.parse(sources)
        return plan(modules, problems)

    def parse(
        self,
        sources: Sequence[Source],
        *,
        v0: bool | None = None,
        unknown: Sequence[Path] = (),
        first: int = 0,
    ) -> tuple[list[Module], list[Problem]]:
        """The modules of files, numbered from `first`, and what of them does not parse. What is
        loaded is forgotten. `v0` is their syntax, None for what fits each; `unknown` are paths
        ("input", "review", "userInfo") that are errors where they are evaluated. Raises
        EngineError."""
        self._loaded.clear()
        self._dead.clear()
        self._sharing, self._batching = False, True
        self._turn += 1
        modules: list[Module] = []
        problems: list[Problem] = []
        for number, source in enumerate(sources, start=first):
            ask = {"do": "survey", "text": source.text, "v0": v0, "unknown": unknown}
            found = self._tell(ask)
            if isinstance(found, str):
                problems.append(Problem(path=source.path, line=0, message=found))
            elif "error" in found:
                error = found["error"]
                line = error.get("line", 0)
                problems.append(Problem(path=source.path, line=line, message=error["message"]))
            else:
                # The text as OPA takes it; its lines are those of the file.
                modules.append(module_of(replace(source, text=found["text"]), number, found))
        return modules, problems

    def hold(self, data: Callable[[], str]) -> None:
        """What units with `data` see as `data`, as JSON; asked for when the first is loaded."""
        self._data = data

    def ask(
        self, units: Sequence[Unit], text: str, label: str
    ) -> tuple[list[tuple[Unit, Any]], list[Problem]]:
        """What units, all of one style, say of an input: (unit, value), and what could not be
        answered. `label` names the input in messages. Raises EngineError."""
        said: list[tuple[Unit, Any]] = []
        problems: list[Problem] = []
        waiting = [unit for unit in units if unit.number not in self._dead]
        while waiting:
            waiting = self._ask(waiting, text, label, said, problems)
        return said, problems

    def judge(self, program: Program, questions: Iterable[Question]) -> tuple[Answer, ...]:
        """Ask every unit of the program, the last one compiled, every question. Raises
        EngineError."""
        waiting, answers = deque(questions), list[Answer]()
        while waiting:
            some = list(islice(waiting, 2 * _AT_ONCE))
            found = self._together(program, some[:_AT_ONCE], some[_AT_ONCE:])
            # The first is asked alone: so all is loaded, and what cannot be is told.
            answers += found or [self._judge(program, waiting[0])]
            for _ in found or answers[-1:]:
                waiting.popleft()
        return tuple(answers)

    def _together(
        self, program: Program, questions: Sequence[Question], ahead: Sequence[Question]
    ) -> list[Answer]:
        """Answers to as many as there is time for; none where they are to be asked alone. While
        the worker is at it, those that are `ahead` are written."""
        units = [unit for unit in program.units if unit.number not in self._dead]
        if not (
            units and self._batching and self._loaded.issuperset(unit.number for unit in units)
        ):
            return []
        seconds = self._limits.evaluation_seconds * _SHARE_OF_TIME
        try:
            if not self._sharing:
                self._share(units)
            process = self._running()
            message, texts = judging(units, questions, seconds)
            process.send(message, self._seconds(), texts)
            judging(units, ahead, seconds)
            told = process.receive(self._seconds())["answers"]
        except WorkerDied:
            # One of them ended it; which one, they tell one by one.
            self._stop()
            known = len(self._dead)
            found = [self._judge(program, question) for question in questions]
            # Where none did, it is too much for one message.
            self._batching = len(self._dead) > known
            return found
        return [answered(units, one, _place) for one in told]

    def _share(self, units: Sequence[Unit]) -> None:
        process = self._running()
        for message in sharing(units):
            process.send(message, self._seconds())
            process.receive(self._seconds())
        self._sharing = True

    def _judge(self, program: Program, question: Question) -> Answer:
        said: list[tuple[Unit, Any]] = []
        problems: list[Problem] = []
        for style in Style:
            units = [u for u in program.units if u.style is style and u.number not in self._dead]
            if units:
                found, failed = self.ask(units, question.write(style), question.label)
                said += found
                problems += failed
        order = {unit.number: place for place, unit in enumerate(program.units)}
        said = [one for one in said if one[1] != []]
        said.sort(key=lambda one: order[one[0].number])
        return Answer(said=tuple(said), problems=tuple(problems))

    def _ask(
        self,
        units: list[Unit],
        text: str,
        label: str,
        said: list[tuple[Unit, Any]],
        problems: list[Problem],
    ) -> list[Unit]:
        """Ask units until one ends the worker; those that are still to be asked."""
        waiting = units
        # Loading one can end the worker, and with it what was loaded before.
        while not all(unit.number in self._loaded for unit in waiting):
            waiting = [unit for unit in waiting if self._load(unit, problems)]
        if not waiting:
            return []
        at = 0
        try:
            process = self._running()
            ask = {"do": "ask", "units": [u.number for u in waiting], "input": text}
            process.send(ask, self._seconds())
            for at, unit in enumerate(waiting):  # noqa: B007 - where it ended is needed below
                found = process.receive(self._seconds())
                if "error" in found:
                    problems.append(_place(unit, found["error"]))
                elif found["value"] is not None:
                    said.append((unit, found["value"]))
        except WorkerDied as died:
            self._buried(waiting[at], f"{self._why(died)}, on {label}", problems)
            return waiting[at + 1 :]
        return []

    def _load(self, unit: Unit, problems: list[Problem]) -> bool:
        """Whether the worker has the unit."""
        if unit.number in self._loaded or unit.number in self._dead:
            return unit.number in self._loaded
        modules = [
            {"name": f"m{module.number}", "v0": module.v0, "text": text}
            for module, text in unit.modules
        ]
        found = self._held() if unit.data else {}
        if not isinstance(found, str):
            found = self._tell(
                {
                    "do": "load",
                    "unit": unit.number,
                    # Numbers are used again after each `parse`.
                    "group": f"{self._turn}/{unit.group}",
                    "rule": unit.query,
                    "modules": modules,
                    "parameters": unit.parameters,
                    "data": unit.data,
                }
            )
        if isinstance(found, str):
            self._buried(unit, found, problems)
        elif "error" in found:
            self._dead.add(unit.number)
            problems.append(_place(unit, found["error"]))
        else:
            self._loaded.add(unit.number)
        return unit.number in self._loaded

    def _held(self) -> dict[str, Any] | str:
        """Make sure that the worker has the data."""
        if self._holding:
            return {}
        found = self._tell({"do": "data", "text": self._data()})
        self._holding = not isinstance(found, str) and "error" not in found
        return found

    def _buried(self, unit: Unit, why: str, problems: list[Problem]) -> None:
        self._stop()
        self._dead.add(unit.number)
        problems.append(unit.problem(why))

    def _tell(self, message: dict[str, Any]) -> dict[str, Any] | str:
        """The worker's answer, or why it has none."""
        try:
            process = self._running()
            process.send(message, self._seconds())
            return process.receive(self._seconds())
        except WorkerDied as died:
            self._stop()
            return self._why(died)

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
                self._process = Process.start(self._box, _START_SECONDS)
            except (WorkerDied, OSError) as error:
                raise EngineError(f"the Rego engine does not start: {error}") from error
        return self._process

    def _stop(self) -> None:
        self._loaded.clear()
        self._holding = self._sharing = False
        if self._process is not None:
            self._process.close()
            self._process = None


def _place(unit: Unit, error: dict[str, Any]) -> Problem:
    """An error where the engine says it is; without a place, at the rule."""
    paths = {f"m{module.number}": module.source.path for module, _ in unit.modules}
    if error.get("module") in paths:
        path, line = paths[error["module"]], int(error["line"])
        return Problem(path=path, line=line, message=error["message"])
    return unit.problem(error["message"])

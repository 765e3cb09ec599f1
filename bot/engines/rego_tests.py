"""Rego's own tests, run in a worker that is killed when it hangs, grows or crashes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any

from bot.engines.facts import module_of
from bot.engines.process import Box, Process, WorkerDied
from bot.engines.program import Limits, Module, Problem, Rule, Source, query
from bot.engines.rego import EngineError

_START_SECONDS = 30.0
_WORKER = "bot.engines.trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One rule to be evaluated, with the text of every module that it needs."""

    module: Module
    rule: Rule
    texts: tuple[tuple[Module, str], ...]

    @property
    def query(self) -> str:
        """The rule as Rego writes it."""
        return query(self.module.package, self.rule.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a trial: the rule's value (None where it is undefined), what it printed and the
    lines of each file that something came of; or why there is none.

    `ended` is whether the worker did not live through it: a hang, a crash, too much memory.
    """

    value: Any = None
    prints: tuple[str, ...] = ()
    covered: Mapping[str, frozenset[int]] = field(default_factory=dict)
    problem: Problem | None = None
    ended: bool = False
    seconds: float = 0.0


class RegoTests:
    """One worker for as long as it lives. Not for several threads."""

    def __init__(self, *, now: datetime, limits: Limits) -> None:
        self._limits = limits
        self._box = Box(
            memory_bytes=limits.memory_bytes,
            cpu_seconds=int(limits.total_seconds) + 5,
            file_bytes=limits.file_bytes,
            now_ns=int(now.timestamp()) * 1_000_000_000 + now.microsecond * 1000,
        )
        self._process: Process | None = None
        self._loaded: object = None
        self._end = time.monotonic() + limits.total_seconds

    def __enter__(self) -> RegoTests:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def modules(self, sources: Sequence[Source]) -> tuple[list[Module], list[Problem]]:
        """The files parsed, and those that cannot be. Raises EngineError."""
        modules: list[Module] = []
        problems: list[Problem] = []
        for number, source in enumerate(sources):
            found = self._tell({"do": "survey", "text": source.text, "v0": None, "unknown": []})
            if isinstance(found, str):
                problems.append(Problem(path=source.path, line=0, message=found))
            elif "error" in found:
                error = found["error"]
                line = int(error.get("line", 0))
                problems.append(Problem(path=source.path, line=line, message=error["message"]))
            else:
                # The text as OPA takes it; its lines are those of the file.
                written = replace(source, text=found["text"])
                modules.append(module_of(written, number, found))
        return modules, problems

    def doubts(self, sources: Sequence[Source]) -> Iterator[Problem]:
        """The bodies of rules that can never hold; nothing of files that do not parse. Raises
        EngineError."""
        for source in sources:
            found = self._tell({"do": "doubt", "text": source.text})
            if not isinstance(found, str):
                for line, why in found.get("doubts", ()):
                    yield Problem(path=source.path, line=line, message=why)

    def run(self, trial: Trial, *, covering: bool = False) -> Tried:
        """Evaluate one rule. With `covering` the lines are counted, which takes longer. Raises
        EngineError."""
        started = time.monotonic()
        try:
            found = self._try(trial, covering=covering)
        except WorkerDied as died:
            self._stop()
            problem = _at(trial, {"message": self._why(died)})
            return Tried(problem=problem, ended=True, seconds=time.monotonic() - started)
        seconds = time.monotonic() - started
        if "error" in found:
            return Tried(problem=_at(trial, found["error"]), seconds=seconds)
        return Tried(
            value=found["value"],
            # The engine says in which module a line was printed, which is no file's name.
            prints=tuple(line.split(": ", 1)[-1] for line in found["prints"]),
            covered=_paths(trial, found.get("covered", {})),
            seconds=seconds,
        )

    def _try(self, trial: Trial, *, covering: bool) -> dict[str, Any]:
        process = self._running()
        wanted = (covering, trial.texts)
        if self._loaded != wanted:
            self._loaded = None
            modules = [
                {"name": f"m{module.number}", "v0": module.v0, "text": text}
                for module, text in trial.texts
            ]
            process.send(
                {"do": "prepare", "modules": modules, "covering": covering}, self._seconds()
            )
            found = process.receive(self._seconds())
            if "error" in found:
                return found
            self._loaded = wanted
        process.send({"do": "try", "rule": trial.query}, self._seconds())
        return process.receive(self._seconds())

    def _tell(self, message: dict[str, Any]) -> dict[str, Any] | str:
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
        return f"the tests together took longer than {self._limits.total_seconds:.3g} s"

    def _seconds(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise WorkerDied("no time is left")
        return min(self._limits.evaluation_seconds, left)

    def _running(self) -> Process:
        if self._process is None:
            try:
                self._process = Process.start(self._box, _START_SECONDS, _WORKER)
            except (WorkerDied, OSError) as error:
                raise EngineError(f"the Rego engine does not start: {error}") from error
        return self._process

    def _stop(self) -> None:
        self._loaded = None
        if self._process is not None:
            self._process.close()
            self._process = None


def _at(trial: Trial, error: Mapping[str, Any]) -> Problem:
    """An error where the engine says it is; without a place, at the rule."""
    paths = {f"m{module.number}": module.source.path for module, _ in trial.texts}
    path = paths.get(str(error.get("module")), "")
    if path:
        return Problem(path=path, line=int(error["line"]), message=str(error["message"]))
    here = trial.module.source.path
    return Problem(path=here, line=trial.rule.line, message=str(error["message"]))


def _paths(trial: Trial, covered: Mapping[str, list[int]]) -> dict[str, frozenset[int]]:
    paths = {f"m{module.number}": module.source.path for module, _ in trial.texts}
    return {paths[name]: frozenset(lines) for name, lines in covered.items() if name in paths}

"""Every engine there is, and policies compiled by all of them that have something to do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

from bot.policy.files import Files
from bot.policy.model import (
    Answer,
    Compiled,
    Context,
    Document,
    Engine,
    PolicyRule,
    Problem,
    Question,
)
from bot.policy.rego import RegoPolicies


def engines() -> tuple[Engine, ...]:
    """The engines, in the order in which their findings are shown."""
    return (RegoPolicies(),)


class Policies:
    """A set of policy files, made ready by the engines; close it to end their workers."""

    def __init__(self, files: Files, context: Context) -> None:
        self._stack = ExitStack()
        shares, rest = _shared(files.documents)
        context = replace(context, parameters=rest)
        self._compiled: list[Compiled] = []
        for engine, documents in shares:
            sources = files.sources if engine.name == "rego" else ()
            if sources or documents:
                compiled = engine.compile(sources, documents, context)
                self._compiled.append(self._stack.enter_context(compiled))
        self._unread = files.problems

    def __enter__(self) -> Policies:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def rules(self) -> tuple[PolicyRule, ...]:
        """Every rule that can object."""
        return tuple(rule for one in self._compiled for rule in one.rules)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What cannot be read or cannot work."""
        return (*self._unread, *(p for one in self._compiled for p in one.problems))

    @property
    def idle(self) -> tuple[str, ...]:
        """Files that judge nothing."""
        return tuple(path for one in self._compiled for path in one.idle)

    def judge(self, questions: Sequence[Question]) -> list[list[Answer]]:
        """For each question what each engine answers. Raises EngineError."""
        by_engine = [one.judge(questions) for one in self._compiled]
        return [[answers[n] for answers in by_engine] for n in range(len(questions))]


def _shared(
    documents: Sequence[Document],
) -> tuple[list[tuple[Engine, list[Document]]], list[Document]]:
    """The documents by the engine that takes them, and those that none takes."""
    all_engines = engines()
    shares: list[tuple[Engine, list[Document]]] = [(engine, []) for engine in all_engines]
    rest: list[Document] = []
    for document in documents:
        mine = next((part for engine, part in shares if engine.takes(document)), rest)
        mine.append(document)
    return shares, rest

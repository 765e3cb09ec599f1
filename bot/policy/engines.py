"""Every engine there is, and policies compiled by all of them that have something to do."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import cast

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


@dataclass(frozen=True, slots=True)
class Kind:
    """An engine that is loaded when something is in its API groups; "" takes files of Rego."""

    groups: frozenset[str]
    module: str
    name: str

    def may_take(self, document: Document) -> bool:
        """Whether a document is in one of its groups."""
        return document.kind.rpartition("/")[0] in self.groups

    def engine(self) -> Engine:
        """The engine."""
        return cast("Engine", getattr(importlib.import_module(self.module), self.name)())


# In the order in which their findings are shown.
REGO = Kind(frozenset(), "bot.policy.rego", "RegoPolicies")
KINDS = (
    REGO,
    Kind(
        frozenset(
            {
                "templates.gatekeeper.sh",
                "constraints.gatekeeper.sh",
                "config.gatekeeper.sh",
                "mutations.gatekeeper.sh",
                "expansion.gatekeeper.sh",
            }
        ),
        "bot.policy.gatekeeper",
        "GatekeeperEngine",
    ),
    Kind(frozenset({"admissionregistration.k8s.io"}), "bot.policy.vap", "VapEngine"),
    Kind(
        frozenset({"kyverno.io", "policies.kyverno.io"}),
        "bot.policy.kyverno.engine",
        "KyvernoEngine",
    ),
)


def engines() -> tuple[Engine, ...]:
    """All engines of policy files."""
    return tuple(kind.engine() for kind in KINDS)


class Policies:
    """A set of policy files, made ready by the engines; close it to end their workers. With
    `schema` objects are held against the schemas of their kinds as well: None is where that is
    possible, True wherever it is not an error says so."""

    def __init__(self, files: Files, context: Context, *, schema: bool | None = False) -> None:
        shares, rest = _shared(files)
        # The engines share the time.
        limits = replace(context.limits, ends=context.limits.end())
        context = replace(context, parameters=rest, limits=limits)
        self._compiled: list[Compiled] = []
        # Where one of them does not start, the workers of those before it end.
        with ExitStack() as stack:
            for kind, documents in shares:
                sources = files.sources if kind is REGO else ()
                compiled = kind.engine().compile(sources, documents, context)
                self._compiled.append(stack.enter_context(compiled))
            if schema is not False:
                from bot.policy.schema.engine import SchemaEngine

                engine = SchemaEngine(demanded=bool(schema))
                self._compiled.append(stack.enter_context(engine.compile((), (), context)))
            self._stack = stack.pop_all()
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


def _shared(files: Files) -> tuple[list[tuple[Kind, list[Document]]], list[Document]]:
    """The documents by the engine that takes them, and those that none takes. Engines without
    anything to do are left out."""
    shares: list[tuple[Kind, list[Document]]] = []
    rest = list(files.documents)
    for kind in KINDS:
        mine: list[Document] = []
        if any(kind.may_take(document) for document in rest):
            engine = kind.engine()
            mine = [one for one in rest if kind.may_take(one) and engine.takes(one)]
            taken = {id(one) for one in mine}
            rest = [one for one in rest if id(one) not in taken]
        if mine or (kind is REGO and files.sources):
            shares.append((kind, mine))
    return shares, rest

"""One example judged, and what of the promises did not hold."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.engines.rego import EngineError
from bot.policy.engines import Policies
from bot.policy.files import Files, documents_of
from bot.policy.model import Answer, Context, Document, Limits, Problem, Question, Source
from bot.render.objects import objects
from bot.render.yaml_reader import read
from checks.model import Location, Resource
from tests.fuzz import canaries
from tests.fuzz.piece import CANARY, Piece
from tests.fuzz.worlds import World

LIMITS = Limits(evaluation_seconds=0.5, total_seconds=10.0, memory_bytes=128 * 1024 * 1024)
# For starting workers, which is not the policies' doing, on a machine that is busy.
MARGIN_SECONDS = 5.0
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_NO_TIME = "together took longer"


@dataclass(slots=True, kw_only=True)
class Trial:
    """What came of a world: `violations` of what is promised, in words."""

    world: World
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    engine_error: str = ""
    # A sound policy took longer than the limit: only a busy machine does that.
    slow: bool = False


def tried(world: World, limits: Limits = LIMITS) -> Trial:
    """Judge a world, once more where the machine was too slow for what is sound."""
    trial = _tried(world, limits)
    return _tried(world, limits) if trial.slow and trial.violations else trial


def _tried(world: World, limits: Limits) -> Trial:
    trial = Trial(world=world)
    kinds = {piece.kind for piece in world.pieces} | {"rego"}
    sentinels = [one for one in canaries.CANARIES if one.kind in kinds]
    pieces = [*world.pieces, *sentinels]
    declared = [
        *(one for text in (canaries.OBJECT, *world.manifests) for one in _resources(text)),
        *(
            one
            for p in world.pieces
            if p.kind == "crd"
            for path, t in p.files
            for one in _resources(t, path)
        ),
    ]
    before, started = children(), time.monotonic()
    answers: list[list[Answer]] = []
    context = Context(now=_NOW, limits=limits, inventory=lambda: declared)
    try:
        with Policies(_files(pieces), context, schema=True) as policies:
            answers = policies.judge([_question(one) for one in declared])
            trial.problems += policies.problems
            _ = policies.rules, policies.idle
    except EngineError as error:
        trial.engine_error = str(error)
    except Exception:  # noqa: BLE001 - what is looked for: nothing else may leave the engines
        trial.violations.append(f"raised: {traceback.format_exc(limit=-6)}")
    trial.seconds = time.monotonic() - started
    trial.problems += (p for each in answers for one in each for p in one.problems)
    if left := children() - before:
        trial.violations.append(f"{len(left)} processes are left")
    if trial.seconds > limits.total_seconds + MARGIN_SECONDS:
        trial.violations.append(f"took {trial.seconds:.1f} s")
    if not trial.engine_error and not trial.violations:
        trial.violations += _unsaid(world, trial.problems)
        trial.violations += _misshapen(answers, len(declared))
        trial.violations += _silent(answers, kinds | {"crd"}, trial.problems)
    sound = {path for one in sentinels for path in one.paths} | {"policy.schema", "app.yaml"}
    trial.slow = any(
        "longer than" in p.message and _NO_TIME not in p.message and p.path in sound
        for p in trial.problems
    )
    return trial


def _unsaid(world: World, problems: Sequence[Problem]) -> Iterator[str]:
    """What is broken for sure and went by in silence."""
    paths = {one.path for one in problems}
    if any(_NO_TIME in one.message for one in problems):
        return
    for piece in world.pieces:
        if piece.broken and not piece.paths & paths:
            yield f"{piece.kind} ({piece.broken}) is broken, and no problem says so"


def _misshapen(answers: Sequence[Sequence[Answer]], count: int) -> Iterator[str]:
    if len(answers) != count:
        yield f"{len(answers)} lists of answers for {count} questions"
    said = [str(p) for each in answers for one in each for p in one.problems]
    said += (f"{v.message}{v.remedy}" for each in answers for one in each for v in one.violations)
    for text in said:
        try:
            text.encode()
        except UnicodeEncodeError:
            yield f"what is said cannot be written: {text[:200]!r}"


def _silent(
    answers: Sequence[Sequence[Answer]], kinds: set[str], problems: Sequence[Problem]
) -> Iterator[str]:
    """Canaries that did not object, though there was time."""
    said = {violation.rule.id for one in answers[0] for violation in one.violations}
    if any(_NO_TIME in one.message for one in problems):
        return
    for kind in sorted(kinds):
        for rule in canaries.RULES[kind]:
            if rule not in said:
                yield f"the canary {rule} is silent"


def _files(pieces: Sequence[Piece]) -> Files:
    """The files as the bot reads those of a commit."""
    sources: list[Source] = []
    documents: list[Document] = []
    problems: list[Problem] = []
    for path, text in sorted(f for one in pieces if one.kind != "crd" for f in one.files):
        data = text.encode("utf-8", "replace")
        if path.endswith(".rego"):
            sources.append(Source(path=path, text=data.decode()))
        else:
            found, failed = documents_of(path, data)
            documents += found
            problems += failed
    return Files(sources=tuple(sources), documents=tuple(documents), problems=tuple(problems))


def _resources(text: str, path: str = "app.yaml") -> list[Resource]:
    documents, _ = read(path, text.encode("utf-8", "replace"))
    return [
        Resource(
            id=f"{path} {one.kind} {one.namespace} {one.name}",
            api_version=one.api_version,
            kind=one.kind,
            namespace=one.namespace,
            name=one.name,
            body=one.body,
            source=Location(path=path, line=one.line),
            lines=one.lines,
        )
        for one in objects(path, documents)[0]
    ]


def _question(one: Resource) -> Question:
    space = canaries.NAMESPACE if one.namespace == CANARY else None
    return Question(resource=one, before=one if one.name == "one" else None, namespace=space)


def children() -> set[int]:
    """The processes that are this one's, those that nobody has waited for among them."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(entry.name))
    return found

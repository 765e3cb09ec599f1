"""Our own fixtures, run: each case's objects are judged by the policies, and what was said is held
against what was expected."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from bot.config_file import ConfigError
from bot.engines.said import pointer_of
from bot.globs import matches
from bot.policy.command.case import Case
from bot.policy.command.fixture import CaseEntry, Expectation, Fixture, read
from bot.policy.command.folder import Folder, Unreadable, joined
from bot.policy.command.manifests import of_body, of_file
from bot.policy.command.rego_coverage import key
from bot.policy.engines import Policies
from bot.policy.model import Answer, Context, Limits, PolicyRule, Problem, Question, Violation
from checks.model import Lines, Node, Pointer, Resource, Tier

# Where a fixture names no policies: what stands beside it and below.
_BESIDE = "**/*.{rego,yaml,yml}"


def run(folder: Folder, path: str, *, now: datetime, limits: Limits) -> list[Case]:
    """The cases of a fixture file. Raises EngineError."""
    broken = Case(file=path, line=1, name="", outcome="failed")
    try:
        fixture = read(path, folder.read(path))
    except ConfigError as error:
        return [replace(broken, line=error.line, message=error.message)]
    except Unreadable as error:
        return [replace(broken, message=str(error))]
    with ExitStack() as stack:
        judge = _Judge(folder, fixture, fixture.file.now or now, limits, stack)
        return [judge.case(number, entry) for number, entry in enumerate(fixture.file.cases)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What policies said of a case's objects: by the rules that the fixture is about."""

    violations: Sequence[Violation]
    problems: Sequence[Problem]
    denied: tuple[str, ...]
    allowed: tuple[str, ...]


class _Judge:
    """The policies of a fixture, compiled once; anew for a case with an inventory of its own."""

    def __init__(
        self, folder: Folder, fixture: Fixture, now: datetime, limits: Limits, stack: ExitStack
    ) -> None:
        self._folder = folder
        self._fixture = fixture
        self._now = now
        self._limits = limits
        self._stack = stack
        self._shared: Policies | None = None

    def case(self, number: int, entry: CaseEntry) -> Case:
        """One case, judged."""
        started = time.monotonic()
        line = self._fixture.line("cases", number)
        case = Case(file=self._fixture.path, line=line, name=entry.name, outcome="failed")
        try:
            said = self._said(number, entry)
        except Unreadable as error:
            case = replace(case, message=str(error))
        else:
            case = replace(_held(case, entry, said), denied=said.denied, allowed=said.allowed)
        return replace(case, seconds=time.monotonic() - started)

    def _said(self, number: int, entry: CaseEntry) -> _Said:
        at: Pointer = ("cases", number)
        resources = self._objects(entry.object or entry.file, (*at, "object"), entry.tier)
        before = {
            (one.kind, one.namespace, one.name): one
            for one in self._objects(entry.before, (*at, "before"), entry.tier)
        }
        questions = [
            Question(
                resource=one,
                before=_matching(one, before, alone=len(resources) == 1),
                namespace=_namespace(entry.namespace, one.namespace),
            )
            for one in resources
        ]
        policies = self._policies(number, entry, resources)
        answers = [one for several in policies.judge(questions) for one in several]
        return _gathered(policies, answers, self._fixture.file.rules)

    def _objects(
        self, given: dict[str, Node] | str | None, at: Pointer, tier: Tier
    ) -> list[Resource]:
        """The objects that stand in the fixture at a pointer, or in the file that it names."""
        if given is None:
            return []
        if isinstance(given, str):
            return of_file(self._folder, joined(self._fixture.folder, given), tier)
        lines, line = _below(self._fixture.lines, at), self._fixture.line(*at)
        return [of_body(self._fixture.path, given, lines, line, tier)]

    def _policies(self, number: int, entry: CaseEntry, resources: Sequence[Resource]) -> Policies:
        given = [
            *((one, ("inventory", n)) for n, one in enumerate(self._fixture.file.inventory)),
            *((one, ("cases", number, "inventory", n)) for n, one in enumerate(entry.inventory)),
        ]
        if given:
            others = [r for one, at in given for r in self._objects(one, at, entry.tier)]
            return self._compiled((*resources, *others))
        self._shared = self._shared or self._compiled(())
        return self._shared

    def _compiled(self, inventory: Sequence[Resource]) -> Policies:
        file = self._fixture.file
        patterns = [joined(self._fixture.folder, one) for one in file.policies or (_BESIDE,)]
        files = self._folder.policies(lambda path: matches(path, patterns))
        if not files:
            raise Unreadable(f"no policy file matches {', '.join(patterns)}")
        context = Context(
            now=self._now,
            limits=self._limits,
            inventory=lambda: inventory,
            kube_version=file.kube_version,
        )
        return self._stack.enter_context(Policies(files, context))


def _matching(
    one: Resource, before: Mapping[tuple[str, str, str], Resource], *, alone: bool
) -> Resource | None:
    """What an object replaces: what has its name, and for a case of one object, what is given."""
    same = before.get((one.kind, one.namespace, one.name))
    return same or (next(iter(before.values()), None) if alone else None)


def _namespace(given: dict[str, Node] | None, name: str) -> dict[str, Node] | None:
    """A Namespace: its whole manifest, or only its `labels` and `annotations`."""
    if given is None or "kind" in given:
        return given
    metadata: dict[str, Node] = {"name": name, **given}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _gathered(policies: Policies, answers: Sequence[Answer], globs: Sequence[str]) -> _Said:
    violations = [v for one in answers for v in one.violations if matches(v.rule.id, globs)]
    asked = {name for one in answers for name in one.asked}
    objected = {_key(v.rule) for v in violations}
    quiet = [r for r in policies.rules if r.id in asked and _key(r) not in objected]
    problems = (*policies.problems, *(p for one in answers for p in one.problems))
    return _Said(
        violations=violations,
        problems=tuple(dict.fromkeys(problems)),
        denied=tuple(sorted(objected)),
        allowed=tuple(sorted(_key(rule) for rule in quiet)),
    )


def _key(rule: PolicyRule) -> str:
    return key(rule.id, rule.location.path, rule.location.line)


def _held(case: Case, entry: CaseEntry, said: _Said) -> Case:
    """What was said against what was expected. What objects where nothing should is wrong whatever
    else could not be judged; what is missing may be so because of that."""
    wanted = entry.expect or []
    extra = [v for v in said.violations if not any(_fits(one, v) for one in wanted)]
    if extra and not entry.extra:
        listed = "; ".join(map(_told, extra))
        return replace(case, outcome="failed", message=f"nothing else was to object: {listed}")
    if said.problems:
        problem = "; ".join(map(str, said.problems[:3]))
        return replace(case, outcome="unsupported", message=problem)
    missing = list(_missing(wanted, said.violations))
    if missing:
        listed = "; ".join(map(_told, said.violations)) or "nothing objects"
        return replace(case, outcome="failed", message=f"{'; '.join(missing)}. Said: {listed}")
    return replace(case, outcome="passed")


def _missing(wanted: Sequence[Expectation], violations: Sequence[Violation]) -> Iterator[str]:
    for one in wanted:
        count = sum(_fits(one, v) for v in violations)
        if one.count is not None and count != one.count:
            yield f"expected {_asked(one)} {one.count} times, not {count}"
        elif count == 0:
            yield f"expected {_asked(one)}"


def _fits(one: Expectation, violation: Violation) -> bool:
    return (
        matches(violation.rule.id, (one.rule,))
        and one.effect in (None, violation.rule.effect)
        and one.message in violation.message
        and (one.path is None or pointer_of(one.path) == violation.pointer)
    )


def _asked(one: Expectation) -> str:
    effect = f" to {one.effect.value}" if one.effect else " to object"
    message = f' with "{one.message}"' if one.message else ""
    at = f" at {one.path}" if one.path is not None else ""
    return f"{one.rule}{effect}{message}{at}"


def _told(violation: Violation) -> str:
    rule = violation.rule
    at = f" at {'.'.join(map(str, violation.pointer))}" if violation.pointer else ""
    return f'{rule.id} ({rule.effect.value}): "{violation.message}"{at}'


def _below(lines: Lines, pointer: Pointer) -> Lines:
    """The line tree at a pointer, its line where there is none."""
    for step in pointer:
        if not isinstance(lines, tuple):
            return lines
        children = lines[1]
        if isinstance(children, dict) and isinstance(step, str) and step in children:
            lines = children[step]
        elif isinstance(children, list) and isinstance(step, int) and step < len(children):
            lines = children[step]
        else:
            return lines[0]
    return lines

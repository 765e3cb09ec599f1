"""`*_test.rego`: every rule `test_…` holds, as `opa test` asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from bot.engines.program import Limits, Module, Problem, Rule, Source
from bot.engines.rego_tests import RegoTests, Trial, Tried
from bot.policy.command.case import Case
from bot.policy.command.folder import Folder, Unreadable
from bot.policy.command.rego_coverage import Spread, exercised, spread
from bot.policy.command.rego_scope import Scope, scope

SUFFIX = "_test.rego"
_TEST = ("test_", "todo_test_")
_SHOWN = 200
_NOTHING = "it is undefined"


def run(
    folder: Folder, paths: Sequence[str], *, now: datetime, limits: Limits, covering: bool = False
) -> list[Case]:
    """The cases of test files. Raises EngineError."""
    with RegoTests(now=now, limits=limits) as engine:
        library = _Library(folder, engine)
        return [
            case
            for path in paths
            for case in _File(path, library, engine, covering=covering).cases()
        ]


class _Library:
    """The Rego files of a folder, each parsed once and when it is first asked for."""

    def __init__(self, folder: Folder, engine: RegoTests) -> None:
        self._folder = folder
        self._engine = engine
        self._parsed: dict[str, Module | Problem] = {}
        self.below = cache(self._below)

    def module(self, path: str) -> Module | Problem:
        """A file parsed, or why it cannot be."""
        if path not in self._parsed:
            self._parsed[path] = self._parse(path)
        return self._parsed[path]

    def lines(self, path: str) -> list[str]:
        """The lines of a file as it is written."""
        return self._folder.read(path).decode("utf-8-sig").splitlines()

    def _below(self, folder: str) -> tuple[Module, ...]:
        prefix = f"{folder}/" if folder else ""
        inside = [
            path
            for path in self._folder.paths
            if path.endswith(".rego") and path.startswith(prefix)
        ]
        return tuple(m for path in inside if isinstance(m := self.module(path), Module))

    def _parse(self, path: str) -> Module | Problem:
        try:
            text = self._folder.read(path).decode("utf-8-sig")
        except (Unreadable, UnicodeDecodeError) as error:
            return Problem(path=path, line=0, message=str(error).removeprefix(f"{path}: "))
        modules, problems = self._engine.modules([Source(path=path, text=text)])
        return replace(modules[0], number=len(self._parsed)) if modules else problems[0]


class _File:
    """One test file."""

    def __init__(self, path: str, library: _Library, engine: RegoTests, *, covering: bool) -> None:
        self._path = path
        self._library = library
        self._engine = engine
        self._covering = covering

    def cases(self) -> Iterator[Case]:
        module = self._library.module(self._path)
        if isinstance(module, Problem):
            line = max(1, module.line)
            yield Case(
                file=self._path, line=line, name="", outcome="failed", message=module.message
            )
            return
        rules = [r for r in module.rules if r.name.startswith(_TEST) and r.form != "function"]
        if not rules:
            return
        found = scope(module, self._library.below)
        spreads = [spread(one, found.modules) for one in found.modules if _judges(one)]
        seen: dict[str, int] = {}
        for rule in rules:
            seen[rule.name] = seen.get(rule.name, 0) + 1
            number = f"#{seen[rule.name]:02}" if seen[rule.name] > 1 else ""
            name = ".".join((*module.package, rule.name)) + number
            yield from self._of(rule, name, module, found, spreads)

    def _of(
        self, rule: Rule, name: str, module: Module, found: Scope, spreads: Sequence[Spread]
    ) -> Iterator[Case]:
        case = Case(file=self._path, line=rule.line, name=name, outcome="unsupported")
        if rule.name.startswith("todo_"):
            yield replace(case, message="it is still to be written, as its name says")
        elif found.missing:
            yield replace(case, message=found.missing)
        else:
            trial = _trial(module, rule, found)
            tried = self._engine.run(trial)
            for one in _judged(case, tried):
                yield self._detailed(one, trial, spreads)

    def _detailed(self, case: Case, trial: Trial, spreads: Sequence[Spread]) -> Case:
        """Where a test that failed stopped; what a test that passed covers."""
        if case.outcome == "failed" and case.message.startswith(_NOTHING):
            tried = self._engine.run(trial, covering=True)
            return replace(case, message=case.message + self._stopped(trial, tried))
        if case.outcome == "passed" and self._covering:
            texts = {one.module.number: one.text for one in spreads}
            wide = tuple((m, texts.get(m.number, text)) for m, text in trial.texts)
            tried = self._engine.run(replace(trial, texts=wide), covering=True)
            denied, allowed = exercised(spreads, tried.covered)
            return replace(case, denied=denied, allowed=allowed)
        return case

    def _stopped(self, trial: Trial, tried: Tried) -> str:
        """The last line of the test that something came of: the next one, or it, did not hold."""
        text = trial.module.source.text.encode()
        last = text[: trial.rule.end].count(b"\n") + 1
        inside = range(trial.rule.line, last + 1)
        reached = [n for n in tried.covered.get(self._path, ()) if n in inside]
        if not reached:
            return ""
        line = self._library.lines(self._path)[max(reached) - 1].strip()
        return f"; it stopped at line {max(reached)}: {line[:_SHOWN]}"


def _judges(module: Module) -> bool:
    return not module.source.path.endswith(SUFFIX) and any(module.entries())


def _trial(module: Module, rule: Rule, found: Scope) -> Trial:
    """The rule alone: others of its name are tests of their own."""
    texts = []
    for one in found.modules:
        same = [r for r in one.rules if r.name == rule.name and one.package == module.package]
        texts.append((one, one.without([r for r in same if r is not rule])))
    return Trial(module=module, rule=rule, texts=tuple(texts))


def _judged(case: Case, tried: Tried) -> Iterator[Case]:
    case = replace(case, seconds=tried.seconds)
    value = tried.value
    if tried.problem is not None and tried.ended:
        yield replace(case, outcome="failed", message=f"the worker: {tried.problem.message}")
    elif tried.problem is not None:
        at = f"{tried.problem.path}:{tried.problem.line}"
        yield replace(case, message=f"{tried.problem.message} ({at})")
    elif isinstance(value, dict):
        yield from _subcases(case, value)
    elif isinstance(value, list) or (value is not None and not isinstance(value, bool)):
        yield replace(case, message="its value is neither true nor false")
    elif value is True:
        yield replace(case, outcome="passed")
    else:
        said = _NOTHING if value is None else "it is false"
        printed = f"; it printed {'; '.join(tried.prints)}" if tried.prints else ""
        yield replace(case, outcome="failed", message=said + printed)


def _subcases(case: Case, value: dict[str, object]) -> Iterator[Case]:
    """A rule `test_x[name]` has a case for each name."""
    if not value:
        yield replace(case, outcome="failed", message="it has no case that holds")
    for name, one in sorted(value.items()):
        inner = replace(case, name=f"{case.name}/{name}")
        if isinstance(one, dict):
            yield from _subcases(inner, one)
        elif one is True:
            yield replace(inner, outcome="passed")
        else:
            yield replace(inner, outcome="failed", message=f"it is {str(one).lower()}")

"""Mistakes in policies that can be seen without an object to judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from bot.config import Policy
from bot.engines.plan import undefined
from bot.engines.program import Module, Problem, Source
from bot.engines.rego_tests import RegoTests
from bot.policy.command.law import LIMITS, compiled
from bot.policy.command.lint_kubernetes import doubts_of
from bot.policy.command.metadata import about, blocks
from bot.policy.files import Files


class Level(Enum):
    """How bad a mistake is: an error cannot be used, a warning judges nothing, a note is advice."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One mistake: `line` counts from 1, 0 is the file as a whole; `code` is stable."""

    path: str
    line: int
    code: str
    level: Level
    message: str
    remedy: str


# What each code is, how bad, and what to do.
CODES: dict[str, tuple[Level, str]] = {
    "syntax": (Level.ERROR, "Mend the file: none of its rules judges until it parses."),
    "undefined-reference": (Level.ERROR, "Define it in a policy file, or write the value itself."),
    "undefined-function": (Level.ERROR, "Check the name; docs/policies.md lists what OPA has."),
    "unsafe-builtin": (Level.ERROR, "Do without: a judgement is the same each time, and offline."),
    "unusable": (Level.ERROR, "Mend it: the check ends as an error wherever it is asked."),
    "never-fires": (Level.WARNING, "Split the rule, or take away what contradicts the rest."),
    "judges-nothing": (Level.WARNING, "Name a rule deny, violation or warn, or delete the file."),
    "template-without-constraint": (
        Level.WARNING,
        "Add a constraint of this kind: a template by itself judges nothing.",
    ),
    "policy-without-binding": (
        Level.WARNING,
        "Add a ValidatingAdmissionPolicyBinding with spec.policyName: without one it is not asked.",
    ),
    "matches-nothing": (Level.WARNING, "Name what it is about under spec.match."),
    "old-syntax": (Level.NOTE, "`opa fmt --write --v0-v1` rewrites it; both are understood here."),
    "missing-metadata": (Level.NOTE, "Say what the policy is for, with a title and a description."),
    "missing-remedy": (
        Level.NOTE,
        'Say what to do: `custom: {remedy: "…"}` in `# METADATA`, or `"remedy"` in the message.',
    ),
    "missing-message": (Level.NOTE, "Give the validation a message: people read it in the report."),
}


def lint(files: Files, law: Policy) -> list[Lint]:
    """What is wrong with policy files, by file and line. Raises EngineError."""
    found = [*_rego(files.sources), *(_lint(c, p) for c, p in doubts_of(files.documents))]
    with compiled(files, law) as policies:
        known = {(one.path, one.line) for one in found if one.level is Level.ERROR}
        known_files = {path for path, _ in known}
        for problem in policies.problems:
            # What has its own code above is not said again in the engine's words.
            whole = not problem.line and problem.path in known_files
            if (problem.path, problem.line) not in known and not whole:
                found.append(_lint("unusable", problem))
        broken = {one.path for one in found if one.level is Level.ERROR}
        said = "no rule is named deny, violation or warn, and no policy that has one uses the file"
        found += (
            _lint("judges-nothing", Problem(path=path, line=0, message=said))
            for path in policies.idle
            if path not in broken
        )
    return sorted(set(found), key=lambda one: (one.path, one.line, one.code, one.message))


def _rego(sources: Sequence[Source]) -> Iterator[Lint]:
    with RegoTests(now=datetime.now(UTC), limits=LIMITS) as engine:
        modules, problems = engine.modules(sources) if sources else ([], [])
        doubts = list(engine.doubts(sources)) if sources else []
    yield from (_lint("syntax", problem) for problem in problems)
    yield from (_lint("never-fires", problem) for problem in doubts)
    texts = {source.path: source.text for source in sources}
    for module in modules:
        yield from _of_module(module, modules)
        yield from _of_text(module, texts[module.source.path])


def _of_module(module: Module, modules: Sequence[Module]) -> Iterator[Lint]:
    path = module.source.path
    for name, why in module.refused.items():
        line = module.calls.get(tuple(name.split(".")), 0)
        said = f"{name} cannot be called: {why}"
        yield _lint("unsafe-builtin", Problem(path=path, line=line, message=said))
    for name in sorted(module.unknown):
        steps = tuple(name.split("."))
        if name not in module.refused and not _defined(module, steps, modules):
            line = module.calls.get(steps, 0)
            said = f"there is no function {name}"
            yield _lint("undefined-function", Problem(path=path, line=line, message=said))
    for steps in undefined(modules, module):
        said = f"no policy file defines {'.'.join(('data', *steps))}"
        line = module.data.get(steps, 0)
        yield _lint("undefined-reference", Problem(path=path, line=line, message=said))


def _defined(module: Module, steps: tuple[str, ...], modules: Iterable[Module]) -> bool:
    if steps[0] == "data":
        return any(
            (*other.package, name) == steps[1:] for other in modules for name in other.defines
        )
    return any(other.package == module.package and steps[0] in other.defines for other in modules)


def _of_text(module: Module, text: str) -> Iterator[Lint]:
    path = module.source.path
    if module.v0:
        said = "it is written in the syntax of OPA before 1.0"
        yield _lint("old-syntax", Problem(path=path, line=1, message=said))
    entries = list(module.entries())
    found = blocks(text)
    for rule in entries:
        block = about(found, rule.line)
        if block is None or not (block.text("title") and block.text("description")):
            said = "no title and description say what the policy is for"
            yield _lint("missing-metadata", Problem(path=path, line=rule.line, message=said))
            break
    for rule in entries:
        block = about(found, rule.line)
        if not (block and block.remedy) and '"remedy"' not in text:
            said = "nothing says what to do where it objects"
            yield _lint("missing-remedy", Problem(path=path, line=rule.line, message=said))
            break


def _lint(code: str, problem: Problem) -> Lint:
    level, remedy = CODES[code]
    return Lint(
        path=problem.path,
        line=problem.line,
        code=code,
        level=level,
        message=problem.message,
        remedy=remedy,
    )

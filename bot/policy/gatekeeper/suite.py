"""Gatekeeper's own tests of templates and constraints, run as `gator verify` runs them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.engines.cel.engine import CelEngine
from bot.engines.rego import EngineError
from bot.policy.command.case import Case
from bot.policy.files import documents_of
from bot.policy.gatekeeper.assertions import Assertions
from bot.policy.gatekeeper.constraint import GROUP, invalid
from bot.policy.gatekeeper.engine import CompiledGatekeeper
from bot.policy.gatekeeper.library import TEMPLATES
from bot.policy.gatekeeper.openapi import NO_FIELD
from bot.policy.gatekeeper.patterns import Patterns
from bot.policy.gatekeeper.request import Malformed, review_for
from bot.policy.gatekeeper.template import Template, template_of
from bot.policy.model import Answer, Context, Document, Limits, Problem
from bot.render.yaml_reader import read
from checks.model import Location, Node, Pointer, Resource, line_of

KIND = "test.gatekeeper.sh/Suite"
_LIMITS = Limits()
_SKIPPED = "skipped by the suite"
# What a problem says that lies with us, not with what is tested.
_OURS = ("cannot be called", "no function", "not supported", "unsupported", "cannot be checked")


class _Wrong(Exception):  # noqa: N818 - what a case came to
    """A file of the suite cannot be used; the message says why."""


def run_suite(path: Path) -> list[Case]:
    """Every case of a suite file, in order. A file that is no suite has none. Raises OSError where
    it cannot be read."""
    documents, problems = documents_of(path.name, path.read_bytes())
    cases = [_case(path, one.line, "suite", "failed", one.message) for one in problems]
    for document in documents:
        if document.kind == KIND:
            cases += _Suite(path, document).cases()
    return cases


def _case(path: Path, line: int, name: str, outcome: Any, message: str) -> Case:
    return Case(file=path.name, line=line, name=name, outcome=outcome, message=message)


@dataclass(frozen=True, slots=True)
class _Suite:
    path: Path
    document: Document

    def cases(self) -> Iterator[Case]:
        """The cases of all tests."""
        with Assertions(datetime.now(UTC), _LIMITS) as assertions:
            tests = _listed(self.document.body.get("tests"))
            for index, test in enumerate(tests):
                yield from self._test(test, ("tests", index), assertions)

    def _test(self, test: Mapping[str, Any], at: Pointer, assertions: Assertions) -> Iterator[Case]:
        listed = [(one, (*at, "cases", n)) for n, one in enumerate(_listed(test.get("cases")))]
        whole = self._made(test, at, str(test.get("name", "")))
        skipped = _SKIPPED if self.document.body.get("skip") or test.get("skip") else ""
        if test.get("expansion") and not skipped:
            skipped = "what an ExpansionTemplate makes is not supported here"
        if skipped:
            named = [self._made(one, where, _name(test, one)) for one, where in listed] or [whole]
            yield from (replace(one, outcome="unsupported", message=skipped) for one in named)
            return
        try:
            template = self._one(test, "template", TEMPLATES)
            constraint = self._one(test, "constraint", f"{GROUP}/*")
            if test.get("invalid"):
                yield _refused(whole, template, constraint)
                return
            for one, where in listed:
                yield self._timed(_Run(self, (template, constraint), one, assertions), test, where)
        except _Wrong as wrong:
            yield replace(whole, outcome="failed", message=str(wrong))

    def _timed(self, run: _Run, test: Mapping[str, Any], at: Pointer) -> Case:
        case = self._made(run.case, at, _name(test, run.case))
        if run.case.get("skip"):
            return replace(case, outcome="unsupported", message=_SKIPPED)
        started = time.monotonic()
        try:
            case = run.judged(case)
        except (_Wrong, Malformed, EngineError) as wrong:
            case = replace(case, outcome="failed", message=str(wrong))
        return replace(case, seconds=time.monotonic() - started)

    def _made(self, node: Mapping[str, Any], at: Pointer, name: str) -> Case:
        del node
        line = line_of(self.document.lines, at) or self.document.line
        return _case(self.path, line, name, "passed", "")

    def _one(self, test: Mapping[str, Any], name: str, kind: str) -> Document:
        """The one document of a file that a test names."""
        path = test.get(name)
        if not isinstance(path, str) or not path:
            raise _Wrong(f"the test names no {name}")
        documents, problems = documents_of(path, self.bytes_of(path))
        if problems:
            raise _Wrong(str(problems[0]))
        group, _, wanted = kind.partition("/")
        for one in documents[:1]:
            if one.kind == kind or (wanted == "*" and one.kind.startswith(f"{group}/")):
                return one
        raise _Wrong(f"{path} begins with no {wanted if wanted != '*' else name}")

    def bodies(self, path: Any) -> list[Mapping[str, Node]]:
        """The objects of a file that a case names."""
        found, failures = read(str(path), self.bytes_of(path))
        if failures:
            raise _Wrong(f"{path}:{failures[0].location.line}: {failures[0].error}")
        bodies = [one.value for one in found if isinstance(one.value, dict)]
        if not bodies:
            raise _Wrong(f"{path} holds no object")
        return list(bodies)

    def bytes_of(self, path: Any) -> bytes:
        """A file that the suite names, from where it stands; it may not lead out of the folder
        that the tests are kept in."""
        full = (self.path.parent / str(path)).resolve()
        if not full.is_relative_to(_root(self.path)):
            raise _Wrong(f"{path} leads out of the folder of the tests")
        try:
            return full.read_bytes()
        except OSError as error:
            raise _Wrong(f"{path} cannot be read: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class _Run:
    """One case, to be asked of a template and a constraint."""

    suite: _Suite
    documents: tuple[Document, Document]
    case: Mapping[str, Any]
    assertions: Assertions

    def judged(self, case: Case) -> Case:
        """How the case came out. Raises what is wrong with its files."""
        expected = _listed(self.case.get("assertions"))
        if not self.case.get("object") or not expected:
            raise _Wrong("a case needs an object and assertions")
        inventory = [
            body for path in self.case.get("inventory") or () for body in self.suite.bodies(path)
        ]
        bodies = self.suite.bodies(self.case["object"])
        if len(bodies) != 1:
            raise _Wrong(f"{self.case['object']} holds {len(bodies)} objects, not one")
        review = review_for(bodies[0], inventory)
        context = Context(
            now=datetime.now(UTC),
            limits=_LIMITS,
            inventory=lambda: tuple(map(_resource, inventory)),
        )
        with CompiledGatekeeper(self.documents, context, tested=True) as compiled:
            answer = compiled.answer(review)
            failed = _failed([*compiled.problems, *answer.problems])
        if failed:
            return replace(case, **failed)
        return self._compared(case, answer, expected)

    def _compared(self, case: Case, answer: Answer, expected: Sequence[Mapping[str, Any]]) -> Case:
        messages = [one.message for one in answer.violations]
        denied = tuple(dict.fromkeys(one.rule.id for one in answer.violations))
        found = [text for one in expected if (text := self.assertions.broken(one, messages))]
        return replace(
            case,
            outcome="failed" if found else "passed",
            message="; ".join(found),
            denied=denied,
            allowed=tuple(one for one in answer.asked if one not in denied),
        )


def _refused(case: Case, template: Document, constraint: Document) -> Case:
    """A test that expects the constraint to break its schema."""
    found = template_of(template)
    if not isinstance(found, Template):
        return replace(case, **_failed(found))
    with CelEngine(now=datetime.now(UTC), limits=_LIMITS) as cel:
        wrong = [one.message for one in invalid(constraint, found, Patterns(cel).fit)]
    # A field too many is refused for another reason than the schema.
    if any(NO_FIELD not in text for text in wrong):
        return case
    said = wrong[0] if wrong else "none"
    return replace(
        case,
        outcome="failed",
        message=f"expected a constraint that breaks its schema; found {said}",
    )


def _failed(problems: Sequence[Problem]) -> dict[str, Any]:
    if not problems:
        return {}
    ours = any(text in one.message for one in problems for text in _OURS)
    message = "; ".join(dict.fromkeys(map(str, problems)))
    return {"outcome": "unsupported" if ours else "failed", "message": message}


def _resource(body: Mapping[str, Node]) -> Resource:
    meta = body.get("metadata")
    named = meta if isinstance(meta, dict) else {}
    return Resource(
        id=f"{body.get('kind')}/{named.get('namespace')}/{named.get('name')}",
        api_version=str(body.get("apiVersion") or ""),
        kind=str(body.get("kind") or ""),
        namespace=str(named.get("namespace") or ""),
        name=str(named.get("name") or ""),
        body=body,
        source=Location(path="inventory"),
    )


def _root(path: Path) -> Path:
    """The repository that a file is in, else its folder."""
    folder = path.resolve().parent
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def _listed(node: Any) -> list[Mapping[str, Any]]:
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []


def _name(test: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return f"{test.get('name', '')}/{case.get('name', '')}"

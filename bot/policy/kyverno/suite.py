"""Kyverno's own tests (kyverno-test.yaml) of validating policies, each result row a case.

Judged as `kyverno test` does: nobody asks, objects go to the namespace "default", and a rule that
is not for an object counts as passed, whatever was expected.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.engines.program import Limits
from bot.policy.command.case import Case
from bot.policy.kyverno import policy, validating
from bot.policy.kyverno.engine import Read
from bot.policy.kyverno.judge import Judge, Result
from bot.policy.kyverno.suite_files import Files, Unreadable, request
from bot.policy.kyverno.suite_values import Values
from bot.policy.model import Problem
from checks.model import Lines, line_of

NAMES = ("kyverno-test.yaml", "kyverno-test.yml")
_LIMITS = Limits(total_seconds=120.0)
_NOT_RUN = (
    "userinfo",
    "exceptions",
    "policyExceptions",
    "jsonPayloads",
    "clusterResources",
    "httpPayloads",
    "envoyPayloads",
    "apiCallResponses",
    "globalContextEntries",
    "paramResources",
)
_OTHER = ("patchedResource", "patchedResources", "generatedResource", "generatedResources")
_OTHER_KINDS = (
    "isMutatingPolicy",
    "isMUtatingPolicy",
    "isGeneratingPolicy",
    "isDeletingPolicy",
    "isImageValidatingPolicy",
    "isValidatingAdmissionPolicy",
    "isMutatingAdmissionPolicy",
)
_SCORED = "policies.kyverno.io/scored"
NOT_VALIDATION = "not about validation: "
EXCLUDED = "no rule was for it, which Kyverno counts as passed"


def run_suite(path: Path) -> list[Case]:
    """Run a test file; a case for each result and each object that it names. Raises EngineError."""
    return _Suite(path).cases()


@dataclass(slots=True)
class _Run:
    """What was said of the objects of a test, by their place; "" is the usual operation."""

    results: dict[str, list[list[Result]]] = field(default_factory=dict)
    seconds: float = 0.0


class _Suite:
    """One test file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run = _Run()
        self._flaws: list[Problem] = []

    def cases(self) -> list[Case]:
        """Every result row."""
        try:
            self._files = Files(self._path)
            test, lines = self._files.test
            read = Read.of(self._files.policies)
            values = Values(self._files.values)
            rows = list(_rows(test, lines))
            why = next((f"{name} is not supported" for name in _NOT_RUN if test.get(name)), "")
            if not why:
                self._evaluate(read, values, rows)
        except Unreadable as error:
            return [self._case(1, self._path.parent.name, "failed", str(error))]
        found: list[Case] = []
        for line, row in rows:
            found += self._of_row(line, row, read, why)
        if found:
            share = self._run.seconds / len(found) if found else 0.0
        return [replace(one, seconds=share) for one in found]

    def _evaluate(
        self, read: Read, values: Values, rows: Sequence[tuple[int, Mapping[str, Any]]]
    ) -> None:
        begin = time.monotonic()
        judge = Judge.of(read.policies, read.validating, now=datetime.now(UTC), limits=_LIMITS)
        operations = {str(row.get("operation") or "") for _, row in rows} | {""}
        try:
            self._flaws = judge.load() + read.problems
            for operation in sorted(operations):
                self._run.results[operation] = [
                    self._said(judge, body, values, operation) for body in self._files.resources
                ]
        finally:
            judge.close()
        self._run.seconds = time.monotonic() - begin

    def _said(
        self, judge: Judge, body: Mapping[str, Any], values: Values, operation: str
    ) -> list[Result]:
        """What all policies say of an object; each may have an operation of its own for it."""
        found: list[Result] = []
        for one in judge.policies:
            found += judge.of_policies([one], request(body, values, operation, one.name))
        if judge.validating:
            asked = request(body, values, operation, "")
            found += judge.of_validating(judge.validating, asked)
        return found

    def _of_row(self, line: int, row: Mapping[str, Any], read: Read, why: str) -> Iterator[Case]:
        name = str(row.get("policy") or "").rpartition("/")[2]
        label = "/".join(filter(None, (name, str(row.get("rule") or ""))))
        other = _other(row, name, self._files)
        if other:
            for one in row.get("resources") or [""]:
                told = NOT_VALIDATION + other
                yield self._case(line, f"{label} {one}".strip(), "unsupported", told)
            return
        wanted = row.get("resources") or []
        for one in wanted or [""]:
            title = f"{label} {one}: {row.get('result')}"
            if why:
                yield self._case(line, title, "unsupported", why)
                continue
            outcome, told = self._judged(row, name, str(one), read)
            yield self._case(line, title, outcome, told)

    def _judged(
        self, row: Mapping[str, Any], name: str, wanted: str, read: Read
    ) -> tuple[str, str]:
        """How one row came out for one of its objects."""
        rule = str(row.get("rule") or "")
        broken = self._broken(name, rule)
        if broken:
            return "unsupported", broken
        places = self._files.places(wanted)
        said = self._run.results[str(row.get("operation") or "")]
        found = [
            one
            for at in places
            for one in said[at]
            if one.policy.name == name and (not rule or one.rule is None or one.rule.name == rule)
        ]
        names = [one.name for one in read.policies] + [one.name for one in read.validating]
        if name not in names:
            return "failed", f"there is no policy {name} among the policies of the test"
        if not found:
            return "passed", EXCLUDED
        unsure = next((one for one in found if one.told.status == "unsupported"), None)
        if unsure is not None:
            return "unsupported", unsure.told.message
        wrong = next((one for one in found if _status(one) != row.get("result")), None)
        if wrong is None:
            return "passed", ""
        told = f"expected {row.get('result')}, got {_status(wrong)}"
        return "failed", f"{told}: {wrong.told.message}" if wrong.told.message else told

    def _broken(self, policy: str, rule: str) -> str:
        """Why a policy or a rule of it cannot be used, "" where it can."""
        of_rule = f"rule {rule} of {policy}: " if rule else f" of {policy}: "
        for one in self._flaws:
            if one.message.startswith(f"{policy}: ") or of_rule in one.message:
                return one.message
        return ""

    def _case(self, line: int, name: str, outcome: Any, message: str) -> Case:
        return Case(file=self._path.name, line=line, name=name, outcome=outcome, message=message)


def _status(result: Result) -> str:
    """A result as Kyverno reports it: a policy that is not scored only warns."""
    metadata = result.policy.document.body.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, dict) else None
    scored = notes.get(_SCORED) if isinstance(notes, dict) else None
    return "warn" if result.told.status == "fail" and scored == "false" else result.told.status


def _rows(test: Mapping[str, Any], lines: Lines) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, row in enumerate(test.get("results") or []):
        if isinstance(row, dict):
            yield line_of(lines, ("results", number)) or 1, row


def _other(row: Mapping[str, Any], name: str, files: Files) -> str:
    """What a row is about where it is not about validation."""
    for key in (*_OTHER, *_OTHER_KINDS):
        if row.get(key):
            return key
    kinds = [
        one.kind.partition("/")[2]
        for one in files.policies
        if (one.body.get("metadata") or {}).get("name") == name  # type: ignore[union-attr]
    ]
    if kinds and all(one not in (*policy.KINDS, *validating.KINDS) for one in kinds):
        return kinds[0]
    return files.other_rule(name, str(row.get("rule") or ""))

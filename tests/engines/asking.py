"""Policies over objects through a real worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.engines.admission import question
from bot.engines.program import Program
from bot.engines.rego import Answer, Limits, RegoEngine, Source
from bot.policy.findings import Severities, findings
from bot.policy.model import Context, Question
from bot.policy.rego import RegoPolicies
from checks.model import Finding, Resource
from tests.checks.manifests import NOW, resource

LIMITS = Limits(evaluation_seconds=10, total_seconds=30)


def sources(*texts: str, **named: str) -> list[Source]:
    """Files named p0.rego, p1.rego, … or as given."""
    numbered = {f"p{number}": text for number, text in enumerate(texts)}
    return [Source(path=f"{name}.rego", text=text) for name, text in (numbered | named).items()]


def ask(
    policies: list[Source],
    *bodies: dict[str, Any],
    before: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
) -> tuple[Program, list[Answer], list[Resource]]:
    """What the policies say about each object."""
    old = resource(dict(before)) if before else None
    objects = [resource(body) for body in bodies]
    with RegoEngine(now=NOW, limits=limits) as engine:
        program = engine.compile(policies)
        return program, list(engine.judge(program, (question(o, old) for o in objects))), objects


def found(policies: list[Source], body: dict[str, Any], **options: Any) -> list[Finding]:
    """The findings on one object, where nothing went wrong."""
    before = options.pop("before", None)
    one, old = resource(body), resource(dict(before)) if before else None
    context = Context(now=NOW, inventory=lambda: (), **{"limits": LIMITS, **options})
    with RegoPolicies().compile(policies, (), context) as compiled:
        (answer,) = compiled.judge([Question(resource=one, before=old)])
        assert compiled.problems == answer.problems == ()
    return list(findings(one, [answer], Severities()))


def messages(policies: list[Source], body: dict[str, Any], **options: Any) -> list[str]:
    """What is said about one object, where nothing went wrong."""
    return [finding.message for finding in found(policies, body, **options)]


def problems(policies: list[Source], *bodies: dict[str, Any], **options: Any) -> list[str]:
    """What could not be judged."""
    program, answers, _ = ask(policies, *bodies, **options)
    return [str(p) for p in (*program.problems, *(p for a in answers for p in a.problems))]

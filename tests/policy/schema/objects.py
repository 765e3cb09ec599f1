"""Manifests as the renderer reads them, and a way to have them judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.policy.model import Answer, Context, Limits, Question, Violation
from bot.policy.schema.engine import SchemaEngine
from bot.render.objects import objects
from bot.render.yaml_reader import read
from checks.model import Location, Resource

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIMITS = Limits(evaluation_seconds=3.0, total_seconds=20.0)


def resources(text: str, path: str = "app.yaml", root: str = "plain") -> list[Resource]:
    """The objects of a YAML text."""
    documents, failures = read(path, text.encode())
    found, misshapen = objects(path, documents)
    assert not failures
    assert not misshapen
    return [
        Resource(
            id=f"{path} {one.kind} {one.name}",
            api_version=one.api_version,
            kind=one.kind,
            namespace=one.namespace,
            name=one.name,
            body=one.body,
            source=Location(path=path, line=one.line),
            lines=one.lines,
            rendered_from=root,
        )
        for one in found
    ]


def answers(
    found: Sequence[Resource],
    besides: Sequence[Resource] = (),
    *,
    version: str = "1.34.0",
    limits: Limits = LIMITS,
    engine: SchemaEngine | None = None,
) -> list[Answer]:
    """What their schemas say, with `besides` in the inventory."""
    inventory = (*found, *besides)
    context = Context(now=NOW, limits=limits, inventory=lambda: inventory, kube_version=version)
    with (engine or SchemaEngine()).compile((), (), context) as compiled:
        assert compiled.problems == ()
        return list(compiled.judge([Question(resource=one) for one in found]))


def violations(text: str, **more: object) -> list[Violation]:
    """What is said of the one object of a text."""
    (found,) = resources(text)
    (answer,) = answers([found], **more)  # type: ignore[arg-type]
    assert answer.problems == ()
    return list(answer.violations)


def said(text: str, **more: object) -> list[tuple[str, str]]:
    """(message, remedy) of what is said of the one object of a text."""
    return [(one.message, one.remedy) for one in violations(text, **more)]

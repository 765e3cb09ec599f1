"""Policies and objects out of YAML, judged by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import dedent

from bot.policy.files import documents_of
from bot.policy.kyverno.engine import CompiledKyverno, KyvernoEngine
from bot.policy.model import Answer, Context, Document, Limits, Question
from checks.model import Location, Resource

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def documents(text: str, path: str = "policies/p.yaml") -> list[Document]:
    found, problems = documents_of(path, dedent(text).encode())
    assert problems == []
    return found


def resources(text: str) -> list[Resource]:
    return [_resource(one) for one in documents(text, "app.yaml")]


def _resource(document: Document) -> Resource:
    metadata = document.body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Resource(
        id=f"{document.path}:{document.line}",
        api_version=str(document.body["apiVersion"]),
        kind=str(document.body["kind"]),
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name") or ""),
        body=document.body,
        source=_location(document),
        lines=document.lines,
    )


def _location(document: Document) -> Location:
    return Location(path=document.path, line=document.line)


def compiled(
    policies: str, *, inventory: Sequence[Resource] = (), limits: Limits | None = None
) -> CompiledKyverno:
    context = Context(now=NOW, limits=limits or Limits(), inventory=lambda: inventory)
    return KyvernoEngine().compile((), documents(policies), context)


def judged(
    policies: str, objects: str, *, before: str = "", limits: Limits | None = None
) -> list[Answer]:
    news = resources(objects)
    olds = resources(before) if before else [None] * len(news)
    with compiled(policies, inventory=news, limits=limits) as ready:
        assert ready.problems == ()
        spaces = {one.name: one.body for one in news if one.kind == "Namespace"}
        questions = [
            Question(resource=new, before=old, namespace=spaces.get(new.namespace))
            for new, old in zip(news, olds, strict=True)
        ]
        return list(ready.judge(questions))


def rule(body: str, *, kinds: str = "[Pod]", extra: str = "", action: str = "Enforce") -> str:
    """A ClusterPolicy `p` of one rule `r`; `body` is what stands below `validate`."""
    indented = dedent(body).strip().replace("\n", "\n      ")
    more = dedent(extra).strip().replace("\n", "\n    ")
    return f"""\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {{name: p}}
spec:
  validationFailureAction: {action}
  rules:
  - name: r
    match: {{any: [{{resources: {{kinds: {kinds}}}}}]}}
    {more}
    validate:
      {indented}
"""


def pod(spec: str = "containers: [{name: c, image: 'nginx:1'}]", metadata: str = "") -> str:
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop{metadata}}}
spec: {{{spec}}}
"""

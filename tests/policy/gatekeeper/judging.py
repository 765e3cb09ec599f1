"""Templates and constraints over objects, through real workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.policy.files import documents_of
from bot.policy.gatekeeper import GatekeeperEngine
from bot.policy.model import Answer, Context, Document, Limits, Problem, Question
from tests.checks.manifests import NOW, resource

LIMITS = Limits(evaluation_seconds=10, total_seconds=60, memory_bytes=256 * 1024 * 1024)

LABELS = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: k8slabels
spec:
  crd:
    spec:
      names:
        kind: K8sLabels
      validation:
        openAPIV3Schema:
          type: object
          required: [labels]
          properties:
            labels:
              type: array
              items: {type: string}
            strict: {type: boolean, default: true}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8slabels

        violation[{"msg": msg, "details": {"path": ["metadata", "labels"]}}] {
          input.parameters.strict
          label := input.parameters.labels[_]
          not input.review.object.metadata.labels[label]
          msg := sprintf("%v has no label %v", [input.review.object.metadata.name, label])
        }
"""


def template(
    rego: str, *, kind: str = "K8sTest", schema: str = "", libs: Sequence[str] = (), more: str = ""
) -> str:
    """A template with this code."""
    block = "".join(f"        {line}\n" for line in rego.splitlines())
    listed = "".join(
        "        - |\n" + "".join(f"          {line}\n" for line in lib.splitlines())
        for lib in libs
    )
    return f"""apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: {kind.lower()}
spec:
  crd:
    spec:
      names:
        kind: {kind}
      validation: {{openAPIV3Schema: {{{schema or "type: object"}}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
{more}      rego: |
{block}{"      libs:" + chr(10) + listed if libs else ""}"""


def constraint(kind: str = "K8sTest", name: str = "one", spec: str = "{}") -> str:
    """A constraint with this spec, written as one line of YAML."""
    return f"""apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {kind}
metadata: {{name: {name}}}
spec: {spec}
"""


def documents(*texts: str, **named: str) -> list[Document]:
    """The documents of files p0.yaml, p1.yaml, … or as they are named."""
    files = {f"p{n}": text for n, text in enumerate(texts)} | named
    return [one for name, text in files.items() for one in _of(f"{name}.yaml", text)]


def _of(path: str, text: str) -> list[Document]:
    found, problems = documents_of(path, text.encode())
    assert problems == []
    return found


@dataclass(frozen=True)
class Judged:
    """What came of policies: answers, and what cannot work."""

    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...]
    idle: tuple[str, ...]
    rules: tuple[str, ...] = field(default=())

    @property
    def messages(self) -> list[str]:
        """What is said of the first object."""
        return [one.message for one in self.answers[0].violations]

    @property
    def said(self) -> list[str]:
        """Every problem, as it is shown."""
        return [str(p) for p in (*self.problems, *(p for a in self.answers for p in a.problems))]


def judge(
    policies: Sequence[Document],
    *bodies: dict[str, Any],
    before: Mapping[str, Any] | None = None,
    namespaces: Sequence[dict[str, Any]] = (),
    inventory: Sequence[dict[str, Any]] = (),
    limits: Limits = LIMITS,
) -> Judged:
    """What the policies say of objects."""
    spaces = {one["metadata"]["name"]: one for one in namespaces}
    others = tuple(resource(dict(one)) for one in (*inventory, *namespaces, *bodies))
    context = Context(now=NOW, limits=limits, inventory=lambda: others)
    questions = [
        Question(
            resource=resource(body),
            before=resource(dict(before)) if before else None,
            namespace=spaces.get(body["metadata"].get("namespace", "")),
        )
        for body in bodies
    ]
    with GatekeeperEngine().compile((), policies, context) as compiled:
        return Judged(
            answers=compiled.judge(questions),
            problems=tuple(compiled.problems),
            idle=tuple(compiled.idle),
            rules=tuple(rule.id for rule in compiled.rules),
        )


def pod(name: str = "web", namespace: str = "", **more: Any) -> dict[str, Any]:
    """A Pod."""
    meta: dict[str, Any] = {"name": name, **more}
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": []}}


def space(name: str, **labels: str) -> dict[str, Any]:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}

"""ValidatingAdmissionPolicies over objects through a real worker."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent
from typing import Any

from bot.policy.files import documents_of
from bot.policy.model import Answer, Context, Document, Limits, Question
from bot.policy.vap import VapEngine
from bot.policy.vap.engine import CompiledVap
from checks.model import Resource
from tests.checks.manifests import NOW, resource

LIMITS = Limits(evaluation_seconds=10, total_seconds=60)
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "replicas": 7,
        "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}},
    },
}
NAMESPACE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"environment": "test"}},
}
DEPLOYMENTS = """\
resourceRules:
- apiGroups: [apps]
  apiVersions: [v1]
  operations: [CREATE, UPDATE]
  resources: [deployments]
"""


def policy(spec: str, *, match: str = DEPLOYMENTS, name: str = "limit") -> str:
    """A policy; `spec` are its other fields."""
    return (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n"
        f"metadata:\n  name: {name}\nspec:\n  matchConstraints:\n{indent(match, '    ')}"
        f"{indent(spec.strip(), '  ')}\n"
    )


def bind(spec: str = "", *, actions: str = "[Deny]", name: str = "limit") -> str:
    """A binding; `spec` are its other fields."""
    return (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
        f"metadata:\n  name: {name}-binding\nspec:\n  policyName: {name}\n"
        f"  validationActions: {actions}\n{indent(spec.strip(), '  ')}\n"
    )


def documents(*texts: str) -> list[Document]:
    """The documents of one file."""
    found, problems = documents_of("vap.yaml", "\n---\n".join(texts).encode())
    assert not problems
    return found


def compiled(
    *texts: str,
    parameters: Sequence[str] = (),
    inventory: Sequence[Resource] = (),
    limits: Limits = LIMITS,
) -> CompiledVap:
    """Policies of one file, made ready."""
    engine = VapEngine()
    mine = [one for one in documents(*texts) if engine.takes(one)]
    context = Context(
        now=NOW,
        limits=limits,
        inventory=lambda: inventory,
        parameters=documents(*parameters) if parameters else (),
    )
    return engine.compile((), mine, context)


def judged(
    *texts: str,
    body: dict[str, Any] = DEPLOYMENT,
    before: dict[str, Any] | None = None,
    namespace: dict[str, Any] | None = None,
    **options: Any,
) -> Answer:
    """What sound policies say about one object."""
    question = Question(
        resource=resource(body),
        before=resource(before) if before else None,
        namespace=namespace,
    )
    with compiled(*texts, **options) as ready:
        assert ready.problems == ()
        (answer,) = ready.judge([question])
    return answer


def messages(*texts: str, **options: Any) -> list[str]:
    """What they object to, where nothing went wrong."""
    answer = judged(*texts, **options)
    assert answer.problems == ()
    return [violation.message for violation in answer.violations]


def problems(*texts: str, **options: Any) -> list[str]:
    """What they could not tell; no objection is among it."""
    answer = judged(*texts, **options)
    assert answer.violations == ()
    return [str(problem) for problem in answer.problems]

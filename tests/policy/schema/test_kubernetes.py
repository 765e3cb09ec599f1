"""Kubernetes' own kinds: what the API server refuses is said at its place, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.policy.model import Context, Effect, Problem
from bot.policy.schema.bundle import Bundle
from bot.policy.schema.engine import SchemaEngine
from bot.render.helm.differing import DIFFERING
from checks.model import Patch
from tests.policy.schema.objects import LIMITS, NOW, answers, resources, said, violations

WEB = "spec.template.spec.containers[web]"
QUANTITY = "a quantity such as 500m, 128Mi or 2"
FLOW = "flowcontrol.apiserver.k8s.io"
FINE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  creationTimestamp: null
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports: [{containerPort: 80, hostPort: null}]
          resources: {limits: {cpu: 0.5, memory: 128Mi}, requests: {cpu: 500m, memory: 1e3}}
          livenessProbe: {httpGet: {port: http}}
          readinessProbe: {httpGet: {port: 80, path: null}}
      volumes: [{name: scratch, emptyDir: null}]
"""


def test_a_good_deployment_passes_and_was_asked() -> None:
    (answer,) = answers(resources(FINE))
    assert answer.violations == ()
    assert answer.problems == ()
    assert answer.asked == ("schema/apps/v1/Deployment",)


@pytest.mark.parametrize(
    ("good", "bad", "message", "remedy"),
    [
        ("replicas: 3", "replica: 3", "spec.replica: there is no such field", "replicas"),
        (
            "image: nginx:1.27",
            "image: a\n          imagePullpolicy: Always",
            "spec.template.spec.containers[web].imagePullpolicy: there is no such field",
            "imagePullPolicy",
        ),
        (
            "replicas: 3",
            'replicas: "3"',
            'spec.replicas: expected a whole number, not the text "3"',
            "Take the quotes off.",
        ),
        (
            "replicas: 3",
            "replicas: 3000000000",
            "spec.replicas: expected at most 2147483647, not the number 3000000000",
            "",
        ),
        (
            "labels: {app: web}}",
            "labels: {app: 1}}",
            "spec.template.metadata.labels.app: expected a text, not the number 1",
            "Put it in quotes.",
        ),
        (
            "memory: 128Mi",
            "memory: 128MB",
            f'{WEB}.resources.limits.memory: expected {QUANTITY}, not the text "128MB"',
            "Write 128M.",
        ),
        ("  selector: {matchLabels: {app: web}}\n", "", "spec.selector is missing", ""),
        (
            "  selector: {matchLabels: {app: web}}\n",
            "  selector:\n",
            "spec.selector is missing",
            "",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(
    good: str, bad: str, message: str, remedy: str
) -> None:
    ((text, help_),) = said(FINE.replace(good, bad))
    assert text == message
    assert remedy in help_


def test_a_finding_stands_on_the_line_of_the_field() -> None:
    (web,) = resources(FINE.replace("replicas: 3", "replica: 3"))
    ((one,),) = [answer.violations for answer in answers([web])]
    assert one.pointer == ("spec", "replica")
    assert web.locate(*one.pointer).line == 7
    assert one.rule.id == "schema/apps/v1/Deployment"
    assert one.rule.effect is Effect.DENY
    assert one.patches == ()


def test_a_wrong_case_is_safe_to_mend() -> None:
    wrong = FINE.replace("image: nginx:1.27", "Image: nginx:1.27")
    (one,) = violations(wrong)
    container = ("spec", "template", "spec", "containers", 0)
    assert one.patches == (
        Patch(pointer=(*container, "Image"), value=None),
        Patch(pointer=(*container, "image"), value="nginx:1.27"),
    )
    (one,) = violations(FINE.replace("replicas: 3", 'replicas: "3"'))
    assert one.patches == (Patch(pointer=("spec", "replicas"), value=3),)


@pytest.mark.parametrize(
    ("kind", "message", "remedy"),
    [
        (
            "extensions/v1beta1 Ingress",
            "Kubernetes 1.34 has no Ingress of extensions/v1beta1: it is gone since 1.22",
            "Write apiVersion: networking.k8s.io/v1.",
        ),
        (
            "policy/v1beta1 PodSecurityPolicy",
            "Kubernetes 1.34 has no PodSecurityPolicy of policy/v1beta1: it is gone since 1.25",
            "Nothing takes its place",
        ),
        (
            "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema",
            f"Kubernetes 1.34 has no FlowSchema of {FLOW}/v1beta3: the last with it is 1.31",
            "Write apiVersion: flowcontrol.apiserver.k8s.io/v1.",
        ),
        ("v1 Deployment", "Kubernetes 1.34 has no Deployment of v1", "Write apiVersion: apps/v1."),
        ("v1 Servce", "Kubernetes 1.34 has no Servce of v1", "Did you mean Service?"),
        ("apps/v1 Deploymnet", "Kubernetes 1.34 has no Deploymnet of apps/v1", "Deployment?"),
    ],
)
def test_a_kind_that_this_version_does_not_have(kind: str, message: str, remedy: str) -> None:
    version, _, name = kind.partition(" ")
    text = f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: a}}\n"
    ((found, help_),) = said(text)
    assert found == message
    assert remedy in help_


def test_the_version_decides() -> None:
    text = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\n"
    text += (
        "spec: {schedule: x, jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}"
    )
    hpa = text.replace("batch/v1beta1", "batch/v1")
    assert said(hpa, version="1.25.3") == said(hpa, version="1.37.0") == []
    assert said(text, version="1.25.3") != []


def test_an_unknown_kind_is_not_judged_and_that_is_said_once() -> None:
    text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {x: 1}\n"
    found = answers(resources(f"{text}---\n{text.replace('name: a', 'name: b')}"))
    assert [len(one.violations) for one in found] == [1, 0]
    assert [one.asked for one in found] == [(), ()]
    (note,) = found[0].violations
    assert note.rule.effect is Effect.AUDIT
    assert note.rule.id == "schema/not-judged"
    assert "Thing of example.com/v1 is not judged by a schema" in note.message


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: terraform/v1\nkind: aws_instance\nmetadata: {name: a}\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
    ],
)
def test_what_no_cluster_is_told_is_not_judged(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    "value", ["${TOKEN}", "<path:kv/data/app#token>", "ENC[AES256]", DIFFERING]
)
def test_a_placeholder_is_a_note(value: str) -> None:
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata: {{token: '{value}'}}\n"
    (one,) = violations(text)
    assert (one.rule.effect, one.message) == (
        Effect.AUDIT,
        "a placeholder is not judged by the schema",
    )


def test_an_encrypted_object_is_a_note() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {token: x}\nsops: {mac: y}\n"
    (one,) = violations(text)
    assert one.rule.effect is Effect.AUDIT
    assert "encrypted" in one.message


def test_the_value_of_a_secret_is_told_to_nobody() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {token: 'hunter2!'}\n"
    (one,) = violations(text)
    assert one.message == "data.token: expected base64"
    assert one.pointer == ()


def test_a_misspelt_field_of_a_secret_is_not_shown_with_its_value() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringdata: {token: hunter2}\n"
    (one,) = violations(text)
    assert one.message == "stringdata: there is no such field"
    assert (one.pointer, one.patches) == ((), ())


def test_a_patch_that_nothing_names_is_a_note_and_what_is_rendered_is_judged() -> None:
    text = FINE.replace("  selector: {matchLabels: {app: web}}\n", "")
    patch = resources(text, "overlays/prod/web-patch.yaml")
    ((note,),) = [one.violations for one in answers(patch)]
    assert note.rule.effect is Effect.AUDIT
    rendered = resources(text, "overlays/prod/web-patch.yaml", "kustomize overlays/prod")
    ((finding,),) = [one.violations for one in answers(rendered)]
    assert finding.message == "spec.selector is missing"
    loose = resources(text, "overlays/prod/web.yaml")
    ((finding,),) = [one.violations for one in answers(loose)]
    assert finding.rule.effect is Effect.DENY
    ((note,),) = [one.violations for one in answers(loose, rendered)]
    assert note.rule.effect is Effect.AUDIT


def test_a_missing_extra_is_a_note_and_where_it_is_asked_for_a_problem() -> None:
    (web,) = resources(FINE)
    ((note,),) = [
        one.violations for one in answers([web], engine=SchemaEngine(bundle=lambda: None))
    ]
    assert "needs plumbline's extra [schemas]" in note.message
    assert note.rule.effect is Effect.AUDIT
    assert _problems(SchemaEngine(demanded=True, bundle=lambda: None)) == (
        Problem(
            path="policy.schema",
            line=0,
            message="not judged by its schema: this needs plumbline's extra [schemas]",
        ),
    )


def test_a_version_without_schemas_is_a_problem_where_they_are_asked_for() -> None:
    (problem,) = _problems(SchemaEngine(demanded=True), "1.19.0")
    assert "there are schemas of Kubernetes 1.25 to 1.37, none of 1.19" in problem.message


def test_the_bundle_knows_a_version_however_it_is_written() -> None:
    bundle = Bundle(folders={34: Path("x")})
    assert [bool(bundle.of(one)) for one in ("1.34", "v1.34.2", "1.3", "2.34", "1.x")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def _problems(engine: SchemaEngine, version: str = "1.34.0") -> tuple[Problem, ...]:
    context = Context(now=NOW, limits=LIMITS, inventory=tuple, kube_version=version)
    with engine.compile((), (), context) as compiled:
        return tuple(compiled.problems)

"""Nothing that is wrong with a template or a constraint is a pass, or takes others with it."""

from __future__ import annotations

import time

import pytest

from bot.policy.model import Limits
from tests.policy.gatekeeper.judging import LABELS, constraint, documents, judge, pod, template

QUICK = Limits(evaluation_seconds=0.4, total_seconds=20, memory_bytes=128 * 1024 * 1024)
ALWAYS = 'package t\nviolation[{"msg": "always"}] { true }'
GOOD = template(ALWAYS, kind="K8sGood")
HANG = """package t
violation[{"msg": "never"}] {
  n := numbers.range(1, 3000)
  count([1 | a := n[_]; b := n[_]; c := n[_]; a + b + c < 0]) > 0
}
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (HANG, "bad.yaml:15: it took longer than 0.4 s, on Pod web"),
        (
            'package t\nviolation[{"msg": m}] { m := count(numbers.range(1, 2000000000)) }',
            "bad.yaml:15: it needs more than the 128 MiB of memory that it may use, on Pod web",
        ),
        (
            'package t\nf(x) = y { y := f(x + 1) }\nviolation[{"msg": "m"}] { f(1) }',
            "bad.yaml:16: the engine crashed: its recursion or its nesting is too deep, on Pod web",
        ),
    ],
    ids=["hang", "memory", "recursion"],
)
def test_a_template_that_kills_its_worker_is_alone_in_it(code: str, said: str) -> None:
    started = time.monotonic()
    files = documents(bad=template(code) + "---\n" + constraint(), good=GOOD)
    files += documents(last=constraint("K8sGood"))
    judged = judge(files, pod(), pod(), limits=QUICK)
    for answer in judged.answers:
        assert [one.message for one in answer.violations] == ["always"]
    # Once is enough: what killed a worker is not asked about the next object.
    assert judged.said == [said]
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    ("code", "libs", "said"),
    [
        ("package t\nviolation[{}] {\n  m := \n}", [], "bad.yaml:15: expecting }"),
        (
            "package t\n\nallow { true }",
            [],
            "bad.yaml:14: the template has no rule named violation",
        ),
        ('package t\nviolation[{"msg": "m"}] {\n  http.send({})\n}', [], "bad.yaml:16: http.send"),
        (
            'package t\nviolation[{"msg": "m"}] { external_data({"keys": []}) }',
            [],
            "bad.yaml:15: external_data cannot be called: policies have no network here",
        ),
        (
            'package t\nviolation[{"msg": "m"}] { data.lib.x.y }',
            [],
            "bad.yaml:15: no library of the template defines data.lib.x.y",
        ),
        (
            'package t\nviolation[{"msg": "m"}] { data.other }',
            [],
            "bad.yaml:15: no library of the template defines data.other",
        ),
        (
            'package t\nviolation[{"msg": "m"}] { input.request.object }',
            [],
            "bad.yaml:15: Gatekeeper gives no input.request",
        ),
        (
            'package t\nviolation[{"msg": "m"}] { nobody(1) }',
            [],
            "bad.yaml:15: there is no function nobody in this engine",
        ),
        (
            ALWAYS,
            ["package other\nx = 1"],
            "bad.yaml:18: the package of a library begins with lib.",
        ),
        (ALWAYS, ["package lib.a\nx = 1", "package lib.b\nx := {"], "bad.yaml:23: "),
        (
            'package t\nviolation[{"msg": m}] {\n  m := to_number("16Gi")\n}',
            [],
            "bad.yaml:16: could not parse string as number",
        ),
        (
            'package t\nviolation[{"text": "m"}] { true }',
            [],
            "bad.yaml:15: a violation without a msg",
        ),
        (
            'package t\nviolation[{"msg": "m"}] {\n  input.review.userInfo.username == "me"\n}',
            [],
            "bad.yaml:16: input.review.userInfo is not known before the merge",
        ),
        (
            'package t\nviolation[{"msg": "m"}] {\n  r := input.review\n  r.userInfo.groups\n}',
            [],
            "bad.yaml:17: userInfo is not known before the merge",
        ),
        (
            'package t\nviolation[{"msg": "m"}] { not input.review.namespaceObject.x }',
            [],
            "bad.yaml:1: the Namespace of Pod nowhere/web is asked for, and declared nowhere here",
        ),
    ],
)
def test_a_broken_template_is_told_at_its_line(code: str, libs: list[str], said: str) -> None:
    files = documents(bad=template(code, libs=libs), one=constraint(), good=GOOD)
    judged = judge(files + documents(last=constraint("K8sGood")), pod(namespace="nowhere"))
    assert judged.messages == ["always"]
    assert judged.said[0].startswith(said)


def test_what_is_unknown_and_not_evaluated_is_no_error() -> None:
    code = """package t
violation[{"msg": "m"}] {
  input.review.operation == "UPDATE"
  not input.review.userInfo.username == "me"
}
"""
    files = documents(template(code), constraint())
    assert judge(files, pod()).said == []
    assert "userInfo is not known" in judge(files, pod(), before=pod()).said[0]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("{parameters: {labels: owner}}", "4: spec.parameters.labels: expected array, not 'owner'"),
        ("{parameters: {labels: [1]}}", "4: spec.parameters.labels.0: expected string, not 1"),
        ("{parameters: {}}", "4: spec.parameters: labels is required"),
        (
            "{parameters: {labels: [], more: 1}}",
            "4: spec.parameters.more: there is no field more",
        ),
        ("{match: {kind: Pod}}", "4: spec.match.kind: there is no field kind"),
        ("{match: {namespaces: prod}}", "4: spec.match.namespaces: expected array, not 'prod'"),
        ("{match: {namespaces: ['a*b']}}", "4: spec.match.namespaces.0: 'a*b' does not match"),
        ("{match: {source: Other}}", "4: spec.match.source: expected one of 'All', "),
        ("{enforcementAction: block}", "4: there is no enforcementAction block"),
        (
            "{enforcementAction: scoped}",
            "4: enforcementAction scoped needs scopedEnforcementActions",
        ),
        (
            (
                "{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, "
                "enforcementPoints: [{name: webhook}]}]}"
            ),
            "4: expected enforcement points of validation.gatekeeper.sh",
        ),
    ],
)
def test_a_constraint_that_breaks_its_schema(spec: str, said: str) -> None:
    files = documents(LABELS, constraint("K8sLabels", spec=spec), GOOD, constraint("K8sGood"))
    judged = judge(files, pod())
    assert judged.messages == ["always"]
    assert judged.said[0].startswith(f"p1.yaml:{said}")
    assert judged.idle == ()


def test_parts_that_do_not_fit_together() -> None:
    assert judge(documents(constraint("K8sNone")), pod()).said == [
        "p0.yaml:2: there is no ConstraintTemplate of the kind K8sNone"
    ]
    twice = judge(documents(GOOD, GOOD, constraint("K8sGood")), pod())
    assert twice.messages == []
    assert twice.said == [
        "p1.yaml:4: the kind K8sGood is defined at p0.yaml:1, too",
        "p2.yaml:2: the template of K8sGood at p0.yaml:1 cannot be used",
    ]
    same = judge(documents(GOOD, constraint("K8sGood"), constraint("K8sGood")), pod())
    assert same.messages == ["always"]
    assert same.said == ["p2.yaml:3: K8sGood one is defined at p1.yaml:1, too"]
    renamed = GOOD.replace("name: k8sgood", "name: good")
    assert judge(documents(renamed, constraint("K8sGood")), pod()).said == [
        "p0.yaml:4: the template is named good; its kind asks for k8sgood",
        "p1.yaml:2: the template of K8sGood at p0.yaml:1 cannot be used",
    ]
    expansion = "apiVersion: expansion.gatekeeper.sh/v1\nkind: ExpansionTemplate\nmetadata: {}\n"
    assert judge(documents(expansion), pod()).said == [
        "p0.yaml:2: ExpansionTemplate changes what is judged, which is not supported here"
    ]


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ("a.b == 1", "a.b ==", "p0.yaml:13: expression 1: "),
        ("validations:", "matchConditions:", "p0.yaml:12: there is no field matchConditions"),
        ("[{expression", "[{name: x, other", "p0.yaml:13: expected an expression"),
        (
            "source:",
            "source: {failurePolicy: No}\n          x:",
            "p0.yaml:11: the failurePolicy is",
        ),
    ],
)
def test_expressions_that_cannot_work(changed: str, to: str, said: str) -> None:
    text = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8scel}
spec:
  crd:
    spec: {names: {kind: K8sCel}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: K8sNativeValidation
          source:
            validations:
              [{expression: object.metadata.a.b == 1}]
"""
    judged = judge(documents(text.replace(changed, to), constraint("K8sCel")), pod())
    assert judged.answers[0].violations == ()
    assert judged.said[0].startswith(said)


def test_a_pattern_that_takes_for_ever_ends_with_its_constraint() -> None:
    started = time.monotonic()
    endless = template(
        ALWAYS,
        schema="type: object, properties: {a: {type: string, pattern: '^(a+)+$'}}",
    )
    spec = f"{{parameters: {{a: {'a' * 64}!}}}}"
    judged = judge(
        documents(bad=endless + "---\n" + constraint(spec=spec), good=GOOD)
        + documents(last=constraint("K8sGood")),
        pod(),
        limits=QUICK,
    )
    assert time.monotonic() - started < 8
    assert judged.messages == ["always"]
    (said,) = judged.said
    assert "the pattern ^(a+)+$ cannot be checked here: it took longer than 0.4 s" in said


@pytest.mark.parametrize(
    "schema",
    [
        "type: object, properties: 7",
        "type: object, properties: {a: 7}",
        "type: object, properties: {a: {type: {b: c}}}",
        "type: object, properties: {a: {minimum: {b: c}}}",
        "type: object, properties: {a: {pattern: [b]}}",
        "type: object, properties: {a: {anyOf: [7]}}",
        "type: object, required: [{}]",
        "enum: 7",
    ],
)
def test_a_schema_that_is_none_is_a_problem(schema: str) -> None:
    broken = template(ALWAYS, schema=schema)
    files = documents(bad=broken + "---\n" + constraint(spec="{parameters: {a: 1}}"), good=GOOD)
    judged = judge(files + documents(last=constraint("K8sGood")), pod())
    assert judged.messages == ["always"]
    assert any("of another type than the field of a schema" in one for one in judged.said)


def test_parameters_that_would_take_for_ever_to_check_are_a_problem() -> None:
    started = time.monotonic()
    many = template(ALWAYS, schema=f"type: object, items: {{allOf: [{'{}, ' * 5000}]}}")
    long = constraint(spec=f"{{parameters: [{'1, ' * 5000}]}}")
    judged = judge(documents(bad=many + "---\n" + long))
    assert judged.said == [
        "bad.yaml:20: its parameters and their schema are too long to be checked"
    ]
    assert time.monotonic() - started < 5

"""What templates and constraints say of objects."""

from __future__ import annotations

import pytest

from bot.policy.model import Effect
from tests.policy.gatekeeper.judging import (
    LABELS,
    constraint,
    documents,
    judge,
    pod,
    space,
    template,
)

ALWAYS = 'package t\nviolation[{"msg": "always"}] { true }'
OWNER = constraint("K8sLabels", "owner", "{parameters: {labels: [owner]}}")


def test_a_constraint_judges_with_its_parameters_and_the_templates_defaults() -> None:
    judged = judge(documents(LABELS, OWNER), pod(), pod(labels={"owner": "me"}))
    (violation,) = judged.answers[0].violations
    assert violation.message == "web has no label owner"
    assert violation.pointer == ("metadata", "labels")
    assert violation.rule.id == "gatekeeper/K8sLabels/owner"
    assert (violation.rule.location.path, violation.rule.location.line) == ("p1.yaml", 1)
    assert judged.answers[1].violations == ()
    assert judged.answers[1].asked == ("gatekeeper/K8sLabels/owner",)
    assert judged.said == []
    lax = constraint("K8sLabels", "lax", "{parameters: {labels: [owner], strict: false}}")
    assert judge(documents(LABELS, lax), pod()).messages == []


def test_each_constraint_is_a_rule_of_its_own() -> None:
    team = constraint("K8sLabels", "team", "{parameters: {labels: [team]}}")
    judged = judge(documents(LABELS, OWNER + "---\n" + team), pod())
    assert judged.messages == ["web has no label owner", "web has no label team"]
    assert judged.rules == ("gatekeeper/K8sLabels/owner", "gatekeeper/K8sLabels/team")


@pytest.mark.parametrize(
    ("spec", "effect"),
    [
        ("{}", Effect.DENY),
        ("{enforcementAction: warn}", Effect.WARN),
        ("{enforcementAction: dryrun}", Effect.AUDIT),
        (
            (
                "{enforcementAction: scoped, scopedEnforcementActions: [{action: warn, "
                "enforcementPoints: [{name: validation.gatekeeper.sh}]}, {action: deny, "
                "enforcementPoints: [{name: audit.gatekeeper.sh}]}]}"
            ),
            Effect.WARN,
        ),
        (
            (
                "{enforcementAction: scoped, scopedEnforcementActions: [{action: warn, "
                "enforcementPoints: [{name: validation.gatekeeper.sh}]}, {action: deny, "
                'enforcementPoints: [{name: "*"}]}]}'
            ),
            Effect.DENY,
        ),
    ],
)
def test_what_a_violation_does_is_as_in_the_cluster(spec: str, effect: Effect) -> None:
    judged = judge(documents(template(ALWAYS), constraint(spec=spec)), pod())
    (violation,) = judged.answers[0].violations
    assert violation.rule.effect is effect


def test_what_is_not_enforced_at_admission_judges_nothing() -> None:
    spec = (
        "{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, "
        "enforcementPoints: [{name: audit.gatekeeper.sh}]}]}"
    )
    judged = judge(documents(template(ALWAYS), constraint(spec=spec)), pod())
    assert (judged.messages, judged.said) == ([], [])
    assert judged.idle == ("p0.yaml", "p1.yaml")


def test_a_template_without_constraints_is_idle() -> None:
    assert judge(documents(template(ALWAYS)), pod()).idle == ("p0.yaml",)
    assert judge(documents(template(ALWAYS), constraint()), pod()).idle == ()


def test_what_a_review_holds() -> None:
    code = """package t
violation[{"msg": msg}] {
  r := input.review
  msg := sprintf("%v %v/%v %v %v in %v", [r.operation, r.kind.group, r.kind.kind, r.name, \
r.namespace, input.review.namespaceObject.metadata.labels.tier])
}
violation[{"msg": "grows"}] { input.review.object.spec.n > input.review.oldObject.spec.n }
violation[{"msg": "parameters are never undefined"}] { input.parameters == {} }
"""
    new, old = (pod(namespace="x") | {"spec": {"n": n}} for n in (2, 1))
    policies = documents(template(code), constraint())
    judged = judge(policies, new, before=old, namespaces=[space("x", tier="gold")])
    assert sorted(judged.messages) == [
        "UPDATE /Pod web x in gold",
        "grows",
        "parameters are never undefined",
    ]


def test_others_are_seen_in_the_inventory() -> None:
    code = """package t
violation[{"msg": msg}] {
  other := data.inventory.namespace[ns][_]["Service"][name]
  other.spec.host == input.review.object.spec.host
  msg := sprintf("%v/%v has it", [ns, name])
}
violation[{"msg": "a class"}] { data.inventory.cluster["v1"].Namespace.x }
"""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "y"},
        "spec": {"host": "a.b"},
    }
    body = pod() | {"spec": {"host": "a.b"}}
    policies = documents(template(code), constraint())
    judged = judge(policies, body, inventory=[service], namespaces=[space("x")])
    assert sorted(judged.messages) == ["a class", "y/s has it"]


def test_libraries_and_both_syntaxes() -> None:
    main = 'package t\nimport data.lib.names\nviolation[{"msg": m}] { m := names.of(input.review) }'
    library = "package lib.names\nof(review) = review.name"
    old = template(main, libs=[library])
    new = """apiVersion: templates.gatekeeper.sh/v1beta1
kind: ConstraintTemplate
metadata: {name: k8snew}
spec:
  crd: {spec: {names: {kind: K8sNew}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
              package n
              violation contains {"msg": m} if { m := concat(" ", ["new", data.lib.x.name]) }
            libs:
              - |
                package lib.x
                name := input.parameters.name
"""
    named = constraint("K8sNew", spec="{parameters: {name: it}}")
    judged = judge(documents(old, new, constraint(), named), pod())
    assert (judged.messages, judged.said) == (["web", "new it"], [])


def test_the_old_syntax_is_not_taken_for_the_new_one() -> None:
    text = (
        template(ALWAYS).replace("      rego: |", "      x: |")
        + """      code:
        - engine: Rego
          source: {version: v1, rego: 'package t violation[{"msg": "m"}] { true }'}
"""
    )
    judged = judge(documents(text, constraint()), pod())
    assert judged.messages == []
    assert judged.said[0].startswith("p0.yaml:18: ")


CEL = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8scel}
spec:
  crd:
    spec:
      names: {kind: K8sCel}
      validation:
        openAPIV3Schema: {type: object, properties: {max: {type: integer, default: 2}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: K8sNativeValidation
          source:
            matchCondition:
              - {name: named, expression: 'object.metadata.name != "left-alone"'}
            variables:
              - {name: count, expression: size(variables.anyObject.spec.containers)}
            validations:
              - expression: variables.count <= variables.params.max
                messageExpression: '"%d containers".format([variables.count])'
              - expression: '!has(object.metadata.labels) || object.metadata.labels.a == "b"'
                message: the label a is not b
              - expression: object.metadata.name != "bad"
"""


def test_a_template_with_expressions() -> None:
    def body(name: str, containers: int, **labels: str) -> dict[str, object]:
        made = pod(name, labels=labels) if labels else pod(name)
        return made | {"spec": {"containers": [{"name": f"c{n}"} for n in range(containers)]}}

    judged = judge(
        documents(CEL, constraint("K8sCel", spec="{parameters: {}}")),
        *(body("web", 3), body("bad", 1), body("web", 1, a="c"), body("left-alone", 9)),
        body("web", 1, other="x"),
    )
    said = [[one.message for one in answer.violations] for answer in judged.answers]
    assert said == [
        ["3 containers"],
        ['failed expression: object.metadata.name != "bad"'],
        ["the label a is not b"],
        [],
        [],
    ]
    # In the cluster an expression that fails refuses the object; here it is an error.
    (problem,) = judged.said
    assert problem.startswith("p0.yaml:22: ")
    assert "no such key: a, on Pod web" in problem
    lax = CEL.replace(
        "            matchCondition:",
        "            failurePolicy: Ignore\n            matchCondition:",
    )
    assert (
        judge(
            documents(lax, constraint("K8sCel", spec="{parameters: {}}")), body("web", 1, other="x")
        ).said
        == []
    )


def test_expressions_go_before_rego() -> None:
    both = (
        CEL
        + """        - engine: Rego
          source:
            rego: |
              package r
              violation[{"msg": "rego"}] { true }
"""
    )
    assert (
        judge(documents(both, constraint("K8sCel", spec="{parameters: {}}")), pod()).messages == []
    )

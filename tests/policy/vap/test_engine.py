"""ValidatingAdmissionPolicies, by examples like those of Kubernetes' documentation."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.policy.model import Effect, Limits, Question
from checks.model import Location
from tests.checks.manifests import resource
from tests.policy.vap.policies import (
    DEPLOYMENT,
    NAMESPACE,
    bind,
    compiled,
    documents,
    judged,
    messages,
    policy,
    problems,
)

LIMIT = policy("validations:\n- expression: object.spec.replicas <= 5")
MESSAGE = policy("""
failurePolicy: Fail
variables:
- name: most
  expression: "namespaceObject.metadata.labels['environment'] == 'test' ? 5 : 2"
- name: never
  expression: object.spec.nothing
validations:
- expression: object.spec.replicas <= variables.most
  message: too many
  messageExpression: "'at most %d replicas, not %d'.format([variables.most, object.spec.replicas])"
  reason: Invalid
- expression: object.metadata.name.startsWith('web')
""")


def deployment(**spec: Any) -> dict[str, Any]:
    body = copy.deepcopy(DEPLOYMENT)
    body["spec"].update(spec)
    return body


def test_a_validation_that_fails_is_a_violation_at_its_line_and_field() -> None:
    answer = judged(LIMIT, bind())
    (violation,) = answer.violations
    assert violation.rule.id == "vap/limit/0"
    assert violation.rule.location == Location(path="vap.yaml", line=13)
    assert violation.rule.effect is Effect.DENY
    assert violation.rule.title == "limit: object.spec.replicas <= 5"
    assert violation.message == "failed expression: object.spec.replicas <= 5"
    assert violation.pointer == ("spec", "replicas")
    assert answer.asked == ("vap/limit/0",)
    assert answer.problems == ()


def test_one_that_holds_says_nothing_but_was_asked() -> None:
    answer = judged(LIMIT, bind(), body=deployment(replicas=5))
    assert (answer.violations, answer.problems) == ((), ())
    assert answer.asked == ("vap/limit/0",)


def test_the_default_of_the_api_server_counts() -> None:
    body = deployment()
    del body["spec"]["replicas"]
    assert messages(LIMIT, bind(), body=body) == []


def test_variables_and_messages_are_expressions() -> None:
    assert messages(MESSAGE, bind(), namespace=NAMESPACE) == ["at most 5 replicas, not 7"]


@pytest.mark.parametrize(
    ("expression", "said"),
    [("'a ' + object.spec.none", "plain"), ("'  '", "plain"), ("'a\\\\nb'", "plain"), ("'x'", "x")],
)
def test_a_message_that_is_no_line_of_text_gives_way(expression: str, said: str) -> None:
    text = policy(f"""
validations:
- expression: "false"
  message: plain
  messageExpression: "{expression}"
""")
    assert messages(text, bind()) == [said]


@pytest.mark.parametrize(
    ("actions", "effect"),
    [
        ("[Deny]", Effect.DENY),
        ("[Warn]", Effect.WARN),
        ("[Audit]", Effect.AUDIT),
        ("[Audit, Deny]", Effect.DENY),
        ("[Warn, Audit]", Effect.WARN),
    ],
)
def test_the_binding_says_how_hard_it_is(actions: str, effect: Effect) -> None:
    with compiled(LIMIT, bind(actions=actions)) as ready:
        (rule,) = ready.rules
        (answer,) = ready.judge([Question(resource=resource(DEPLOYMENT))])
    assert rule.effect is answer.violations[0].rule.effect is effect


def test_of_two_bindings_the_harder_counts_where_both_fit() -> None:
    warn = bind(actions="[Warn]").replace("limit-binding", "other")
    answer = judged(LIMIT, warn, bind())
    assert [one.rule.effect for one in answer.violations] == [Effect.DENY]


def test_a_policy_without_a_binding_judges_nothing() -> None:
    with compiled(LIMIT) as ready:
        assert ready.idle == ("vap.yaml",)
        assert (ready.rules, ready.problems) == ((), ())
        (answer,) = ready.judge([Question(resource=resource(DEPLOYMENT))])
    assert (answer.violations, answer.asked) == ((), ())


CONDITIONS = policy("""
matchConditions:
- name: not-small
  expression: object.spec.replicas > 2
- name: labelled
  expression: object.metadata.labels.tier == 'front'
validations:
- expression: "false"
""")


def test_conditions_decide_whether_a_policy_is_about_an_object() -> None:
    front = copy.deepcopy(DEPLOYMENT)
    front["metadata"]["labels"]["tier"] = "front"
    assert messages(CONDITIONS, bind(), body=front) == ["failed expression: false"]
    answer = judged(CONDITIONS, bind(), body=deployment(replicas=1))
    assert (answer.violations, answer.problems, answer.asked) == ((), (), ())


def test_a_condition_that_fails_is_a_problem_unless_another_is_false() -> None:
    said = "vap.yaml:18: limit: no such key: tier, on Deployment shop/web"
    assert problems(CONDITIONS, bind()) == [said]


def test_an_error_is_a_problem_never_a_pass() -> None:
    broken = policy("validations:\n- expression: object.spec.none > 1\n- expression: 1 == 2")
    answer = judged(broken, bind())
    assert [str(one) for one in answer.problems] == [
        "vap.yaml:13: limit: no such key: none, on Deployment shop/web"
    ]
    assert [one.rule.id for one in answer.violations] == ["vap/limit/1"]


def test_where_the_cluster_ignores_an_error_it_is_noted() -> None:
    broken = policy("failurePolicy: Ignore\nvalidations:\n- expression: object.spec.none > 1")
    answer = judged(broken, bind())
    assert answer.problems == ()
    (note,) = answer.violations
    assert note.rule.effect is Effect.AUDIT
    assert note.message == (
        "not judged, which the policy's failurePolicy Ignore lets pass: no such key: none"
    )


def test_what_only_the_cluster_knows_is_a_problem_also_where_errors_are_ignored() -> None:
    who = policy(
        "failurePolicy: Ignore\nvalidations:\n- expression: request.userInfo.username != 'a'"
    )
    said = "vap.yaml:14: limit: cannot be told: who asks is known to the cluster only, on"
    assert problems(who, bind()) == [f"{said} Deployment shop/web"]


def test_a_value_that_is_no_truth_is_a_problem() -> None:
    text = policy("validations:\n- expression: object.spec.replicas")
    said = "vap.yaml:13: limit: it is 7, neither true nor false, on Deployment shop/web"
    assert problems(text, bind()) == [said]


def test_an_audit_annotation_that_fails_counts() -> None:
    text = policy("""
validations:
- expression: "true"
auditAnnotations:
- key: replicas
  valueExpression: "'has ' + string(object.spec.replicas)"
- key: none
  valueExpression: object.spec.none
""")
    said = "vap.yaml:4: limit: no such key: none, on Deployment shop/web"
    assert problems(text, bind()) == [said]


def test_the_old_object_and_the_operation() -> None:
    text = policy("""
validations:
- expression: request.operation == 'CREATE' || object.spec.replicas >= oldObject.spec.replicas
- expression: oldObject == null || oldObject.spec.replicas == 9
- expression: request.resource.resource == 'deployments' && request.kind.kind == 'Deployment'
- expression: request.name == 'web' && request.namespace == 'shop' && !request.dryRun
- expression: namespaceObject.metadata.name == 'shop'
""")
    assert messages(text, bind()) == []
    found = messages(text, bind(), before=deployment(replicas=9))
    assert len(found) == 1
    assert "object.spec.replicas >= oldObject" in found[0]


def test_one_that_hangs_takes_nothing_with_it() -> None:
    hangs = policy(
        "validations:\n- expression: lists.range(9999).all(a, lists.range(9999).all(b, b >= 0))",
        name="hangs",
    )
    limits = Limits(evaluation_seconds=0.5, total_seconds=30)
    answer = judged(hangs, bind(name="hangs"), LIMIT, bind(), limits=limits)
    assert [str(one) for one in answer.problems] == [
        "vap.yaml:13: hangs: it took longer than 0.5 s, on Deployment shop/web"
    ]
    assert [one.rule.id for one in answer.violations] == ["vap/limit/0"]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ((policy("validations:\n- expression: object."),), "vap.yaml:13: limit: expression 1: 1:8"),
        (
            (
                policy(
                    "variables:\n- name: a\n  expression: nofunc(1)\nvalidations:\n"
                    "- expression: 'true'"
                ),
            ),
            "vap.yaml:14: limit: variable a: undeclared reference to 'nofunc'",
        ),
        (
            (
                policy(
                    "variables:\n- {name: a, expression: '1'}\n"
                    "validations:\n- expression: variables.b"
                ),
            ),
            "vap.yaml:15: limit: expression 1: undefined field 'b' of variables",
        ),
        (
            (policy("validations:\n- expression: authorizer.group('').allowed()"),),
            "vap.yaml:13: limit: expression 1: unsupported expression: authorizer",
        ),
        (
            (policy("validations:\n- expression: 'true'\n  messageExpression: (1"),),
            "vap.yaml:14: limit: expression 1:",
        ),
        ((policy("failurePolicy: Never\nvalidations:\n- expression: 'true'"),), "failurePolicy"),
        ((policy("validations: []"),), "neither validations nor auditAnnotations"),
        ((policy("validations:\n- message: a"),), "`expression` is missing or no text"),
        (
            (policy("validations:\n- expression: 'true'", match="resourceRules: []\n"),),
            "matchConstraints has no resourceRules",
        ),
        (
            (LIMIT.replace("      operations: [CREATE, UPDATE]\n", ""),),
            "vap.yaml:8: ValidatingAdmissionPolicy: a rule names no operations",
        ),
        ((LIMIT, bind(actions="[]")), "validationActions is to name Deny, Warn or Audit"),
        ((LIMIT, bind(actions="[Deny, Warn]")), "names both Deny and Warn"),
        ((bind(),), "limit-binding: there is no ValidatingAdmissionPolicy limit"),
        ((LIMIT, LIMIT), "another policy of this name is at vap.yaml:1"),
        ((LIMIT.replace("k8s.io/v1", "k8s.io/v9"),), "unsupported version v9"),
    ],
)
def test_what_the_cluster_would_refuse_is_a_problem(texts: tuple[str, ...], said: str) -> None:
    with compiled(*texts) as ready:
        found = [str(one) for one in ready.problems]
    assert len(found) == 1
    assert said in found[0]


def test_the_engine_takes_policies_and_bindings_of_every_version() -> None:
    for version in ("v1", "v1beta1", "v1alpha1"):
        texts = [text.replace("k8s.io/v1", f"k8s.io/{version}") for text in (LIMIT, bind())]
        assert len(messages(*texts)) == 1
    with compiled("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}") as ready:
        assert not ready.idle
        assert not ready.rules
    assert documents(LIMIT)[0].kind == "admissionregistration.k8s.io/ValidatingAdmissionPolicy"

"""What a policy is about: rules, scopes, selectors, parameters."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.policy.vap.kinds import plural_of
from tests.checks.manifests import resource
from tests.policy.vap.policies import (
    DEPLOYMENT,
    DEPLOYMENTS,
    NAMESPACE,
    bind,
    judged,
    messages,
    policy,
    problems,
)

NO = "validations:\n- expression: 'false'\n  message: 'no'"
ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "all"},
}
CUSTOM: dict[str, Any] = {
    "apiVersion": "example.com/v1",
    "kind": "Cactus",
    "metadata": {"name": "one"},
}
DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "cacti.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"kind": "Cactus", "plural": "cacti"},
    },
}


def rule(**fields: str) -> str:
    """A resource rule that fits everything but for some of its fields."""
    lines = {"apiGroups": "['*']", "apiVersions": "['*']", "operations": "['*']"}
    lines |= {"resources": "['*']", **fields}
    return "resourceRules:\n- " + "\n  ".join(f"{key}: {value}" for key, value in lines.items())


def fits(match: str, body: dict[str, Any] = DEPLOYMENT, **options: Any) -> bool:
    return messages(policy(NO, match=match + "\n"), bind(), body=body, **options) == ["no"]


@pytest.mark.parametrize(
    ("fields", "fit"),
    [
        ({}, True),
        ({"apiGroups": "[apps]"}, True),
        ({"apiGroups": "['']"}, False),
        ({"apiVersions": "[v1]"}, True),
        ({"apiVersions": "[v1beta1]"}, False),
        ({"resources": "[deployments]"}, True),
        ({"resources": "[pods, deployments]"}, True),
        ({"resources": "[pods]"}, False),
        ({"resources": "['deployments/*']"}, True),
        ({"resources": "['deployments/scale']"}, False),
        ({"resources": "['*/*']"}, True),
        ({"resources": "['*/scale']"}, False),
        ({"operations": "[CREATE]"}, True),
        ({"operations": "[UPDATE]"}, False),
        ({"operations": "[DELETE, CONNECT]"}, False),
        ({"scope": "Namespaced"}, True),
        ({"scope": "Cluster"}, False),
        ({"resourceNames": "[web]"}, True),
        ({"resourceNames": "[api]"}, False),
    ],
)
def test_rules(fields: dict[str, str], *, fit: bool) -> None:
    assert fits(rule(**fields)) is fit


def test_an_update_is_an_update() -> None:
    assert fits(rule(operations="[UPDATE]"), before=DEPLOYMENT)
    assert not fits(rule(operations="[CREATE]"), before=DEPLOYMENT)


def test_what_is_excluded_is_out() -> None:
    out = rule(resources="[deployments]").replace("resourceRules", "excludeResourceRules")
    assert not fits(f"{rule()}\n{out}")
    assert fits(f"{rule()}\n{out}", ROLE)


def test_cluster_scope() -> None:
    assert fits(rule(scope="Cluster"), ROLE)
    assert not fits(rule(scope="Namespaced"), ROLE)
    assert fits(rule(scope="Cluster"), NAMESPACE)


@pytest.mark.parametrize(
    ("selector", "fit"),
    [
        ("{matchLabels: {app: web}}", True),
        ("{matchLabels: {app: api}}", False),
        ("{matchExpressions: [{key: app, operator: In, values: [web]}]}", True),
        ("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", False),
        ("{matchExpressions: [{key: none, operator: NotIn, values: [web]}]}", True),
        ("{matchExpressions: [{key: app, operator: Exists}]}", True),
        ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", False),
        ("{}", True),
    ],
)
def test_selectors_of_objects(selector: str, *, fit: bool) -> None:
    assert fits(f"{rule()}\nobjectSelector: {selector}") is fit


def test_a_selector_fits_also_what_the_object_was() -> None:
    before = copy.deepcopy(DEPLOYMENT)
    before["metadata"]["labels"] = {"app": "old"}
    assert fits(f"{rule()}\nobjectSelector: {{matchLabels: {{app: old}}}}", before=before)


TEST = f"{rule()}\nnamespaceSelector: {{matchLabels: {{environment: test}}}}"
BY_NAME = f"{rule()}\nnamespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: shop}}}}"


def test_selectors_of_namespaces() -> None:
    assert fits(TEST, namespace=NAMESPACE)
    assert not fits(TEST.replace(": test", ": prod"), namespace=NAMESPACE)
    assert fits(TEST, NAMESPACE)
    assert fits(TEST, ROLE)
    assert fits(BY_NAME)
    assert not fits(BY_NAME.replace(": shop", ": other"))


def test_labels_that_nobody_knows_are_a_problem_never_a_pass() -> None:
    (said,) = problems(policy(NO, match=TEST + "\n"), bind())
    assert "no manifest of the namespace shop is here, and the policy asks for its labels" in said
    nowhere = copy.deepcopy(DEPLOYMENT)
    del nowhere["metadata"]["namespace"]
    (said,) = problems(policy(NO, match=TEST + "\n"), bind(), body=nowhere)
    assert "the manifest names no namespace" in said
    (said,) = problems(
        policy("validations:\n- expression: request.namespace != 'x'"), bind(), body=nowhere
    )
    assert "cannot be told: the manifest names no namespace" in said


def test_labels_are_not_asked_for_where_something_else_decides() -> None:
    other = TEST.replace("resources: ['*']", "resources: [pods]")
    answer = judged(policy(NO, match=other + "\n"), bind())
    assert (answer.problems, answer.asked) == ((), ())


def test_a_version_that_the_cluster_would_convert_is_a_problem() -> None:
    scaler = {**CUSTOM, "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler"}
    match = rule(apiVersions="[v2]")
    (said,) = problems(policy(NO, match=match + "\n"), bind(), body=scaler)
    assert "the cluster would convert it, which cannot be done here" in said
    assert not fits(match + "\nmatchPolicy: Exact", scaler)


def test_custom_resources_are_called_what_their_definition_says() -> None:
    known = [resource(DEFINITION)]
    assert fits(rule(resources="[cacti]", scope="Cluster"), CUSTOM, inventory=known)
    assert not fits(rule(resources="[cactuses]"), CUSTOM, inventory=known)
    assert fits(rule(resources="[cactuses]"), CUSTOM)
    (said,) = problems(policy(NO, match=rule(scope="Cluster") + "\n"), bind(), body=CUSTOM)
    assert "whether Cactus is in namespaces is not known here" in said


def test_a_binding_narrows() -> None:
    narrow = "matchResources:\n  namespaceSelector: {matchLabels: {environment: test}}"
    wide = policy(NO)
    assert messages(wide, bind(narrow), namespace=NAMESPACE) == ["no"]
    assert messages(wide, bind(narrow.replace(": test", ": prod")), namespace=NAMESPACE) == []
    pods = "matchResources:\n" + "\n".join(
        f"  {line}" for line in rule(resources="[pods]").splitlines()
    )
    assert messages(wide, bind(pods)) == []


PARAMETER = """
apiVersion: rules.example.com/v1
kind: ReplicaLimit
metadata: {{name: {name}, namespace: shop, labels: {{of: limit}}}}
maxReplicas: {most}
"""
WITH = policy("""
paramKind: {apiVersion: rules.example.com/v1, kind: ReplicaLimit}
validations:
- expression: params == null || object.spec.replicas <= params.maxReplicas
  messageExpression: "'at most ' + string(params.maxReplicas)"
""")
NAMED = bind("paramRef: {name: low, namespace: shop, parameterNotFoundAction: Deny}")


def test_parameters_by_their_name() -> None:
    files = [PARAMETER.format(name="low", most=3), PARAMETER.format(name="high", most=9)]
    assert messages(WITH, NAMED, parameters=files) == ["at most 3"]
    high = NAMED.replace("low", "high")
    assert messages(WITH, high, parameters=files) == []


def test_parameters_by_their_labels_are_all_asked() -> None:
    files = [PARAMETER.format(name="a", most=3), PARAMETER.format(name="b", most=4)]
    chosen = bind("paramRef: {selector: {matchLabels: {of: limit}}, parameterNotFoundAction: Deny}")
    assert messages(WITH, chosen, parameters=files) == ["at most 3", "at most 4"]


def test_parameters_may_be_rendered() -> None:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "low"},
        "data": {"most": "3"},
    }
    text = policy("""
paramKind: {apiVersion: v1, kind: ConfigMap}
validations:
- expression: object.spec.replicas <= int(params.data.most)
""")
    assert len(messages(text, NAMED, inventory=[resource(config)])) == 1


def test_a_parameter_that_is_nowhere_is_a_problem() -> None:
    (said,) = problems(WITH, NAMED)
    assert "its parameter ReplicaLimit low in shop is in no file here" in said


def test_without_a_reference_the_parameter_is_null() -> None:
    assert messages(WITH, bind()) == []


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Pod", "pods"),
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Endpoints", "endpoints"),
        ("StorageClass", "storageclasses"),
        ("Gateway", "gateways"),
    ],
)
def test_names_of_resources(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural


def test_the_documented_match_is_the_default() -> None:
    assert fits(DEPLOYMENTS)

"""Which objects a constraint is about."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.gatekeeper.judging import (
    constraint,
    documents,
    judge,
    pod,
    space,
    template,
)

ALWAYS = 'package t\nviolation[{"msg": "always"}] { true }'
ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"} | {
    "metadata": {"name": "r"}
}
CUSTOM = {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": {"name": "t"}}
GOLD = space("gold", tier="gold")


def policies(match: str, **more: str) -> Any:
    """A constraint with this match."""
    return documents(template(ALWAYS), constraint(spec=f"{{match: {match}}}"), **more)


@pytest.mark.parametrize(
    ("match", "body", "about"),
    [
        ("{}", pod(), True),
        ('{kinds: [{apiGroups: [""], kinds: [Pod]}]}', pod(), True),
        ('{kinds: [{apiGroups: ["apps"], kinds: [Pod]}]}', pod(), False),
        ('{kinds: [{apiGroups: ["apps"]}, {kinds: ["*"]}]}', pod(), True),
        ('{kinds: [{apiGroups: ["*"], kinds: [Service]}]}', pod(), False),
        ("{scope: Namespaced}", pod(), True),
        ("{scope: Cluster}", pod(), False),
        ("{scope: Cluster}", ROLE, True),
        ("{scope: Namespaced}", ROLE, False),
        ("{scope: Cluster}", GOLD, True),
        # Whether it stands in a namespace is not known, so it is judged either way.
        ("{scope: Cluster}", CUSTOM, True),
        ("{scope: Namespaced}", CUSTOM, True),
        ("{namespaces: [a, gol*]}", pod(namespace="gold"), True),
        ('{namespaces: ["*-system"]}', pod(namespace="gold"), False),
        ('{namespaces: ["*ol*"]}', pod(namespace="gold"), True),
        ("{namespaces: [gold]}", GOLD, True),
        ("{namespaces: [silver]}", pod(), True),
        ('{excludedNamespaces: ["kube-*"]}', pod(namespace="kube-system"), False),
        ('{excludedNamespaces: ["kube-*"]}', pod(namespace="akube-system"), True),
        ("{excludedNamespaces: [gold]}", GOLD, False),
        ("{labelSelector: {matchLabels: {a: b}}}", pod(labels={"a": "b"}), True),
        ("{labelSelector: {matchLabels: {a: b}}}", pod(labels={"a": "c"}), False),
        (
            "{labelSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}",
            pod(),
            True,
        ),
        ("{labelSelector: {matchExpressions: [{key: a, operator: Exists}]}}", pod(), False),
        ("{labelSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}", pod(), True),
        ("{namespaceSelector: {matchLabels: {tier: gold}}}", pod(namespace="gold"), True),
        ("{namespaceSelector: {matchLabels: {tier: iron}}}", pod(namespace="gold"), False),
        ("{namespaceSelector: {matchLabels: {tier: gold}}}", GOLD, True),
        ("{namespaceSelector: {matchLabels: {tier: gold}}}", ROLE, True),
        (
            (
                "{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, "
                "operator: In, values: [elsewhere]}]}}"
            ),
            pod(namespace="elsewhere"),
            True,
        ),
        ("{name: web}", pod(), True),
        ("{name: we*}", pod(), True),
        ("{name: api}", pod(), False),
        ("{name: api-*}", pod(generateName="api-"), True),
        ("{source: All}", pod(), True),
        ("{source: Original}", pod(), True),
        ("{source: Generated}", pod(), False),
    ],
)
def test_a_constraint_is_about(match: str, body: dict[str, Any], about: bool) -> None:
    judged = judge(policies(match), body, namespaces=[GOLD])
    assert (judged.messages, judged.said) == (["always"] if about else [], [])
    assert judged.answers[0].asked == (("gatekeeper/K8sTest/one",) if about else ())


def test_an_update_is_judged_for_what_it_replaces() -> None:
    match = "{labelSelector: {matchLabels: {a: b}}}"
    assert judge(policies(match), pod(), before=pod(labels={"a": "b"})).messages == ["always"]


def test_labels_of_a_namespace_that_nobody_declares_are_an_error() -> None:
    match = "{namespaceSelector: {matchLabels: {tier: gold}}}"
    judged = judge(policies(match), pod(namespace="elsewhere"))
    assert judged.messages == []
    assert judged.said == [
        (
            "p1.yaml:4: the labels of the Namespace elsewhere are not known: declare it in the "
            "repository, or select it by its name, on Pod elsewhere/web"
        )
    ]


def test_what_gatekeepers_config_leaves_alone() -> None:
    config = """apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config, namespace: gatekeeper-system}
spec: {match: [{excludedNamespaces: ["kube-*"], processes: [webhook]},
  {excludedNamespaces: [gold], processes: [audit]}]}
"""
    found = policies("{}", config=config)
    judged = judge(found, pod(namespace="kube-system"), pod(namespace="gold"))
    assert [len(answer.violations) for answer in judged.answers] == [0, 1]
    assert judged.idle == ()


def test_operations_of_a_template() -> None:
    code = template(ALWAYS, more="      operations: [UPDATE]\n")
    found = documents(code, constraint())
    assert judge(found, pod()).messages == []
    assert judge(found, pod(), before=pod()).messages == ["always"]

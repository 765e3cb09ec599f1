"""Whose cost an object is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks.costs.attribution import attribute, namespaces_of
from checks.model import Attribution, AttributionRules, Location, Resource, Tier
from tests.checks.manifests import container, resource, workload

_COST_CENTER = "finops.apexlogic.com/cost-center"


def _object(
    kind: str = "Deployment",
    *,
    meta: dict[str, Any] | None = None,
    pods: dict[str, Any] | None = None,
    env: list[dict[str, Any]] | None = None,
) -> Resource:
    one = workload(kind, pod={"containers": [container(env=env or [])]})
    body: Any = dict(one.body)
    body["metadata"] = {"name": "web", "namespace": "shop", **(meta or {})}
    if pods is not None and kind == "Deployment":
        template = {**body["spec"]["template"], "metadata": pods}
        body["spec"] = {**body["spec"], "template": template}
    return resource(body)


def _namespace(**meta: Any) -> dict[str, Resource]:
    one = resource({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", **meta}})
    return dict(namespaces_of({one.id: one}))


def _labels(value: str) -> dict[str, Any]:
    return {"labels": {_COST_CENTER: value}}


def _annotations(value: str) -> dict[str, Any]:
    return {"annotations": {_COST_CENTER: value}}


@pytest.mark.parametrize(
    ("pods", "own", "namespace", "expected"),
    [
        (_labels("pod"), _labels("own"), _labels("space"), "pod"),
        (_annotations("pod"), _labels("own"), _labels("space"), "pod"),
        (None, {**_annotations("note"), **_labels("own")}, _labels("space"), "own"),
        (None, _annotations("note"), _labels("space"), "note"),
        (None, None, _annotations("space"), "space"),
        (None, None, None, ""),
        (_labels(""), _labels(" own "), None, "own"),
        (_labels("${CENTER}"), _labels("own"), None, "own"),
    ],
)
def test_the_nearest_to_the_pods_counts(pods: Any, own: Any, namespace: Any, expected: str) -> None:
    one = _object(meta=own, pods=pods)
    assert attribute(one, _namespace(**(namespace or {}))).cost_center == expected


def test_the_first_name_counts_before_the_nearest_place() -> None:
    one = _object(meta={"labels": {"cost-center": "theirs"}})
    assert attribute(one, _namespace(**_labels("ours"))).cost_center == "ours"
    rules = AttributionRules(cost_center=("cost-center",))
    assert attribute(one, _namespace(**_labels("ours")), rules).cost_center == "theirs"


def test_all_that_there_is() -> None:
    labels = {
        "finops.acme.org/cost-center": "cc1",
        "finops.acme.org/ai-model-id": "sentiment-v4",
        "finops.acme.org/tier": "qa",
        "team": "red",
    }
    found = attribute(_object(meta={"labels": labels}), {}, domain="acme.org")
    assert found == Attribution(
        cost_center="cc1", team="red", model="sentiment-v4", environment="qa"
    )


def test_the_tier_is_the_environment_where_nothing_says_one() -> None:
    one = replace(_object(), tier=Tier.PRODUCTION)
    assert attribute(one, {}) == Attribution(environment="production")


@pytest.mark.parametrize(
    "one",
    [
        _object(meta={"labels": {"finops.apexlogic.io/cost-center": "lost"}}),
        _object(meta={"labels": {"finops.apexlogic.com/Cost_Center": "lost"}}),
        _object(meta={_COST_CENTER: "lost"}),
        _object(env=[{"name": "FINOPS_COST_CENTER", "value": "lost"}]),
    ],
    ids=["domain", "name", "metadata", "env"],
)
def test_a_label_in_a_wrong_place_is_read_as_it_was_meant(one: Resource) -> None:
    assert attribute(one, _namespace(**_labels("space"))).cost_center == "lost"


def test_the_pods_of_kinds_that_nobody_told_us_about() -> None:
    template = {"metadata": {"labels": {"team": "red"}}, "spec": {"containers": []}}
    body = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": "train"},
        "spec": {"pytorchReplicaSpecs": {"Worker": {"template": template}}},
    }
    assert attribute(resource(body), {}).team == "red"


def _terraform(**spec: Any) -> Resource:
    return Resource(
        id="x",
        api_version="terraform/v1",
        kind="aws_instance",
        namespace="",
        name="aws_instance.web",
        body={"spec": spec},
        source=Location(path="main.tf", line=1),
    )


@pytest.mark.parametrize(
    ("spec", "cost_center"),
    [
        ({"tags": {"CostCenter": "cc1"}, "tags_all": {"CostCenter": "cc2"}}, "cc1"),
        ({"tags_all": {"cost-center": "cc2"}}, "cc2"),
        ({"labels": {"cost_center": "cc1"}}, "cc1"),
        ({"tags": {"finops.apexlogic.com/cost-center": 4711}}, "4711"),
        ({"tag": [{"key": "cost-center", "value": "cc1", "propagate_at_launch": True}]}, "cc1"),
        ({"default_tags": [{"tags": {"CostCenter": "cc3"}}]}, "cc3"),
        ({"tags": "cost-center"}, ""),
        ({"tags": {"CostCenter": None}}, ""),
        ({}, ""),
    ],
)
def test_tags_of_terraform(spec: dict[str, Any], cost_center: str) -> None:
    assert attribute(_terraform(**spec), {}).cost_center == cost_center


def test_shapes_that_are_no_labels_say_nothing() -> None:
    shapes: tuple[Any, ...] = (None, "x", ["x"], {"x": {}}, 3)
    for wrong in shapes:
        one = _object(meta={"labels": wrong, "annotations": wrong}, pods={"labels": wrong})
        assert attribute(one, {}) == Attribution(environment="staging")


def test_a_rule_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="in team is empty"):
        AttributionRules(team=("team", " "))

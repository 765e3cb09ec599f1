"""Who pays for a workload."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks.cost_labels import CHECK, Config
from checks.model import Outcome, Resource
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, resource, subject, workload

_CONFIG = Config(
    required={"staging": ("cost-center", "tier")}, required_of_models={"staging": ("ai-model-id",)}
)
_CENTER, _TIER = "finops.apexlogic.com/cost-center", "finops.apexlogic.com/tier"


def _judge(*after: Resource, before: Any = (), config: Config = _CONFIG) -> Outcome:
    return CHECK.judge(subject(before, after), config)


def _with(labels: Any = None, namespace: str = "", **meta: Any) -> Resource:
    body = workload().body
    return resource(
        {**body, "metadata": {"name": "web", "namespace": namespace, "labels": labels, **meta}}
    )


def _missing(one: Resource, *others: Resource, config: Config = _CONFIG) -> list[str]:
    found = _judge(one, *others, config=config).findings
    return [i.pointer.rpartition("/")[2] for f in found for i in f.trace.inputs]


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        ({_CENTER: "a", _TIER: "staging"}, []),
        ({_CENTER: "a"}, ["tier"]),
        ({_CENTER: " ", _TIER: "staging"}, ["cost-center"]),
        ({_CENTER: 4711, _TIER: "staging"}, []),
        ({"cost-center": "a", "env": "staging"}, []),
        # A slip in a name is for label_place to say.
        ({"finops.apexlogic.com/cost_center": "a", _TIER: "staging"}, []),
        (None, ["cost-center", "tier"]),
        ("none", ["cost-center", "tier"]),
    ],
)
def test_labels(labels: Any, missing: list[str]) -> None:
    assert _missing(_with(labels)) == missing


def test_annotations_pods_and_namespaces_count() -> None:
    said = {_CENTER: "a", _TIER: "staging"}
    assert _missing(_with(annotations=said)) == []
    template = {"metadata": {"labels": said}, "spec": {"containers": [container()]}}
    assert _missing(workload(spec={"template": template})) == []
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": said}}
    assert _missing(_with(namespace="shop"), resource(shop)) == []
    assert _missing(_with(namespace="other"), resource(shop)) == ["cost-center", "tier"]


def test_other_names_can_be_left_out() -> None:
    config = replace(_CONFIG, other_names=False)
    assert _missing(_with({"cost-center": "a", _TIER: "b"}), config=config) == ["cost-center"]


def test_an_ai_workload_names_its_model() -> None:
    gpu = container(resources={"limits": {"nvidia.com/gpu": 1}})
    one = workload(pod={"containers": [gpu]})
    assert _missing(one) == ["cost-center", "tier", "ai-model-id"]


def test_other_kinds_are_not_asked() -> None:
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert _missing(resource(config_map)) == []


def test_taking_the_namespaces_label_away_is_a_new_finding() -> None:
    def shop(labels: Any) -> Resource:
        meta = {"name": "shop", "labels": labels}
        return resource({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    one = replace(_with({_TIER: "staging"}, "shop"), changed=False)
    outcome = _judge(one, shop(None), before=(one, shop({_CENTER: "a"})))
    assert [f.preexisting for f in outcome.findings] == [False]


def test_a_label_that_was_there_is_offered_again() -> None:
    before = _with({_CENTER: "a", _TIER: "b"})
    (finding,) = _judge(_with({_TIER: "b"}), before=(before,)).findings
    assert [(p.pointer[-1], p.value) for p in finding.patches] == [(_CENTER, "a")]


def test_the_example() -> None:
    assert_golden(CHECK)

"""What an AI workload is, and which of them a change reaches."""

from __future__ import annotations

from typing import Any

import pytest

from checks.align_owner import CHECK
from checks.alignment.rule import NONE
from checks.alignment.sides import reached, sides
from checks.alignment.workload import environment, stated, workload
from checks.model import State
from tests.checks.aligned import MODEL_ID, change, judged, predictor, serving
from tests.checks.manifests import resource
from tests.checks.manifests import workload as plain

_DOMAIN = "apexlogic.com"


def _signs(one: Any) -> list[str] | None:
    found = workload(one, _DOMAIN)
    return None if found is None else [sign.pointer for sign in found.signs]


def test_a_workload_without_any_sign_is_none() -> None:
    assert _signs(plain()) == []
    outcome = judged(CHECK, plain())
    assert (outcome.state, outcome.reason) == (State.SKIPPED, NONE)


@pytest.mark.parametrize(
    ("labels", "annotations", "sign"),
    [
        ({MODEL_ID: "x"}, {}, f"metadata.labels.{MODEL_ID}"),
        ({"ai.apexlogic.com/anything": ""}, {}, "metadata.labels.ai.apexlogic.com/anything"),
        ({}, {"ai.apexlogic.com/evidence": "a"}, "metadata.annotations.ai.apexlogic.com/evidence"),
        ({"ai.example.com/risk-class": "high"}, {}, None),
        ({"finops.apexlogic.com/cost-center": "x"}, {}, None),
    ],
)
def test_labels_of_the_domain_are_signs(labels: Any, annotations: Any, sign: str | None) -> None:
    assert _signs(serving(labels=labels, annotations=annotations)) == ([sign] if sign else [])


def test_the_domain_is_a_fact() -> None:
    one = serving(labels={"ai.example.com/risk-class": "high"})
    subject = change([], [one], label_domain="example.com")
    assert CHECK.judge(subject, CHECK.config()).findings[0].message.endswith("has no owner")


def test_labels_of_the_pods_count() -> None:
    template = {"metadata": {"labels": {"ai.apexlogic.com/owner": "me"}}, "spec": {}}
    one = plain(spec={"template": template})
    assert _signs(one) == ["spec.template.metadata.labels.ai.apexlogic.com/owner"]


@pytest.mark.parametrize(
    "name",
    [
        "nvidia.com/gpu",
        "nvidia.com/mig-1g.5gb",
        "nvidia.com/gpu-memory",
        "amd.com/gpu",
        "gpu.intel.com/i915",
        "google.com/tpu",
        "aws.amazon.com/neuron",
        "habana.ai/gaudi",
    ],
)
@pytest.mark.parametrize("kind", ["limits", "requests"])
def test_accelerators_are_signs(name: str, kind: str) -> None:
    pod = {"containers": [{"name": "app", "resources": {kind: {name: 1}}}]}
    assert _signs(plain(pod=pod)) == [f"spec.template.spec.containers.0.resources.{kind}.{name}"]


@pytest.mark.parametrize(
    ("value", "found"), [(1, True), ("2", True), (0, False), ("0", False), (None, False), ("x", 1)]
)
def test_no_accelerator_is_no_sign_and_one_that_cannot_be_read_is(value: Any, found: Any) -> None:
    pod = {"containers": [{"name": "app", "resources": {"limits": {"nvidia.com/gpu": value}}}]}
    assert bool(_signs(plain(pod=pod))) == bool(found)


@pytest.mark.parametrize(
    ("name", "found"), [("MODEL_VERSION", True), ("STORAGE_URI", True), ("MODEL", False)]
)
def test_variables_of_model_servers_are_signs(name: str, found: bool) -> None:
    one = serving(labels={}, env={name: "x"})
    pointer = "spec.template.spec.containers.0.env.0.value"
    assert _signs(one) == ([pointer] if found else [])


def test_kserves_kinds_are_ai_workloads_by_their_kind() -> None:
    assert _signs(predictor(model={"modelFormat": {"name": "onnx"}})) == ["kind"]
    llm = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService"}
    assert _signs(resource({**llm, "metadata": {"name": "x"}, "spec": {}})) == ["kind"]
    other = {**llm, "apiVersion": "example.com/v1", "metadata": {"name": "x"}}
    assert _signs(resource(other)) is None


def test_what_runs_no_pods_is_no_workload() -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    body["metadata"]["labels"] = {MODEL_ID: "x"}  # type: ignore[index]
    assert _signs(resource(body)) is None


def test_of_two_variables_of_a_name_the_last_counts_and_references_have_no_value() -> None:
    env = [
        {"name": "A", "value": "1"},
        {"name": "A", "value": "2"},
        {"name": "B", "valueFrom": {}},
        {"name": "C", "value": "${C}"},
        {"name": "D", "value": 4.2},
        "nonsense",
        {"value": "x"},
    ]
    one = workload(plain(pod={"containers": [{"name": "a", "env": env}]}), _DOMAIN)
    assert one is not None
    found = [(v.name, v.value) for v in environment(one.containers[0])]
    assert found == [("A", "2"), ("B", None), ("C", None), ("D", None)]


def test_every_place_that_says_something_is_found() -> None:
    one = serving(labels={"k": "a"}, annotations={"k": "b", "n": 3})
    assert [said.value for said in stated(one, "k")] == ["a", "b"]
    assert stated(one, "n") == ()


def test_losing_the_last_sign_does_not_make_it_something_else() -> None:
    outcome = judged(CHECK, serving(labels={}), before=serving())
    assert [f.rule for f in outcome.findings] == ["ALN01", "ALN01"]


def test_context_is_not_reached_unless_its_own_file_changes() -> None:
    base, head = sides(change([serving(changed=False)], [serving(changed=False)]))
    assert reached(base, head) == set()
    base, head = sides(change([serving(changed=False)], [serving()]))
    assert len(reached(base, head)) == 1

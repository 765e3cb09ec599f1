"""Where the version of a model is named, and whether all of them say the same."""

from __future__ import annotations

from typing import Any

import pytest

from checks.align_versions import CHECK, Config
from checks.alignment.model import Normalise, claims, names
from checks.alignment.workload import workload
from checks.model import Evidence, Severity, State, Tier
from tests.checks.aligned import (
    DIGEST,
    MODEL_ID,
    OTHER_DIGEST,
    bom,
    broken,
    change,
    judged,
    predictor,
    said,
    serving,
)
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource

_IMAGE = "registry.example.com/ai/sentiment"


def _claims(one: Any) -> list[tuple[str, str]]:
    found = workload(one, "apexlogic.com")
    assert found is not None
    return [(claim.source, claim.version) for claim in claims(found)]


@pytest.mark.parametrize(
    ("model_id", "version"),
    [
        ("sentiment-v4", "v4"),
        ("sentiment-multilingual-4.2.1", "4.2.1"),
        ("sentiment:4.2", "4.2"),
        ("sentiment-v4.2-rc1", "v4.2-rc1"),
        ("org/sentiment@V4", "V4"),
        # A bare number is most often a size.
        ("resnet-50", None),
        ("llama-8b", None),
        ("sentiment", None),
    ],
)
def test_the_version_at_the_end_of_a_model_id(model_id: str, version: str | None) -> None:
    one = serving(labels={MODEL_ID: model_id}, image=None)
    assert _claims(one) == ([("model-id", version)] if version else [])


@pytest.mark.parametrize(
    ("uri", "version"),
    [
        ("s3://bucket/models/sentiment/v4.2/", "v4.2"),
        ("s3://bucket/sentiment-4.2.1.onnx", "4.2.1"),
        ("gs://bucket/sentiment-v4.tar.gz", "v4"),
        ("gs://bucket/2024/sentiment/4", "4"),
        ("gs://bucket/2024/sentiment/model.pt", None),
        ("s3://bucket/sentiment/v3/files/model.bin", "v3"),
        ("pvc://claim/sentiment", None),
        ("hf://org/sentiment:v4.2", "v4.2"),
        ("hf://org/sentiment", None),
        (f"oci://host:5000/sentiment:4.2.1@{DIGEST}", "4.2.1"),
        (f"oci://host:5000/sentiment@{DIGEST}", None),
        ("${URI}", ""),
    ],
)
def test_the_version_in_a_storage_uri(uri: str, version: str | None) -> None:
    wanted = [] if version is None else [("storage-uri", version)]
    assert _claims(predictor(model={"storageUri": uri})) == wanted
    assert _claims(serving(labels={}, env={"STORAGE_URI": uri})) == wanted
    llm = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService"}
    body = {**llm, "metadata": {"name": "x"}, "spec": {"model": {"uri": uri}}}
    assert _claims(resource(body)) == wanted


def test_only_the_image_of_the_model_speaks_for_it() -> None:
    sidecar = {"name": "proxy", "image": "proxy:1.9"}
    server = {"name": "server", "image": f"{_IMAGE}:4.2.1"}
    gpu = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    fetch = {"initContainers": [{"name": "fetch", "image": "fetch:3.0"}]}

    def tags(*containers: Any, **pod: Any) -> list[tuple[str, str]]:
        return _claims(serving(labels={}, pod={"containers": list(containers), **pod}))

    assert tags(server, **fetch) == [("image-tag", "4.2.1")]
    assert tags(server, sidecar) == []
    assert tags({**server, **gpu}, sidecar) == [("image-tag", "4.2.1")]
    # What loads its model from elsewhere is a server with a version of its own.
    assert _claims(serving(labels={}, image="vllm:0.6.3", env={"MODEL_URI": "hf://a/b"})) == []


def test_names_with_and_without_the_version() -> None:
    one = workload(serving(labels={MODEL_ID: "Org/Sentiment-v4"}), "apexlogic.com")
    assert one is not None
    assert names(one) == {"org/sentiment-v4", "org/sentiment", "sentiment-v4", "sentiment"}
    unnamed = workload(serving(labels={}), "apexlogic.com")
    assert unnamed is not None
    assert names(unnamed) == {"sentiment"}


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("4.2.1", "v4.2.1", True),
        ("V4", "4.2.1", True),
        ("4", "40", False),
        ("4.2", "4.20", False),
        ("4.2.1", "4.2.2", False),
        ("4.2.1", "4.2.1-rc1", False),
        ("4.2.1-gpu", "4.2.1", True),
        ("release-4.2.1", "4.2.1", True),
        ("a1b2c3d", "A1B2C3D", True),
    ],
)
def test_what_is_only_spelling(one: str, other: str, agree: bool) -> None:
    normalise = Normalise(strip_prefixes=("release-", "v"), strip_suffixes=("-gpu",))
    assert normalise.agree(one, other) is normalise.agree(other, one) is agree


def test_versions_agree_in_pairs_not_in_chains() -> None:
    assert Normalise().differing(["4", "4.2", "4.3"])
    assert not Normalise().differing(["4", "4.2", "4.2.1"])
    assert Normalise(partial=False).differing(["4", "4.2"])


@pytest.mark.parametrize(
    ("env", "version", "state"),
    [
        ({"MODEL_VERSION": "4.2.1"}, "4.2.1", State.PASS),
        ({"MODEL_VERSION": "4.1"}, "4.2.1", State.FAIL),
        ({"MODEL_VERSION": "4.2.1"}, "4.2.2", State.FAIL),
        ({}, "5.0", State.FAIL),
        ({}, "4.2.1", State.PASS),
    ],
)
def test_manifest_and_bom_are_held_against_each_other(env: Any, version: str, state: State) -> None:
    evidence = Evidence(boms=(bom(version),))
    assert judged(CHECK, serving(env=env), evidence=evidence).state is state


def test_a_finding_names_every_place_and_the_patch_mends_it() -> None:
    outcome = judged(
        CHECK, serving(env={"MODEL_VERSION": "v4.1"}), evidence=Evidence(boms=(bom(),))
    )
    (finding,) = outcome.findings
    assert finding.trace.observed == (
        "model-version v4.1, model-id v4, image-tag 4.2.1, ml-bom 4.2.1"
    )
    assert [said.value for said in finding.trace.inputs] == [
        "v4.1",
        "sentiment-v4",
        f"{_IMAGE}:4.2.1",
        "4.2.1",
    ]
    assert finding.trace.inputs[3].location.path == "model.cdx.json"
    (patch,) = finding.patches
    assert patch.pointer == ("spec", "template", "spec", "containers", 0, "env", 0, "value")
    assert patch.value == "v4.2.1"
    mended = judged(CHECK, serving(env={"MODEL_VERSION": "v4.2.1"}))
    assert mended.state is State.PASS


def test_no_patch_where_it_is_not_one_place_against_the_others() -> None:
    one = serving(labels={MODEL_ID: "x-v3"}, env={"MODEL_VERSION": "5"})
    assert judged(CHECK, one).findings[0].patches == ()


def test_the_model_id_can_be_the_one_that_is_wrong() -> None:
    one = serving(labels={MODEL_ID: "sentiment-v3"}, env={"MODEL_VERSION": "4.2.1"})
    (patch,) = judged(CHECK, one).findings[0].patches
    assert (patch.pointer, patch.value) == (("metadata", "labels", MODEL_ID), "sentiment-v4.2.1")


def test_one_place_alone_cannot_be_compared() -> None:
    outcome = judged(CHECK, serving(labels={}, env={"MODEL_VERSION": "4"}, image=f"{_IMAGE}:main"))
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.reason == (
        "Deployment ai/sentiment: the model's version is named only by its model-version (4): there"
        " is nothing to compare"
    )
    assert "named nowhere" in judged(CHECK, serving(labels={}, gpus=1, image=f"a@{DIGEST}")).reason


def test_a_hash_counts_as_a_version_where_model_version_says_it() -> None:
    one = serving(labels={}, env={"MODEL_VERSION": "a1b2c3d"}, image=f"{_IMAGE}:a1b2c3d")
    assert judged(CHECK, one).state is State.PASS


@pytest.mark.parametrize("image", [f"{_IMAGE}:${{TAG}}", "$(IMAGE)"])
def test_what_is_filled_in_later_is_untold(image: str) -> None:
    one = serving(env={"MODEL_VERSION": "4"}, image=image)
    outcome = judged(CHECK, one)
    assert outcome.state is State.INCONCLUSIVE
    assert "the image-tag at sentiment.yaml:1 is filled in later" in outcome.reason


def test_what_is_compared_is_configurable() -> None:
    one = serving(env={"MODEL_VERSION": "4.1"})
    config = Config(compare=("model-version", "model-id"))
    assert judged(CHECK, one, config=config).state is State.PASS


def test_a_bom_of_another_model_is_not_compared_and_that_is_said() -> None:
    one = serving(env={"MODEL_VERSION": "4.2.1"})
    outcome = judged(CHECK, one, evidence=Evidence(boms=(bom("9", "translator"),)))
    assert outcome.findings == ()
    assert outcome.state is State.INCONCLUSIVE
    assert "it is of the model translator, not of sentiment or sentiment-v4" in outcome.reason


def test_a_bom_with_other_digests_is_of_another_model() -> None:
    one = serving(labels={MODEL_ID: "sentiment-v4", "ai.apexlogic.com/model-digest": DIGEST})
    same = judged(CHECK, one, evidence=Evidence(boms=(bom(digests=[DIGEST]),)))
    assert same.state is State.PASS
    other = judged(CHECK, one, evidence=Evidence(boms=(bom("9", digests=[OTHER_DIGEST]),)))
    assert other.state is State.INCONCLUSIVE
    assert f"it is of {OTHER_DIGEST}, and {DIGEST} is deployed" in other.reason


def test_base_models_in_the_same_bom_are_no_business_of_it() -> None:
    evidence = Evidence(boms=(bom("1.0", "bert"), bom("4.2.1")))
    assert judged(CHECK, serving(), evidence=evidence).state is State.PASS


def test_the_boms_of_neighbours_and_of_other_folders_are_theirs() -> None:
    one, other = serving(), serving("translator", labels={MODEL_ID: "translator-v9"}, image="t:9.0")
    evidence = Evidence(boms=(bom("9.0", "translator"), bom("1", "x", path="elsewhere/x.cdx.json")))
    outcome = CHECK.judge(change([], [one, other], evidence=evidence), CHECK.config())
    assert outcome.state is State.PASS, outcome


def test_an_annotation_names_the_evidence_instead_of_the_folder() -> None:
    one = serving(annotations={"ai.apexlogic.com/evidence": "cards/a.cdx.json"})
    evidence = Evidence(boms=(bom("9"), bom("4.2.1", path="cards/a.cdx.json")))
    assert judged(CHECK, one, evidence=evidence).state is State.PASS


def test_evidence_that_cannot_be_read_is_named() -> None:
    evidence = Evidence(unreadable=(broken("model.cdx.json"), broken("other/x.csv")))
    outcome = judged(CHECK, serving(env={"MODEL_VERSION": "4.2.1"}), evidence=evidence)
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.reason == (
        "Deployment ai/sentiment: model.cdx.json: it is not UTF-8. Correct the row."
    )


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.EXPERIMENT, Severity.WARN),
        (Tier.STAGING, Severity.FAIL),
        (Tier.PRODUCTION, Severity.FAIL),
    ],
)
def test_how_hard_it_is(tier: Tier, severity: Severity) -> None:
    one = serving(env={"MODEL_VERSION": "1"}, tier=tier)
    assert [f.severity for f in judged(CHECK, one).findings] == [severity]


def test_what_disagreed_before_does_not_gate_until_it_says_something_else() -> None:
    before, after = (serving(env={"MODEL_VERSION": version}) for version in ("1", "2"))
    assert said(judged(CHECK, before, before=before).findings) == [("ALN02", True)]
    assert said(judged(CHECK, after, before=before).findings) == [("ALN02", False)]


def test_a_change_of_the_evidence_alone_is_judged() -> None:
    context = serving(changed=False)
    old, new = Evidence(boms=(bom(),)), Evidence(boms=(bom("5"),))
    outcome = judged(CHECK, context, before=context, evidence=new, evidence_before=old)
    assert said(outcome.findings) == [("ALN02", False)]
    same = judged(CHECK, context, before=context, evidence=new, evidence_before=new)
    assert same.state is State.SKIPPED


def test_the_example() -> None:
    assert_golden(CHECK)

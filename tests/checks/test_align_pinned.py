"""Which images of AI workloads can become something else."""

from __future__ import annotations

from typing import Any

import pytest

from checks.align_pinned import CHECK
from checks.model import Severity, State, Tier
from tests.checks.aligned import DIGEST, judged, predictor, said, serving
from tests.checks.golden import assert_golden


@pytest.mark.parametrize(
    ("image", "state"),
    [
        (f"app:1.0@{DIGEST}", State.PASS),
        (f"host:5000/a/app@{DIGEST}", State.PASS),
        ("app@sha512:" + "a" * 128, State.PASS),
        (f"${{REGISTRY}}/app@{DIGEST}", State.PASS),
        ("app:1.0", State.FAIL),
        ("app", State.FAIL),
        ("app@sha256:" + "a" * 63, State.FAIL),
        ("app@sha256:" + "A" * 64, State.FAIL),
        ("app@latest", State.FAIL),
        (DIGEST, State.FAIL),
        ("${IMAGE}", State.INCONCLUSIVE),
        ("app:$(TAG)", State.INCONCLUSIVE),
        ("", State.INCONCLUSIVE),
        (None, State.INCONCLUSIVE),
        (["app"], State.INCONCLUSIVE),
    ],
)
def test_references(image: Any, state: State) -> None:
    assert judged(CHECK, serving(image=image)).state is state


def test_every_container_counts() -> None:
    pod = {
        "initContainers": [{"name": "fetch", "image": "fetch:1"}],
        "containers": [
            {"name": "server", "image": f"a@{DIGEST}"},
            {"name": "proxy", "image": "proxy:1"},
        ],
    }
    assert [f.message for f in judged(CHECK, serving(pod=pod)).findings] == [
        "the image fetch:1 of init container fetch is not pinned by digest",
        "the image proxy:1 of container proxy is not pinned by digest",
    ]


def test_an_image_that_a_runtime_supplies_is_not_known_here() -> None:
    outcome = judged(CHECK, predictor(model={"modelFormat": {"name": "onnx"}}))
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.reason == (
        "InferenceService ai/sentiment: predictor model has no image here; what supplies it is not"
        " read"
    )
    assert "names no containers" in judged(CHECK, predictor()).reason


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.EXPERIMENT, Severity.INFO),
        (Tier.STAGING, Severity.WARN),
        (Tier.PRODUCTION, Severity.FAIL),
    ],
)
def test_how_hard_it_is(tier: Tier, severity: Severity) -> None:
    assert [f.severity for f in judged(CHECK, serving(tier=tier)).findings] == [severity]


def test_one_image_for_another_is_a_new_finding_and_the_same_one_is_not() -> None:
    before, after = serving(image="app:1"), serving(image="app:2")
    assert said(judged(CHECK, after, before=before).findings) == [("ALN03", False)]
    assert said(judged(CHECK, before, before=before).findings) == [("ALN03", True)]


def test_what_can_no_longer_be_told_was_not_mended() -> None:
    before = serving(image="app:1")
    outcome = judged(CHECK, serving(image="${IMAGE}"), before=before)
    assert (outcome.fixed, outcome.state) == ((), State.INCONCLUSIVE)
    assert len(judged(CHECK, serving(image=f"app@{DIGEST}"), before=before).fixed) == 1
    assert len(judged(CHECK, None, before=before).fixed) == 1


def test_the_example() -> None:
    assert_golden(CHECK)

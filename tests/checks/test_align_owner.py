"""Which AI workloads do not say how risky they are, or whose."""

from __future__ import annotations

from typing import Any

import pytest

from checks.align_owner import CHECK, Config
from checks.model import Severity, State, Tier
from tests.checks.aligned import judged, said, serving
from tests.checks.golden import assert_golden

_RISK, _OWNER = "ai.apexlogic.com/risk-class", "ai.apexlogic.com/owner"
_BOTH = {_RISK: "limited", _OWNER: "nlp"}


def _messages(labels: Any, annotations: Any = None, config: Config | None = None) -> list[str]:
    one = serving(labels=labels, annotations=annotations)
    prefix = "the AI workload Deployment ai/sentiment "
    return [f.message.removeprefix(prefix) for f in judged(CHECK, one, config=config).findings]


def test_labels_or_annotations_will_do() -> None:
    assert _messages(_BOTH) == _messages({}, _BOTH) == []
    assert _messages({_RISK: "high"}, {_OWNER: "me@example.com"}) == []


@pytest.mark.parametrize(
    ("labels", "messages"),
    [
        ({_OWNER: "nlp"}, ["has no risk class"]),
        ({_RISK: "high"}, ["has no owner"]),
        ({_RISK: "", _OWNER: " "}, ["has no risk class", "has no owner"]),
        ({_RISK: 3, _OWNER: True}, ["has no risk class", "has no owner"]),
        (
            {_RISK: "High", _OWNER: "nlp"},
            ["has the risk class High, which is none of minimal, limited, high"],
        ),
    ],
)
def test_what_is_missing_or_unknown(labels: Any, messages: list[str]) -> None:
    assert _messages({**labels, "ai.apexlogic.com/x": "y"}) == messages


def test_two_places_must_not_differ() -> None:
    assert _messages(_BOTH, {_RISK: "high"}) == ["says different risk classes: high and limited"]
    assert _messages(_BOTH, {_RISK: "limited"}) == []


def test_the_names_are_configurable() -> None:
    config = Config(risk_class_key="x/{domain}", owner_key="owner", risk_classes=("a", "b"))
    labels = {"x/apexlogic.com": "b", "owner": "me", "ai.apexlogic.com/x": ""}
    assert _messages(labels, config=config) == []


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.EXPERIMENT, Severity.WARN),
        (Tier.STAGING, Severity.FAIL),
        (Tier.PRODUCTION, Severity.FAIL),
    ],
)
def test_how_hard_it_is(tier: Tier, severity: Severity) -> None:
    assert {f.severity for f in judged(CHECK, serving(tier=tier)).findings} == {severity}


def test_what_was_missing_before_does_not_gate_and_what_is_added_is_credited() -> None:
    outcome = judged(CHECK, serving(spec={"replicas": 3}), before=serving())
    assert said(outcome.findings) == [("ALN01", True), ("ALN01", True)]
    assert outcome.state is State.PASS
    outcome = judged(CHECK, serving(labels=_BOTH), before=serving())
    assert (len(outcome.fixed), outcome.state) == (2, State.PASS)


def test_another_wrong_class_is_a_new_finding() -> None:
    before, after = (serving(labels={**_BOTH, _RISK: text}) for text in ("a", "b"))
    assert said(judged(CHECK, after, before=before).findings) == [("ALN01", False)]


def test_the_trace_and_the_patch_tell_what_to_change() -> None:
    missing, owner = judged(CHECK, serving()).findings
    assert missing.trace.inputs[0].pointer == f"metadata.labels.{_RISK}"
    assert missing.trace.inputs[0].value == "not given"
    assert [(p.pointer, p.value) for p in missing.patches] == [
        (("metadata", "labels", _RISK), "high")
    ]
    # Who owns it cannot be guessed.
    assert owner.patches == ()


def test_the_example() -> None:
    assert_golden(CHECK)

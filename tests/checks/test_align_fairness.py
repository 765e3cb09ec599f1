"""What counts of people let a check say about a model, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from checks.align_fairness import CHECK, Config
from checks.model import Evidence, GroupCounts, Severity, State, Tier
from tests.checks.aligned import (
    DIGEST,
    MODEL_ID,
    OTHER_DIGEST,
    bom,
    broken,
    change,
    counts,
    judged,
    said,
    serving,
)
from tests.checks.golden import assert_golden

_RATES = Config(metrics=("spd", "di"))


def _rows(a: int, b: int, n: int = 2000, **fields: Any) -> tuple[GroupCounts, ...]:
    return (counts("f", a, n, **fields), counts("m", b, n, line=3, **fields))


_FAIR, _UNFAIR = _rows(1000, 1000), _rows(500, 1000)
# Alike as far as 60 people can tell, and that is not far.
_FEW = _rows(30, 28, 60)


def _judge(
    rows: tuple[GroupCounts, ...], config: Config = _RATES, tier: Tier = Tier.PRODUCTION
) -> Any:
    return judged(CHECK, serving(tier=tier), config=config, evidence=Evidence(counts=rows))


def test_groups_that_are_surely_treated_alike_pass() -> None:
    assert _judge(_FAIR).state is State.PASS


def test_groups_that_are_surely_not_fail_on_their_row() -> None:
    outcome = _judge(_UNFAIR)
    assert outcome.state is State.FAIL
    spd, di = outcome.findings
    assert (spd.rule, spd.severity) == ("ALN11", Severity.FAIL)
    assert spd.location == _UNFAIR[0].location
    assert spd.message == (
        "difference of selection rates (SPD) of sex f against m is −0.250, 95% interval −0.283 to"
        " −0.216, outside of −0.100 to 0.100"
    )
    assert di.trace.threshold == "0.800 to 1.250"
    assert [(i.pointer, i.value) for i in di.trace.inputs] == [
        ("sex=f", "n 2000, selected 500"),
        ("sex=m", "n 2000, selected 1000"),
    ]


def test_what_may_be_either_is_for_a_person() -> None:
    outcome = _judge(_FEW)
    assert outcome.state is State.NEEDS_APPROVAL
    assert {f.rule for f in outcome.findings} == {"ALN11-unsure"}


def test_a_point_beyond_the_limit_alone_does_not_fail() -> None:
    # 11 of 30 against 16 of 30: SPD is −0.17 and DI 0.69.
    outcome = _judge(_rows(11, 16, 30))
    assert {(f.rule, f.severity) for f in outcome.findings} == {("ALN11-unsure", Severity.APPROVAL)}


@pytest.mark.parametrize(
    ("tier", "rows", "severity"),
    [
        (Tier.EXPERIMENT, _UNFAIR, Severity.INFO),
        (Tier.STAGING, _UNFAIR, Severity.WARN),
        (Tier.PRODUCTION, _UNFAIR, Severity.FAIL),
        (Tier.EXPERIMENT, _FEW, Severity.INFO),
        (Tier.STAGING, _FEW, Severity.WARN),
        (Tier.PRODUCTION, _FEW, Severity.APPROVAL),
    ],
)
def test_how_hard_it_is(tier: Tier, rows: tuple[GroupCounts, ...], severity: Severity) -> None:
    assert {f.severity for f in _judge(rows, tier=tier).findings} == {severity}


def test_true_positive_rates_need_the_confusion_counts() -> None:
    config = Config(metrics=("eod",))
    outcome = _judge(_FAIR, config)
    assert outcome.state is State.INCONCLUSIVE
    assert "EOD: the group f has no tp and fn, so it cannot be told" in outcome.reason
    unfair = (
        counts("f", 1000, 2000, confusion=(500, 500, 500, 500)),
        counts("m", 1000, 2000, confusion=(900, 100, 100, 900)),
    )
    assert [f.trace.observed[:6] for f in _judge(unfair, config).findings] == ["−0.400"]


def test_several_groups_are_compared_at_once_and_the_worst_pair_is_named() -> None:
    rows = (*_rows(500, 1000), counts("x", 980, 2000), counts("y", 520, 2000))
    spd, _ = _judge(rows).findings
    assert "of sex f against m" in spd.message
    assert spd.message.endswith("; so are 3 other pairs")
    assert "jointly over 12 comparisons" in spd.trace.predicate


def test_many_comparisons_make_one_of_them_less_sure() -> None:
    two = (counts("a", 1000, 2000), counts("b", 750, 2000))
    crowd = [counts(f"g{number:02}", 1000, 2000) for number in range(20)]
    low = Config(metrics=("spd",), spd=0.09)
    assert {f.rule for f in _judge(two, low).findings} == {"ALN11"}
    assert {f.rule for f in _judge((*two, *crowd), low).findings} == {"ALN11-unsure"}


def test_a_reference_that_is_not_there_is_said() -> None:
    outcome = _judge(_FAIR, Config(metrics=("spd",), reference={"sex": "x"}))
    assert outcome.state is State.INCONCLUSIVE
    assert "there are no counts of sex x, which is the reference group" in outcome.reason


def test_one_group_alone_says_nothing() -> None:
    outcome = _judge((*_FAIR, counts("old", 1, 2, attribute="age")))
    assert outcome.state is State.INCONCLUSIVE
    assert "age has only one group" in outcome.reason


def test_no_counts_is_inconclusive() -> None:
    outcome = judged(CHECK, serving())
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.reason == (
        "Deployment ai/sentiment: its folder has no fairness counts that could be read"
    )


def test_counts_that_cannot_be_read_are_named_and_never_a_pass() -> None:
    evidence = Evidence(counts=_FAIR, unreadable=(broken("more-counts.csv"),))
    outcome = judged(CHECK, serving(), config=_RATES, evidence=evidence)
    assert outcome.state is State.INCONCLUSIVE
    assert "more-counts.csv: it is not UTF-8. Correct the row." in outcome.reason


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("sentiment:4.2.1", ""),
        ("sentiment@v4.2.1", ""),
        ("Sentiment:4", ""),
        ("sentiment-v4", ""),
        ("sentiment", ""),
        (DIGEST, ""),
        ("sentiment:4.1", "of version 4.1, and image-tag says 4.2.1"),
        ("sentiment-v3", "of version v3, and model-id says v4"),
        ("sentiment:4.3", "of version 4.3, and image-tag says 4.2.1"),
        ("translator:4.2.1", "of the model translator, not of sentiment or sentiment-v4"),
        (OTHER_DIGEST, f"of {OTHER_DIGEST}, and {DIGEST} is deployed"),
    ],
)
def test_counts_of_another_model_are_not_used(model: str, reason: str) -> None:
    labels = {MODEL_ID: "sentiment-v4", "ai.apexlogic.com/model-digest": DIGEST}
    rows = _rows(1000, 1000, model=model)
    outcome = judged(CHECK, serving(labels=labels), config=_RATES, evidence=Evidence(counts=rows))
    assert outcome.state is (State.INCONCLUSIVE if reason else State.PASS)
    assert reason in outcome.reason


def test_a_workload_that_names_no_version_proves_nothing_with_counts_of_one() -> None:
    one = serving(labels={MODEL_ID: "sentiment"}, image=f"a@{DIGEST}")
    outcome = judged(CHECK, one, config=_RATES, evidence=Evidence(counts=_FAIR))
    assert "the workload does not say its model's version" in outcome.reason
    rows = _rows(1000, 1000, model=DIGEST)
    outcome = judged(CHECK, one, config=_RATES, evidence=Evidence(counts=rows))
    assert "the workload does not say its model's digest" in outcome.reason


def test_counts_without_a_model_belong_to_the_only_workload_of_the_folder() -> None:
    evidence = Evidence(counts=_rows(1000, 1000, model=""))
    assert judged(CHECK, serving(), config=_RATES, evidence=evidence).state is State.PASS
    both = [serving(), serving("other")]
    outcome = CHECK.judge(change([], both, evidence=evidence), _RATES)
    assert "they name no model, and several AI workloads share the folder" in outcome.reason


def test_counts_without_a_model_are_those_of_the_bom_beside_them() -> None:
    rows = _rows(1000, 1000, model="")
    for one, why in (
        (bom("3.0"), "model.cdx.json is of version 3.0"),
        (bom(name="translator"), "it is of the model translator"),
    ):
        evidence = Evidence(counts=rows, boms=(one,))
        outcome = judged(CHECK, serving(), config=_RATES, evidence=evidence)
        assert outcome.state is State.INCONCLUSIVE
        assert why in outcome.reason
    fine = Evidence(counts=rows, boms=(bom(),))
    assert judged(CHECK, serving(), config=_RATES, evidence=fine).state is State.PASS


def test_another_model_under_the_same_counts_is_for_a_person() -> None:
    evidence = Evidence(counts=_rows(1000, 1000, model=""))
    outcome = judged(
        CHECK,
        serving(labels={}, env={"MODEL_NAME": "sentiment"}, image="a:5.0"),
        serving(labels={}, env={"MODEL_NAME": "sentiment"}, image="a:4.0"),
        config=_RATES,
        evidence=evidence,
        evidence_before=evidence,
    )
    assert said(outcome.findings) == [("ALN11-missing", False)]
    assert outcome.state is State.NEEDS_APPROVAL
    assert "counted before this model came, and name no version" in outcome.findings[0].message


def test_counts_that_a_change_takes_away_are_for_a_person_and_no_credit() -> None:
    unfair = Evidence(counts=_UNFAIR)
    outcome = judged(CHECK, serving(), serving(), config=_RATES, evidence_before=unfair)
    assert said(outcome.findings) == [("ALN11-missing", False)]
    assert outcome.fixed == ()
    assert outcome.state is State.NEEDS_APPROVAL


def test_it_is_told_in_a_tier_where_it_does_not_gate_as_well() -> None:
    before = Evidence(counts=_FAIR)
    one = serving(tier=Tier.EXPERIMENT)
    outcome = judged(CHECK, one, one, config=_RATES, evidence_before=before)
    assert outcome.state is State.INCONCLUSIVE


def test_what_was_unfair_before_does_not_gate_but_other_counts_do() -> None:
    one, old = serving(), Evidence(counts=_UNFAIR)
    worse = Evidence(counts=_rows(400, 1000))
    outcome = judged(CHECK, one, one, config=_RATES, evidence=old, evidence_before=old)
    assert said(outcome.findings) == [("ALN11", True), ("ALN11", True)]
    outcome = judged(CHECK, one, one, config=_RATES, evidence=worse, evidence_before=old)
    assert said(outcome.findings) == [("ALN11", False), ("ALN11", False)]


def test_better_counts_are_credited() -> None:
    one = serving(changed=False)
    now, before = Evidence(counts=_FAIR), Evidence(counts=_UNFAIR)
    outcome = judged(CHECK, one, one, config=_RATES, evidence=now, evidence_before=before)
    assert (len(outcome.fixed), outcome.state) == (2, State.PASS)


def test_two_tables_are_judged_apart_and_share_their_doubt() -> None:
    rows = (*_FAIR, *_rows(500, 1000, path="more-counts.csv", attribute="age"))
    findings = _judge(rows).findings
    assert {f.location.path for f in findings} == {"more-counts.csv"}
    alone = _judge(_UNFAIR).findings[0].trace.observed
    assert findings[0].trace.observed != alone


@pytest.mark.parametrize(
    "wrong", [{"di": 0}, {"di": 1.25}, {"spd": -1}, {"confidence": 1}, {"metrics": ()}]
)
def test_a_config_that_makes_no_sense_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"from|must be"):
        Config(**wrong)


def test_the_example() -> None:
    assert_golden(CHECK)

"""Which changes of high-risk AI workloads wait for whose approval."""

from __future__ import annotations

from typing import Any

import pytest

from checks.align_approval import CHECK, Config
from checks.model import Approval, Outcome, Resource, Review, Severity, State, Tier
from tests.checks.aligned import judged, serving
from tests.checks.golden import assert_golden

_RISK = "ai.apexlogic.com/risk-class"
# The commit of every snapshot in these tests.
_HEAD = "0" * 40
_TEAM = Config(teams=("org/oversight",))


def _high(image: str = "a:1", risk: Any = "high", **options: Any) -> Resource:
    labels = {"ai.apexlogic.com/owner": "nlp", _RISK: risk}
    return serving(labels={k: v for k, v in labels.items() if v}, image=image, **options)


def _by(user: str, *teams: str, sha: str = _HEAD) -> Approval:
    return Approval(user=user, head_sha=sha, teams=teams)


def _judge(*approvals: Approval, config: Config = _TEAM) -> Outcome:
    review = Review(head_sha=_HEAD, author="alice", approvals=approvals)
    return judged(CHECK, _high("a:2"), _high(), config=config, review=review)


def test_without_an_approval_it_waits() -> None:
    outcome = _judge()
    assert outcome.state is State.NEEDS_APPROVAL
    (finding,) = outcome.findings
    assert (finding.rule, finding.severity) == ("ALN22", Severity.APPROVAL)
    assert finding.trace.observed == "no approvals"
    assert "0 of 1 given (1 of the team org/oversight)" in finding.message


@pytest.mark.parametrize(
    ("approval", "counts"),
    [
        (_by("bob", "org/oversight"), True),
        (_by("bob", "ORG/Oversight"), True),
        (_by("bob", "org/web", "org/oversight"), True),
        (_by("bob", "org/web"), False),
        (_by("bob"), False),
        (_by("alice", "org/oversight"), False),
        (_by("Alice", "org/oversight"), False),
        (_by("bob", "org/oversight", sha="1" * 40), False),
        (_by("bob", "org/oversight", sha=""), False),
    ],
)
def test_whose_approval_of_what_counts(approval: Approval, counts: bool) -> None:
    assert _judge(approval).state is (State.PASS if counts else State.NEEDS_APPROVAL)


def test_users_can_be_named_and_case_does_not_matter() -> None:
    config = Config(users=("Bob",))
    assert _judge(_by("bob"), config=config).state is State.PASS
    assert _judge(_by("bobby"), config=config).state is State.NEEDS_APPROVAL


def test_each_person_counts_once() -> None:
    config = Config(users=("bob", "carol"), approvals=2)
    assert _judge(_by("bob"), _by("Bob"), config=config).state is State.NEEDS_APPROVAL
    assert _judge(_by("bob"), _by("carol"), config=config).state is State.PASS


def test_where_nobody_is_named_nobody_can_approve_and_the_remedy_says_so() -> None:
    outcome = _judge(_by("bob", "org/oversight"), config=Config())
    assert outcome.state is State.NEEDS_APPROVAL
    assert "nobody is named to approve" in outcome.findings[0].message
    assert "in the config of the base branch" in outcome.findings[0].remedy


def test_the_approvals_must_be_of_the_commit_that_is_judged() -> None:
    # The forge already knows a newer head than the one that was judged.
    review = Review(
        head_sha="1" * 40, author="alice", approvals=(_by("bob", "org/oversight", sha="1" * 40),)
    )
    outcome = judged(CHECK, _high("a:2"), _high(), config=_TEAM, review=review)
    assert outcome.state is State.NEEDS_APPROVAL
    assert "bob (an older commit)" not in outcome.findings[0].trace.observed
    assert "bob (another commit)" in outcome.findings[0].trace.observed


def test_a_local_check_cannot_ask() -> None:
    outcome = judged(CHECK, _high("a:2"), _high(), config=_TEAM)
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.reason == (
        "Deployment ai/sentiment is high-risk, and approvals cannot be asked here"
    )


@pytest.mark.parametrize("risk", ["minimal", "limited"])
def test_other_classes_need_none(risk: str) -> None:
    outcome = judged(CHECK, _high("a:2", risk), _high("a:1", risk), config=_TEAM)
    assert outcome.state is State.PASS


@pytest.mark.parametrize(
    ("risk", "reason"),
    [
        (None, "it has no risk class, so whether it needs approval is unknown"),
        ("hihg", "whether the risk class hihg needs approval is unknown"),
    ],
)
def test_an_unknown_class_is_inconclusive(risk: Any, reason: str) -> None:
    outcome = judged(CHECK, _high("a:2", risk), config=_TEAM)
    assert outcome.state is State.INCONCLUSIVE
    assert reason in outcome.reason


_REVIEW = Review(head_sha=_HEAD, author="alice")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_high(risk="high"), _high(risk="limited")),
        (_high(risk="high"), _high(risk=None)),
        (_high(risk="minimal"), _high(risk="high")),
        (_high(), None),
        (None, _high()),
        (_high(), serving(labels={}, image="a:1")),
        (_high(tier=Tier.STAGING), _high(tier=Tier.PRODUCTION)),
        (_high(tier=Tier.PRODUCTION), _high(tier=Tier.EXPERIMENT)),
        (
            _high(),
            _high(risk="limited", annotations={_RISK: "high"}),
        ),
    ],
)
def test_either_side_makes_it_high_risk(before: Resource | None, after: Resource | None) -> None:
    outcome = judged(CHECK, after, before, config=_TEAM, review=_REVIEW)
    assert outcome.state is State.NEEDS_APPROVAL


def test_what_only_shares_a_file_with_a_change_does_not_wait() -> None:
    assert judged(CHECK, _high(), _high(), config=_TEAM, review=_REVIEW).state is State.PASS


def test_experiments_need_none() -> None:
    one, two = (_high(image, tier=Tier.EXPERIMENT) for image in ("a:1", "a:2"))
    assert judged(CHECK, two, one, config=_TEAM, review=_REVIEW).state is State.PASS
    config = Config(tiers=("experiment",))
    assert judged(CHECK, two, one, config=config, review=_REVIEW).findings


def test_no_ai_workload_is_skipped_with_the_reason() -> None:
    outcome = judged(CHECK, serving(labels={}), config=_TEAM, review=_REVIEW)
    assert (outcome.state, outcome.reason) == (State.SKIPPED, "no AI workload in this change")


def test_the_example() -> None:
    assert_golden(CHECK)

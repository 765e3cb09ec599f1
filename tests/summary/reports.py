"""A report with one finding of each kind that a summary treats in its own way."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from bot.model import Report
from checks.model import Finding, Location, Outcome, Range, ResourceRef, Severity, Trace, Verdict
from tests.reports import cost, report

# F1 to F4 in the prompt: the most urgent first, then by path.
TAG = Finding(
    check="image_tag",
    rule="image-tag-latest",
    severity=Severity.FAIL,
    message="the image nginx:latest has the tag latest, which moves",
    location=Location(path="prod/web.yaml", line=12),
    subject="web",
    resource=ResourceRef(kind="Deployment", namespace="shop", name="web"),
    trace=Trace(observed="nginx:latest", threshold="a fixed version"),
)
REQUEST = Finding(
    check="resource_limits",
    rule="cpu-request-missing",
    severity=Severity.FAIL,
    message="the container web has no cpu request",
    location=Location(path="prod/worker.yaml", line=20),
    subject="worker",
    resource=ResourceRef(kind="Deployment", namespace="shop", name="web-0"),
    saving=Range.exact(Decimal("12.5")),
)
COST = Finding(
    check="cost_delta",
    rule="cost-increase",
    severity=Severity.WARN,
    message="+$50.00 a month, over the warning threshold of $20",
    location=Location(path="prod/web-0.yaml", line=1),
    subject="total",
    resource=ResourceRef(kind="Deployment", namespace="shop", name="web-0"),
    trace=Trace(observed="+$50.00 a month (+50%)", threshold="the warning threshold of $20"),
)
POLICY = Finding(
    check="team_policy",
    rule="acme-codename",
    severity=Severity.INFO,
    message="acme says no",
    location=Location(path="acme/x.yaml"),
    subject="x",
    resource=ResourceRef(kind="AcmeThing", namespace="", name="acme-x"),
)


def full() -> Report:
    """All four, and a price for the object of the second and third."""
    plain = report(TAG, delta=cost())
    return Report(
        verdict=Verdict.FAIL,
        change=plain.change,
        outcomes=(
            Outcome(check="cost_delta", findings=(COST,), cost=cost()),
            Outcome(check="image_tag", findings=(TAG,)),
            Outcome(check="resource_limits", findings=(REQUEST,)),
            Outcome(check="team_policy", findings=(POLICY,)),
        ),
        judged_at=datetime.fromisoformat("2026-11-21T12:00:00+00:00"),
    )

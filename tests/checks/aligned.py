"""Changes of AI workloads, for the tests of the alignment checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checks.model import (
    Evidence,
    Finding,
    GroupCounts,
    Location,
    ModelBom,
    Outcome,
    RenderFailure,
    Resource,
    Subject,
    Tier,
)
from checks.rule import Check
from tests.checks.manifests import FACTS, container, resource, snapshot

DIGEST = "sha256:" + "0" * 64
OTHER_DIGEST = "sha256:" + "1" * 64
MODEL_ID = "finops.apexlogic.com/ai-model-id"
NOTHING = Evidence()


def serving(
    name: str = "sentiment",
    *,
    labels: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
    image: Any = "registry.example.com/ai/sentiment:4.2.1",
    env: Mapping[str, Any] | None = None,
    gpus: Any = None,
    pod: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    tier: Tier = Tier.PRODUCTION,
    changed: bool = True,
) -> Resource:
    """A Deployment of one container that serves a model; labels None are those of sentiment-v4."""
    resources = {"limits": {"nvidia.com/gpu": gpus}} if gpus is not None else {}
    variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
    one = container("server", resources, image=image, env=variables)
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": "ai",
            "labels": {MODEL_ID: "sentiment-v4"} if labels is None else dict(labels),
            "annotations": dict(annotations or {}),
        },
        "spec": {
            "template": {"spec": {"containers": [one], **(pod or {})}},
            **(spec or {}),
        },
    }
    return resource(body, tier=tier, changed=changed)


def predictor(tier: Tier = Tier.PRODUCTION, **fields: Any) -> Resource:
    """An InferenceService with these fields of its predictor."""
    body = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "sentiment", "namespace": "ai"},
        "spec": {"predictor": fields},
    }
    return resource(body, tier=tier)


def change(
    before: Sequence[Resource],
    after: Sequence[Resource],
    *,
    evidence: Evidence = NOTHING,
    evidence_before: Evidence = NOTHING,
    **facts: Any,
) -> Subject:
    """A change from one list of objects to another, with what is known besides."""
    known = replace(FACTS, evidence=evidence, evidence_before=evidence_before, **facts)
    return Subject(base=snapshot(*before), head=snapshot(*after), facts=known)


def judged(
    check: Check,
    after: Resource | None,
    before: Resource | None = None,
    config: Any = None,
    **facts: Any,
) -> Outcome:
    """What a check says of one workload."""
    sides = ([one] if one else [] for one in (before, after))
    return check.judge(change(*sides, **facts), config or check.config())


def said(findings: Sequence[Finding]) -> list[tuple[str, bool]]:
    """The rule of each finding and whether it was there before."""
    return [(finding.rule, finding.preexisting) for finding in findings]


def bom(
    version: str = "4.2.1",
    name: str = "sentiment",
    path: str = "model.cdx.json",
    digests: Sequence[str] = (),
) -> ModelBom:
    """A model of an ML-BOM."""
    location = Location(path=path, line=7)
    return ModelBom(name=name, version=version, location=location, digests=tuple(digests))


def counts(
    group: str,
    selected: int,
    n: int,
    *,
    attribute: str = "sex",
    model: str = "sentiment:4.2.1",
    path: str = "counts.csv",
    confusion: tuple[int, int, int, int] | None = None,
    line: int = 2,
) -> GroupCounts:
    """A row of a table of counts; `confusion` is (tp, fp, fn, tn)."""
    tp, fp, fn, tn = confusion or (None, None, None, None)
    return GroupCounts(
        attribute=attribute,
        group=group,
        n=n,
        selected=selected,
        location=Location(path=path, line=line),
        model=model,
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
    )


def broken(path: str, error: str = "it is not UTF-8", line: int = 3) -> RenderFailure:
    """An evidence file that cannot be read."""
    return RenderFailure(
        location=Location(path=path, line=line),
        code="evidence-counts",
        error=error,
        remedy="Correct the row.",
    )

"""Reports made by hand, for the tests of everything that shows one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from bot.model import Change, FileChange, Report, Stats
from checks.model import (
    CostDelta,
    CostLine,
    Finding,
    Grade,
    Location,
    Outcome,
    Range,
    ResourceRef,
    Severity,
    UnknownCost,
    Verdict,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HEAD = "a" * 40


def ref(name: str = "web", kind: str = "Deployment") -> ResourceRef:
    return ResourceRef(kind=kind, namespace="shop", name=name)


def finding(
    severity: Severity = Severity.FAIL,
    *,
    path: str = "prod/web.yaml",
    line: int = 12,
    message: str = 'the image "web:latest" can change under you',
    subject: str = "web",
    preexisting: bool = False,
) -> Finding:
    return Finding(
        check="image_tag",
        rule="image-tag-latest",
        severity=severity,
        message=message,
        location=Location(path=path, line=line),
        subject=subject,
        resource=ref(),
        remedy="name a version",
        preexisting=preexisting,
    )


def cost(lines: int = 1, unknown: int = 0, name: str = "web") -> CostDelta:
    return CostDelta(
        currency="USD",
        lines=tuple(
            CostLine(
                resource_id=f"{i}",
                resource=ref(f"{name}-{i}"),
                location=Location(path=f"prod/{name}-{i}.yaml", line=1),
                before=Range.exact(Decimal(100)),
                after=Range(low=Decimal(100), expected=Decimal(150), high=Decimal(300)),
                grade=Grade.D,
                basis="3 replicas × (500m CPU, 1 GiB)",
            )
            for i in range(lines)
        ),
        unknown=tuple(
            UnknownCost(
                resource_id=f"u{i}",
                resource=ref(f"job-{i}", "Job"),
                location=Location(path="prod/job.yaml", line=1),
                reason="how long it runs is not known",
            )
            for i in range(unknown)
        ),
    )


def report(
    *findings: Finding,
    delta: CostDelta | None = None,
    fixed: tuple[Finding, ...] = (),
    inconclusive: str = "",
    failed: str = "",
    files: int = 1,
    head: str = HEAD,
) -> Report:
    outcomes = (
        Outcome(check="cost_delta", cost=delta, inconclusive=inconclusive),
        Outcome(check="image_tag", findings=findings, fixed=fixed, failed=failed),
    )
    paths = {f.location.path for f in findings}
    return Report(
        verdict=max((o.verdict for o in outcomes), default=Verdict.PASS),
        change=Change(
            base_sha="b" * 40,
            merge_base="c" * 40,
            head_sha=head,
            files=tuple(FileChange(path=p) for p in sorted(paths)),
        ),
        outcomes=outcomes,
        law=".github/plumbline.yml",
        prices="opencost of 2024-10-24",
        changed_lines=dict.fromkeys(paths, ((10, 20),)),
        judged_at=NOW,
        stats=Stats(files_changed=files, files_relevant=files, seconds=0.1),
    )

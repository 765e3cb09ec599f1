"""The JSON that `plumbline check --format json` writes: a contract, versioned, with its schema in
`config/schema/report-1.json`. Additions keep the version; anything else raises it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.escape import visible
from bot.model import Report
from checks.model import (
    Attribution,
    CostLine,
    Finding,
    Outcome,
    Range,
    ResourceRef,
    UnitPrice,
)
from checks.money import cents

SCHEMA_VERSION = 1


def to_json(report: Report) -> dict[str, Any]:
    """The report in the contract's shape: JSON types only, money as decimal strings."""
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": report.verdict.word,
        "base": report.change.merge_base,
        "head": report.change.head_sha,
        "outcomes": [_outcome(o) for o in report.outcomes],
        "cost": _cost(report),
        "unreadable": [
            {
                "path": _path(u.location.path),
                "line": u.location.line,
                "error": u.error,
                "code": u.code,
                "broken": u.broken,
            }
            for u in report.unreadable
        ],
        "stats": {
            "files_changed": report.stats.files_changed,
            "resources_before": report.stats.resources_before,
            "resources_after": report.stats.resources_after,
            "seconds": report.stats.seconds,
        },
    }


def _path(path: str) -> str:
    """A path as JSON can carry it: bytes that are not UTF-8 are shown, not dropped."""
    return path if path.isascii() else visible(path, 4096)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "check": outcome.check,
        "state": outcome.state.value,
        "reason": outcome.reason,
        "findings": [_finding(f) for f in outcome.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "rule": finding.rule,
        "severity": finding.severity.name.lower(),
        "message": visible(finding.message, 4096),
        "path": _path(finding.location.path),
        "line": finding.location.line,
        "resource": _resource(finding.resource) if finding.resource else None,
        "preexisting": finding.preexisting,
        "waived": finding.waived,
        "fingerprint": finding.fingerprint,
    }


def _resource(ref: ResourceRef) -> dict[str, str]:
    return {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def _cost(report: Report) -> dict[str, Any]:
    cost = report.cost
    zero = _range(Range.exact(Decimal(0)))
    if cost is None:
        empty: dict[str, Any] = {"currency": "USD", "period": "month", "lines": [], "unknown": []}
        return empty | {"before": zero, "after": zero, "delta": zero}
    return {
        "currency": cost.currency,
        "period": "month",
        "before": _range(cost.before),
        "after": _range(cost.after),
        "delta": _range(cost.delta),
        "lines": [_line(line) for line in cost.lines],
        "unknown": [
            {
                "resource": _resource(u.resource),
                "path": _path(u.location.path),
                "reason": visible(u.reason, 4096),
                "attribution": _attribution(u.attribution),
                "root": visible(u.root, 4096),
                "cluster": visible(u.cluster),
            }
            for u in cost.unknown
        ],
    }


def _line(line: CostLine) -> dict[str, Any]:
    return {
        "resource": _resource(line.resource),
        "path": _path(line.location.path),
        "before": _range(line.before) if line.before else None,
        "after": _range(line.after) if line.after else None,
        "delta": _range(line.delta),
        "grade": line.grade.value,
        "basis": visible(line.basis, 4096),
        "root": visible(line.root, 4096),
        "cluster": visible(line.cluster),
        "ledger": line.ledger.value,
        "counted": line.counted,
        "attribution": _attribution(line.attribution),
        "drivers": [
            {
                "name": visible(driver.name),
                "before": visible(driver.before),
                "after": visible(driver.after),
                "share": str(driver.share),
            }
            for driver in line.drivers
        ],
        "prices": [_price(price) for price in line.prices],
        "carbon_before": _grams(line.carbon_before),
        "carbon_after": _grams(line.carbon_after),
    }


def _attribution(whose: Attribution) -> dict[str, str]:
    return {
        "cost_center": visible(whose.cost_center),
        "team": visible(whose.team),
        "model": visible(whose.model),
        "environment": visible(whose.environment),
    }


def _price(price: UnitPrice) -> dict[str, str]:
    return {
        "sku": price.sku,
        "region": price.region,
        "amount": f"{price.amount.normalize():f}",
        "unit": price.unit,
        "source": visible(price.source),
        "as_of": price.as_of.isoformat(),
        "grade": price.grade.value,
    }


def _grams(amount: Decimal | None) -> str | None:
    """CO2e a month in grams, modelled; null where it is not known."""
    return None if amount is None else str(cents(amount))


def _range(amount: Range) -> dict[str, str]:
    return {
        "low": str(cents(amount.low)),
        "expected": str(cents(amount.expected)),
        "high": str(cents(amount.high)),
    }

"""The report as SARIF 2.1.0, for code-scanning views and editors."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bot.escape import visible
from bot.model import Report
from checks.model import Finding, Severity

_LEVELS = {
    Severity.INFO: "note",
    Severity.WARN: "warning",
    Severity.APPROVAL: "warning",
    Severity.FAIL: "error",
}


def to_sarif(report: Report, version: str) -> dict[str, Any]:
    """One run with every finding; what failed to run is a notification, so that it is not lost."""
    findings = [f for o in report.outcomes for f in o.findings]
    failed = [o for o in report.outcomes if o.failed or o.inconclusive]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "plumbline",
                        "version": version,
                        "rules": [{"id": rule} for rule in sorted({f.rule for f in findings})],
                    }
                },
                "results": [_result(f) for f in findings],
                "invocations": [
                    {
                        "executionSuccessful": not any(o.failed for o in failed),
                        "toolExecutionNotifications": [
                            {
                                "level": "error" if o.failed else "warning",
                                "message": {"text": f"{o.check}: {visible(o.reason, 4096)}"},
                            }
                            for o in failed
                        ],
                    }
                ],
            }
        ],
    }


def _result(finding: Finding) -> dict[str, Any]:
    region = {"region": {"startLine": finding.location.line}} if finding.location.line else {}
    artifact = {"uri": quote(finding.location.path.encode("utf-8", "surrogateescape"))}
    return {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": visible(finding.message, 4096)},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, **region}}],
        "partialFingerprints": {"plumbline/v1": finding.fingerprint},
        "baselineState": "unchanged" if finding.preexisting else "new",
        "suppressions": [{"kind": "external"}] if finding.waived else [],
    }

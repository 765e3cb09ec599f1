"""A judgement as one canonical JSON record: what was read, what was asked of it, what came out.

RFC 8785 makes the bytes canonical, so that the same judgement has the same digest anywhere. Times
stand beside the record, not in it: judged again on the same inputs it is the same record.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import rfc8785

from bot.contract import to_json
from bot.escape import visible
from bot.model import PullRequest, Report
from bot.summary.model import Summary
from checks.model import Finding

RECORD_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The canonical bytes, and their SHA-256 in hexadecimal as the identity."""

    id: str
    data: bytes


def make(report: Report, forge: str, pull: PullRequest, summary: Summary) -> Record:
    """The record of a judgement of a pull request, and of what a model was asked to say of it."""
    body = to_json(report)
    del body["stats"]["seconds"]
    traces = {
        finding.fingerprint: _explained(finding)
        for outcome in report.outcomes
        for finding in outcome.findings
    }
    for outcome in body["outcomes"]:
        for finding in outcome["findings"]:
            finding |= traces[finding["fingerprint"]]
    data = rfc8785.dumps(
        {
            "record_version": RECORD_VERSION,
            "forge": forge,
            "project": pull.project,
            "number": pull.number,
            "base_ref": visible(pull.base_ref),
            "law": {
                "path": report.law,
                "sha": report.change.base_sha,
                "digest": report.law_digest,
            },
            "prices": report.prices,
            "summary": {
                "text": summary.text,
                "absent_because": summary.said,
                "model": summary.model,
                "prompt_digest": summary.prompt_digest,
                "output_digest": summary.output_digest,
                "grounded": summary.grounded,
            },
            **body,
        }
    )
    return Record(id=hashlib.sha256(data).hexdigest(), data=data)


def _explained(finding: Finding) -> dict[str, Any]:
    trace = finding.trace
    return {
        "remedy": visible(finding.remedy, 4096),
        "counterfactual": visible(finding.counterfactual, 4096),
        "trace": {
            "inputs": [
                {
                    "path": visible(each.location.path, 4096),
                    "line": each.location.line,
                    "pointer": visible(each.pointer, 4096),
                    "value": visible(each.value, 4096),
                }
                for each in trace.inputs
            ],
            "predicate": visible(trace.predicate, 4096),
            "observed": visible(trace.observed, 4096),
            "threshold": visible(trace.threshold, 4096),
        },
    }

"""A Report as check runs: the one that gates, and one for each domain with its annotations."""

from __future__ import annotations

import hashlib

from bot.escape import visible
from bot.markdown import check_text
from bot.markers import external_id
from bot.model import Annotation, CheckRun, CheckStatus, PullRequest, Report
from bot.report import DOMAIN_OF, DOMAINS, View, count, relevant, view
from checks.model import Finding, Severity, Verdict

AGGREGATE = "plumbline"
# More than this on one pull request is a wall of remarks that nobody reads; the text has them all.
MOST_ANNOTATIONS = 200
_TITLE = 255
_CONCLUSIONS = {
    Verdict.PASS: CheckStatus.SUCCESS,
    # A neutral run lets a merge through and still stands out; failing would make "warn" a lie.
    Verdict.WARN: CheckStatus.NEUTRAL,
    Verdict.NEEDS_APPROVAL: CheckStatus.ACTION_REQUIRED,
    Verdict.FAIL: CheckStatus.FAILURE,
    Verdict.ERROR: CheckStatus.FAILURE,
}
_LEVELS = {
    Severity.INFO: "notice",
    Severity.WARN: "warning",
    Severity.APPROVAL: "warning",
    Severity.FAIL: "failure",
}


def names() -> tuple[str, ...]:
    """The names of all our check runs, the aggregate first."""
    return (AGGREGATE, *(f"{AGGREGATE}/{domain}" for domain in DOMAINS))


def started(pull: PullRequest, head_sha: str) -> CheckRun:
    """The aggregate as it stands from receipt until the verdict."""
    return CheckRun(
        name=AGGREGATE,
        external_id=external_id(pull.number, AGGREGATE),
        head_sha=head_sha,
        status=CheckStatus.IN_PROGRESS,
        title="Reading the change",
        summary="plumbline is reading, pricing and judging this change.",
    )


def ended(run: CheckRun, status: CheckStatus, title: str, summary: str) -> CheckRun:
    """A run that ends without a verdict of its own: superseded, closed, or given up."""
    return CheckRun(
        name=run.name,
        external_id=run.external_id,
        head_sha=run.head_sha,
        status=status,
        title=title[:_TITLE],
        summary=summary,
    )


def wanted(report: Report, number: int, details_url: str = "") -> tuple[CheckRun, ...]:
    """Every check run that the report calls for; the domains first, so that the aggregate, which
    gates, turns final last."""
    runs = [_domain(report, number, domain, details_url) for domain in DOMAINS]
    return (*runs, _aggregate(report, number, details_url))


def _aggregate(report: Report, number: int, details_url: str) -> CheckRun:
    whole = view(report)
    return CheckRun(
        name=AGGREGATE,
        external_id=external_id(number, AGGREGATE),
        head_sha=report.change.head_sha,
        status=_CONCLUSIONS[report.verdict],
        title=_title(report, whole),
        summary=check_text(report, "", ""),
        details_url=details_url,
    )


def _domain(report: Report, number: int, domain: str, details_url: str) -> CheckRun:
    name = f"{AGGREGATE}/{domain}"
    part = view(report, domain)
    marks = remarks(report, domain)
    shown = marks[:MOST_ANNOTATIONS]
    said = f"{len(shown)} of {len(marks)} annotations shown." if len(shown) < len(marks) else ""
    return CheckRun(
        name=name,
        # GitHub appends annotations and never takes one back, so a run is a new one when they
        # differ, and the same one when they do not: a repeated job finds its own run again.
        external_id=external_id(number, name, _digest(shown)),
        head_sha=report.change.head_sha,
        status=_CONCLUSIONS[part.verdict],
        title=_title(report, part),
        summary=check_text(report, domain, said),
        details_url=details_url,
        annotations=shown,
    )


def _title(report: Report, part: View) -> str:
    if not relevant(report):
        return f"{count(0, 'infrastructure file')} changed"
    return visible(f"{part.headline}: {' · '.join(part.facts)}", _TITLE)


def remarks(report: Report, domain: str) -> tuple[Annotation, ...]:
    """The domain's findings that the change introduces, errors first, on their lines. A finding
    about a line that stood there before is put on the nearest changed line of its file, since
    reviewers see only those; its message then names the line it is about."""
    findings = [
        f
        for o in report.outcomes
        if DOMAIN_OF.get(o.check) == domain
        for f in o.findings
        if f.gates and f.location.path in report.changed_lines
    ]
    findings.sort(key=lambda f: (-f.severity, f.location.path, f.location.line, f.fingerprint))
    return tuple(_annotation(f, report) for f in findings)


def _annotation(finding: Finding, report: Report) -> Annotation:
    about = max(finding.location.line, 1)
    line = nearest(about, report.changed_lines[finding.location.path])
    where = f" (about line {about})" if line != about else ""
    remedy = f"\n{visible(finding.remedy, 2000)}" if finding.remedy else ""
    return Annotation(
        path=finding.location.path,
        line=line,
        level=_LEVELS[finding.severity],
        title=visible(finding.rule, _TITLE),
        message=f"{visible(finding.message, 4000)}{where}{remedy}",
    )


def nearest(line: int, ranges: tuple[tuple[int, int], ...]) -> int:
    """The changed line nearest to `line`: itself where it is changed or nothing else is."""
    ends = [min(max(line, first), last) for first, last in ranges]
    return min(ends, key=lambda end: (abs(end - line), end), default=line)


def _digest(marks: tuple[Annotation, ...]) -> str:
    if not marks:
        return ""
    text = repr([(m.path, m.line, m.level, m.title, m.message) for m in marks])
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]

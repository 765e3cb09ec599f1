"""A Report as the sections people read, in the order in which they need them. No markup here."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.cost_view import CostView, cost_view
from bot.model import Report
from checks import money
from checks.model import Finding, Severity, State, Verdict
from checks.registry import CHECKS

TITLES = {check.id: check.title for check in CHECKS} | {
    "policy": "The repository's policies hold",
    "waivers": "Waivers",
    "config": "plumbline's own config",
}
DOMAIN_OF = {check.id: check.domain for check in CHECKS} | {"policy": "policy"}
DOMAINS = tuple(dict.fromkeys(check.domain for check in CHECKS))
_WORDS = {
    Verdict.PASS: "pass",
    Verdict.WARN: "pass with warnings",
    Verdict.NEEDS_APPROVAL: "needs approval",
    Verdict.FAIL: "fail",
    Verdict.ERROR: "error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One check in the table of checks: how it ended and why."""

    id: str
    title: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown. Each tuple is a table or a list of its own, most important row first."""

    verdict: Verdict
    headline: str
    facts: tuple[str, ...]
    blocking: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    preexisting: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    cost: CostView | None
    checks: tuple[CheckRow, ...]
    # "Not told" is shown before everything else that does not block.
    untold: tuple[CheckRow, ...] = field(default=())


def relevant(report: Report) -> bool:
    """Whether there is anything to talk about. What is not is silent, but never unseen: its check
    runs say so."""
    spoke = any(o.findings or o.failed or o.inconclusive for o in report.outcomes)
    return spoke or report.stats.files_relevant > 0


def view(report: Report, domain: str = "") -> View:
    """The report's sections, all of them or those of one domain."""
    outcomes = [o for o in report.outcomes if not domain or DOMAIN_OF.get(o.check) == domain]
    findings = [f for o in outcomes for f in o.findings]
    gating = sorted((f for f in findings if f.gates), key=_urgency)
    verdict = max((o.verdict for o in outcomes), default=Verdict.PASS)
    priced = next((o.cost for o in outcomes if o.cost), None)
    cost = cost_view(priced) if priced else None
    rows = tuple(
        CheckRow(
            id=o.check, title=TITLES.get(o.check, o.check), state=o.state.value, reason=o.reason
        )
        for o in outcomes
    )
    return View(
        verdict=verdict,
        headline=_WORDS[verdict],
        facts=_facts(report, gating, cost),
        blocking=tuple(f for f in gating if f.severity >= Severity.APPROVAL),
        warnings=tuple(f for f in gating if f.severity == Severity.WARN),
        notes=tuple(f for f in gating if f.severity == Severity.INFO),
        preexisting=tuple(sorted((f for f in findings if f.preexisting), key=_urgency)),
        waived=tuple(sorted((f for f in findings if f.waived), key=_urgency)),
        fixed=tuple(sorted((f for o in outcomes for f in o.fixed), key=_urgency)),
        cost=cost,
        checks=rows,
        untold=tuple(r for r in rows if r.state in {State.ERROR.value, State.INCONCLUSIVE.value}),
    )


def _urgency(finding: Finding) -> tuple[int, str, int, str]:
    at = finding.location
    return (-finding.severity, at.path, at.line, finding.fingerprint)


def _facts(report: Report, gating: list[Finding], cost: CostView | None) -> tuple[str, ...]:
    """The half-sentences after the verdict: money first, then what blocks, then what is untold."""
    said: list[str] = []
    if cost and cost.lines:
        share = money.percent(cost.delta.expected, cost.before.expected)
        said.append(
            f"{money.spread(cost.delta, cost.currency, sign=True)} a month"
            + (f", {share}" if share else "")
            + f", grade {cost.grade.value}"
        )
    if cost and cost.unknown:
        said.append(f"{count(len(cost.unknown), 'object')} not priced")
    blocking = sum(f.severity >= Severity.APPROVAL for f in gating)
    warning = sum(f.severity == Severity.WARN for f in gating)
    if blocking:
        said.append(f"{count(blocking, 'finding')} {'blocks' if blocking == 1 else 'block'}")
    if warning:
        said.append(count(warning, "warning"))
    if not said:
        said.append(f"{count(report.stats.files_relevant, 'infrastructure file')} changed")
    return tuple(said)


def count(number: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

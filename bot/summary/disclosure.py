"""The one place where a report becomes something that leaves the house.

Every value is either text of ours (ids, titles and reasons of shipped checks, kinds that Kubernetes
defines) or a pseudonym. Names, paths, messages, figures and whatever else a pull request can choose
stay here; the model gets placeholders for them, which are filled in afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot import escape
from bot.model import Report
from bot.report import view
from bot.summary.vocabulary import NEGATIONS, SAVINGS, is_among, words_of
from checks import money
from checks.model import Finding
from checks.registry import CHECKS

# A summary of more than this is no summary.
MOST_FINDINGS = 12

_CHECKS = {check.id: check for check in CHECKS}
_RULES = {(check.id, rule.id): rule for check in CHECKS for rule in check.rules}
# A custom resource's kind can be a name of somebody's product.
_KINDS = """
    ClusterRole ClusterRoleBinding ConfigMap CronJob DaemonSet Deployment HelmRelease
    HorizontalPodAutoscaler InferenceService Ingress Job Kustomization LimitRange Namespace
    NetworkPolicy PersistentVolume PersistentVolumeClaim Pod PodDisruptionBudget ReplicaSet
    ResourceQuota Role RoleBinding ScaledObject Secret Service ServiceAccount StatefulSet
    StorageClass
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """A finding in both its forms: `sent` and, about its check, `check` are what leaves; `values`
    are the Markdown that its placeholders are filled in with; `words` are those that a claim about
    it may also use."""

    id: str
    sent: dict[str, Any]
    check: dict[str, str]
    values: dict[str, str]
    words: frozenset[str]


class _Pseudonyms:
    """R1, R2, … for names, the same one for the same name."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}

    def of(self, letter: str, name: str) -> str:
        known = sum(1 for other, _ in self._given if other == letter)
        return self._given.setdefault((letter, name), f"{letter}{known + 1}")


def disclose(report: Report) -> tuple[Disclosed, ...]:
    """What counts towards the verdict, most urgent first."""
    shown = view(report)
    names = _Pseudonyms()
    findings = (*shown.blocking, *shown.warnings, *shown.notes)[:MOST_FINDINGS]
    return tuple(
        _disclosed(f"F{number}", finding, report, names)
        for number, finding in enumerate(findings, start=1)
    )


def _disclosed(id_: str, finding: Finding, report: Report, names: _Pseudonyms) -> Disclosed:
    values = dict(_values(finding, report))
    check = _CHECKS.get(finding.check)
    rule = _RULES.get((finding.check, finding.rule))
    sent: dict[str, Any] = {
        "id": id_,
        "check": finding.check if check else names.of("C", finding.check),
        "rule": finding.rule if rule else names.of("L", finding.rule),
        "severity": finding.severity.name.lower(),
        "path": names.of("P", finding.location.path),
        "placeholders": [f"{{{{{id_}.{field}}}}}" for field in values],
    }
    if rule:
        sent |= {"title": rule.title, "remedy": rule.remedy}
    if finding.resource:
        kind = finding.resource.kind
        sent |= {
            "kind": kind if kind in _KINDS.split() else "object",
            "resource": names.of("R", str(finding.resource)),
        }
        if finding.resource.namespace:
            sent["namespace"] = names.of("N", finding.resource.namespace)
    about = {"about": check.title, "why": check.why} if check else {}
    return Disclosed(id=id_, sent=sent, check=about, values=values, words=_words(finding))


def _words(finding: Finding) -> frozenset[str]:
    """What the shipped texts about the finding say, but what can turn a finding into its opposite
    only out of the rule itself: a check's reasons are full of it."""
    check = _CHECKS.get(finding.check)
    rule = _RULES.get((finding.check, finding.rule))
    said = words_of(rule.title, rule.remedy) if rule else frozenset()
    reasons = words_of(check.title, check.why) if check else frozenset()
    words = said | {word for word in reasons if not is_among(word, NEGATIONS | SAVINGS)}
    if said & NEGATIONS:
        words |= NEGATIONS
    return words | (SAVINGS if finding.saving else frozenset())


def _values(finding: Finding, report: Report) -> Iterator[tuple[str, str]]:
    """The placeholders that a finding has, by field."""
    at, trace = finding.location, finding.trace
    if finding.resource:
        yield "resource", escape.code(str(finding.resource))
    yield "path", escape.code(f"{at.path}:{at.line}" if at.line else at.path)
    if _prices(finding, report):
        # Written by the pricing check out of figures alone, and read as a half-sentence.
        yield "delta", escape.prose(trace.observed)
        yield "threshold", escape.prose(trace.threshold)
    else:
        if trace.observed:
            yield "observed", escape.code(trace.observed)
        if trace.threshold:
            yield "threshold", escape.code(trace.threshold)
        if delta := _delta_of(finding, report):
            yield "delta", delta
    if finding.saving:
        currency = report.cost.currency if report.cost else "USD"
        yield "saving", f"{money.spread(finding.saving, currency)} a month"


def _prices(finding: Finding, report: Report) -> bool:
    return any(o.cost and o.check == finding.check for o in report.outcomes)


def _delta_of(finding: Finding, report: Report) -> str:
    """What the finding's object adds to a month, where exactly one price is about it."""
    if report.cost is None or finding.resource is None:
        return ""
    lines = [line for line in report.cost.lines if line.resource == finding.resource]
    if len(lines) != 1:
        return ""
    return f"{money.spread(lines[0].delta, report.cost.currency, sign=True)} a month"

"""Waivers: findings that a repository's maintainers accept, for a reason and for a while.

Only the file on the base branch holds. A waived finding is shown and does not gate; what could not
be read or judged cannot be waived. A waiver in force is named with its owner wherever it is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot import rulebook
from bot.config_file import ConfigError
from bot.model import Change
from bot.repo import Repository
from bot.waiver_file import LONGEST, Waiver, Waivers, at, read
from checks.model import Finding, Input, Location, Outcome, Severity, Trace

CHECK = "waivers"
SOON = timedelta(days=14)


def settle(
    repo: Repository, change: Change, path: str, outcomes: Sequence[Outcome], today: date
) -> tuple[Outcome, ...]:
    """The outcomes under the base branch's waivers at `path`, and what there is to say of those and
    of what the change does to them, as an outcome of the check `waivers` where there is anything.
    """
    law = at(repo, change.base_sha, path)
    marked = apply(outcomes, law, today)
    if not any(file.path == path for file in change.files):
        return marked
    ahead = tuple(_proposed(repo, change, law, marked, today))
    ours = next((o for o in marked if o.check == CHECK), Outcome(check=CHECK))
    others = tuple(o for o in marked if o.check != CHECK)
    return (*others, replace(ours, findings=(*ours.findings, *ahead)))


def apply(outcomes: Sequence[Outcome], waivers: Waivers, today: date) -> tuple[Outcome, ...]:
    """The outcomes with waived findings marked, and one of the check `waivers` for those in use.

    A broken file waives nothing and is inconclusive wherever that could have made a difference.
    """
    if waivers.broken:
        said = f"the base branch's waivers cannot be used, so none applies: {waivers.broken}"
        gating = any(f.severity > Severity.INFO for f in _gating(outcomes))
        broken = (Outcome(check=CHECK, inconclusive=said),) if gating else ()
        return (*outcomes, *broken)
    used: Counter[Waiver] = Counter()
    marked = tuple(_marked(outcome, waivers, today, used) for outcome in outcomes)
    notes = [_used(waiver, used[waiver], today) for waiver in waivers.items if used[waiver]]
    for waiver in waivers.items:
        lapsed = [f for f in _gating(marked) if waiver.covers(f)]
        if lapsed:
            notes.append(_lapsed(waiver, lapsed, today))
    return (*marked, Outcome(check=CHECK, findings=tuple(notes))) if notes else marked


def _gating(outcomes: Iterable[Outcome]) -> Iterator[Finding]:
    """What waivers can be about: of a check that failed nothing can be accepted."""
    return (f for outcome in outcomes if not outcome.failed for f in outcome.findings if f.gates)


def _marked(outcome: Outcome, waivers: Waivers, today: date, used: Counter[Waiver]) -> Outcome:
    if outcome.failed:
        return outcome
    findings: list[Finding] = []
    for finding in outcome.findings:
        waiver = _covering(waivers, finding, today) if finding.gates else None
        if waiver is not None:
            used[waiver] += 1
        findings.append(finding if waiver is None else _waived(finding, waiver))
    return replace(outcome, findings=tuple(findings))


def _covering(waivers: Waivers, finding: Finding, today: date) -> Waiver | None:
    """The first waiver in force that is about the finding."""
    for waiver in waivers.items:
        if waiver.covers(finding) and not waiver.is_over(today) and not waiver.is_too_long(today):
            return waiver
    return None


def _waived(finding: Finding, waiver: Waiver) -> Finding:
    seen = Input(location=waiver.location, pointer="", value=f"waived {waiver.terms}")
    trace = replace(finding.trace, inputs=(*finding.trace.inputs, seen))
    return replace(finding, waived=True, trace=trace)


def _used(waiver: Waiver, count: int, today: date) -> Finding:
    said = f"{_count(count)} of {waiver.rule} {_is(count)} waived {waiver.terms}"
    if waiver.expires - today <= SOON:
        remedy = "It ends soon: mend what it is about, or have it renewed on the base branch."
        return _said(waiver, "waiver-ends-soon", Severity.INFO, said, remedy)
    return _said(waiver, "waiver-used", Severity.INFO, said)


def _lapsed(waiver: Waiver, findings: Sequence[Finding], today: date) -> Finding:
    """A waiver that would have covered findings, were it in force. It is as hard as they are, but
    never more than a warning: they gate themselves."""
    left = f"{_count(len(findings))} of {waiver.rule} {_is(len(findings))} not waived"
    severity = min(Severity.WARN, max(f.severity for f in findings))
    if waiver.is_over(today):
        said = f"the waiver expired on {waiver.expires.isoformat()}, so {left}"
        remedy = f"Mend what it was about, or have {waiver.owner} renew it on the base branch."
        return _said(waiver, "waiver-expired", severity, said, remedy)
    return _said(waiver, "waiver-too-long", severity, f"{_too_long(waiver)}, so {left}", _SHORTER)


_SHORTER = f"Let it expire at most {LONGEST.days} days ahead, and renew it when it does."


def _too_long(waiver: Waiver) -> str:
    day = waiver.expires.isoformat()
    return f"the waiver ends on {day}, more than {LONGEST.days} days ahead"


def _proposed(
    repo: Repository, change: Change, law: Waivers, outcomes: Sequence[Outcome], today: date
) -> Iterator[Finding]:
    """What a change to the waivers file would do. Nothing in it holds before it is merged."""
    data = repo.file(change.head_sha, law.path)
    if data is None:
        said = "this removes the waivers; after the merge nothing is waived"
        yield _about(Location(path=law.path), "waivers-removed", Severity.INFO, said)
        return
    try:
        head = read(law.path, data)
    except ConfigError as error:
        said = f"these waivers could not be used after the merge: {error.message}"
        place = Location(path=law.path, line=error.line)
        yield _about(place, "waivers-invalid", Severity.FAIL, said)
        return
    old = {waiver.content for waiver in law.items}
    added = [waiver for waiver in head.items if waiver.content not in old]
    yield from _doubts(added, today)
    gone = len(old - {waiver.content for waiver in head.items})
    yield _preview(head, len(added), gone, outcomes, today)


def _doubts(added: Iterable[Waiver], today: date) -> Iterator[Finding]:
    """What is wrong with new waivers; those that stood there before are not this change's fault."""
    for waiver in added:
        if waiver.is_too_long(today):
            yield _said(waiver, "waiver-too-long", Severity.FAIL, _too_long(waiver), _SHORTER)
        if waiver.is_over(today):
            said = f"the waiver ended on {waiver.expires.isoformat()} already"
            yield _said(waiver, "waiver-expired", Severity.WARN, said)
        # The rules of a repository's own policies are known to nobody before they are run.
        if "/" not in waiver.rule and waiver.rule not in rulebook.known():
            near = " or ".join(rulebook.nearest(waiver.rule))
            said = f"there is no rule {waiver.rule} that a waiver could be about"
            remedy = f"Did you mean {near}?" if near else ""
            yield _said(waiver, "waiver-unknown-rule", Severity.WARN, said, remedy)


def _preview(
    head: Waivers, added: int, gone: int, outcomes: Sequence[Outcome], today: date
) -> Finding:
    later = sum(_covering(head, finding, today) is not None for finding in _gating(outcomes))
    place = Location(path=head.path)
    if later:
        said = (
            f"this change adds a waiver for itself: {_count(later)} would be waived after the merge"
        )
        return _about(place, "waiver-for-itself", Severity.INFO, said)
    said = f"waivers change: {added} new, {gone} gone; they hold after the merge"
    return _about(place, "waivers-changed", Severity.INFO, said)


def _said(waiver: Waiver, rule: str, severity: Severity, message: str, remedy: str = "") -> Finding:
    globs = " ".join((*waiver.paths, *waiver.objects))
    about = f"{waiver.location.path} {waiver.rule} {globs} {waiver.expires.isoformat()}"
    return _about(waiver.location, rule, severity, message, remedy=remedy, subject=about)


def _about(
    location: Location,
    rule: str,
    severity: Severity,
    message: str,
    *,
    remedy: str = "",
    subject: str = "",
) -> Finding:
    return Finding(
        check=CHECK,
        rule=rule,
        severity=severity,
        message=message,
        location=location,
        subject=subject or location.path,
        remedy=remedy,
        trace=Trace(inputs=(Input(location=location, pointer="", value=message),)),
    )


def _count(number: int) -> str:
    return f"{number:,} finding{'' if number == 1 else 's'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"

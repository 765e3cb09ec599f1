"""Waivers: findings that a repository's maintainers accept, for a reason and for a while.

Only the file on the base branch holds, and where they allow it annotations that stood there. A
waived finding is shown and does not gate; what could not be read or judged cannot be waived. A
waiver in force is named with its owner wherever it is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.model import Change
from bot.repo import Repository
from bot.skips import ANNOTATION, Skip, Skips
from bot.waiver_approval import Approvals
from bot.waiver_change import proposed, too_long
from bot.waiver_file import Waiver, Waivers, at
from bot.waiver_notes import CHECK, count, is_, of_waiver
from bot.waiver_notes import at as note
from bot.waivers_config import WaiverSettings
from checks.model import Finding, Input, Location, Outcome, Review, Severity, Subject

__all__ = ["CHECK", "apply", "settle"]

SOON = timedelta(days=14)
# How many of those that end soon the tally names one by one.
_NAMED = 5
_DEFAULT = WaiverSettings()


def settle(
    repo: Repository,
    change: Change,
    settings: WaiverSettings | str,
    outcomes: Sequence[Outcome],
    today: date,
    *,
    subject: Subject | None = None,
    review: Callable[[], Review] | None = None,
) -> tuple[Outcome, ...]:
    """The outcomes under the base branch's waivers, and what there is to say of those and of what
    the change does to them, as an outcome of the check `waivers` where there is anything.

    `settings` may be the file's path alone; `subject` has the objects whose annotations count,
    and `review` tells who approved, where somebody can be asked.
    """
    if isinstance(settings, str):
        settings = WaiverSettings(path=settings)
    law = at(repo, change.base_sha, settings.path)
    approvals = Approvals(settings=settings, head_sha=change.head_sha, ask=review)
    skips = Skips(subject)
    marked = apply(outcomes, law, today, settings, skips)
    notes = list(_new_skips(marked, skips, approvals)) if settings.inline else []
    if any(file.path == settings.path for file in change.files):
        notes += proposed(repo, change, law, marked, today, approvals)
    return _with(marked, notes)


def apply(
    outcomes: Sequence[Outcome],
    waivers: Waivers,
    today: date,
    settings: WaiverSettings = _DEFAULT,
    skips: Skips | None = None,
) -> tuple[Outcome, ...]:
    """The outcomes with waived findings marked, and one of the check `waivers` for those in use.

    A broken file waives nothing and is inconclusive wherever that could have made a difference.
    """
    skipped: Counter[Skip] = Counter()
    used: Counter[Waiver] = Counter()
    if settings.inline and skips:
        outcomes = [_skipped(outcome, skips, skipped) for outcome in outcomes]
    notes = [_used_skip(skip, number) for skip, number in skipped.items()]
    if skips:
        notes += _of_annotations(outcomes, skips, settings)
    if waivers.broken:
        said = f"the base branch's waivers cannot be used, so none applies: {waivers.broken}"
        gating = any(f.severity > Severity.INFO for f in _gating(outcomes))
        marked = (*outcomes, Outcome(check=CHECK, inconclusive=said)) if gating else (*outcomes,)
        return _with(marked, notes)
    marked = tuple(_marked(one, waivers, today, settings, used) for one in outcomes)
    notes += [_used(waiver, used[waiver], today) for waiver in waivers.items if used[waiver]]
    for waiver in waivers.items:
        lapsed = [f for f in _gating(marked) if waiver.covers(f)]
        if lapsed:
            notes.append(_lapsed(waiver, lapsed, today, settings.longest))
    if any(outcome.findings for outcome in outcomes):
        notes += _tally(waivers, used, today, settings.longest)
    return _with(marked, notes)


def _with(outcomes: Sequence[Outcome], notes: Sequence[Finding]) -> tuple[Outcome, ...]:
    """The outcomes, and what there is to say of waivers as one of theirs."""
    if not notes:
        return tuple(outcomes)
    ours = next((o for o in outcomes if o.check == CHECK), Outcome(check=CHECK))
    others = (o for o in outcomes if o.check != CHECK)
    return (*others, replace(ours, findings=(*ours.findings, *notes)))


def _gating(outcomes: Iterable[Outcome]) -> Iterator[Finding]:
    """What waivers can be about: of a check that failed nothing can be accepted."""
    return (f for outcome in outcomes if not outcome.failed for f in outcome.findings if f.gates)


# The file


def _marked(
    outcome: Outcome,
    waivers: Waivers,
    today: date,
    settings: WaiverSettings,
    used: Counter[Waiver],
) -> Outcome:
    if outcome.failed:
        return outcome
    findings: list[Finding] = []
    for finding in outcome.findings:
        waiver = waivers.covering(finding, today, settings.longest) if finding.gates else None
        if waiver is not None:
            used[waiver] += 1
        said = f"waived {waiver.terms}" if waiver else ""
        findings.append(_waived(finding, waiver.location, said) if waiver else finding)
    return replace(outcome, findings=tuple(findings))


def _waived(finding: Finding, location: Location, said: str) -> Finding:
    seen = Input(location=location, pointer="", value=said)
    trace = replace(finding.trace, inputs=(*finding.trace.inputs, seen))
    return replace(finding, waived=True, trace=trace)


def _used(waiver: Waiver, number: int, today: date) -> Finding:
    said = f"{count(number)} of {waiver.rule} {is_(number)} waived {waiver.terms}"
    if waiver.expires - today <= SOON:
        remedy = "It ends soon: mend what it is about, or have it renewed on the base branch."
        return of_waiver(waiver, "waiver-ends-soon", Severity.INFO, said, remedy)
    return of_waiver(waiver, "waiver-used", Severity.INFO, said)


def _lapsed(
    waiver: Waiver, findings: Sequence[Finding], today: date, longest: timedelta
) -> Finding:
    """A waiver that would have covered findings, were it in force. It is as hard as they are, but
    never more than a warning: they gate themselves."""
    left = f"{count(len(findings))} of {waiver.rule} {is_(len(findings))} not waived"
    severity = min(Severity.WARN, max(f.severity for f in findings))
    if waiver.is_over(today):
        said = f"the waiver expired on {waiver.expires.isoformat()}, so {left}"
        remedy = f"Mend what it was about, or have {waiver.owner} renew it on the base branch."
        return of_waiver(waiver, "waiver-expired", severity, said, remedy)
    said, remedy = too_long(waiver, longest)
    return of_waiver(waiver, "waiver-too-long", severity, f"{said}, so {left}", remedy)


def _tally(
    waivers: Waivers, used: Counter[Waiver], today: date, longest: timedelta
) -> Iterator[Finding]:
    """How many waivers are in force, and which of them end soon: nobody should be surprised."""
    held = [w for w in waivers.items if not w.is_over(today) and not w.is_too_long(today, longest)]
    soon = sorted((w for w in held if w.expires - today <= SOON), key=lambda w: w.expires)
    if not used and not soon:
        return
    parts = [f"{count(len(held), 'waiver')} {is_(len(held))} in force"]
    parts.append(f"{len(used):,} used here, for {count(sum(used.values()))}")
    over = sum(waiver.is_over(today) for waiver in waivers.items)
    if over:
        parts.append(f"{over:,} over and to be taken out")
    if soon:
        named = ", ".join(_brief(waiver) for waiver in soon[:_NAMED])
        more = ", …" if len(soon) > _NAMED else ""
        parts.append(f"{len(soon):,} within {SOON.days} days of the end ({named}{more})")
    place = Location(path=waivers.path)
    remedy = "Mend what those that end are about, or have them renewed." if soon else ""
    yield note(place, "waivers-in-force", Severity.INFO, "; ".join(parts), remedy=remedy)


def _brief(waiver: Waiver) -> str:
    return f"{waiver.rule} of {waiver.owner} on {waiver.expires.isoformat()}"


# Annotations


def _skipped(outcome: Outcome, skips: Skips, used: Counter[Skip]) -> Outcome:
    if outcome.failed:
        return outcome
    findings: list[Finding] = []
    for finding in outcome.findings:
        skip = skips.covering(finding) if finding.gates else None
        if skip is not None and skip.stood:
            used[skip] += 1
            said = f"waived by the annotation {ANNOTATION}: {skip.reason}"
            finding = _waived(finding, skip.location, said)
        findings.append(finding)
    return replace(outcome, findings=tuple(findings))


def _used_skip(skip: Skip, number: int) -> Finding:
    said = (
        f"{count(number)} of {skip.rule} {is_(number)} waived by an annotation of {skip.owner}: "
        f"{skip.reason}"
    )
    return note(skip.location, "skip-used", Severity.INFO, said, subject=_about(skip))


def _of_annotations(
    outcomes: Sequence[Outcome], skips: Skips, settings: WaiverSettings
) -> Iterator[Finding]:
    """What is to be said of annotations that waive nothing."""
    if settings.inline:
        for skip in skips.flawed():
            said = f"the annotation {ANNOTATION} of {skip.owner} waives nothing: {skip.flaw}"
            remedy = f"Write {ANNOTATION}: {skip.rule} — why it is accepted."
            yield note(
                skip.location,
                "skip-invalid",
                Severity.WARN,
                said,
                remedy=remedy,
                subject=_about(skip),
            )
        return
    for skip in dict.fromkeys(s for f in _gating(outcomes) if (s := skips.covering(f))):
        said = (
            f"the annotation {ANNOTATION} of {skip.owner} waives nothing: the base branch's config "
            "does not allow annotations (waivers.inline)"
        )
        remedy = "Have it waived in the waivers file."
        yield note(
            skip.location,
            "skip-not-allowed",
            Severity.INFO,
            said,
            remedy=remedy,
            subject=_about(skip),
        )


def _new_skips(
    outcomes: Sequence[Outcome], skips: Skips, approvals: Approvals
) -> Iterator[Finding]:
    """Annotations that the change brings for findings of its own."""
    new: Counter[Skip] = Counter(
        skip for f in _gating(outcomes) if (skip := skips.covering(f)) and not skip.stood
    )
    for skip, number in new.items():
        missing = approvals.missing("")
        said = (
            f"this change adds an annotation of {skip.owner} for itself: {count(number)} of "
            f"{skip.rule} would be waived after the merge ({skip.reason})"
        )
        severity = Severity.APPROVAL if missing else Severity.INFO
        remedy = f"{missing[:1].upper()}{missing[1:]}." if missing else ""
        yield note(
            skip.location, "skip-for-itself", severity, said, remedy=remedy, subject=_about(skip)
        )


def _about(skip: Skip) -> str:
    return f"{skip.owner} {skip.location.path} {skip.rule} {skip.reason}"

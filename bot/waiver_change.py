"""What a change to the waivers file would do. Nothing in it holds before it is merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from bot import rulebook
from bot.config_file import ConfigError
from bot.model import Change
from bot.repo import Repository
from bot.waiver_approval import Approvals
from bot.waiver_file import Waiver, Waivers, read
from bot.waiver_notes import at as note
from bot.waiver_notes import count, of_waiver
from checks.model import Finding, Location, Outcome, Severity


def proposed(
    repo: Repository,
    change: Change,
    law: Waivers,
    outcomes: Sequence[Outcome],
    today: date,
    approvals: Approvals,
) -> Iterator[Finding]:
    """What there is to say of the head's file. `outcomes` are those under the base branch's."""
    data = repo.file(change.head_sha, law.path)
    if data is None:
        said = "this removes the waivers; after the merge nothing is waived"
        yield note(Location(path=law.path), "waivers-removed", Severity.INFO, said)
        return
    try:
        head = read(law.path, data)
    except ConfigError as error:
        said = f"these waivers could not be used after the merge: {error.message}"
        place = Location(path=law.path, line=error.line)
        yield note(place, "waivers-invalid", Severity.FAIL, said)
        return
    longest = approvals.settings.longest
    old = {waiver.content for waiver in law.items}
    added = [waiver for waiver in head.items if waiver.content not in old]
    yield from _doubts(added, today, longest)
    own = _for_itself(head, outcomes, today, longest)
    for waiver, number in own.items():
        yield _asking(waiver, number, approvals)
    if not own:
        gone = len(old - {waiver.content for waiver in head.items})
        said = f"waivers change: {len(added)} new, {gone} gone; they hold after the merge"
        yield note(Location(path=head.path), "waivers-changed", Severity.INFO, said)


def too_long(waiver: Waiver, longest: timedelta) -> tuple[str, str]:
    """What there is to say of a waiver that reaches too far, and what to do."""
    day = waiver.expires.isoformat()
    said = f"the waiver ends on {day}, more than {longest.days} days ahead"
    return said, f"Let it expire at most {longest.days} days ahead, and renew it when it does."


def _doubts(added: Iterable[Waiver], today: date, longest: timedelta) -> Iterator[Finding]:
    """What is wrong with new waivers; those that stood there before are not this change's fault."""
    for waiver in added:
        if waiver.is_too_long(today, longest):
            said, remedy = too_long(waiver, longest)
            yield of_waiver(waiver, "waiver-too-long", Severity.FAIL, said, remedy)
        if waiver.is_over(today):
            said = f"the waiver ended on {waiver.expires.isoformat()} already"
            yield of_waiver(waiver, "waiver-expired", Severity.WARN, said)
        # The rules of a repository's own policies are known to nobody before they are run.
        if "/" not in waiver.rule and waiver.rule not in rulebook.known():
            near = " or ".join(rulebook.nearest(waiver.rule))
            said = f"there is no rule {waiver.rule} that a waiver could be about"
            remedy = f"Did you mean {near}?" if near else ""
            yield of_waiver(waiver, "waiver-unknown-rule", Severity.WARN, said, remedy)


def _for_itself(
    head: Waivers, outcomes: Sequence[Outcome], today: date, longest: timedelta
) -> Counter[Waiver]:
    """The waivers that would cover what counts against this change, and how much each."""
    left = (f for one in outcomes if not one.failed for f in one.findings if f.gates)
    covering = (head.covering(finding, today, longest) for finding in left)
    return Counter(waiver for waiver in covering if waiver is not None)


def _asking(waiver: Waiver, number: int, approvals: Approvals) -> Finding:
    missing = approvals.missing(waiver.owner)
    said = (
        f"this change adds a waiver for itself: {count(number)} of {waiver.rule} would be waived "
        f"after the merge, {waiver.terms}"
    )
    if not missing:
        said += "; who answers for it has approved"
        return of_waiver(waiver, "waiver-for-itself", Severity.INFO, said)
    remedy = f"{missing[:1].upper()}{missing[1:]}. It holds once it is merged, not before."
    return of_waiver(waiver, "waiver-for-itself", Severity.APPROVAL, said, remedy)

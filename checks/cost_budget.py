"""cost_budget: what the branch will cost a month with the change, against budgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from checks.costs.budget import Budget, added
from checks.costs.cases import Case, Moved, cases
from checks.model import (
    Finding,
    Input,
    OpenChange,
    Outcome,
    Range,
    Severity,
    Subject,
    Trace,
)
from checks.money import percent, plain, signed, spread
from checks.pricing.assume import Assumptions, KindRule
from checks.pricing.cost import number
from checks.rule import Check, Rule
from checks.severity import SeverityWord, severity_of

_ID = "cost_budget"
# How many objects or open changes a finding names one by one.
_NAMED = 5
_WHY = """\
A change that looks small by itself is paid out of a budget that others draw on as well. So the
budgets of the config are held against the sum of what the base branch declares and what this change
adds: over `soft` it warns by the expected amount, over `hard` it fails by even the lowest one. A
budget is of whatever has all the names in common that it gives (`cost_center`, `team`, `model`,
`environment`, `cluster`); without any it is of the whole repository. Whose an object is say its
labels, as [Costs](../costs.md) tells. `growth` limits by how many percent one change may raise what
the base branch declares.

One that was over before gates only a change that adds to it, and savings never gate. Other open
changes into the same branch are added up too: each may fit alone where all of them do not. What has
no price is in no sum: where it could matter, the outcome is inconclusive."""
_REMEDY = (
    "Lower the replicas or requests of the objects that grew most, or ask {owner} to raise the"
    " budget in the config of the base branch."
)
_ANYBODY = "the budget's owner"
_SOFT = Rule(
    id="budget-soft",
    title="With the change a budget is used up further than its soft limit",
    remedy=_REMEDY.format(owner=_ANYBODY),
)
_HARD = Rule(
    id="budget-hard",
    title="With the change a budget is exceeded",
    remedy=_REMEDY.format(owner=_ANYBODY),
)
_GROWTH = Rule(
    id="budget-growth",
    title="One change raises what a budget pays for by more than is allowed",
    remedy="Split the change, or ask the budget's owner to raise `growth` in the config of the base"
    " branch.",
)
_UNKNOWN = Rule(
    id="budget-unknown",
    title="A budget is kept as far as it is known, but not everything that it pays for has a price",
    remedy="State what is missing in the config (`assume`, `prices`), or name the unit price.",
)
_OPEN = Rule(
    id="budget-open-changes",
    title="With the other open changes a budget would be exceeded",
    remedy="Agree with the authors of those changes which are merged, or ask the budget's owner to"
    " raise the budget in the config of the base branch.",
    setting="open_changes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The budgets. `open_changes` is how hard it is where only all open changes together are over;
    `unknown` what to make of objects of the base branch without a price where a change adds to a
    budget that is kept as far as is known; `assume` and `kinds` what the files do not say, None for
    what cost_delta is told."""

    budgets: tuple[Budget, ...] = ()
    open_changes: SeverityWord = "warn"
    unknown: Literal["inconclusive", "info"] = "inconclusive"
    assume: Assumptions | None = None
    kinds: tuple[KindRule, ...] | None = None

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        names = [budget.name for budget in self.budgets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"there are two budgets of the name {twice[0]!r}")


def judge(subject: Subject, config: Config) -> Outcome:
    """Hold what the branch costs with the change against every budget that the change touches."""
    whole = subject.facts.inventory
    if not config.budgets:
        return Outcome(check=_ID, skipped="no budgets are configured")
    sides = (*subject.base.resources.values(), *subject.head.resources.values())
    if not any(one.changed for one in sides):
        return Outcome(check=_ID, skipped="the change touches no objects")
    if whole is None:
        return Outcome(check=_ID, inconclusive="what the base branch declares was not priced")
    if whole.currency != subject.facts.prices.currency:
        said = f"the base branch is priced in {whole.currency}, the change is not"
        return Outcome(check=_ID, inconclusive=said)
    told = (config.assume or Assumptions(), config.kinds or ())
    found = tuple(cases(subject, whole, config.budgets, *told))
    findings = tuple(f for case in found for f in _findings(case, subject, config))
    over = {f.subject for f in findings if f.rule == _HARD.id and f.severity is Severity.FAIL}
    reasons = (_untold(case, config) for case in found if _subject(case.budget) not in over)
    return Outcome(
        check=_ID,
        findings=findings,
        fixed=tuple(f for case in found if (f := _mended(case))),
        inconclusive="; ".join(reason for reason in reasons if reason),
    )


def _findings(case: Case, subject: Subject, config: Config) -> Iterator[Finding]:
    over = _over(case, case.after.amount)
    if over:
        # What was over before gates only a change that adds to it.
        yield replace(over, preexisting=not case.adds)
    if not case.adds:
        return
    if growth := _growth(case):
        yield growth
    if not over or over.rule != _HARD.id:
        others = [c for c in subject.facts.open_changes if c.currency == case.currency]
        yield from _together(case, others, severity_of(config.open_changes))
    if config.unknown == "info" and not over and (case.before.unknown or case.unreadable):
        yield _finding(
            case,
            _UNKNOWN,
            Severity.INFO,
            message=f"{_name(case)} is kept as far as is known: {_missing(case)}",
            observed=_missing(case),
            threshold="everything has a price",
        )


def _over(case: Case, amount: Range) -> Finding | None:
    """The harder limit that `amount` is over: to fail even its low bound must be."""
    soft, hard = case.budget.limits
    for rule, word, limit in ((_HARD, "hard", hard), (_SOFT, "soft", soft)):
        if limit is not None and amount.expected > limit:
            fails = rule is _HARD and amount.low > limit
            said = f"{spread(amount, case.currency)} a month"
            change = signed(case.delta.expected, case.currency)
            return _finding(
                case,
                rule,
                Severity.FAIL if fails else Severity.WARN,
                message=f"{_name(case)} would be at {said}, over its {word} limit of"
                f" {plain(limit, case.currency)} ({change} by this change)",
                observed=f"{said}, of which {change} by this change",
                threshold=f"{word} limit {plain(limit, case.currency)}",
            )
    return None


def _growth(case: Case) -> Finding | None:
    growth, before = case.budget.growth, case.before.amount.expected
    # Of nothing there is no percentage.
    if growth is None or before <= 0:
        return None
    for severity, limit, by in (
        (Severity.FAIL, growth.hard, case.delta.low),
        (Severity.WARN, growth.soft, case.delta.expected),
    ):
        if limit is not None and by * 100 > limit * before:
            share = percent(case.delta.expected, before)
            return _finding(
                case,
                _GROWTH,
                severity,
                message=f"this change raises what {_name(case)} pays for by {share.lstrip('+')},"
                f" from {plain(before, case.currency)} a month by"
                f" {plain(case.delta.expected, case.currency)}; {number(limit)}% are allowed",
                observed=share,
                threshold=f"{number(limit)}%",
            )
    return None


def _together(case: Case, changes: Sequence[OpenChange], severity: Severity) -> Iterator[Finding]:
    hard = case.budget.limits[1]
    others = added(case.budget, changes)
    if hard is None or not others:
        return
    total = sum((amount for _, amount in others), start=case.after.amount)
    if total.expected <= hard:
        return
    named = [f"#{c.number} {signed(amount.expected, case.currency)}" for c, amount in others]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    said = f"{spread(total, case.currency)} a month"
    yield _finding(
        case,
        _OPEN,
        severity,
        message=f"this change and {len(others)} other open {_plural(len(others), 'change')}"
        f" together bring {_name(case)} to {said}, over its hard limit of"
        f" {plain(hard, case.currency)}: this one {signed(case.delta.expected, case.currency)},"
        f" {', '.join(named[:_NAMED])}{more}",
        observed=said,
        threshold=f"hard limit {plain(hard, case.currency)}",
    )


def _mended(case: Case) -> Finding | None:
    """What the change brings back under a limit."""
    if case.adds or _over(case, case.after.amount):
        return None
    return _over(case, case.before.amount)


def _untold(case: Case, config: Config) -> str:
    """Why it cannot be told whether the budget is kept, "" where it can."""
    if case.untold:
        count = len(case.untold)
        first = case.untold[0]
        return (
            f"{_name(case)}: {count} {_plural(count, 'object')} of this change"
            f" {_plural(count, 'has', 'have')} no price ({first.resource}: {first.reason}),"
            f" so the total is at least {plain(case.after.amount.low, case.currency)} a month"
        )
    if config.unknown == "info" or not case.adds or not (case.after.unknown or case.unreadable):
        return ""
    return f"{_name(case)}: {_missing(case)}"


def _missing(case: Case) -> str:
    """ "3 objects have no price, so the total is at least $8,200.00 a month"."""
    parts = []
    if count := case.after.unknown:
        parts.append(f"{count} {_plural(count, 'object')} {_plural(count, 'has', 'have')} no price")
    if count := case.unreadable:
        parts.append(f"{count} {_plural(count, 'file or root', 'files or roots')} cannot be read")
    low = plain(case.after.amount.low, case.currency)
    return f"{' and '.join(parts)}, so the total is at least {low} a month"


def _finding(
    case: Case, rule: Rule, severity: Severity, *, message: str, observed: str, threshold: str
) -> Finding:
    rows = [one.row for one in case.moved] or list(case.untold)
    owner = case.budget.owner or _ANYBODY
    return Finding(
        check=_ID,
        rule=rule.id,
        severity=severity,
        message=message,
        location=rows[0].location,
        subject=_subject(case.budget),
        resource=rows[0].resource,
        trace=Trace(
            inputs=tuple(_input(one, case.currency) for one in case.moved[:_NAMED]),
            predicate=f"what {case.budget.scope} costs a month stays within the budget"
            f" {case.budget.name}",
            observed=observed,
            threshold=threshold,
        ),
        remedy=rule.remedy.replace(_ANYBODY, owner),
    )


def _input(one: Moved, currency: str) -> Input:
    value = f"{plain(one.before, currency)} to {plain(one.after, currency)} a month"
    return Input(location=one.row.location, pointer=str(one.row.resource), value=value)


def _subject(budget: Budget) -> str:
    return f"budget:{budget.name}"


def _name(case: Case) -> str:
    return f'the budget "{case.budget.name}" ({case.budget.scope})'


def _plural(count: int, one: str, many: str = "") -> str:
    return one if count == 1 else many or f"{one}s"


CHECK = Check(
    id=_ID,
    domain="cost",
    title="The branch stays within its budgets",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(_HARD, _SOFT, _GROWTH, _OPEN, _UNKNOWN),
)

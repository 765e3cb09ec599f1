"""Every rule with its severity in each tier, and where a stricter tier is softer than a milder one.

Promotion from experiment to staging to production is to be stricter, or at least not milder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_type_hints

from bot.config import Policy
from bot.escape import cell, visible
from bot.policy.model import Effect, PolicyRule
from checks.costs.gate import Threshold
from checks.model import Severity, Tier
from checks.registry import CHECKS
from checks.rule import Check
from checks.severity import SeverityByTier, SeverityWord, severity_in

OFF = "off"
# Where not one setting, but each entry of a list in the config says it.
BY_CONFIG = "by its config"
_POLICIES = "policy"
_RANK = {OFF: -1, **{one.name.lower(): int(one) for one in Severity}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rule of a check, or of the repository's policies (`source` "policy"): what it does in each
    tier, and which tiers are softer than the one before."""

    source: str
    rule: str
    cells: Mapping[Tier, str]
    softer: tuple[Tier, ...] = ()


def rows(law: Policy, rules: Sequence[PolicyRule]) -> list[Row]:
    """The rules of the checks in their order, then those of the policies by their ids."""
    found = [row for check in CHECKS for row in _of_check(check, law)]
    by_id: dict[str, list[PolicyRule]] = {}
    for rule in rules:
        by_id.setdefault(rule.id, []).append(rule)
    return found + [_of_policy(name, by_id[name], law) for name in sorted(by_id)]


def severities(rule: PolicyRule, law: Policy) -> dict[Tier, str]:
    """How hard a policy's rule is in each tier: a severity in lower case, or "off"."""
    return {tier: _word(law.policing.severities.of(rule, tier)) for tier in Tier}


def _of_policy(name: str, rules: Sequence[PolicyRule], law: Policy) -> Row:
    # Definitions of one rule differ in their effect at most: the hardest is what can happen.
    hardest = min(rules, key=lambda one: list(Effect).index(one.effect))
    return _row(_POLICIES, name, severities(hardest, law))


def _of_check(check: Check, law: Policy) -> Iterator[Row]:
    config = law.checks.get(check.id)
    # Where a check names no rules, its findings are of many kinds, and all are as hard.
    for rule, named in [(one.id, one.setting) for one in check.rules] or [(check.id, "severity")]:
        if config is None:
            yield _row(check.id, rule, dict.fromkeys(Tier, OFF))
        elif rule in _SPECIAL:
            yield _SPECIAL[rule](check.id, rule, config)
        else:
            yield _row(check.id, rule, _set(check, named, config))


def _set(check: Check, name: str, config: Any) -> dict[Tier, str]:
    """How hard a rule is in each tier by the setting of that name."""
    if get_type_hints(check.config).get(name) not in (SeverityByTier, SeverityWord):
        return dict.fromkeys(Tier, BY_CONFIG)
    value = getattr(config, name)
    return {tier: _word(severity_in(value, tier)) for tier in Tier}


def _row(source: str, rule: str, cells: Mapping[Tier, str]) -> Row:
    order = list(Tier)
    softer = [
        after
        for before, after in pairwise(order)
        if _RANK.get(cells[after], 0) < _RANK.get(cells[before], 0)
    ]
    return Row(source=source, rule=rule, cells=cells, softer=tuple(softer))


def _word(severity: Severity | None) -> str:
    return OFF if severity is None else severity.name.lower()


def _always(severity: Severity) -> Callable[[str, str, Any], Row]:
    def row(check: str, rule: str, config: Any) -> Row:  # noqa: ARG001 - nothing sets it
        return _row(check, rule, dict.fromkeys(Tier, _word(severity)))

    return row


def _approval(check: str, rule: str, config: Any) -> Row:
    needed = _word(Severity.APPROVAL)
    return _row(check, rule, {t: needed if t.value in config.tiers else OFF for t in Tier})


def _unknown(check: str, rule: str, config: Any) -> Row:
    word = "info" if config.unknown == "info" else "warn"
    return _row(check, rule, dict.fromkeys(Tier, word))


def _by_budget(check: str, rule: str, config: Any) -> Row:  # noqa: ARG001 - each budget sets it
    return _row(check, rule, dict.fromkeys(Tier, BY_CONFIG))


def _thresholds(check: str, rule: str, config: Any) -> Row:
    """Thresholds of money: a tier whose threshold is higher is softer."""
    limits: dict[Tier, tuple[Threshold, Threshold]] = {}
    for tier in Tier:
        own = config.tiers.get(tier.value)
        limits[tier] = (own and own.warn) or config.warn, (own and own.fail) or config.fail
    order = list(Tier)
    softer = [
        after
        for before, after in pairwise(order)
        if any(_higher(limits[after][n], limits[before][n]) for n in (0, 1))
    ]
    cells = {
        tier: f"warn {_limit(warn)}, fail {_limit(fail)}" for tier, (warn, fail) in limits.items()
    }
    return Row(source=check, rule=rule, cells=cells, softer=tuple(softer))


def _higher(one: Threshold, other: Threshold) -> bool:
    pairs = ((one.amount, other.amount), (one.percent, other.percent))
    return any(b is not None and (a is None or a > b) for a, b in pairs)


def _limit(one: Threshold) -> str:
    parts = [f"> {one.amount:f}"] if one.amount is not None else []
    parts += [f"> {one.percent:f}%"] if one.percent is not None else []
    return " or ".join(parts) or "never"


# Rules whose hardness is no setting of that kind.
_SPECIAL: dict[str, Callable[[str, str, Any], Row]] = {
    "cost-increase": _thresholds,
    "unusable-value": _always(Severity.WARN),
    "budget-hard": _always(Severity.FAIL),
    "budget-soft": _always(Severity.WARN),
    "budget-growth": _by_budget,
    "budget-unknown": _unknown,
    "image-tag-unresolved": _always(Severity.INFO),
    "ALN22": _approval,
}


def text(found: Sequence[Row]) -> str:
    """The table for a terminal, and what is softer below it."""
    heads = ("check", "rule", *(tier.value for tier in Tier))
    table = [heads, *((r.source, visible(r.rule), *r.cells.values()) for r in found)]
    widths = [max(len(line[column]) for line in table) for column in range(len(heads))]
    lines = ["  ".join(f"{c:{w}}" for c, w in zip(line, widths, strict=True)) for line in table]
    return "".join(f"{line.rstrip()}\n" for line in (*lines, *_softer(found)))


def markdown(found: Sequence[Row]) -> str:
    """The table for a page, and what is softer below it."""
    lines = [
        "| check | rule | experiment | staging | production |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in found:
        cells = (cell(row.source), cell(row.rule), *row.cells.values())
        lines.append(f"| {' | '.join(cells)} |")
    return "".join(f"{line}\n" for line in (*lines, *_softer(found)))


def as_json(found: Sequence[Row]) -> str:
    """The table with each row's softer tiers."""
    table = [
        {
            "check": row.source,
            "rule": row.rule,
            **{tier.value: said for tier, said in row.cells.items()},
            "softer": [tier.value for tier in row.softer],
        }
        for row in found
    ]
    softer = sum(bool(row.softer) for row in found)
    said = {"schema_version": 1, "rules": table, "monotone": not softer}
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _softer(found: Sequence[Row]) -> Iterator[str]:
    yield ""
    bad = [row for row in found if row.softer]
    if not bad:
        yield f"{len(found)} rules; no tier is softer than the one before it."
        return
    yield f"{len(found)} rules; in {len(bad)} a stricter tier is softer than the one before it:"
    for row in bad:
        said = ", ".join(f"{tier.value} is {row.cells[tier]}" for tier in row.softer)
        yield f"- {visible(row.rule)}: {said}"

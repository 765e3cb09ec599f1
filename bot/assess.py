"""Gather and judge: from two commits of a repository to a Report. The bot and the CLI share it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from bot import policies, preview, waivers
from bot.config import CONFIG_PATHS, Policy, defaults, parse
from bot.config_file import ConfigError
from bot.counterfactual import tried
from bot.gather import NOBODY, Asked, facts_of, with_evidence, with_secrets
from bot.judge import judge
from bot.model import Change, Report, Stats
from bot.render.compose import Plan, snapshots
from bot.render.limits import Limits
from bot.repo import Repository
from bot.workshop import Workshop
from checks.model import Facts, Outcome, Snapshot, Subject, Verdict

CONFIG_CHECK = "config"
# How many sources of prices the foot of a report names.
_SOURCES = 4
DEFAULT_LIMITS = Limits()


def change_between(repo: Repository, base_sha: str, head: str, merge_base: str = "") -> Change:
    """What `head` changes: a commit, or the tree of a work tree with its `merge_base` given."""
    merge_base = merge_base or repo.merge_base(base_sha, head)
    return Change(
        base_sha=base_sha,
        merge_base=merge_base,
        head_sha=head,
        files=repo.changed_files(merge_base, head),
    )


def law_at(repo: Repository, sha: str, branch: str = "") -> Policy:
    """The config of a commit, the shipped defaults where it has none, for what is merged into
    `branch`. Raises ConfigError."""
    for path in CONFIG_PATHS:
        data = repo.file(sha, path)
        if data is not None:
            return parse(path, data).into(branch)
    return defaults().into(branch)


def assess(
    repo: Repository,
    change: Change,
    *,
    now: datetime,
    law: Callable[[], Policy],
    workshop: Workshop | None = None,
    asked: Asked = NOBODY,
    plan: Plan | None = None,
    own: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Report:
    """Judge a change by the law. Deterministic but for `stats.seconds`.

    `law` returns the policy or raises ConfigError, which becomes an ERROR outcome: a change to
    infrastructure is never judged by rules that its maintainers did not write. Without a
    `workshop` nothing is rendered, and what needs rendering is said to be unread. `own` are the
    repository's URLs.
    """
    started = time.monotonic()
    broken: ConfigError | None = None
    try:
        policy = law()
    except ConfigError as error:
        broken, policy = error, defaults()
    renderer = workshop.renderer(policy.rendering) if workshop else None
    base, head = snapshots(repo, change, policy, renderer, limits, plan, own)
    relevant = _touched(base) | _touched(head)
    facts = Facts(now=now)
    if broken is None:
        try:
            facts = _facts(repo, change, (base, head), policy, now, workshop, asked, own)
        except ConfigError as error:
            broken = error
    subject = Subject(base=base, head=head, facts=facts)
    # What may be fetched is what the law of the base branch allows.
    elsewhere = _elsewhere(repo, change, policy, workshop, own)

    def judged(subject: Subject, policy: Policy) -> list[Outcome]:
        return _judged(repo, change, subject, policy, elsewhere, asked)

    outcomes = judged(subject, policy) if broken is None else [_unlawful(broken, relevant)]
    outcomes += preview.outcomes(repo, change, subject, policy, outcomes, judged)
    return Report(
        verdict=max((o.verdict for o in outcomes), default=Verdict.PASS),
        change=change,
        outcomes=tuple(outcomes),
        unreadable=head.unreadable,
        law=policy.source if broken is None else broken.path,
        law_digest=policy.digest if broken is None else "",
        prices=_priced_with(outcomes),
        changed_lines=repo.changed_lines(change.merge_base, change.head_sha, _marked(outcomes)),
        judged_at=now,
        stats=Stats(
            files_changed=len(change.files),
            files_relevant=len(relevant),
            resources_before=_count(base),
            resources_after=_count(head),
            seconds=round(time.monotonic() - started, 3),
        ),
    )


def _facts(
    repo: Repository,
    change: Change,
    sides: tuple[Snapshot, Snapshot],
    policy: Policy,
    now: datetime,
    workshop: Workshop | None,
    asked: Asked,
    own: Collection[str],
) -> Facts:
    """What the judges are told. What the whole branch costs is worked out only for budgets."""
    base, head = sides
    found = (*base.resources.values(), *head.resources.values())
    facts = facts_of(repo, change.base_sha, found, policy, now)
    facts = with_evidence(facts, repo, change, sides, asked)
    facts = with_secrets(facts, policy, sides)
    budget = policy.checks.get("cost_budget")
    if workshop is None or budget is None or not budget.budgets or not found:
        return facts
    return replace(
        facts,
        inventory=workshop.inventory(repo, change.merge_base, policy, now, own),
        open_changes=asked.open_changes() if asked.open_changes else (),
    )


def _elsewhere(
    repo: Repository,
    change: Change,
    policy: Policy,
    workshop: Workshop | None,
    own: Collection[str],
) -> policies.Elsewhere:
    if workshop is None:
        return policies.NOWHERE
    return policies.Elsewhere(
        store=workshop.store(policy.rendering),
        declared=lambda: workshop.declared(repo, change.head_sha, policy, own),
        rendered=True,
    )


def _judged(
    repo: Repository,
    change: Change,
    subject: Subject,
    policy: Policy,
    elsewhere: policies.Elsewhere,
    asked: Asked,
) -> list[Outcome]:
    """The outcomes of the checks and of the repository's policies, under its waivers."""
    outcomes = tried(judge(subject, policy), subject, policy)
    policed = policies.evaluate(repo, change, policy.policing, subject, elsewhere=elsewhere)
    today = subject.facts.now.date()
    settled = waivers.settle(
        repo,
        change,
        policy.waivers,
        (*outcomes, policed),
        today,
        subject=subject,
        review=asked.review,
    )
    return list(settled)


def _unlawful(error: ConfigError, relevant: set[str]) -> Outcome:
    """The base branch's config is invalid. Without infrastructure in the change it only warns, so
    that the pull request that mends the config can be merged."""
    said = f"the base branch's config is invalid, so nothing was judged: {error}"
    if relevant:
        return Outcome(check=CONFIG_CHECK, failed=said)
    return Outcome(check=CONFIG_CHECK, inconclusive=said)


def _touched(snapshot: Snapshot) -> set[str]:
    paths = {r.source.path for r in snapshot.resources.values() if r.changed}
    return paths | {failure.location.path for failure in snapshot.unreadable}


def _count(snapshot: Snapshot) -> int:
    return sum(resource.changed for resource in snapshot.resources.values())


def _marked(outcomes: Iterable[Outcome]) -> set[str]:
    """The paths that annotations may stand on."""
    return {f.location.path for o in outcomes for f in o.findings if not f.preexisting}


def _priced_with(outcomes: Iterable[Outcome]) -> str:
    """Where the prices are from: "opencost of 2024-10-24; …", the first few of many."""
    priced = (o.cost for o in outcomes if o.cost)
    used = {price for cost in priced for line in cost.lines for price in line.prices}
    said = sorted({f"{price.source} of {price.as_of.isoformat()}" for price in used})
    more = f"; and {len(said) - _SOURCES} more" if len(said) > _SOURCES else ""
    return "; ".join(said[:_SOURCES]) + more

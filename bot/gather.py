"""Gather: what the judges are told besides the two snapshots, each with its source and date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot import evidence, usage_file
from bot.config import Policy
from bot.facts import facts_at
from bot.model import Change
from bot.prices.book import Book
from bot.prices.own_sheets import own_sheets
from bot.repo import Repository
from bot.secrets_scan import secrets_among
from checks.alignment.workload import workload
from checks.model import Facts, OpenChange, Resource, Review, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What only a forge can tell, asked where a check may need it; None where there is nobody to
    ask."""

    review: Callable[[], Review] | None = None
    open_changes: Callable[[], tuple[OpenChange, ...]] | None = None


NOBODY = Asked()


def facts_of(
    repo: Repository,
    sha: str,
    resources: Iterable[Resource],
    policy: Policy,
    now: datetime,
) -> Facts:
    """Prices, usage, labels and carbon for these resources, by the files of the commit `sha`.

    Raises ConfigError for a price sheet or a usage file that cannot be used, and GitError.
    """
    found = list(resources)
    sheets = own_sheets(repo, sha, policy.prices.sheets)
    book = Book.of(policy.prices, policy.source, sheets)
    facts = facts_at(book, {one.place for one in found}, now)
    return replace(
        facts,
        label_domain=policy.label_domain,
        attribution=policy.attribution,
        carbon=policy.carbon.table(),
        usage=_usage(repo, sha, policy.usage, found),
    )


def with_evidence(
    facts: Facts, repo: Repository, change: Change, sides: tuple[Snapshot, Snapshot], asked: Asked
) -> Facts:
    """And where either side has AI workloads their evidence before and after and who approved."""
    domain = facts.label_domain
    base, head = (list(side.resources.values()) for side in sides)
    found = (workload(resource, domain) for resource in (*base, *head))
    if not any(one is not None and one.signs for one in found):
        return facts
    return replace(
        facts,
        evidence=evidence.gather(repo, change.head_sha, head, label_domain=domain),
        evidence_before=evidence.gather(repo, change.merge_base, base, label_domain=domain),
        review=asked.review() if asked.review else None,
    )


def with_secrets(facts: Facts, policy: Policy, sides: tuple[Snapshot, Snapshot]) -> Facts:
    """And which texts of what the change touches are secrets by their shape."""
    config = policy.checks.get("plain_secrets")
    if config is None:
        return facts
    changed = [one for side in sides for one in side.resources.values() if one.changed]
    return replace(facts, secrets=secrets_among(changed, config.detectors))


def _usage(
    repo: Repository, sha: str, path: str, resources: Iterable[Resource]
) -> Mapping[str, Mapping[str, Any]]:
    """What the usage file says of each Terraform resource, by its address."""
    addressed = [one for one in resources if one.api_version == "terraform/v1"]
    data = repo.file(sha, path) if addressed and path else None
    if data is None:
        return {}
    usage = usage_file.read(path, data)
    return {one.name: usage.usage_of(one.name, one.kind) for one in addressed}

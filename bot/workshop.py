"""Where roots are rendered, and where what was made of a commit is kept for the next time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from bot.config import Policy
from bot.gather import facts_of
from bot.inventory_file import dump, load
from bot.render.cache import Cache
from bot.render.compose import Renders, declared
from bot.render.remote.address import Allowed
from bot.render.remote.store import Store
from bot.render.renderer import Renderer
from bot.render.roots.model import Rendering
from bot.repo import Repository
from checks import cost_budget, cost_delta
from checks.costs.inventory import inventory
from checks.model import Inventory, Snapshot
from checks.pricing.assume import Assumptions, KindRule


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """`folder` keeps renders, what was fetched and inventories, up to `max_bytes` for each of the
    three; `workers` is how many renderers run at a time for one change."""

    folder: Path
    max_bytes: int
    workers: int = 2

    @cached_property
    def _cache(self) -> Cache:
        return Cache(self.folder / "renders", self.max_bytes)

    @cached_property
    def _inventories(self) -> Cache:
        return Cache(self.folder / "inventories", self.max_bytes)

    def renderer(self, rendering: Rendering) -> Renders:
        """What renders by these settings; only from hosts that they allow is anything fetched."""
        return Renderer(self._cache, rendering, self.workers, self.store(rendering))

    def store(self, rendering: Rendering) -> Store | None:
        """Where what is fetched from allowed hosts is kept, None where none is allowed."""
        if not rendering.hosts:
            return None
        return Store(self.folder / "remote", Allowed(hosts=frozenset(rendering.hosts)))

    def declared(
        self, repo: Repository, sha: str, policy: Policy, own: Collection[str] = ()
    ) -> Snapshot:
        """Everything that a commit declares."""
        return declared(repo, sha, policy, self.renderer(policy.rendering), own=own)

    def inventory(
        self,
        repo: Repository,
        sha: str,
        policy: Policy,
        now: datetime,
        own: Collection[str] = (),
    ) -> Inventory:
        """What everything that a commit declares costs. Raises ConfigError and GitError."""
        # Prices age by days, so an inventory is good for one.
        made_of = "\n".join((sha, policy.digest, policy.tiers.branch, now.date().isoformat()))
        key = hashlib.sha256(made_of.encode()).hexdigest()
        kept = self._inventories.get(key)
        known = load(kept) if kept else None
        if known is not None:
            return known
        snapshot = self.declared(repo, sha, policy, own)
        facts = facts_of(repo, sha, snapshot.resources.values(), policy, now)
        assume, kinds = _assumed(policy)
        made = inventory(snapshot, facts, assume, kinds=kinds)
        self._inventories.put(key, dump(made))
        return made


def _assumed(policy: Policy) -> tuple[Assumptions, tuple[KindRule, ...]]:
    """What the config says that the files do not: of budgets, else of the cost of changes."""
    for check in (cost_budget.CHECK, cost_delta.CHECK):
        config = policy.checks.get(check.id)
        if config is not None and config.assume is not None:
            return config.assume, config.kinds or ()
    return Assumptions(), ()

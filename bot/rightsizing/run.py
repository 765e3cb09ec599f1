"""One rightsizing run of a project: its newest commit, its usage, its pull requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import structlog

from bot.forges import Forge, ForgeError, Proposing, Remote
from bot.repo import Repository
from bot.rightsizing.config import Rightsizing
from bot.rightsizing.declared import declared
from bot.rightsizing.lifecycle import Desk, Ledger, Result, reconcile
from bot.rightsizing.memory import Limits
from bot.rightsizing.plan import Plan, Project, plan
from bot.rightsizing.prometheus import Prometheus
from checks.model import Facts

log = structlog.get_logger()


class Mirrors(Protocol):
    """The local copies of projects."""

    def fetch(self, project: str, remote: Remote, base: str, head: str) -> Repository:
        """A repository that has both commits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a run acts through. `law` gives the rules and facts of a commit, or raises what says
    why there are none; it is asked for the base branch only."""

    prometheus: Prometheus
    mirrors: Mirrors
    ledger: Ledger
    law: Callable[[Repository, str], tuple[Rightsizing, Facts]]
    clock: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)


def rightsize(project: str, forge: Forge, proposing: Proposing, needs: Needs) -> list[Result]:
    """Look at the tip of the default branch and make our pull requests agree with it.

    Safe to cut off anywhere and to run again. Raises ForgeError, GitError, PrometheusError, `Later`
    and what `needs.law` raises.
    """
    base = proposing.default_branch(project)
    tip = forge.branch_tip(project, base)
    if tip is None:
        raise ForgeError(f"{project} has no branch {base} any more")
    with needs.mirrors.fetch(project, forge.remote(project), tip, tip) as repo:
        found = survey(repo, tip, forge.name, project, needs)
    if found is None:
        return []
    desk = Desk(
        proposing=proposing,
        forge=forge.name,
        project=project,
        base=base,
        base_sha=tip,
        ledger=needs.ledger,
        limits=needs.limits,
        now=needs.clock(),
    )
    standing = set(needs.ledger.standing(desk.place))
    gone = standing - found.known if found.known is not None else set()
    results = reconcile(desk, found.drafts, {**dict.fromkeys(gone, ""), **found.settled})
    _log(project, found, results)
    return results


def survey(repo: Repository, sha: str, forge: str, project: str, needs: Needs) -> Plan | None:
    """The plan for a commit, None where its law switches rightsizing off."""
    config, facts = needs.law(repo, sha)
    if not config.enabled:
        return None
    about = Project(forge=forge, name=project, config=config, facts=facts, model=model())
    return plan(declared(repo, sha), needs.prometheus, about)


def model() -> str:
    """The name under which the algorithm signs: it is a formula, and no language model."""
    try:
        return f"plumbline-rightsizer/{version('plumbline')}"
    except PackageNotFoundError:
        return "plumbline-rightsizer/0"


def _log(project: str, found: Plan, results: Iterable[Result]) -> None:
    log.info("rightsized", project=project, refused=len(found.refusals))
    for result in results:
        log.info(
            "rightsizing_proposal",
            project=project,
            proposal=result.title,
            action=result.action.value,
            number=result.number,
            why=result.why,
        )

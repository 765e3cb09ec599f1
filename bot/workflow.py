"""What plumbline does with a job. Read this file first.

    webhook → intake (Delivery) → jobs (durable) → handle(job): gather → judge → act

`handle` runs on a worker thread, at least once for each job and one at a time for a pull request.
It may be cut off anywhere and run again, so everything it writes is reconciled (`publish.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot import commands
from bot.assess import assess, change_between, law_at
from bot.forges import Forge, ForgeApp, ForgeError, Remote
from bot.gather import Asked
from bot.model import Command, Job, PullRequest, Report, Rightsize, Sweep
from bot.open_changes import open_changes
from bot.publish import Desk
from bot.record import make as make_record
from bot.repo import Repository, Vanished
from bot.report import relevant
from bot.retry import Later
from bot.rightsizing.run import Needs, rightsize
from bot.summary.model import Advisor, NoAdvisor, Summary, paragraph
from bot.workshop import Workshop
from checks.model import OpenChange

log = structlog.get_logger()

# GitHub resends nothing older; asking for more would only be refused.
_REDELIVERABLE = timedelta(days=3)
# A head that moves under us is read again this often before the next webhook has to take over.
_CHASES = 3
# The newer job settles what this one began: on the same head it goes on with the same check run,
# on another it ends it (`_end_old_heads`).
SUPERSEDED = "superseded"


class Ticket(Protocol):
    """The running job's place in the queue."""

    @property
    def seq(self) -> int:
        """Higher for every later job of the same pull request."""

    def is_newest(self) -> bool:
        """Whether no newer job of the same pull request was accepted."""


class Heads(Protocol):
    """What is remembered of a pull request's heads, so that none is left in progress."""

    def began(self, job: Job, head_sha: str) -> None:
        """A check run is about to be shown in progress on this head."""

    def ended(self, job: Job, head_sha: str, *, base: str = "") -> None:
        """All check runs on this head are completed; `base` is given where it was judged."""

    def unfinished(self, job: Job) -> tuple[str, ...]:
        """The heads that began and did not end."""

    def is_judged(self, job: Job, head_sha: str, base: str) -> bool:
        """Whether this head was judged against this base branch."""


class Records(Protocol):
    """Where the records of judgements are kept."""

    def put(self, record_id: str, pull: str, data: bytes) -> None:
        """Keep a record."""

    def newest(self, pull: str) -> bytes | None:
        """The newest record of a pull request, None where it has none."""


class Links(Protocol):
    """Where people read a record."""

    def to(self, record_id: str, now: datetime) -> str:
        """The link to it, "" where there is none to give."""


class Mirrors(Protocol):
    """The local copies of projects."""

    def fetch(self, project: str, remote: Remote, base: str, head: str) -> Repository:
        """A repository that has both commits and their merge base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Everything `handle` and `sweep` act through; main.py puts it together."""

    apps: Mapping[str, ForgeApp]
    mirrors: Mirrors
    heads: Heads
    records: Records
    advisor: Advisor
    rightsizing: Needs | None
    links: Links
    workshop: Workshop
    clock: Callable[[], datetime]


def handle(job: Job, ticket: Ticket, tools: Tools) -> str:
    """Judge the pull request as it is now and publish the verdict; a word on how it ended."""
    forge = tools.apps[job.forge].acting_for(job.project, job.installation)
    for _ in range(_CHASES):
        pull = forge.pull_request(job.project, job.number)
        if pull is None:
            return "gone"
        desk = Desk(forge=forge, pull=pull, seq=ticket.seq)
        _end_old_heads(job, desk, tools, keep=pull.head_sha if pull.is_open else "")
        if not pull.is_open:
            return "closed"
        if not ticket.is_newest():
            return SUPERSEDED
        result = _judge_head(job, ticket, tools, desk)
        if result != "moved":
            return result
    return "moved"


def _judge_head(job: Job, ticket: Ticket, tools: Tools, desk: Desk) -> str:
    """Gather, judge, act for one head; "moved" where the pull request has another one by now."""
    pull = desk.pull
    tools.heads.began(job, pull.head_sha)
    desk.start(pull.head_sha)
    report = _report(job, desk.forge, pull, tools)

    if not ticket.is_newest():
        return SUPERSEDED
    now = desk.forge.pull_request(pull.project, pull.number)
    if now is None or (now.head_sha, now.base_ref) != (pull.head_sha, pull.base_ref):
        return "moved"
    report, summary = _summarised(report, job, tools)
    record = make_record(report, job.forge, pull, summary)
    tools.records.put(record.id, _name(job, job.number), record.data)
    if not desk.finish(report, ticket.is_newest, tools.links.to(record.id, tools.clock())):
        return SUPERSEDED
    tools.heads.ended(job, pull.head_sha, base=pull.base_ref)
    return report.verdict.word


def _summarised(report: Report, job: Job, tools: Tools) -> tuple[Report, Summary]:
    """The report with a paragraph by the model, where one is configured and kept to the findings.
    It is words on a verdict that stands already."""
    if not relevant(report):
        return report, NoAdvisor().summarise(report)
    summary = tools.advisor.summarise(report, _name(job, job.number))
    return replace(report, summary=paragraph(summary), no_summary=summary.said), summary


def _report(job: Job, forge: Forge, pull: PullRequest, tools: Tools) -> Report:
    talk = tools.apps[job.forge].conversing(job.project, job.installation)
    base = forge.branch_tip(pull.project, pull.base_ref) or pull.base_sha
    remote = forge.remote(pull.project)
    try:
        repo = tools.mirrors.fetch(pull.project, remote, base, pull.head_sha)
    except Vanished as error:
        # A force-push between our question and our fetch: the forge will know better in a moment.
        raise Later(15, str(error)) from error
    with repo:
        change = change_between(repo, base, pull.head_sha)
        return assess(
            repo,
            change,
            now=tools.clock(),
            law=lambda: law_at(repo, base, pull.base_ref),
            workshop=tools.workshop,
            own=(remote.url,),
            asked=Asked(
                review=lambda: talk.review(pull.project, pull.number),
                open_changes=lambda: _open_changes(job, forge, pull, tools),
            ),
        )


def _open_changes(
    job: Job, forge: Forge, judged: PullRequest, tools: Tools
) -> tuple[OpenChange, ...]:
    """What the other open pull requests would add, as they were judged."""
    return open_changes(
        forge.open_pull_requests(judged.project),
        judged,
        lambda pull: tools.records.newest(_name(job, pull.number)),
    )


def _name(job: Job, number: int) -> str:
    """What a pull request's records are kept by: "github:acme/infra#7"."""
    return f"{job.forge}:{job.project}#{number}"


def _end_old_heads(job: Job, desk: Desk, tools: Tools, keep: str) -> None:
    for sha in tools.heads.unfinished(job):
        if sha != keep:
            said = "The pull request has a newer head." if keep else "The pull request is closed."
            desk.end_unfinished(sha, "Superseded" if keep else "Closed", said)
            tools.heads.ended(job, sha)


def give_up(job: Job, ticket: Ticket, why: str, tools: Tools) -> None:
    """Say on the check run that there will be no verdict: a job that never ends must not leave a
    merge waiting for ever, nor let it through."""
    forge = tools.apps[job.forge].acting_for(job.project, job.installation)
    pull = forge.pull_request(job.project, job.number)
    if pull is None or not pull.is_open or not ticket.is_newest():
        return
    Desk(forge=forge, pull=pull, seq=ticket.seq).give_up(pull.head_sha, why)
    # As good as judged: catching up would only try it again, and what kills a worker kills more.
    tools.heads.ended(job, pull.head_sha, base=pull.base_ref)


def errand(
    order: Command | Rightsize, enqueue: Callable[[Job | Rightsize], bool], tools: Tools
) -> str:
    """Do what a comment asks for, or look at what is used; a word on how it ended."""
    app = tools.apps[order.forge]
    if isinstance(order, Command):
        return commands.run(
            order,
            app.acting_for(order.project, order.installation),
            app.conversing(order.project, order.installation),
            enqueue=enqueue,
        )
    if tools.rightsizing is None:
        return "no Prometheus"
    if not order.project:
        return _rightsize_all(order, app, enqueue, tools)
    results = rightsize(
        order.project,
        app.acting_for(order.project, order.installation),
        app.proposing(order.project, order.installation),
        tools.rightsizing,
    )
    return f"{len(results)} proposals"


def _rightsize_all(
    order: Rightsize, app: ForgeApp, enqueue: Callable[[Job | Rightsize], bool], tools: Tools
) -> str:
    """One errand for each project: one that fails is tried again without the others."""
    day = tools.clock().date()
    found = 0
    for project, installation in app.projects():
        name = f"rightsize:{order.forge}:{project}:{day}"
        found += enqueue(
            replace(order, project=project, installation=installation, delivery_id=name)
        )
    return f"{found} projects"


def sweep(order: Sweep, enqueue: Callable[[Job], bool], tools: Tools) -> None:
    """Find what no webhook told us, or what was asked for by commit, and enqueue it."""
    app = tools.apps[order.forge]
    if order.project:
        _sweep_project(order, order.project, order.installation, enqueue, tools)
        return
    resent = app.redeliver_failed(tools.clock() - _REDELIVERABLE)
    log.info("catch_up", forge=app.name, redeliveries=resent)
    for project, installation in app.projects():
        try:
            _sweep_project(order, project, installation, enqueue, tools)
        except ForgeError as error:
            # One repository we lost access to must not hide the others.
            log.warning("catch_up_failed", project=project, error=str(error))


def _sweep_project(
    order: Sweep, project: str, installation: str, enqueue: Callable[[Job], bool], tools: Tools
) -> None:
    forge = tools.apps[order.forge].acting_for(project, installation)
    # What a commit was asked for runs each time it is asked; what catch-up finds runs once, or a
    # pull request that cannot be judged would be tried for ever.
    asked = order.delivery_id if order.head_sha else "catch-up"
    for pull in forge.open_pull_requests(project):
        job = Job(
            forge=order.forge,
            project=project,
            number=pull.number,
            trigger=order.trigger,
            delivery_id=f"{asked}:{project}#{pull.number}@{pull.head_sha}:{pull.base_ref}",
            head_sha=pull.head_sha,
            installation=installation,
        )
        if order.head_sha:
            wanted = pull.head_sha == order.head_sha
        else:
            wanted = not tools.heads.is_judged(job, pull.head_sha, pull.base_ref)
        if wanted and enqueue(job):
            log.info("catch_up_enqueued", project=project, number=pull.number)

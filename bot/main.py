"""The composition root: settings in, a web application and a worker out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from fastapi import FastAPI, Request, Response

from bot import workflow
from bot.forges import ForgeApp
from bot.forges.github_app import GitHubApp
from bot.inbox import Inbox, NotStored
from bot.intake import github
from bot.jobs import Heads, Intake, Records, Ticket, Worker, counts
from bot.model import Command, Job, Rightsize, Sweep
from bot.repo import Mirrors
from bot.settings import Settings, require_github
from bot.web import page
from bot.web.links import Links
from bot.workflow import Tools

log = structlog.get_logger()

_MIB = 1024 * 1024
# GitHub's own cap on a payload; more is not from GitHub.
_MOST_BODY = 25 * _MIB


def create_web(settings: Settings, intake: Intake) -> FastAPI:
    """The web side: it makes deliveries durable and answers, and does nothing else."""
    secret = settings.github_webhook_secret.get_secret_value()
    inbox = Inbox(intake)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        intake.close()

    app = FastAPI(title="plumbline", docs_url=None, redoc_url=None, openapi_url=None)
    app.router.lifespan_context = lifespan

    async def receive(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response("the body is larger than any webhook of GitHub's", 413)
        try:
            delivery = github.read(request.headers, body, secret, settings.github_app_id)
        except github.Refused as error:
            log.warning("webhook_refused", status=error.status, reason=str(error))
            return Response(str(error), error.status)
        said = log.bind(delivery=delivery.id, webhook_event=delivery.event)
        if delivery.ignored:
            said.info("webhook_ignored", reason=delivery.ignored)
            return Response("ignored", 202)
        # Durable before the answer: GitHub resends nothing by itself.
        try:
            new = await inbox.accept(delivery)
        except NotStored as error:
            said.error("webhook_not_stored", error=str(error))
            return Response("not stored; send it again", 503)
        said.info("webhook_accepted" if new else "webhook_repeated", work=len(delivery.work))
        return Response("accepted" if new else "seen before", 202)

    # A plain route: FastAPI's own would look for parameters to inject, which costs a third of it.
    app.add_route("/webhooks/github", receive, methods=["POST"])

    @app.get("/healthz")
    async def health() -> Response:
        return Response("ok")

    links = _links(settings)
    records = Records(settings.database)

    @app.get("/judgements/{record_id}")
    def judgement(record_id: str, expires: str = "", signature: str = "") -> Response:
        if not links.opens(record_id, expires, signature, datetime.now(UTC)):
            said = "It was not made here, or its time is over. The check run has a fresh one."
            html, status = page.refused("This link does not open", said), 403
        elif (data := records.get(record_id)) is None:
            html, status = page.refused("Nothing here", "The record was deleted."), 404
        else:
            html, status = page.judgement(record_id, data), 200
        return Response(html, status, headers=page.HEADERS, media_type="text/html")

    @app.get("/metrics")
    def metrics() -> Response:
        found = counts(settings.database)
        lines = [f'plumbline_jobs{{status="{name}"}} {n}' for name, n in sorted(found.items())]
        text = "# TYPE plumbline_jobs gauge\n" + "\n".join(lines) + "\n"
        return Response(text, media_type="text/plain; version=0.0.4")

    return app


def _links(settings: Settings) -> Links:
    return Links(settings.public_url, settings.links_signed_with)


async def _body(request: Request) -> bytes | None:
    """The raw body, None where it is larger than it may be."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MOST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def github_app(settings: Settings) -> GitHubApp:
    """The GitHub App that the settings describe. Raises SettingsError where they do not."""
    require_github(settings)
    return GitHubApp(
        app_id=settings.github_app_id,
        private_key=settings.github_private_key.get_secret_value(),
        api_url=settings.github_api_url,
        git_url=settings.github_git_url,
        timeout=settings.http_timeout,
        write_pause=settings.write_pause,
    )


def create_worker(settings: Settings, clock: Callable[[], datetime] | None = None) -> Worker:
    """The side that judges. Nothing starts before `Worker.start`."""
    app = github_app(settings)
    apps: dict[str, ForgeApp] = {app.name: app}
    tools = Tools(
        apps=apps,
        mirrors=Mirrors(
            settings.data_dir / "mirrors",
            max_total_bytes=settings.mirrors_max_mib * _MIB,
            max_repo_bytes=settings.mirror_max_mib * _MIB,
            timeout=settings.git_timeout,
        ),
        heads=Heads(settings.database),
        records=Records(settings.database),
        links=_links(settings),
        clock=clock or (lambda: datetime.now(UTC)),
    )
    return Worker(
        settings.database,
        _Handlers(tools),
        # SQLite is one process at a time, so a restart is the same worker and has its jobs at once.
        executor_id=None if settings.database_url else "local",
        concurrency=settings.workers,
        catch_up_minutes=settings.catch_up_minutes,
        forges=tuple(apps),
    )


class _Handlers:
    """The workflow with its tools in hand, as the queue calls it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def judge(self, job: Job, ticket: Ticket) -> str:
        return workflow.handle(job, ticket, self._tools)

    def sweep(self, order: Sweep, enqueue: Callable[[Job], bool]) -> None:
        workflow.sweep(order, enqueue, self._tools)

    def errand(
        self, errand: Command | Rightsize, enqueue: Callable[[Job | Rightsize], bool]
    ) -> str:
        return workflow.errand(errand, enqueue, self._tools)

    def give_up(self, job: Job, ticket: Ticket, why: str) -> None:
        workflow.give_up(job, ticket, why, self._tools)

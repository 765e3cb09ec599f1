"""The composition root: settings in, a web application and a worker out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from fastapi import FastAPI, Response

from bot import workflow
from bot.assess import law_at
from bot.forges import ForgeApp
from bot.forges.github_app import GitHubApp
from bot.forges.gitlab_app import GitLabApp
from bot.gather import facts_of
from bot.inbox import Inbox
from bot.intake import github, gitlab
from bot.jobs import Heads, Intake, Proposals, Records, Ticket, Worker, counts
from bot.model import Command, Delivery, Job, Rightsize, Sweep
from bot.repo import Mirrors, Repository
from bot.rightsizing.config import Rightsizing
from bot.rightsizing.prometheus import Prometheus
from bot.rightsizing.run import Needs
from bot.settings import Settings, SettingsError, forges
from bot.summary.model import Advisor, NoAdvisor
from bot.web.details import add_details
from bot.web.hooks import add_hook
from bot.web.links import Links
from bot.workflow import Tools
from bot.workshop import Workshop
from checks.model import Facts

log = structlog.get_logger()

_MIB = 1024 * 1024


def create_web(settings: Settings, intake: Intake) -> FastAPI:
    """The web side: it makes deliveries durable, shows records, and decides nothing."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        intake.close()

    app = FastAPI(
        title="plumbline", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    inbox = Inbox(intake)
    add_hook(app, "/webhooks/github", _github_reader(settings), inbox)
    add_hook(app, "/webhooks/gitlab", _gitlab_reader(settings), inbox)
    add_details(app, _links(settings), Records(settings.database), _now)

    @app.get("/healthz")
    async def health() -> Response:
        return Response("ok")

    @app.get("/metrics")
    def metrics() -> Response:
        found = counts(settings.database)
        lines = [f'plumbline_jobs{{status="{name}"}} {n}' for name, n in sorted(found.items())]
        text = "# TYPE plumbline_jobs gauge\n" + "\n".join(lines) + "\n"
        return Response(text, media_type="text/plain; version=0.0.4")

    return app


def _github_reader(settings: Settings) -> Callable[[Mapping[str, str], bytes], Delivery]:
    secret = settings.github_webhook_secret.get_secret_value()
    return lambda headers, body: github.read(headers, body, secret, settings.github_app_id)


def _gitlab_reader(settings: Settings) -> Callable[[Mapping[str, str], bytes], Delivery]:
    token = settings.gitlab_webhook_token.get_secret_value()
    key = settings.gitlab_webhook_signing_key.get_secret_value()
    return lambda headers, body: gitlab.read(headers, body, token=token, signing_key=key)


def _links(settings: Settings) -> Links:
    return Links(settings.public_url, settings.links_signed_with)


def _now() -> datetime:
    return datetime.now(UTC)


def forge_apps(settings: Settings) -> dict[str, ForgeApp]:
    """The forges that the settings describe, by name. Raises SettingsError where they do not
    describe one, and ForgeError for a key that cannot sign."""
    wanted = forges(settings)
    apps: dict[str, ForgeApp] = {}
    if "github" in wanted:
        apps["github"] = GitHubApp(
            app_id=settings.github_app_id,
            private_key=settings.github_private_key.get_secret_value(),
            api_url=settings.github_api_url,
            git_url=settings.github_git_url,
            timeout=settings.http_timeout,
            write_pause=settings.write_pause,
        )
    if "gitlab" in wanted:
        apps["gitlab"] = GitLabApp(
            url=settings.gitlab_url,
            token=settings.gitlab_token.get_secret_value(),
            timeout=settings.http_timeout,
            write_pause=settings.write_pause,
        )
    return apps


def create_advisor(settings: Settings) -> Advisor:
    """Who writes summaries; nobody without a key. Raises SettingsError where a key stands alone."""
    key = settings.llm_api_key.get_secret_value()
    if not key:
        return NoAdvisor()
    # Most installations have no key, and the client takes most of a second to load.
    from bot.advisor import AnthropicAdvisor

    try:
        return AnthropicAdvisor(
            api_key=key,
            model=settings.llm_model,
            base_url=settings.llm_base_url,
            price_in=settings.llm_price_in,
            price_out=settings.llm_price_out,
            max_usd_per_pull=settings.llm_max_usd_per_pull,
            max_usd_per_day=settings.llm_max_usd_per_day,
            deadline_seconds=settings.llm_deadline,
            ledger=settings.data_dir / "llm.sqlite",
        )
    except ValueError as error:
        raise SettingsError(f"PLUMBLINE_LLM_*: {error}") from error


def create_rightsizing(
    settings: Settings, clock: Callable[[], datetime], prometheus_url: str
) -> Needs:
    """What proposals are made through: the usage that a Prometheus has, and the mirrors."""
    token = settings.prometheus_token.get_secret_value()
    return Needs(
        prometheus=Prometheus(
            prometheus_url,
            timeout=settings.prometheus_timeout,
            headers={"Authorization": f"Bearer {token}"} if token else None,
        ),
        mirrors=_mirrors(settings),
        ledger=Proposals(settings.database),
        law=lambda repo, sha: _rightsizing_law(repo, sha, clock()),
        clock=clock,
    )


def _rightsizing_law(repo: Repository, sha: str, now: datetime) -> tuple[Rightsizing, Facts]:
    policy = law_at(repo, sha)
    return policy.rightsizing, facts_of(repo, sha, (), policy, now)


def _mirrors(settings: Settings) -> Mirrors:
    return Mirrors(
        settings.data_dir / "mirrors",
        max_total_bytes=settings.mirrors_max_mib * _MIB,
        max_repo_bytes=settings.mirror_max_mib * _MIB,
        timeout=settings.git_timeout,
    )


def create_worker(settings: Settings, clock: Callable[[], datetime] = _now) -> Worker:
    """The side that judges. Nothing starts before `Worker.start`."""
    apps = forge_apps(settings)
    tools = Tools(
        apps=apps,
        mirrors=_mirrors(settings),
        heads=Heads(settings.database),
        records=Records(settings.database),
        links=_links(settings),
        workshop=Workshop(
            folder=settings.data_dir / "workshop",
            max_bytes=settings.render_cache_mib * _MIB,
            workers=settings.render_workers,
        ),
        advisor=create_advisor(settings),
        rightsizing=create_rightsizing(settings, clock, settings.prometheus_url)
        if settings.prometheus_url
        else None,
        clock=clock,
    )
    return Worker(
        settings.database,
        _Handlers(tools),
        # SQLite is one process at a time, so a restart is the same worker and has its jobs at once.
        executor_id=None if settings.database_url else "local",
        concurrency=settings.workers,
        catch_up_minutes=settings.catch_up_minutes,
        rightsize_hours=settings.rightsize_hours if settings.prometheus_url else 0,
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

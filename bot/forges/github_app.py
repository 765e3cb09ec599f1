"""The GitHub App as a whole: its installations, and the deliveries that failed."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

import structlog
from github.Auth import AppAuth
from github.HookDelivery import HookDeliverySummary
from github.Installation import Installation
from github.PaginatedList import PaginatedList
from jwt import PyJWTError

from bot.forges import Conversing, Forge, ForgeError, Proposing
from bot.forges.github import GitHub
from bot.forges.github_propose import GitHubProposing
from bot.forges.github_talk import GitHubTalk
from bot.forges.github_wire import Lease, Setup, Wire
from bot.forges.wire import Pace, classify
from bot.retry import Policy

# A delivery that failed this often fails for a reason that another attempt does not remove.
MOST_ATTEMPTS = 5

log = structlog.get_logger()


class GitHubApp:
    """A ForgeApp. Safe to share between threads; nothing is sent before it is asked something.

    `git_url` is derived from `api_url` where it is empty. `timeout` and `write_pause`, the time
    between writes to one repository, are in seconds. Raises ForgeError for a key that is none.
    """

    name = "github"

    def __init__(
        self,
        *,
        app_id: int,
        private_key: str,
        api_url: str = "https://api.github.com",
        git_url: str = "",
        timeout: float = 20.0,
        write_pause: float = 1.0,
        policy: Policy | None = None,
    ) -> None:
        policy = policy or Policy(classify=classify)
        self._app_id = app_id
        self._git_url = (git_url or git_url_of(api_url)).rstrip("/")
        self._setup = Setup(
            api_url=api_url.rstrip("/"),
            timeout=math.ceil(timeout),
            policy=policy,
            pace=Pace(write_pause, policy),
        )
        self._wire = Wire(_signer(app_id, private_key), self._setup)
        self._lock = threading.Lock()
        self._login = ""
        self._forges: dict[int, GitHub] = {}

    def acting_for(self, project: str, installation: str = "") -> Forge:
        """The forge under an installation, or under the one that covers the project."""
        return self._acting(self._installation_of(project, installation))

    def conversing(self, project: str, installation: str = "") -> Conversing:
        """What comment commands and approvals need, under the same grant."""
        forge = self._acting(self._installation_of(project, installation))
        return GitHubTalk(wire=forge.wire, forge=forge)

    def proposing(self, project: str, installation: str = "") -> Proposing:
        """What our own pull requests need, under the same grant."""
        forge = self._acting(self._installation_of(project, installation))
        return GitHubProposing(wire=forge.wire, login=self._bot)

    def projects(self) -> Iterator[tuple[str, str]]:
        """(project, installation) of every repository the app is installed on and may write to."""
        for installation in PaginatedList(Installation, self._wire, "/app/installations"):
            if installation.suspended_at:
                log.info("installation_suspended", installation=installation.id)
                continue
            try:
                for project in self._acting(installation.id).projects():
                    yield project, str(installation.id)
            except ForgeError as error:
                # One that was removed this moment must not keep the others from being looked at.
                log.warning("installation_skipped", installation=installation.id, error=str(error))

    def redeliver_failed(self, since: datetime) -> int:
        """Ask again for the deliveries since then of which no attempt succeeded; how many."""
        return sum(self._redeliver(attempt) for attempt in _failed(self._deliveries(since)))

    def _redeliver(self, attempt: int) -> bool:
        path = f"/app/hook/deliveries/{attempt}/attempts"
        try:
            # A delivery that comes twice is recognised by its id, so this may be repeated.
            self._setup.policy.idempotent(lambda: self._wire.requestJsonAndCheck("POST", path))
        except ForgeError as error:
            log.warning("redelivery_refused", attempt=attempt, error=str(error))
            return False
        return True

    def _deliveries(self, since: datetime) -> Iterator[HookDeliverySummary]:
        """The attempts since then, newest first."""
        for delivery in PaginatedList(HookDeliverySummary, self._wire, "/app/hook/deliveries"):
            if delivery.delivered_at is not None and delivery.delivered_at < since:
                return
            yield delivery

    def _installation_of(self, project: str, installation: str) -> int:
        if installation.isascii() and installation.isdigit():
            return int(installation)
        if not project:
            raise ForgeError("neither a project nor an installation of the app was named")
        _, data = self._wire.requestJsonAndCheck("GET", f"/repos/{project}/installation")
        return int(data["id"])

    def _acting(self, installation: int) -> GitHub:
        with self._lock:
            if installation not in self._forges:
                lease = Lease(self._wire, installation, self._setup.now)
                self._forges[installation] = GitHub(
                    wire=Wire(lease, self._setup),
                    lease=lease,
                    git_url=self._git_url,
                    app_id=self._app_id,
                    login=self._bot,
                )
            return self._forges[installation]

    def _bot(self) -> str:
        """The login that the app's installations write under; asked for once."""
        if not self._login:
            _, data = self._wire.requestJsonAndCheck("GET", "/app")
            self._login = f"{data['slug']}[bot]"
        return self._login


def _signer(app_id: int, private_key: str) -> AppAuth:
    try:
        signer = AppAuth(app_id, private_key)
        # Now rather than at the first request, where it would look like GitHub's fault.
        signer.create_jwt()
    except (PyJWTError, AssertionError, AttributeError):
        message = "the GitHub App's private key cannot be used: give the whole PEM file that"
        raise ForgeError(f"{message} GitHub made for the app") from None
    return signer


def git_url_of(api_url: str) -> str:
    """Where the repositories of an API are fetched from: https://api.github.com →
    https://github.com, https://host/api/v3 → https://host, anything else as it is."""
    parts = urlsplit(api_url.rstrip("/"))
    path = parts.path.removesuffix("/api/v3")
    return urlunsplit((parts.scheme, parts.netloc.removeprefix("api."), path, "", ""))


def _failed(attempts: Iterable[HookDeliverySummary]) -> list[int]:
    """The newest attempt's id for every delivery that never succeeded, oldest delivery first."""
    by_delivery: dict[str, list[HookDeliverySummary]] = {}
    for attempt in attempts:
        by_delivery.setdefault(attempt.guid or "", []).append(attempt)
    failed = [
        tried[0].id
        for tried in by_delivery.values()
        if len(tried) < MOST_ATTEMPTS and not any(_succeeded(attempt) for attempt in tried)
    ]
    return [delivery_id for delivery_id in reversed(failed) if delivery_id is not None]


def _succeeded(attempt: HookDeliverySummary) -> bool:
    return 200 <= (attempt.status_code or 0) < 300

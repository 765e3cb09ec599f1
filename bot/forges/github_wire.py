"""Every request to GitHub passes here: credentials, pace, time-outs, one policy of retries.

PyGithub's own Requester renews a token twenty seconds before it ends and without a lock, keeps one
that the server revoked, keeps the request it is sending in fields that threads overwrite for each
other, takes a redirect of a write for a success, and logs answers with tokens in them. So one
request at a time is sent for each installation, which is what GitHub asks of clients anyway.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from github.Auth import AppAuth, Auth
from github.Requester import Requester

from bot.forges.github_answers import failure
from bot.forges.wire import Pace, WireError
from bot.retry import Policy, Transient

API_VERSION = "2022-11-28"
# What is lent to git must outlive a clone.
FRESH = timedelta(minutes=5)
_REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)/")

log = structlog.get_logger()
# At DEBUG it writes whole answers, and a token request's answer is a token.
logging.getLogger("github.Requester").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How every wire of an app is set up. `timeout` is in seconds, for connecting and for every
    read; `now` is the time of day, for tokens and rate limits."""

    api_url: str
    timeout: int
    policy: Policy
    pace: Pace
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Lease(Auth):
    """An installation's token: renewed while it is still FRESH, dropped when it was revoked."""

    def __init__(self, app: Wire, installation: int, now: Callable[[], datetime]) -> None:
        self._app = app
        self._installation = installation
        self._now = now
        self._lock = threading.Lock()
        self._token = ""
        self._ends = now()

    @property
    def token_type(self) -> str:
        """The scheme of the Authorization header."""
        return "token"

    @property
    def token(self) -> str:
        """The token as it is now, without a request; `lend` makes it usable."""
        return self._token

    def lend(self) -> str:
        """The token, good for FRESH from now. Raises WireError, not retried."""
        with self._lock:
            if not self._token or self._ends - self._now() < FRESH:
                self._renew()
            return self._token

    def drop(self, refused: str) -> None:
        """Forgets a token, unless another thread has replaced it already."""
        with self._lock:
            if self._token == refused:
                self._token = ""

    def _renew(self) -> None:
        path = f"/app/installations/{self._installation}/access_tokens"
        try:
            _, data = self._app.requestJsonAndCheck("POST", path)
            self._token, self._ends = data["token"], datetime.fromisoformat(data["expires_at"])
        except WireError as error:
            # Without its status: an installation that is gone is no pull request that is gone.
            message = f"no token for installation {self._installation}: {error}"
            raise WireError(message, meaning=error.meaning) from error
        except (KeyError, TypeError, ValueError) as error:
            message = f"no token in GitHub's answer for installation {self._installation}"
            raise WireError(message) from error


class Wire(Requester):
    """A Requester for one installation (`auth` a Lease) or for the app as a whole."""

    def __init__(self, auth: AppAuth | Lease, setup: Setup) -> None:
        super().__init__(
            auth=auth,
            base_url=setup.api_url,
            timeout=setup.timeout,
            user_agent="plumbline",
            per_page=100,
            verify=True,
            # Only our policy retries: GithubRetry repeats a POST blindly.
            retry=None,
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            # An object made from its URL sends nothing until it is read.
            lazy=True,
            api_version=API_VERSION,
        )
        self.policy = setup.policy
        self._setup = setup
        self._lease = auth if isinstance(auth, Lease) else None
        self._lock = threading.Lock()

    def requestJsonAndCheck(  # noqa: N802 - PyGithub's name; all of its objects call it
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        input: Any | None = None,  # noqa: A002 - PyGithub's name
        follow_302_redirect: bool = False,  # noqa: ARG002 - nothing we read redirects so
    ) -> tuple[dict[str, Any], Any]:
        """(headers, data) of the answer. What is safe to repeat is retried here; what is not (it
        creates or appends) is for the caller's `policy.create`. Raises WireError, Later."""

        def send() -> tuple[dict[str, Any], Any]:
            return self._send(verb, url, parameters, headers or {}, input)

        return send() if _appends(verb, input) else self.policy.idempotent(send)

    def _send(self, verb: str, url: str, *rest: Any) -> tuple[dict[str, Any], Any]:
        what = f"{verb} {urlsplit(url).path}"
        # Only writes into a repository are held up.
        target = _REPOSITORY.search(url)
        if verb != "GET" and target is not None:
            self._setup.pace.wait(target[1])
        with self._lock:
            used = self._lease.lend() if self._lease else ""
            status, headers, text = self._exchange(what, verb, url, *rest)
            if status == 401 and self._lease:
                # Revoked before its time. A 401 did nothing, so even a POST may be sent again.
                log.info("github_token_refused", request=what)
                self._lease.drop(used)
                self._lease.lend()
                status, headers, text = self._exchange(what, verb, url, *rest)
        if status >= 300:
            raise failure(what, status, headers, text, self._setup.now())
        try:
            return headers, json.loads(text) if text else None
        except ValueError as error:
            message = f"GitHub's answer to {what} is not whole"
            raise WireError(message, meaning=Transient()) from error

    def _exchange(
        self,
        what: str,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None,
        headers: dict[str, str],
        content: Any,
    ) -> tuple[int, dict[str, Any], str]:
        try:
            # PyGithub writes the credentials into the headers it is given.
            return self.requestJson(verb, url, parameters, dict(headers), content)
        except requests.Timeout as error:
            message = f"GitHub did not answer {what} in time"
            raise WireError(message, meaning=Transient()) from error
        # ValueError: PyGithub reads the rate limit headers without a guard.
        except (requests.RequestException, ValueError) as error:
            message = f"GitHub did not answer {what} ({type(error).__name__})"
            raise WireError(message, meaning=Transient()) from error
        except RuntimeError as error:
            raise WireError(f"GitHub redirects {what} to another address: {error}") from error


def _appends(verb: str, content: Any) -> bool:
    """Whether sending it twice does more than sending it once."""
    if verb != "PATCH":
        return verb == "POST"
    # The update of a check run adds its annotations to those that are there.
    output = content.get("output") if isinstance(content, dict) else None
    return isinstance(output, dict) and bool(output.get("annotations"))

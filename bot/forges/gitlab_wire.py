"""Every request to GitLab passes here: credentials, pace, time-outs, one policy of retries.

python-gitlab has no time-out unless told, sleeps through rate limits itself, fails on a Retry-After
that is a date, drops the headers of a refusal, and follows redirects with the token. So its session
is ours: what it sends is retried here, and what was refused is an error with its meaning before
python-gitlab sees it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import gitlab
import requests

from bot.forges.wire import Pace, WireError
from bot.retry import Policy, RateLimited, Transient, retry_after

# Where a limit comes without a time: GitLab's own are mostly by the minute.
UNTOLD = 60.0
PAGE = 100
_MOST_SAID = 300
_PROJECT = re.compile(r"/projects/([^/]+)")
# Two requests for one thing at a time: nothing was done, and in a moment it can be.
_LOCKED = re.compile(r"resource lock|in progress", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the sessions of an app are set up. `url` is the instance's, `timeout` is in seconds, for
    connecting and for every read; `now` is the time of day, for rate limits."""

    url: str
    token: str = field(repr=False)
    timeout: float
    policy: Policy
    pace: Pace
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class _Session(requests.Session):
    """Sends for python-gitlab. What is safe to repeat is retried here; a POST creates something,
    so it is for the caller's `policy.create`. Raises WireError, Later."""

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup

    def request(  # type: ignore[override]
        self, method: str, url: str, **kwargs: Any
    ) -> requests.Response:
        """The answer, a success with whole JSON in it unless something was deleted."""
        verb = method.upper()

        def send() -> requests.Response:
            return self._send(verb, url, **kwargs)

        return send() if verb == "POST" else self._setup.policy.idempotent(send)

    def _send(self, verb: str, url: str, **kwargs: Any) -> requests.Response:
        what = f"{verb} {urlsplit(url).path}"
        target = _PROJECT.search(url)
        if verb != "GET" and target:
            self._setup.pace.wait(target[1])
        try:
            # The token would go wherever a redirect leads, and a POST would become a GET.
            answer = super().request(verb, url, **kwargs | {"allow_redirects": False})
        except requests.Timeout as error:
            message = f"GitLab did not answer {what} in time"
            raise WireError(message, meaning=Transient()) from error
        except requests.RequestException as error:
            message = f"GitLab did not answer {what} ({type(error).__name__})"
            raise WireError(message, meaning=Transient()) from error
        if answer.status_code >= 300:
            raise failure(what, answer.status_code, answer.headers, answer.text, self._setup.now())
        if verb != "DELETE" and not _is_json(answer):
            raise WireError(f"GitLab's answer to {what} is not whole", meaning=Transient())
        return answer


def _is_json(answer: requests.Response) -> bool:
    try:
        answer.json()
    except ValueError:
        return False
    # python-gitlab hands out the raw answer where this is missing.
    answer.headers["Content-Type"] = "application/json"
    return True


class Wire:
    """GitLab's API, for all threads: each has a client of its own, for they share no state.

    Paths begin after /api/v4. Raises WireError, Later.
    """

    def __init__(self, setup: Setup) -> None:
        self.policy = setup.policy
        self._setup = setup
        self._local = threading.local()
        self._lock = threading.Lock()
        self._me: dict[str, Any] = {}

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The object at a path."""
        return _object(path, self._client().http_get(path, query_data=query))

    def find(self, path: str, **query: Any) -> dict[str, Any] | None:
        """The object at a path, None where there is none that we may see."""
        try:
            return self.get(path, **query)
        except WireError as error:
            if error.status == 404:
                return None
            raise

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The objects of a list, page by page as they are asked for."""
        asked = {"per_page": PAGE, **query}
        try:
            yield from self._client().http_list(path, query_data=asked, iterator=True)
        except (KeyError, TypeError) as error:
            raise WireError(f"GitLab's answer to {path} is no list") from error

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        """Create something: sent once, the caller knows how to look for it."""
        return _object(path, self._client().http_post(path, post_data=content))

    def put(self, path: str, **content: Any) -> dict[str, Any]:
        """Change something."""
        return _object(path, self._client().http_put(path, post_data=content))

    def delete(self, path: str) -> None:
        """Remove something; no error where it is gone already."""
        try:
            self._client().http_delete(path)
        except WireError as error:
            if error.status not in (404, 410):
                raise

    def me(self) -> Mapping[str, Any]:
        """The user whose token this is; asked for once."""
        with self._lock:
            if not self._me:
                self._me = self.get("/user")
            return self._me

    def _client(self) -> gitlab.Gitlab:
        client: gitlab.Gitlab | None = getattr(self._local, "client", None)
        if client is None:
            client = gitlab.Gitlab(
                self._setup.url,
                private_token=self._setup.token,
                timeout=self._setup.timeout,
                user_agent="plumbline",
                session=_Session(self._setup),
                # Behind a proxy GitLab names another address for the next page; the token stays.
                keep_base_url=True,
            )
            self._local.client = client
        return client


def _object(path: str, answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise WireError(f"GitLab's answer to {path} is no object", meaning=Transient())
    return answer


def below(project: str, *parts: str | int) -> str:
    """The path of something of a project: its parts are names, never more than one segment."""
    encoded = "/".join(quote(str(part), safe="") for part in (project, *parts))
    return f"/projects/{encoded}"


def failure(
    what: str, status: int, headers: Mapping[str, str], text: str, now: datetime
) -> WireError:
    """The error for an answer that is no success. `what` is the verb and the path."""
    said = _said(text)
    message = f"GitLab answered {status} to {what}: {said or 'no reason given'}"
    meaning = _meaning(status, headers, said, now)
    if meaning is None:
        message += _remedy(status)
    return WireError(message, status=status, meaning=meaning)


def _said(text: str) -> str:
    """The reason in the body: GitLab puts it into "message" or "error", as text or by field."""
    try:
        data = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(data, dict):
        return ""
    parts = [data.get(name) for name in ("message", "error", "error_description")]
    said = [part if isinstance(part, str) else json.dumps(part) for part in parts if part]
    return "; ".join(said)[:_MOST_SAID]


def _meaning(
    status: int, headers: Mapping[str, str], said: str, now: datetime
) -> Transient | RateLimited | None:
    asked = retry_after(headers.get("Retry-After", ""), now)
    if status >= 500 or status == 408 or (status == 409 and _LOCKED.search(said)):
        return Transient(after=asked or 0.0)
    if status != 429:
        return None
    if asked is not None:
        return RateLimited(seconds=max(asked, 1.0))
    return RateLimited(seconds=_until(headers.get("RateLimit-Reset", ""), now))


def _until(reset: str, now: datetime) -> float:
    """The seconds until a RateLimit-Reset (seconds of the epoch), and one to be sure."""
    if not (reset.isascii() and reset.isdigit()):
        return UNTOLD
    return min(max(float(reset) - now.timestamp(), 0.0) + 1.0, 86_400.0)


def _remedy(status: int) -> str:
    if 300 <= status < 400:
        return ". The project was moved or renamed; its next event is judged under the new name."
    if status == 401:
        return ". Check PLUMBLINE_GITLAB_TOKEN: tokens of groups and projects expire."
    if status in (403, 404):
        return ". If it exists, make the bot's user a Developer there; its token needs scope api."
    return ""

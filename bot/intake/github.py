"""GitHub's webhooks: signed bytes and headers in, a Delivery out. Translates, never decides.

The signature is verified over the raw bytes before anything is decoded. gidgethub parses and
routes, behind guards: on its own it trusts SHA-1, and a hostile header or body makes it raise
TypeError, KeyError, LookupError or RecursionError, which a web server would answer with a 500.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from gidgethub import BadRequest
from gidgethub.routing import Router
from gidgethub.sansio import Event

from bot.intake import Refused as Refused
from bot.intake.slash import spoken
from bot.markers import parse_external_id
from bot.model import Command, Delivery, Job, Sweep, Work

# GitHub's own limit for a payload.
MAX_BODY = 25 * 1024 * 1024
# Above this many repositories one sweep over all of them is asked for, so that the webhook is
# answered in time.
MAX_SWEEPS = 100

_SIGNATURE = "x-hub-signature-256"
_READ = (_SIGNATURE, "content-type", "x-github-event", "x-github-delivery")
_MEDIA_TYPES = ("application/json", "application/x-www-form-urlencoded")
_EVENT = re.compile(r"[a-z0-9_-]{1,60}")
_DELIVERY = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_PROJECT = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,100}")
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# With what the logins of managed users have, and nothing that a path is made of.
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class _Ignored(Exception):  # noqa: N818 - an answer, not a fault of ours
    """The delivery asks for nothing; says why."""


def read(headers: Mapping[str, str], body: bytes, secret: str, app_id: int) -> Delivery:
    """The delivery in a webhook request. `app_id` tells our check runs from other apps'.

    Raises Refused for what is not signed or not readable, and nothing else, whatever is sent. A
    readable payload that lacks what its event needs is an ignored delivery with the reason.
    """
    lowered = _lowered(headers)
    _authenticate(lowered.get(_SIGNATURE), body, secret)
    event = _parse(lowered, body)
    action = event.data.get("action")
    kind = f"{event.event}.{action}" if _is_word(action) else event.event
    told = _Told(data=event.data, trigger=kind, delivery_id=event.delivery_id, app_id=app_id)
    try:
        return Delivery(id=event.delivery_id, event=kind, work=_work(event, told))
    except _Ignored as why:
        return Delivery(id=event.delivery_id, event=kind, ignored=str(why))


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key in _READ and found.setdefault(key, value) != value:
            raise Refused(401, f"two different {key} headers")
    return found


def _authenticate(signature: str | None, body: bytes, secret: str) -> None:
    if not secret:
        raise Refused(401, "no webhook secret is configured: set PLUMBLINE_GITHUB_WEBHOOK_SECRET")
    if signature is None:
        raise Refused(401, "no X-Hub-Signature-256 header: set a secret on the webhook")
    digest = hmac.new(secret.encode("utf-8", "surrogatepass"), body, hashlib.sha256).hexdigest()
    # compare_digest refuses text that is not ASCII, so bytes are compared.
    given = signature.encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, b"sha256=" + digest.encode()):
        raise Refused(401, "the signature does not match the body and the webhook secret")


def _parse(headers: dict[str, str], body: bytes) -> Event:
    if len(body) > MAX_BODY:
        raise Refused(400, f"the body has {len(body)} bytes, more than GitHub's {MAX_BODY}")
    if not _EVENT.fullmatch(headers.get("x-github-event", "")):
        raise Refused(400, "no usable X-GitHub-Event header")
    if not _DELIVERY.fullmatch(headers.get("x-github-delivery", "")):
        raise Refused(400, "no usable X-GitHub-Delivery header")
    # Only the bare media type is passed on: a charset would choose the decoder.
    media, _, parameters = headers.get("content-type", "").lower().partition(";")
    if media.strip() not in _MEDIA_TYPES or parameters.strip() not in ("", "charset=utf-8"):
        raise Refused(400, "the content type is not application/json in UTF-8")
    try:
        # Verified above, and by a stricter rule: without a signature gidgethub only parses.
        unsigned = {k: v for k, v in headers.items() if k != _SIGNATURE}
        event = Event.from_http(unsigned | {"content-type": media.strip()}, body)
    except BadRequest as error:
        raise Refused(400, "the body is not JSON") from error
    except RecursionError as error:
        raise Refused(400, "the body is nested too deeply") from error
    if not isinstance(event.data, dict):
        raise Refused(400, "the body is not a JSON object")
    return event


def _work(event: Event, told: _Told) -> tuple[Work, ...]:
    if event.event == "ping":
        raise _Ignored("ping")
    # The router would look an unhashable action up in a dict.
    routed = _ROUTER.fetch(event) if _is_word(event.data.get("action")) else frozenset()
    handlers = cast("frozenset[_Handler]", routed)
    if not handlers:
        raise _Ignored(f"{told.trigger} asks for nothing")
    return tuple(work for handler in handlers for work in handler(told))


def _is_word(value: object) -> bool:
    return isinstance(value, str) and _EVENT.fullmatch(value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A payload, read tolerantly: real ones miss fields that the published schemas require."""

    data: dict[str, Any]
    trigger: str
    delivery_id: str
    app_id: int

    def at(self, *path: str) -> Any:
        """The value at a path of keys, None where any step is absent or no object."""
        return _at(self.data, *path)

    def installation(self) -> str:
        """The installation id as text, "" where the payload has none."""
        number = self.at("installation", "id")
        return str(number) if _is_count(number) else ""

    def project(self) -> str:
        """repository.full_name. Raises _Ignored where there is none."""
        return _project(self.at("repository", "full_name"))

    def sha(self, *path: str) -> str:
        """The commit id at a path, "" where there is none."""
        value = self.at(*path)
        return value if isinstance(value, str) and _SHA.fullmatch(value) else ""

    def job(self, number: object, head_sha: str) -> Job:
        """A job for a pull request of the repository. Raises _Ignored without a number."""
        if not isinstance(number, int) or not _is_count(number):
            raise _Ignored("the payload has no pull request number")
        return Job(
            forge="github",
            project=self.project(),
            number=number,
            trigger=self.trigger,
            delivery_id=self.delivery_id,
            head_sha=head_sha,
            installation=self.installation(),
        )

    def command(self, text: str) -> Command:
        """A command in the comment. Raises _Ignored without what it needs."""
        number, comment = self.at("issue", "number"), self.at("comment", "id")
        author = self.at("comment", "user", "login")
        if not isinstance(number, int) or not _is_count(number) or not _is_count(comment):
            raise _Ignored("the payload has no pull request number or no comment id")
        if not isinstance(author, str) or not _LOGIN.fullmatch(author):
            raise _Ignored("the payload does not say who wrote the comment")
        return Command(
            forge="github",
            project=self.project(),
            number=number,
            comment_id=str(comment),
            author=author,
            text=text,
            delivery_id=self.delivery_id,
            installation=self.installation(),
        )

    def sweep(self, project: str, head_sha: str = "") -> Sweep:
        """A sweep over a project; "" is every one."""
        return Sweep(
            forge="github",
            project=project,
            trigger=self.trigger,
            delivery_id=self.delivery_id,
            head_sha=head_sha,
            installation=self.installation(),
        )


_Handler: TypeAlias = Callable[[_Told], "Iterator[Work]"]
_ROUTER = Router()


def _on(event: str, *actions: str) -> Callable[[_Handler], _Handler]:
    """Routes the actions of an event to a function.

    The router's types ask for coroutines; it is only asked what fits, never to call it, so that
    translating needs no event loop.
    """

    def register(handler: _Handler) -> _Handler:
        for action in actions:
            _ROUTER.add(cast(Any, handler), event, action=action)
        return handler

    return register


@_on("pull_request", "opened", "synchronize", "reopened", "ready_for_review", "closed")
def _pull_request(told: _Told) -> Iterator[Job | Sweep]:
    number = told.at("pull_request", "number")
    yield told.job(number, told.sha("pull_request", "head", "sha"))


@_on("pull_request", "edited")
def _pull_request_edited(told: _Told) -> Iterator[Work]:
    if told.at("changes", "base") is None:
        raise _Ignored("the base of the pull request was not edited")
    yield from _pull_request(told)


@_on("pull_request_review", "submitted", "dismissed")
def _review(told: _Told) -> Iterator[Work]:
    # A remark decides nothing; an approval, an objection or the end of one may.
    state = told.at("review", "state")
    if not isinstance(state, str) or state.lower() == "commented":
        raise _Ignored("the review neither approves nor objects")
    yield from _pull_request(told)


@_on("issue_comment", "created")
def _issue_comment(told: _Told) -> Iterator[Command]:
    if not isinstance(told.at("issue", "pull_request"), dict):
        raise _Ignored("the comment is not on a pull request")
    # Ours are a bot's too, and so are those of a bot that repeats what it is told.
    if told.at("comment", "user", "type") != "User":
        raise _Ignored("the comment is no person's")
    body = told.at("comment", "body")
    said = spoken(body) if isinstance(body, str) else None
    if said is None:
        raise _Ignored("the comment does not speak to us")
    yield told.command(said)


@_on("check_run", "rerequested")
def _check_run(told: _Told) -> Iterator[Job | Sweep]:
    if told.at("check_run", "app", "id") != told.app_id:
        raise _Ignored("the check run is another app's")
    # check_run.pull_requests is empty for forks; our own mark is always there.
    mark = told.at("check_run", "external_id")
    parsed = parse_external_id(mark) if isinstance(mark, str) else None
    if parsed is None:
        raise _Ignored("the check run has no external_id of ours")
    yield told.job(parsed[0], told.sha("check_run", "head_sha"))


@_on("check_suite", "rerequested")
def _check_suite(told: _Told) -> Iterator[Job | Sweep]:
    if told.at("check_suite", "app", "id") != told.app_id:
        raise _Ignored("the check suite is another app's")
    head_sha = told.sha("check_suite", "head_sha")
    here = told.at("repository", "id")
    # A suite also lists pull requests that its branch has in other repositories of the network.
    numbers = sorted(
        {
            pull["number"]
            for pull in _objects(told.at("check_suite", "pull_requests"))
            if _at(pull, "base", "repo", "id") in (None, here) and _is_count(pull.get("number"))
        }
    )
    yield from (told.job(number, head_sha) for number in numbers)
    if not numbers and not head_sha:
        raise _Ignored("the check suite names neither a pull request nor a commit")
    if not numbers:
        yield told.sweep(told.project(), head_sha)


@_on("installation", "created", "unsuspend", "new_permissions_accepted")
def _installation(told: _Told) -> Iterator[Job | Sweep]:
    return _sweeps(told, told.at("repositories"))


@_on("installation_repositories", "added")
def _repositories_added(told: _Told) -> Iterator[Job | Sweep]:
    added = told.at("repositories_added")
    if not added:
        raise _Ignored("no repository was added")
    return _sweeps(told, added)


def _sweeps(told: _Told, repositories: Any) -> Iterator[Job | Sweep]:
    names = sorted({_project(repo.get("full_name")) for repo in _objects(repositories)})
    # Not every such payload lists the repositories; one sweep over all of them covers those.
    few = names if len(names) <= MAX_SWEEPS else []
    return (told.sweep(project) for project in few or [""])


def _at(node: Any, *path: str) -> Any:
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_count(value: object) -> bool:
    """Whether it can be an id or a number: a positive integer that fits a database column."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _project(name: object) -> str:
    if isinstance(name, str) and _PROJECT.fullmatch(name):
        return name
    raise _Ignored("the payload has no repository name")

"""GitLab's webhooks: proved bytes and headers in, a Delivery out. Translates, never decides.

GitLab proves a delivery by a secret that it repeats in a header, newer releases by a signature over
the id, the time and the raw body. Only what the body says decides what is done: the other headers
are not signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.intake import Refused as Refused
from bot.intake.slash import spoken
from bot.model import Command, Delivery, Job, Sweep

# GitLab's own limit for a payload.
MAX_BODY = 25 * 1024 * 1024
# How far the clocks may be apart, in seconds; an older signed delivery is taken for a replay.
MAX_AGE = 300

_TOKEN = "x-gitlab-token"
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
_READ = (_TOKEN, *_SIGNED, "content-type", "idempotency-key")

_WORD = re.compile(r"[a-z0-9_-]{1,60}")
_DELIVERY = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_SEGMENT = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.][A-Za-z0-9_.-]*"
_PROJECT = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{1,20}}")
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_USER = re.compile(r"[A-Za-z0-9_.-]{1,255}")
# The users that GitLab makes for tokens of projects and groups, and for service accounts.
_BOT = re.compile(r"(?:project|group)_\d+_bot(?:_|\d|\Z)|service_account_")
# What begins a comment of ours; whoever writes it too is not listened to, and that is all.
_OURS = "<!-- plumbline:"


class _Ignored(Exception):  # noqa: N818 - an answer, not a fault of ours
    """The delivery asks for nothing; says why."""


def read(
    headers: Mapping[str, str],
    body: bytes,
    *,
    token: str,
    signing_key: str = "",
    project_allowed: Callable[[str], bool] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Delivery:
    """The delivery in a webhook request. With a `signing_key` ("whsec_…") it must be signed, else
    it must repeat the `token`; `project_allowed` says which projects are listened to.

    Raises Refused for what is not proved or not readable, and nothing else, whatever is sent. A
    readable payload that lacks what its event needs is an ignored delivery with the reason: GitLab
    disables a hook that is answered with errors.
    """
    lowered = _lowered(headers)
    if signing_key:
        _check_signature(lowered, body, signing_key, clock())
    else:
        _check_token(lowered.get(_TOKEN), token)
    data = _parse(lowered, body)
    delivery_id = _delivery_id(lowered, body, signed=bool(signing_key))
    event = _event(data)
    try:
        if event == "pipeline":
            delivery_id = _pipeline_id(data)
        work = _work(data, event, delivery_id)
        if project_allowed and not project_allowed(work.project):
            raise _Ignored("the project is none that this bot is set up for")
    except _Ignored as why:
        return Delivery(id=delivery_id, event=event, ignored=str(why))
    return Delivery(id=delivery_id, event=event, work=(work,))


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key in _READ and found.setdefault(key, value) != value:
            raise Refused(401, f"two different {key} headers")
    return found


def _check_token(given: str | None, token: str) -> None:
    if not token:
        raise Refused(401, "no webhook secret is configured: set PLUMBLINE_GITLAB_WEBHOOK_TOKEN")
    if given is None:
        raise Refused(401, "no X-Gitlab-Token header: set a secret token on the webhook")
    # compare_digest refuses text that is not ASCII, so bytes are compared.
    if not hmac.compare_digest(_bytes(given), _bytes(token)):
        raise Refused(401, "the X-Gitlab-Token header is not the configured secret")


def _check_signature(headers: dict[str, str], body: bytes, key: str, now: datetime) -> None:
    named = [headers.get(name, "") for name in _SIGNED]
    if not all(named):
        raise Refused(401, f"not signed: {', '.join(_SIGNED)} are needed")
    delivery, moment, signatures = named
    if not _DELIVERY.fullmatch(delivery) or not re.fullmatch(r"[0-9]{1,11}", moment):
        raise Refused(401, "the webhook-id or the webhook-timestamp is none")
    signed = f"{delivery}.{moment}.".encode() + body
    digest = hmac.new(_key(key), signed, hashlib.sha256).digest()
    right = b"v1," + base64.b64encode(digest)
    # There are several while a key is being replaced.
    if not any(hmac.compare_digest(_bytes(each), right) for each in signatures.split(" ")):
        raise Refused(401, "no signature matches the body and the signing key")
    if abs(now.timestamp() - int(moment)) > MAX_AGE:
        raise Refused(401, f"signed more than {MAX_AGE} s from now: check this machine's clock")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    # Anybody can sign with an empty key, and guess a short one.
    if not text.startswith("whsec_") or len(key) < 24:
        said = "PLUMBLINE_GITLAB_WEBHOOK_SIGNING_KEY is no signing key: copy GitLab's whsec_… whole"
        raise Refused(401, said)
    return key


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _parse(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise Refused(400, f"the body has {len(body)} bytes, more than GitLab's {MAX_BODY}")
    media, _, parameters = headers.get("content-type", "").lower().partition(";")
    if media.strip() != "application/json" or parameters.strip() not in ("", "charset=utf-8"):
        raise Refused(400, "the content type is not application/json in UTF-8")
    try:
        data = json.loads(body.decode())
    except ValueError as error:
        raise Refused(400, "the body is not JSON") from error
    except RecursionError as error:
        raise Refused(400, "the body is nested too deeply") from error
    if not isinstance(data, dict):
        raise Refused(400, "the body is not a JSON object")
    return data


def _delivery_id(headers: dict[str, str], body: bytes, *, signed: bool) -> str:
    """What stays the same when GitLab sends a delivery again."""
    key = headers.get("webhook-id", "")
    if not signed:
        # Whoever replays a signed delivery could give it another one of these.
        key = headers.get("idempotency-key") or key
    if not key:
        # Before GitLab 17.4. X-Gitlab-Event-UUID is shared by the hooks and by what an event sets
        # off, but no two payloads are alike: the time of the change is in them.
        return f"sha256:{hashlib.sha256(body).hexdigest()}"
    if not _DELIVERY.fullmatch(key):
        raise Refused(400, "the delivery's id has characters that no id has, or is too long")
    return key


def _event(data: dict[str, Any]) -> str:
    """Such as "merge_request.open"; the header that also says it is not signed."""
    kind, action = data.get("object_kind"), _at(data, "object_attributes", "action")
    words = [word for word in (kind, action) if isinstance(word, str) and _WORD.fullmatch(word)]
    return ".".join(words) if words and words[0] == kind else "unknown"


def _work(data: dict[str, Any], event: str, delivery_id: str) -> Job | Sweep | Command:
    kind, _, action = event.partition(".")
    if kind == "merge_request":
        _check_moved(data, action)
        return Job(
            forge="gitlab",
            project=_project(data),
            number=_number(_at(data, "object_attributes", "iid")),
            trigger=event,
            delivery_id=delivery_id,
            head_sha=_sha(_at(data, "object_attributes", "last_commit", "id")),
        )
    # A hook may also be told of notes that were edited, which is no way to ask again.
    if event in ("note", "note.create"):
        return _command(data, delivery_id)
    if event == "pipeline":
        return Sweep(
            forge="gitlab",
            project=_project(data),
            trigger=event,
            delivery_id=delivery_id,
            head_sha=_sha(_at(data, "object_attributes", "sha")),
        )
    raise _Ignored(f"{event} asks for nothing")


def _pipeline_id(data: dict[str, Any]) -> str:
    """The id for all deliveries about one pipeline, so that each is looked at once.

    A new pipeline takes the place of the one that has our verdict in it, and decides without us.
    Looking at it changes its state, which GitLab tells us of again: once it must be.
    """
    pipeline = data.get("object_attributes")
    if _at(pipeline, "source") in ("external", "parent_pipeline") or _at(pipeline, "tag") is True:
        raise _Ignored("the pipeline is made of statuses, or part of another, or a tag's")
    if not _sha(_at(pipeline, "sha")):
        raise _Ignored("the payload does not say which commit the pipeline is for")
    return f"pipeline:{_number(_at(data, 'project', 'id'))}:{_number(_at(pipeline, 'id'))}"


def _check_moved(data: dict[str, Any], action: str) -> None:
    """Raises _Ignored for what leaves the judgement as it is."""
    # One person's word on it, and "approved" where that was the last one that was needed.
    approval = ("approval", "approved", "unapproval", "unapproved")
    if action in ("open", "reopen", "close", "merge", *approval):
        return
    if action != "update":
        raise _Ignored(f"merge_request.{action} asks for nothing")
    changes = data.get("changes")
    pushed = bool(_at(data, "object_attributes", "oldrev"))
    retargeted = _at(changes, "target_branch") is not None
    drafts = (_at(changes, name) for name in ("draft", "work_in_progress"))
    ready = any(_at(d, "previous") is True and _at(d, "current") is False for d in drafts)
    if not (pushed or retargeted or ready):
        raise _Ignored("neither the commits nor the target branch nor the draft state changed")


def _command(data: dict[str, Any], delivery_id: str) -> Command:
    note = data.get("object_attributes")
    if _at(note, "noteable_type") != "MergeRequest":
        raise _Ignored("the comment is not on a merge request")
    text, author = _at(note, "note"), _at(data, "user", "username")
    if _at(note, "system") is True or not isinstance(text, str) or _OURS in text:
        raise _Ignored("the comment is GitLab's or ours")
    if not isinstance(author, str) or not _USER.fullmatch(author):
        raise _Ignored("the payload does not say who wrote the comment")
    if _BOT.match(author):
        raise _Ignored("the comment is a bot's")
    said = spoken(text)
    if said is None:
        raise _Ignored("the comment does not speak to us")
    return Command(
        forge="gitlab",
        project=_project(data),
        number=_number(_at(data, "merge_request", "iid")),
        comment_id=str(_number(_at(note, "id"))),
        author=author,
        text=said,
        delivery_id=delivery_id,
    )


def _at(node: Any, *path: str) -> Any:
    """The value at a path of keys, None where any step is absent or no object."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _project(data: dict[str, Any]) -> str:
    name = _at(data, "project", "path_with_namespace")
    if isinstance(name, str) and len(name) <= 1000 and _PROJECT.fullmatch(name):
        return name
    raise _Ignored("the payload has no project path")


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        return value
    raise _Ignored("the payload has no usable number of what it is about")


def _sha(value: object) -> str:
    return value if isinstance(value, str) and _SHA.fullmatch(value) else ""

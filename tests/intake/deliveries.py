"""Webhook requests as GitHub makes them, for the events its published examples leave out."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

SECRET = "a webhook secret"
APP_ID = 4711
SHA = "a" * 40
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def signed(body: bytes, event: str, **changed: str) -> dict[str, str]:
    """The headers of a properly signed delivery; `changed` ones by lower-case name with _ for -."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": GUID,
        "x-hub-signature-256": f"sha256={digest}",
    }
    return headers | {name.replace("_", "-"): value for name, value in changed.items()}


def encode(payload: Any) -> bytes:
    """A payload as bytes."""
    return json.dumps(payload).encode()


def pull_request(action: str, **more: Any) -> dict[str, Any]:
    """A pull_request payload from a fork whose repository was deleted since."""
    return {
        "action": action,
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"sha": SHA, "ref": "patch-1", "repo": None, "user": None},
            "base": {"sha": "b" * 40, "ref": "main"},
        },
        "repository": {"id": 1, "full_name": "acme/infra"},
        "installation": {"id": 99},
        **more,
    }


def issue_comment(body: Any, action: str = "created", **changed: Any) -> dict[str, Any]:
    """An issue_comment payload on a pull request; `changed` are fields of the comment."""
    return {
        "action": action,
        "issue": {"number": 7, "pull_request": {"url": "https://api.example/pulls/7"}},
        "comment": {"id": 31, "body": body, "user": {"login": "alice", "type": "User"}} | changed,
        "repository": {"id": 1, "full_name": "acme/infra"},
        "installation": {"id": 99},
    }


def check_run(action: str, *, app: int = APP_ID, external_id: Any = "") -> dict[str, Any]:
    """A check_run payload about a fork: no pull requests."""
    return {
        "action": action,
        "check_run": {
            "external_id": external_id,
            "head_sha": SHA,
            "app": {"id": app},
            "pull_requests": [],
        },
        "repository": {"id": 1, "full_name": "acme/infra"},
        "installation": {"id": 99},
    }


def check_suite(*pulls: dict[str, Any], app: int = APP_ID) -> dict[str, Any]:
    """A check_suite.rerequested payload."""
    return {
        "action": "rerequested",
        "check_suite": {"head_sha": SHA, "app": {"id": app}, "pull_requests": list(pulls)},
        "repository": {"id": 1, "full_name": "acme/infra"},
        "installation": {"id": 99},
    }

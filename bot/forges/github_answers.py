"""What a refusal by GitHub means: for the retry policy, and in words for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.forges.wire import WireError
from bot.retry import RateLimited, Transient, retry_after

# GitHub's advice where a limit comes without a time: at least a minute.
UNTOLD = 60.0
_MOST_SAID = 300


def failure(
    what: str, status: int, headers: Mapping[str, Any], text: str, now: datetime
) -> WireError:
    """The error for an answer that is no success. `what` is the verb and the path; `headers` have
    lower-case names."""
    said = _said(text)
    message = f"GitHub answered {status} to {what}: {said or 'no reason given'}"
    meaning = _meaning(status, headers, said, now)
    if meaning is None:
        message += _remedy(status, headers)
    return WireError(message, status=status, meaning=meaning)


def _said(text: str) -> str:
    """The message in the body, and what it says about single fields."""
    try:
        data = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    details = [_detail(error) for error in errors] if isinstance(errors, list) else []
    return "; ".join([str(data.get("message", "")), *details])[:_MOST_SAID]


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or f"{error.get('field')} {error.get('code')}")


def _meaning(
    status: int, headers: Mapping[str, Any], said: str, now: datetime
) -> Transient | RateLimited | None:
    asked = retry_after(str(headers.get("retry-after", "")), now)
    if status >= 500 or status == 408:
        return Transient(after=asked or 0.0)
    if status not in (403, 429):
        return None
    if asked is not None:
        return RateLimited(seconds=max(asked, 1.0))
    if headers.get("x-ratelimit-remaining") == "0":
        return RateLimited(seconds=_until(str(headers.get("x-ratelimit-reset", "")), now))
    # Any other 403 is about permissions, and asking again would change nothing.
    if status == 429 or "rate limit" in said.lower():
        return RateLimited(seconds=UNTOLD)
    return None


def _until(reset: str, now: datetime) -> float:
    """The seconds until an x-ratelimit-reset (seconds of the epoch), and one to be sure."""
    if not (reset.isascii() and reset.isdigit()):
        return UNTOLD
    return max(float(reset) - now.timestamp(), 0.0) + 1.0


def _remedy(status: int, headers: Mapping[str, Any]) -> str:
    if 300 <= status < 400:
        return ". The repository was moved or renamed; its next event is judged under the new name."
    if status == 401:
        return ". Check the app's id and private key, and this machine's clock."
    if status in (403, 404):
        needs = headers.get("x-accepted-github-permissions")
        which = f"the permission {needs}" if needs else "the permission this needs"
        return f". If it exists, give the app {which} and accept it for the installation."
    return ""

"""Refusals in GitLab's words; tests/forge/faults.py has the faults that every forge knows."""

from __future__ import annotations

import json
import time

from tests.forge.faults import Effect


def rate_limit(retry_after: int | None = 60) -> Effect:
    """Too many requests; without `retry_after` only the RateLimit headers say how long to wait."""
    wait = 60 if retry_after is None else retry_after
    headers = {
        "ratelimit-limit": "600",
        "ratelimit-observed": "601",
        "ratelimit-remaining": "0",
        "ratelimit-reset": str(int(time.time() + wait)),
        "ratelimit-name": "throttle_authenticated_api",
        "content-type": "text/plain",
    }
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return Effect(name="status 429", status=429, headers=headers, body="Retry later\n")


def revoked_token() -> Effect:
    """One 401, as after the token was revoked."""
    body = {
        "error": "invalid_token",
        "error_description": "Token was revoked. You have to re-authorize from the user.",
    }
    return Effect(name="status 401", status=401, body=json.dumps(body))

"""What GitHub's refusals mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from bot.forges.github_answers import UNTOLD, failure
from bot.forges.wire import classify
from bot.retry import Later, RateLimited, Transient

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
IN_90 = datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC)
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."
SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(IN_90.timestamp()))}


def body(message: str, **more: object) -> str:
    return json.dumps({"message": message, **more})


@pytest.mark.parametrize(
    ("status", "headers", "message", "meaning"),
    [
        (500, {}, "Server Error", Transient()),
        (502, {}, "", Transient()),
        (503, {"retry-after": "4"}, "", Transient(after=4)),
        (408, {}, "", Transient()),
        (403, {"retry-after": "30"}, SECONDARY, RateLimited(seconds=30)),
        (403, {"retry-after": "0"}, SECONDARY, RateLimited(seconds=1)),
        (429, {"retry-after": format_datetime(IN_90, usegmt=True)}, "", RateLimited(seconds=90)),
        (403, {"retry-after": "30"} | SPENT, SECONDARY, RateLimited(seconds=30)),
        (403, SPENT, "API rate limit exceeded", RateLimited(seconds=91)),
        (429, SPENT, "API rate limit exceeded", RateLimited(seconds=91)),
        (403, SPENT | {"x-ratelimit-reset": "0"}, "", RateLimited(seconds=1)),
        (403, SPENT | {"x-ratelimit-reset": "soon"}, "", RateLimited(seconds=UNTOLD)),
        (403, {}, SECONDARY, RateLimited(seconds=UNTOLD)),
        (429, {}, "", RateLimited(seconds=UNTOLD)),
        (403, {"x-ratelimit-remaining": "17"}, "Resource not accessible by integration", None),
        (401, {}, "Bad credentials", None),
        (404, {}, "Not Found", None),
        (422, {"retry-after": "5"}, "Validation Failed", None),
        (307, {}, "Moved Permanently", None),
    ],
)
def test_what_an_answer_means_to_the_policy(
    status: int, headers: dict[str, str], message: str, meaning: Transient | RateLimited | None
) -> None:
    error = failure("GET /x", status, headers, body(message), NOW)
    assert classify(error) == meaning
    assert error.status == status


def test_other_exceptions_are_final() -> None:
    assert classify(KeyError("x")) is None
    assert classify(Later(5, "x")) is None


def test_a_missing_permission_is_named() -> None:
    headers = {"x-accepted-github-permissions": "checks=write"}
    error = failure("POST /x", 403, headers, body("Resource not accessible by integration"), NOW)
    assert str(error) == (
        "GitHub answered 403 to POST /x: Resource not accessible by integration. "
        "If it exists, give the app the permission checks=write and accept it for the installation."
    )


def test_the_fields_of_a_422_are_named() -> None:
    errors = [{"field": "head_sha", "code": "invalid"}, {"message": "no"}, "odd"]
    error = failure("POST /x", 422, {}, body("Validation Failed", errors=errors), NOW)
    assert str(error).endswith("Validation Failed; head_sha invalid; no; odd")


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", '"x"', '{"errors": 5}', "\ud800"])
def test_any_body_makes_an_error_message(text: str) -> None:
    assert str(failure("GET /x", 500, {}, text, NOW)).startswith("GitHub answered 500 to GET /x: ")


def test_a_long_answer_is_cut() -> None:
    assert len(str(failure("GET /x", 500, {}, body("x" * 10_000), NOW))) < 400

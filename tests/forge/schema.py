"""Holds requests and responses against GitHub's own API description."""

from __future__ import annotations

import fnmatch
import functools
import json
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.forge.deviations import RESPONSE_ERRORS, UNDESCRIBED_STATUSES
from tests.forge.http import Answer, Route

_FILE = Path(__file__).with_name("api.github.com.subset.json")


@functools.cache
def _subset() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return loaded


@functools.cache
def _validator(operation: str, part: str) -> jsonschema_rs.Draft202012Validator | None:
    """The compiled schema of a request ("request") or of the response of a status ("200")."""
    described = _subset()["operations"][operation]
    schema = described["request"] if part == "request" else described["responses"].get(part)
    if schema is None:
        return None
    whole = {**schema, "components": _subset()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def request_errors(route: Route, query: dict[str, str], body: Any) -> list[str]:
    """What the description does not allow in a request."""
    described = _subset()["operations"][route.operation]
    strange = sorted(query.keys() - set(described["query"]))
    errors = [f"{route.operation}: unknown query parameter {name!r}" for name in strange]
    validator = _validator(route.operation, "request")
    if validator is not None:
        found = validator.iter_errors({} if body is None else body)
        errors += [f"{route.operation}: request {_place(each)}" for each in found]
    elif body:
        errors.append(f"{route.operation}: takes no body, got {str(body)[:80]}")
    return errors


def response_errors(route: Route, answer: Answer) -> list[str]:
    """What the description does not allow in a response."""
    status, operation = str(answer.status), route.operation
    if status not in _subset()["operations"][operation]["responses"]:
        if answer.status in UNDESCRIBED_STATUSES:
            return []
        return [f"{operation}: status {status} is not described"]
    validator = _validator(operation, status)
    if validator is None:
        return [] if answer.body in (None, {}) else [f"{operation}: {status} has no body"]
    return [
        f"{operation}: response {status} {_place(each)}"
        for each in validator.iter_errors(answer.body)
        if not _tolerated(operation, each)
    ]


def _tolerated(operation: str, error: jsonschema_rs.ValidationError) -> bool:
    pointer = "".join(f"/{step}" for step in error.instance_path)
    return any(
        fnmatch.fnmatchcase(operation, where)
        and fnmatch.fnmatchcase(pointer, place)
        and error.message.startswith(start)
        for where, place, start, _ in RESPONSE_ERRORS
    )


def _place(error: jsonschema_rs.ValidationError) -> str:
    pointer = "".join(f"/{step}" for step in error.instance_path) or "/"
    return f"at {pointer}: {error.message[:200]}"

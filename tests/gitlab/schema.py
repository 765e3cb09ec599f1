"""Holds requests and answers against the schemas written by hand."""

from __future__ import annotations

import functools
from typing import Any

import jsonschema_rs

from tests.forge.http import Answer
from tests.gitlab.schemas import OPERATIONS, REFUSAL, Schema


def request_errors(operation: str, query: dict[str, str], body: Any) -> list[str]:
    """What the schemas do not allow in a request."""
    described = OPERATIONS[operation]
    strange = sorted(query.keys() - set(described.query))
    errors = [f"{operation}: unknown query parameter {name!r}" for name in strange]
    if described.body is None:
        return errors + ([f"{operation}: takes no body, got {str(body)[:80]}"] if body else [])
    found = _validator(operation, 0).iter_errors({} if body is None else body)
    return errors + [f"{operation}: request {_place(each)}" for each in found]


def response_errors(operation: str, answer: Answer) -> list[str]:
    """What the schemas do not allow in an answer."""
    if answer.status < 400 and answer.status not in OPERATIONS[operation].gives:
        return [f"{operation}: status {answer.status} is not described"]
    if answer.status < 400 and OPERATIONS[operation].gives[answer.status] is None:
        return [] if answer.body is None else [f"{operation}: {answer.status} has no body"]
    if isinstance(answer.body, bytes):
        return []
    found = _validator(operation, answer.status).iter_errors(answer.body)
    return [f"{operation}: response {answer.status} {_place(each)}" for each in found]


@functools.cache
def _validator(operation: str, status: int) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema of the answer of a status, or for 0 of the request's body."""
    described = OPERATIONS[operation]
    schema: Schema | None = REFUSAL
    if status < 400:
        schema = described.gives[status] if status else described.body
    return jsonschema_rs.Draft202012Validator(schema or {})


def _place(error: jsonschema_rs.ValidationError) -> str:
    pointer = "".join(f"/{step}" for step in error.instance_path) or "/"
    return f"at {pointer}: {error.message[:200]}"

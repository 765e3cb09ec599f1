"""What a route receives and returns: calls, answers, refusals, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from tests.forge.state import Repository, Token

if TYPE_CHECKING:
    from tests.forge.hub import Hub

T = TypeVar("T")
DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request: `path` still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response. `body` None sends no body at all, bytes are sent as they are."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - an answer that a handler gives up with
    """GitHub says no: `status`, `message`, and for 422 the `errors` of single fields."""

    def __init__(
        self, status: int, message: str, errors: Sequence[Mapping[str, Any]] = (), **headers: str
    ) -> None:
        super().__init__(message)
        body: dict[str, Any] = {"message": message, "documentation_url": DOCS}
        if errors:
            body["errors"] = list(errors)
        body["status"] = str(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = Answer(status=status, body=body, headers=named)


def invalid(resource: str, field_: str, code: str, message: str = "") -> Refusal:
    """The 422 of GitHub's older routes."""
    error = {"resource": resource, "field": field_, "code": code}
    return Refusal(422, "Validation Failed", [error | ({"message": message} if message else {})])


def malformed(reason: str) -> Refusal:
    """The 422 of GitHub's schema-checked routes."""
    return Refusal(422, f"Invalid request.\n\n{reason}")


def not_found() -> Refusal:
    """The 404 that also hides what the caller may not see."""
    return Refusal(404, "Not Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: `url` is the whole path URL without the query; `body` {} where there is none.
    `token` is set on routes for installations, the repository on those under /repos."""

    url: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    token: Token | None = None
    target: Repository | None = None

    @property
    def repo(self) -> Repository:
        """The repository of a /repos route."""
        assert self.target is not None
        return self.target

    def number(self, name: str) -> int:
        """A path parameter that must be a number; GitHub has nothing under other names."""
        if not self.params[name].isdigit():
            raise not_found()
        return int(self.params[name])

    def page(self, items: Sequence[T]) -> tuple[list[T], dict[str, str]]:
        """The asked-for page of `items`, and the Link header where there are several."""
        size = min(_positive(self.query.get("per_page"), 30), 100)
        page = _positive(self.query.get("page"), 1)
        last = max(1, -(-len(items) // size))
        links: dict[str, int] = {}
        if page > 1:
            links |= {"prev": min(page - 1, last), "first": 1}
        if page < last:
            links |= {"next": page + 1, "last": last}
        shown = list(items[(page - 1) * size : page * size])
        return shown, self.link({rel: {"page": str(to)} for rel, to in links.items()})

    def link(self, relations: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """A Link header to this call with other query parameters."""
        parts = (
            f'<{self.url}?{urlencode({**self.query, **change})}>; rel="{rel}"'
            for rel, change in relations.items()
        )
        return {"link": ", ".join(parts)} if relations else {}


def _positive(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and int(text) > 0 else otherwise


Handler: TypeAlias = "Callable[[Hub, Call], Answer]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. `operation` is its method and path template in GitHub's description; `needs`
    are alternatives of (permission, level), any of which is enough. Routes without them are for
    the app's own JWT, or with `installation` for any installation token."""

    operation: str
    handler: Handler
    needs: tuple[tuple[str, str], ...] = ()
    installation: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.operation.partition(" ")[0]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression over the URL-encoded path; refs may hold slashes."""
        path = self.operation.partition(" ")[2]
        wide = re.sub(r"\{(ref|branch|basehead)\}", r"(?P<\1>.+)", path)
        return re.compile(re.sub(r"(?<!\?P<)\{(\w+)\}", r"(?P<\1>[^/]+)", wide) + r"\Z")

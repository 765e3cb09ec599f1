"""What a route of the simulated GitLab receives and returns: calls, refusals, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from tests.forge.http import Answer
from tests.gitlab.state import Project, Token, User

if TYPE_CHECKING:
    from tests.gitlab.hub import Hub

T = TypeVar("T")
API = "/api/v4"


class Refusal(Exception):  # noqa: N818 - an answer that a handler gives up with
    """GitLab says no. It does so in two ways: `message`, and `error` where a parameter or the
    token is wrong."""

    def __init__(self, status: int, message: Any, word: str = "message", **more: str) -> None:
        super().__init__(str(message))
        self.answer = Answer(status=status, body={word: message, **more})


def not_found(what: str) -> Refusal:
    """The 404 that also hides what the caller may not see."""
    return Refusal(404, f"404 {what} Not Found")


def malformed(reason: str) -> Refusal:
    """The 400 of a parameter that is missing or wrong."""
    return Refusal(400, reason, "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: `url` is the whole path URL without the query; `query` has the last value of
    each parameter; `body` {} where there is none. The project is set on routes below one."""

    url: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    token: Token
    target: Project | None = None

    @property
    def user(self) -> User:
        """Who asks."""
        return self.token.user

    @property
    def project(self) -> Project:
        """The project of a route below one."""
        assert self.target is not None
        return self.target

    def flag(self, name: str) -> bool:
        """Whether a query parameter says yes, in one of the words that GitLab takes for it."""
        return self.query.get(name, "").lower() in ("1", "t", "true", "y", "yes", "on")

    def number(self, name: str) -> int:
        """A path parameter that must be a number."""
        if not self.params[name].isdigit():
            raise malformed(f"{name} is invalid")
        return int(self.params[name])

    def page(self, items: Sequence[T]) -> tuple[list[T], dict[str, str]]:
        """The asked-for page of `items`, and the headers that tell of the others."""
        size = min(_positive(self.query.get("per_page"), 20), 100)
        page = _positive(self.query.get("page"), 1)
        last = max(1, -(-len(items) // size))
        following = str(page + 1) if page < last else ""
        before = str(page - 1) if page > 1 else ""
        links = [("prev", before), ("next", following), ("first", "1"), ("last", str(last))]
        told = {"page": str(page), "per_page": str(size)}
        parts = [
            f'<{self.url}?{urlencode({**self.query, **told, "page": to})}>; rel="{rel}"'
            for rel, to in links
            if to
        ]
        headers = {
            "link": ", ".join(parts),
            "x-page": str(page),
            "x-per-page": str(size),
            "x-next-page": following,
            "x-prev-page": before,
            "x-total": str(len(items)),
            "x-total-pages": str(last),
        }
        return list(items[(page - 1) * size : page * size]), headers


def _positive(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and int(text) > 0 else otherwise


Handler: TypeAlias = "Callable[[Hub, Call], Answer]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: its method and path template without the prefix, and the access level that
    it needs in its project (0: anyone who sees it)."""

    operation: str
    handler: Handler
    level: int = 0

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.operation.partition(" ")[0]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression over the URL-encoded path; every parameter is one segment, in
        which slashes must be encoded."""
        path = self.operation.partition(" ")[2]
        return re.compile(API + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + r"/?\Z")

"""What keeps something from being fetched, each with a code and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks.model import Location, RenderFailure

# What to do, by code. The codes are a contract: pages and users' filters name them.
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "remote-refused": "Have a maintainer add the host to render.hosts on the base branch, or "
        "commit what it provides.",
        "remote-unsupported": "Refer to it over https, or commit what it provides.",
        "remote-unpinned": "Pin it to a commit, a tag or an exact version.",
        "remote-failed": "Check the address and whether plumbline can reach it; then run the check "
        "again.",
        "remote-too-large": "Commit the part that is needed; what is fetched is bounded.",
        "remote-hostile": "Do not use this source: it is not what it should be.",
    }
)
# The input is fine, plumbline just has no way to read it.
_NOT_BROKEN = frozenset(
    {"remote-refused", "remote-unsupported", "remote-unpinned", "remote-failed"}
)


class NotFetched(Exception):  # noqa: N818 - an answer, not a fault
    """Something that is not fetched: its code, and why in words for people."""

    def __init__(self, code: str, error: str) -> None:
        super().__init__(error)
        self.code = code
        self.error = error

    def at(self, where: Location) -> RenderFailure:
        """The failure at the place that asks for it."""
        return RenderFailure(
            location=where,
            code=self.code,
            error=self.error,
            remedy=REMEDIES[self.code],
            broken=self.code not in _NOT_BROKEN,
        )


def shown(url: str) -> str:
    """A stranger's URL in a message."""
    said = repr(url)
    return said if len(said) <= 200 else said[:199] + "…"

"""What is said in place of a rendering."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """A chart that is not rendered: the code, the file it is about and, in it, a word near which
    the reason stands."""

    def __init__(self, code: str, path: str, error: str, near: str = "") -> None:
        super().__init__(error)
        self.answer: dict[str, Any] = {"code": code, "path": path, "error": error, "near": near}


class HelmSaid(Exception):  # noqa: N818 - the tool's own words
    """Helm would not do it; the message is Helm's."""

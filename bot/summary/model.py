"""A summary, and what makes one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot import escape
from bot.model import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a model wrote about a report, or why there is nothing.

    `text` is Markdown, safe to publish, with every name and number filled in by us; "" where there
    is none. `said` is why, for the record; "" where there is a text. The digests are SHA-256 in
    hexadecimal, "" where nothing was asked or answered. `cost` is in USD and counts what was spent
    on this call, 0 where a kept answer was used again.
    """

    text: str = ""
    said: str = ""
    model: str = ""
    prompt_digest: str = ""
    output_digest: str = ""
    grounded: bool = False
    cost: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.said) or bool(self.text) != self.grounded:
            raise ValueError("a summary has a grounded text or a reason why there is none")


class Advisor(Protocol):
    """Writes summaries. It is asked after the verdict stands and cannot touch it."""

    def summarise(self, report: Report, pull: str = "") -> Summary:
        """A summary of the report. `pull` names the pull request whose money is spent. Never
        raises, and returns within a deadline of its own."""


class NoAdvisor:
    """The default: no model, no call."""

    def summarise(self, report: Report, pull: str = "") -> Summary:  # noqa: ARG002 - the protocol's
        """Nothing, and that it is switched off."""
        return Summary(said="switched off")


def paragraph(summary: Summary) -> str:
    """The summary as Markdown for a comment, with who wrote it; "" where there is none."""
    if not summary.text:
        return ""
    return (
        f"{summary.text}\n\n"
        f"<sub>Summary written by {escape.code(summary.model)}, checked against the findings; "
        "it decides nothing.</sub>"
    )

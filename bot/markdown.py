"""The report as Markdown: the comment and the check runs' texts, cut by whole rows to fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jinja2

from bot import cost_view, escape
from bot.data import data_root
from bot.model import Report
from bot.report import View, count, view
from checks import money
from checks.model import Finding, Location

# GitHub refuses comments of over 65,536 characters; bytes are the safer measure.
COMMENT_BYTES = 65_000
CHECK_BYTES = 65_000


def comment(report: Report, marker: str, details_url: str = "") -> str:
    """The sticky comment, at most COMMENT_BYTES long, beginning with the hidden marker."""
    whole = view(report)
    return _fitted(
        COMMENT_BYTES,
        lambda rows: _render(
            "comment.md.j2",
            whole,
            rows,
            report=report,
            marker=marker,
            details_url=details_url,
        ),
    )


def check_text(report: Report, domain: str, annotated: str) -> str:
    """The text of a domain's check run ("" for the aggregate), at most CHECK_BYTES long."""
    part = view(report, domain)
    return _fitted(
        CHECK_BYTES,
        lambda rows: _render("check_run.md.j2", part, rows, report=report, annotated=annotated),
    )


def resolved(marker: str, head_sha: str) -> str:
    """What an old comment says once the change touches no infrastructure any more."""
    template = _environment().get_template("resolved.md.j2")
    return template.render(marker=marker, head_sha=head_sha)


def _fitted(limit: int, render: Callable[[int], str]) -> str:
    """The longest rendering within the limit: the largest number of rows a table that fits."""
    most = 10_000
    text = render(most)
    if len(text.encode()) <= limit:
        return text
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if len(render(middle).encode()) <= limit:
            low = middle
        else:
            high = middle
    return render(low)


def _render(name: str, part: View, rows: int, **values: Any) -> str:
    def first(items: Sequence[Any]) -> Sequence[Any]:
        return items[:rows]

    text = _environment().get_template(name).render(v=part, first=first, **values)
    # Blank lines end Markdown tables, so templates are written loosely and closed up here.
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept) + "\n"


@cache
def _environment() -> jinja2.Environment:
    """Jinja2 with strict names. Nothing is escaped by itself: Markdown is not HTML, so each value
    passes the filter that fits its place, and tests/test_markdown.py attacks every one."""
    env = jinja2.Environment(  # noqa: S701 - Markdown: escaped by the filters below
        loader=jinja2.FileSystemLoader(data_root() / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {
        "prose": escape.prose,
        "code": escape.code,
        "cell": escape.cell,
        "place": place,
        "why": why,
        "drivers": cost_view.why,
        "aside": cost_view.aside,
        "unmoved": cost_view.unmoved,
        "money": money.plain,
        "figure": money.figure,
        "signed": money.signed,
        "spread": money.spread,
        "count": count,
    }
    return env


def place(location: Location) -> str:
    """ "path:12" as a code span for a table."""
    line = f":{location.line}" if location.line else ""
    return escape.cell(f"{location.path}{line}")


def why(finding: Finding) -> str:
    """What is wrong and what to do, for a table cell."""
    text = escape.prose(finding.message)
    if finding.remedy:
        text += f"<br>**Fix:** {escape.prose(finding.remedy)}"
    if finding.counterfactual:
        text += f"<br><sub>Tried: {escape.prose(finding.counterfactual)}</sub>"
    return text

"""The body of a rightsizing pull request: every number that it rests on, and how to say no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import jinja2

from bot import escape
from bot.data import data_root
from checks import money
from checks.model import (
    CpuUsage,
    MemoryUsage,
    NoUsage,
    Range,
    Recommendation,
    Refusal,
    ResourceRef,
)

# GitHub refuses bodies of over 65,536 characters; bytes are the safer measure.
MOST_BYTES = 60_000
_MOST_REFUSED = 30
_RUN = re.compile("`+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Everything a body says. `days` and `reopen` (percent) are how long a no is remembered."""

    marker: str
    workload: ResourceRef
    path: str
    changes: Sequence[Recommendation]
    refused: Sequence[Refusal]
    notes: Sequence[str]
    match_note: str
    saving: Range | None
    priority: str
    model: str
    opt_out: str
    days: Sequence[int]
    reopen: int


def body(text: Text) -> str:
    """The Markdown, at most MOST_BYTES long: the queries go first where it would be longer."""
    queries = tuple(dict.fromkeys(q for r in text.changes for q in r.evidence.queries))
    whole = _render(text, queries)
    return whole if len(whole.encode()) <= MOST_BYTES else _render(text, ())


def _render(text: Text, queries: Sequence[str]) -> str:
    evidence = {r.container: r.evidence for r in text.changes}
    rendered = (
        _environment()
        .get_template("proposal.md.j2")
        .render(
            marker=text.marker,
            workload=text.workload,
            path=text.path,
            changes=text.changes,
            refused=text.refused[:_MOST_REFUSED],
            notes=text.notes,
            match_note=text.match_note,
            saving=text.saving,
            currency=text.changes[0].currency,
            evidence=list(evidence.values()),
            queries=queries,
            priority=text.priority,
            model=text.model,
            opt_out=text.opt_out,
            days=text.days,
            reopen=text.reopen,
        )
    )
    lines = [line.rstrip() for line in rendered.strip().splitlines()]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept) + "\n"


@cache
def _environment() -> jinja2.Environment:
    """As in bot/markdown.py: strict names, and each value passes the filter that fits its place."""
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
        "spread": money.spread,
        "costs": _costs,
        "resource": lambda name: "CPU" if name == "cpu" else name,
        "measured": _measured,
        "besides": _besides,
        "amount": _amount,
        "percent": lambda share: f"{share:.0%}",
        "moment": _moment,
        "fenced": _fenced,
    }
    return env


def _costs(saving: Range, currency: str) -> str:
    """A negative saving as a cost."""
    turned = Range(low=-saving.high, expected=-saving.expected, high=-saving.low)
    return money.spread(turned, currency)


def _measured(wanted: Recommendation) -> CpuUsage | MemoryUsage:
    found = wanted.evidence.cpu if wanted.resource == "cpu" else wanted.evidence.memory
    if isinstance(found, NoUsage):
        raise ValueError(f"a recommendation without a measurement: {found.reason}")
    return found


def _besides(wanted: Recommendation) -> str:
    """What else was seen: throttling and the peak hour, or kills and restarts."""
    found = _measured(wanted)
    if isinstance(found, CpuUsage):
        share = found.throttled_share
        throttled = "throttling not known" if share is None else f"throttled {share:.1%}"
        return f"peak hour {found.peak_hour:02}:00 UTC, {throttled}"
    kills = "not known" if found.oom_kills is None else str(found.oom_kills)
    restarts = "not known" if found.restarts is None else str(found.restarts)
    return f"OOM kills: {kills}, restarts: {restarts}"


def _amount(value: float, resource: str) -> str:
    """Cores, or bytes in Mi, for a table of measurements."""
    if resource == "cpu":
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value / 2**20:,.0f}Mi"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _fenced(text: str) -> str:
    """A block that is shown as it is."""
    lines = [escape.visible(line, 4000) for line in text.splitlines()]
    longest = max((len(run) for line in lines for run in _RUN.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}promql", *lines, fence))

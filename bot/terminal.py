"""The report as text for a terminal, in the same order as the comment."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from bot.cost_view import GroupRow, aside, unmoved, why
from bot.escape import visible
from bot.model import Report
from bot.report import View, count, view
from checks import money
from checks.model import CostLine, Finding, Verdict

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.NEEDS_APPROVAL: "magenta",
    Verdict.FAIL: "red",
    Verdict.ERROR: "red",
}


def show(report: Report, console: Console) -> None:
    """Print the report."""
    console.print(Group(*_parts(report, view(report))), soft_wrap=False)


def _parts(report: Report, v: View) -> list[RenderableType]:
    head = Text.assemble(
        (f"plumbline: {v.headline}", f"bold {_COLOURS[v.verdict]}"), f"  {' · '.join(v.facts)}"
    )
    parts: list[RenderableType] = [head]
    parts += [
        Text(f"  {row.title}: {row.state}: {visible(row.reason, 2000)}", "yellow")
        for row in v.untold
    ]
    parts += _findings("What blocks", v.blocking)
    parts += _cost(v)
    parts += _findings("Warnings", v.warnings)
    parts += _findings("Notes", v.notes)
    parts += _findings("Fixed by this change", v.fixed)
    if v.preexisting:
        parts.append(Text(f"\n{count(len(v.preexisting), 'finding')} stood there before", "dim"))
    by = report.law or "the shipped defaults"
    parts.append(
        Text(
            f"\n{count(report.stats.files_relevant, 'infrastructure file')} of "
            f"{count(report.stats.files_changed, 'changed file')}, judged by {by}"
            f" in {report.stats.seconds:.2f} s",
            "dim",
        )
    )
    return parts


def _findings(title: str, findings: Sequence[Finding]) -> list[RenderableType]:
    if not findings:
        return []
    parts: list[RenderableType] = [Text(f"\n{title}", "bold")]
    for f in findings:
        line = f":{f.location.line}" if f.location.line else ""
        where = f"{visible(f.location.path)}{line}"
        parts.append(Text.assemble(("  " + where, "cyan"), f"  {visible(f.message, 1000)}"))
        if f.remedy:
            parts.append(Text(f"      {visible(f.remedy, 1000)}  [{f.rule}]", "dim"))
    return parts


def _cost(v: View) -> list[RenderableType]:
    parts: list[RenderableType] = []
    cost = v.cost
    if cost is None:
        return parts
    if cost.unknown:
        parts.append(Text("\nNot priced (in no total, never counted as $0)", "bold"))
        parts += [
            Text(f"  {visible(str(u.resource))} in {visible(u.location.path)}: {visible(u.reason)}")
            for u in cost.unknown
        ]
    if cost.lines or cost.still:
        parts.append(Text("\nCost a month", "bold"))
        parts += [_group(row, cost.currency) for row in cost.groups if len(cost.groups) > 1]
        for line in cost.lines:
            name, path = visible(str(line.resource)), visible(line.location.path)
            root = f"  {visible(line.root)}" if line.root else ""
            parts.append(Text.assemble(f"  {name}  ", (path, "cyan"), (root, "dim")))
            parts.append(Text(f"      {_step(line, cost.currency)}  (grade {line.grade.value})"))
            said = aside(line) or why(line, cost.currency)
            if said:
                parts.append(Text(f"      {visible(said, 1000)}", "dim"))
        if said := unmoved(cost):
            parts.append(Text(f"  {said}", "dim"))
        if cost.carbon:
            parts.append(Text(f"  {cost.carbon}", "dim"))
    return parts


def _group(row: GroupRow, currency: str) -> Text:
    """One environment and team: "  production / shop  +$12.00  ████"."""
    name = visible(f"{row.environment} / {row.team}")
    step = money.spread(row.delta, currency, sign=True)
    return Text.assemble(f"  {name}  {step}  ", (row.bar, "cyan"))


def _step(line: CostLine, currency: str) -> str:
    """ "$10.00 → $15.00, +$5.00 ($2.00 to $9.00)"; a side without the object is a dash."""
    sides = (money.plain(s.expected, currency) if s else "–" for s in (line.before, line.after))
    return f"{' → '.join(sides)}, {money.spread(line.delta, currency, sign=True)}"

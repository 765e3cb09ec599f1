"""`plumbline policy explain`: where a rule is, what it asks, how hard it is, who waives it and
which tests cover it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.config import Policy
from bot.globs import matches
from bot.policy.command import matrix
from bot.policy.command.case import Case
from bot.policy.command.folder import Folder
from bot.policy.command.law import LIMITS, compiled, policies_of
from bot.policy.command.metadata import about, blocks
from bot.policy.command.rego_coverage import key
from bot.policy.command.run import Plan, found, run
from bot.policy.files import Files
from bot.policy.findings import CHECK
from bot.policy.model import PolicyRule
from bot.waiver_file import Waiver
from bot.waiver_file import read as read_waivers
from checks.model import Tier
from checks.registry import CHECKS

_EXCERPT = 24
_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What rules are explained with."""

    folder: Folder
    law: Policy
    rows: Sequence[matrix.Row]
    waivers: Sequence[Waiver]


def explain(folder: Folder, law: Policy, name: str) -> list[str]:
    """Lines about every rule that `name` (an id, or a glob over ids) is; none where there is none.
    Raises ConfigError, EngineError and Unreadable."""
    files = policies_of(folder, law, [])
    with compiled(files, law) as policies:
        rules = [rule for rule in policies.rules if _is(rule.id, name)]
        problems = [str(problem) for problem in policies.problems]
    known = _Known(
        folder=folder, law=law, rows=matrix.rows(law, rules), waivers=_waivers(folder, law)
    )
    lines = list(_of_checks(known, name))
    cases = _cases(folder) if rules else []
    for rule in rules:
        lines += ["", *_of_policy(rule, known, files, cases)]
    if problems and rules:
        lines += ["", "Some policies cannot be used; `plumbline policy lint` says why:"]
        lines += [f"  {problem}" for problem in problems[:_NAMED]]
    return lines[1:] if lines[:1] == [""] else lines


def _is(rule: str, name: str) -> bool:
    return rule == name or matches(rule, (name,))


def _cases(folder: Folder) -> list[Case]:
    plan = Plan(folder=folder, now=datetime.now(UTC), limits=LIMITS, covering=True)
    return run(plan, found(folder, [""]))


def _waivers(folder: Folder, law: Policy) -> Sequence[Waiver]:
    path = law.waivers.path
    if not path or path not in folder.paths:
        return ()
    return read_waivers(path, folder.read(path)).items


def _of_checks(known: _Known, name: str) -> Iterator[str]:
    for check in CHECKS:
        named = [rule for rule in check.rules if _is(rule.id, name)]
        if not named and not _is(check.id, name):
            continue
        for rule in named or check.rules:
            yield from ("", f"{rule.id}: {rule.title}", f"  a rule of the check {check.id}")
            yield from _hardness(known.rows, check.id, rule.id)
            yield f"  what to do: {rule.remedy}"
            yield f"  page: docs/checks/{check.id}.md"
            yield from _waived(known.waivers, (rule.id, check.id))
        if not check.rules:
            yield from ("", f"{check.id}: {check.title}")
            yield from _hardness(known.rows, check.id, check.id)
            yield f"  page: docs/checks/{check.id}.md"


def _of_policy(
    rule: PolicyRule, known: _Known, files: Files, cases: Sequence[Case]
) -> Iterator[str]:
    place = rule.location
    metadata = _metadata(rule, files)
    title = metadata.get("title") or rule.title
    yield f"{rule.id}: {title}" if title and title not in rule.id else rule.id
    yield f"  at {place.path}:{place.line}, where it objects it is: {rule.effect.value}"
    if metadata.get("description"):
        yield f"  about: {metadata['description']}"
    yield from _hardness(known.rows, CHECK, rule.id)
    yield f"  what to do: {rule.remedy or metadata.get('remedy') or 'its message says so'}"
    yield "  page: docs/policies.md"
    yield from _waived(known.waivers, (rule.id, CHECK))
    yield from _tested(rule, cases)
    yield "  it asks:"
    for number, line in _excerpt(known.folder, rule):
        yield f"    {number:>4} | {line}"


def _metadata(rule: PolicyRule, files: Files) -> Mapping[str, str]:
    """The title, the description and the remedy that the policy's file gives."""
    text = next((one.text for one in files.sources if one.path == rule.location.path), "")
    block = about(blocks(text), rule.location.line)
    if block is None:
        return {}
    return {
        "title": block.text("title"),
        "description": block.text("description"),
        "remedy": block.remedy,
    }


def _hardness(rows: Sequence[matrix.Row], source: str, rule: str) -> Iterator[str]:
    for row in rows:
        if (row.source, row.rule) == (source, rule):
            cells = ", ".join(f"{tier.value} {row.cells[tier]}" for tier in Tier)
            yield f"  severity: {cells}"


def _waived(waivers: Sequence[Waiver], names: Sequence[str]) -> Iterator[str]:
    named = [one for one in waivers if any(matches(name, (one.rule,)) for name in names)]
    for one in named:
        at = f"{one.location.path}:{one.location.line}"
        yield f"  waived {one.terms} ({', '.join((*one.paths, *one.objects))}; {at})"
    if not named:
        yield "  waived: nowhere"


def _tested(rule: PolicyRule, cases: Sequence[Case]) -> Iterator[str]:
    names = {rule.id, key(rule.id, rule.location.path, rule.location.line)}
    count = 0
    for case in cases:
        how = ["objects"] if names & {*case.denied} else []
        how += ["keeps quiet"] if names & {*case.allowed} else []
        if how:
            count += 1
        if how and count <= _NAMED:
            state = "" if case.outcome == "passed" else f" ({case.outcome})"
            yield f"  tested at {case.file}:{case.line}: it {' and '.join(how)}{state}"
    if count > _NAMED:
        yield f"  and in {count - _NAMED} more cases"
    if not count:
        yield "  tested: by no case"


def _excerpt(folder: Folder, rule: PolicyRule) -> Iterator[tuple[int, str]]:
    """The rule's own lines: of Rego to the end of its body, of YAML to the end of the document."""
    path, first = rule.location.path, rule.location.line
    if not path or path not in folder.paths:
        return
    lines = folder.read(path).decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines[max(0, first - 1) :], start=max(1, first)):
        if number - first >= _EXCERPT or line.startswith("---"):
            yield number, "…" if not line.startswith("---") else line
            return
        yield number, line
        if path.endswith(".rego") and line.startswith("}"):
            return
        if path.endswith(".rego") and number == first and line.rstrip().endswith("}"):
            return

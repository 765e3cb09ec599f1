"""Write the pages in docs/checks: `python -m bot.docs`; with --check, list those that are stale."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from bot.config import CONFIG_PATHS, defaults, parse
from bot.data import data_root
from bot.evidence import gather
from bot.facts import load_facts
from bot.gather import with_secrets
from bot.model import Change, FileChange, TooLarge, TreeEntry
from bot.render.compose import Everywhere, Plan, snapshots
from bot.render.failures import REMEDIES
from bot.render.rendered import Rendered
from bot.render.terraform.resources import resources_of
from bot.render.terraform.rows import rendered_object
from checks import money
from checks.costs.inventory import inventory
from checks.model import CostDelta, Evidence, Outcome, Review, Subject, Tier
from checks.registry import CHECKS
from checks.rule import Check

PAGES = Path("docs/checks")
EXAMPLES = PAGES / "examples"
# Pages do not change from day to day; the grade of a price depends on its age.
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FILE_MODE = "100644"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a check is shown at: a manifest, or a file of Terraform, as it was (None if there was
    none) and as it is proposed, the evidence files beside it, who approved it ("" where nobody can
    be asked), and the config of the repository ("" for the shipped one)."""

    before: bytes | None
    after: bytes
    evidence: Mapping[str, bytes] = field(default_factory=dict)
    review: str = ""
    config: str = ""
    terraform: bool = False

    @property
    def language(self) -> str:
        """What it is written in."""
        return "hcl" if self.terraform else "yaml"

    def outcome(self, check: Check) -> Outcome:
        """What the check says in the tier production."""
        trees = _Trees(tuple(side for side in (self.before, self.after) if side), self.evidence)
        law = Everywhere(tier=Tier.PRODUCTION)
        change, plan = self._change(), self._plan()
        base, head = snapshots(trees, change, law, plan=plan)
        policy = parse(CONFIG_PATHS[0], self.config.encode()) if self.config else defaults()
        facts = replace(
            load_facts("default", "", _NOW),
            evidence=gather(trees, "head", head.resources.values()),
            # What stands beside the manifest stood there before, where anything did.
            evidence_before=gather(trees, "base", base.resources.values())
            if self.before
            else Evidence(),
            review=self._review(),
        )
        # The branch declares nothing else.
        facts = replace(facts, inventory=inventory(base, facts))
        facts = with_secrets(facts, policy, (base, head))
        subject = Subject(base=base, head=head, facts=facts)
        return check.judge(subject, policy.checks[check.id])

    def _review(self) -> Review | None:
        if not self.review:
            return None
        said = yaml.load(self.review, yaml.CSafeLoader)
        return TypeAdapter(Review).validate_python({"head_sha": "head", **said})

    def _plan(self) -> Plan | None:
        if not self.terraform:
            return None
        before, after = (_made(side) for side in (self.before, self.after))
        return Plan(path="main.tf", before=before, after=after)

    def _change(self) -> Change:
        if self.terraform:
            return Change(base_sha="base", merge_base="base", head_sha="head", files=())
        old, new = (_blob(side) if side else "" for side in (self.before, self.after))
        file = FileChange(
            path="app.yaml",
            old_mode=_FILE_MODE if old else "",
            new_mode=_FILE_MODE,
            old_blob=old,
            new_blob=new,
        )
        return Change(base_sha="base", merge_base="base", head_sha="head", files=(file,))


def _made(text: bytes | None) -> Rendered:
    """What a file of Terraform declares. Raises ValueError where not all of it can be read."""
    rows, failures = resources_of("", {"main.tf": text.decode()} if text else {})
    if failures:
        raise ValueError(f"an example cannot be read: {failures[0].error}")
    return Rendered(objects=tuple(map(rendered_object, rows)))


class _Trees:
    """A repository that holds nothing but the files of an example."""

    def __init__(self, files: Sequence[bytes], beside: Mapping[str, bytes]) -> None:
        self._files = {_blob(data): data for data in (*files, *beside.values())}
        self._entries = tuple(
            TreeEntry(path=path, mode=_FILE_MODE, blob=_blob(data))
            for path, data in sorted(beside.items())
        )

    def tree(self, *_: object, **__: object) -> tuple[TreeEntry, ...]:
        return self._entries

    def blobs(self, ids: Collection[str], *_: object, **__: object) -> dict[str, bytes | TooLarge]:
        return {key: self._files[key] for key in ids}


def _blob(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def example(check: Check, name: str, root: Path) -> Example:
    """The example `name` ("bad" or "good") of a check, from docs/checks/examples/<id>/: what is
    `before.yaml` and `config.yaml` of both, and `<name>.yaml`, `<name>.review.yaml` (the fields of
    a Review), and as evidence any other `<name>.…`. With `<name>.tf` it is one of Terraform."""
    folder = root / EXAMPLES / check.id
    terraform = (folder / f"{name}.tf").exists()
    kind = "tf" if terraform else "yaml"
    before = folder / f"before.{kind}"
    own = (folder / f"{name}.{kind}", folder / f"{name}.review.yaml")
    return Example(
        before=before.read_bytes() if before.exists() else None,
        after=own[0].read_bytes(),
        evidence={
            path.name.replace(name, "app", 1): path.read_bytes()
            for path in sorted(folder.glob(f"{name}.*"))
            if path not in own
        },
        review=_text(own[1]),
        config=_text(folder / "config.yaml"),
        terraform=terraform,
    )


def pages(root: Path) -> dict[Path, str]:
    """Every generated page, by its path below `root`."""
    return {PAGES / f"{check.id}.md": page(check, root) for check in CHECKS}


def page(check: Check, root: Path) -> str:
    """The page of one check."""
    return "\n".join(
        [
            f"# {check.id}",
            "",
            f"<!-- By `make docs`, from checks/, config/checks/ and {EXAMPLES}/. Do not edit. -->",
            "",
            f"**{check.title}.** Reports under the check run of the domain {check.domain}.",
            "",
            "## Why",
            "",
            check.why,
            "",
            *_rules(check),
            *_config(check),
            *_examples(check, root),
        ]
    )


def _rules(check: Check) -> Iterator[str]:
    yield from ("## Rules", "")
    if check.rules:
        yield from ("| Rule | What is wrong | What to do |", "| --- | --- | --- |")
        yield from (f"| `{rule.id}` | {rule.title} | {rule.remedy} |" for rule in check.rules)
    else:
        # The rules of `readable` are the ways in which reading fails.
        yield from ("| Rule | What to do |", "| --- | --- |")
        yield from (f"| `{code}` | {remedy} |" for code, remedy in sorted(REMEDIES.items()))
    yield ""


def _config(check: Check) -> Iterator[str]:
    shipped = (data_root() / "config" / "checks" / f"{check.id}.yaml").read_text("utf-8")
    table = Path("config/policies") / f"{check.id}.yaml"
    yield from (
        "## Config",
        "",
        f"These are the defaults. A repository changes single ones in `{CONFIG_PATHS[0]}`",
        f"on its base branch; `{check.id}: false` switches the check off.",
        "",
        "```yaml",
        "checks:",
        f"  {check.id}:",
        *(f"    {line}" if line else "" for line in shipped.splitlines()),
        "```",
        "",
    )
    if (data_root() / table).exists():
        yield from (f"What it is told besides is in [{table}](../../{table}).", "")


def _examples(check: Check, root: Path) -> Iterator[str]:
    bad, good = example(check, "bad", root), example(check, "good", root)
    how = "with this config" if bad.config else "by its defaults"
    yield from ("## Example", "")
    yield f"The answers are those of this check itself, {how}, in the tier production."
    if bad.config:
        yield from ("", *_fenced("yaml", bad.config))
    if bad.before is not None:
        yield from ("", "Before the change:", "", *_fenced(bad.language, bad.before.decode()))
    for title, shown in (("Objected to", bad), ("Fine", good)):
        yield from ("", f"### {title}", "", *_fenced(shown.language, shown.after.decode()), "")
        for path, data in shown.evidence.items():
            language = path.rpartition(".")[2]
            yield from (f"Beside it is `{path}`:", "", *_fenced(language, data.decode()), "")
        if shown.review:
            yield from ("The review of the commit `head`:", "", *_fenced("yaml", shown.review), "")
        yield from _fenced("text", "\n".join(_said(shown.outcome(check))))
    yield ""


def _fenced(language: str, text: str) -> Iterator[str]:
    yield from (f"```{language}", text.rstrip("\n"), "```")


def _said(outcome: Outcome) -> Iterator[str]:
    yield outcome.state.value + (f": {outcome.reason}" if outcome.reason else "")
    for finding in outcome.findings:
        severity = finding.severity.name.lower()
        where = f"{finding.location.path}:{finding.location.line}"
        yield f"{where}: {severity}: {finding.message} [{finding.rule}]"
        yield f"    {finding.remedy}"
    if outcome.cost:
        yield from _costs(outcome.cost)


def _costs(cost: CostDelta) -> Iterator[str]:
    for line in cost.lines:
        delta = money.spread(line.delta, cost.currency, sign=True)
        yield f"{line.resource}: {delta} a month, grade {line.grade.value}"
        yield f"    {line.basis}"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages, or with --check exit 1 and name those that do not say what is so."""
    parser = argparse.ArgumentParser(prog="python -m bot.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, list stale pages")
    args = parser.parse_args(argv)
    root = data_root()
    wanted = pages(root)
    stale = [path for path, text in wanted.items() if _text(root / path) != text]
    left = {path.relative_to(root) for path in (root / PAGES).glob("*.md")} - wanted.keys()
    if args.check:
        for path in sorted([*stale, *left]):
            sys.stderr.write(f"{path} is stale: run `make docs`\n")
        return 1 if stale or left else 0
    for path in stale:
        (root / path).write_text(wanted[path], "utf-8")
        sys.stdout.write(f"wrote {path}\n")
    for path in sorted(left):
        (root / path).unlink()
        sys.stdout.write(f"removed {path}: there is no such check\n")
    return 0


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())

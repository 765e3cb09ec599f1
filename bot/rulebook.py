"""What is known of each rule and check, as Markdown for people who ask for it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from functools import cache

from bot import escape
from bot.render.failures import REMEDIES
from checks.registry import CHECKS
from checks.rule import Check

# Before the names of what a repository's own policies find.
POLICIES = "rego/"
_NEAR = 5
_POLICY = """\
This is a rule of a policy: of one that this repository's base branch holds, or of one that
plumbline ships. The policy's own text says what it looks for; `policies` in the config says where
policies are read from."""


@cache
def known() -> Mapping[str, str]:
    """The shipped checks and rules by id, each with what there is to say of it."""
    pages: dict[str, str] = {}
    for check in CHECKS:
        pages |= {rule.id: _page(rule.id, rule.title, rule.remedy, check) for rule in check.rules}
        if not check.rules:
            # The rules of `readable` are the ways in which reading fails.
            title = "A file cannot be read"
            pages |= {code: _page(code, title, text, check) for code, text in REMEDIES.items()}
    # Last: where a rule is called as its check is, the check's page has the rule in it.
    return pages | {check.id: "\n".join(_check(check)) for check in CHECKS}


def explain(name: str) -> str | None:
    """What a rule or a check is about and what to do, as Markdown; None for an unknown name."""
    if name.startswith(POLICIES):
        return f"**{escape.code(name)}**\n\n{_POLICY}"
    found = {key.casefold(): page for key, page in known().items()}
    return found.get(name.casefold())


def nearest(name: str) -> tuple[str, ...]:
    """The known names that are most like one, the nearest first; none where none is like it."""
    return tuple(difflib.get_close_matches(name, sorted(known()), n=_NEAR))


def _page(name: str, title: str, remedy: str, check: Check) -> str:
    said = (
        f"**{escape.code(name)}**: {escape.prose(title)}.",
        f"**What to do:** {escape.prose(remedy)}",
        check.why,
        f"A rule of the check {escape.code(check.id)}.",
    )
    return "\n\n".join(said)


def _check(check: Check) -> Iterator[str]:
    yield from (f"**{escape.code(check.id)}**: {escape.prose(check.title)}.", "", check.why, "")
    rules = [(rule.id, rule.title, rule.remedy) for rule in check.rules]
    rules = rules or [(code, "", remedy) for code, remedy in sorted(REMEDIES.items())]
    for name, title, remedy in rules:
        what = f"{escape.prose(title)}. " if title else ""
        yield f"- {escape.code(name)}: {what}{escape.prose(remedy)}"


def checks() -> tuple[str, ...]:
    """The ids of the shipped checks, in the order in which they run."""
    return tuple(check.id for check in CHECKS)

"""Mistakes in policies: as text, as JSON and as SARIF for code-scanning views and editors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from bot.escape import visible
from bot.policy.command.lint import CODES, Level, Lint

_LONGEST = 2000


def text(mistakes: Sequence[Lint]) -> str:
    """Each mistake with its place and what to do, and a line that counts them."""
    lines: list[str] = []
    for one in mistakes:
        at = f"{visible(one.path, _LONGEST)}:{one.line}" if one.line else visible(one.path)
        lines.append(f"{at}: {one.level.value}: {visible(one.message, _LONGEST)} ({one.code})")
        lines.append(f"  {one.remedy}")
    return "".join(f"{line}\n" for line in (*lines, closing(mistakes)))


def closing(mistakes: Sequence[Lint]) -> str:
    """The last line: "1 error, 0 warnings, 2 notes"."""
    count = Counter(one.level for one in mistakes)
    return ", ".join(
        f"{count[level]} {level.value}{'' if count[level] == 1 else 's'}" for level in Level
    )


def as_json(mistakes: Sequence[Lint]) -> str:
    """Every mistake."""
    count = Counter(one.level for one in mistakes)
    said = {
        "schema_version": 1,
        "summary": {level.value: count[level] for level in Level},
        "findings": [{**asdict(one), "level": one.level.value} for one in mistakes],
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def as_sarif(mistakes: Sequence[Lint]) -> str:
    """SARIF 2.1.0."""
    rules = [{"id": code} for code in CODES]
    run = {
        "tool": {"driver": {"name": "plumbline policy lint", "rules": rules}},
        "results": [_result(one) for one in mistakes],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(one: Lint) -> dict[str, Any]:
    region = {"region": {"startLine": one.line}} if one.line else {}
    artifact = {"uri": quote(one.path.encode("utf-8", "surrogateescape"))}
    return {
        "ruleId": one.code,
        "level": one.level.value,
        "message": {"text": f"{visible(one.message, _LONGEST)}. {one.remedy}"},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, **region}}],
    }


FORMATS: Mapping[str, Callable[[Sequence[Lint]], str]] = {
    "text": text,
    "json": as_json,
    "sarif": as_sarif,
}

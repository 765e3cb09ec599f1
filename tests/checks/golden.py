"""What a check says about its examples, against the file that was approved.

PLUMBLINE_UPDATE_GOLDEN=1 makes the tests write the files anew; read the difference before a commit.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from bot.docs import example
from checks.rule import Check

_ROOT = Path(__file__).parents[2]
_GOLDEN = _ROOT / "tests" / "golden" / "checks"


def assert_golden(check: Check) -> None:
    """Both examples of the check have the outcome in tests/golden/checks/<id>.json."""
    outcomes = {name: example(check, name, _ROOT).outcome(check) for name in ("bad", "good")}
    text = json.dumps(_plain(outcomes), indent=2, ensure_ascii=False) + "\n"
    path = _GOLDEN / f"{check.id}.json"
    if os.environ.get("PLUMBLINE_UPDATE_GOLDEN") == "1":
        path.write_text(text, "utf-8")
    assert path.exists(), f"{path.name} is missing: run with PLUMBLINE_UPDATE_GOLDEN=1"
    assert text == path.read_text("utf-8")


def _plain(value: Any) -> Any:
    """`value` in JSON's types; an outcome also has the state that follows from it."""
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        derived = ("state", "fingerprint", "delta")
        return plain | {
            name: _plain(getattr(value, name)) for name in derived if hasattr(value, name)
        }
    return value

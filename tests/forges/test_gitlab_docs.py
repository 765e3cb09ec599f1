"""What docs/gitlab.md promises is there."""

from __future__ import annotations

import re
from pathlib import Path

from bot.forges import gitlab_status
from bot.model import CheckStatus
from bot.settings import FILE_SUFFIX, PREFIX, Settings

PAGE = (Path(__file__).parents[2] / "docs" / "gitlab.md").read_text(encoding="utf-8")


def test_every_setting_it_names_is_one() -> None:
    named = {name.removesuffix(FILE_SUFFIX) for name in re.findall(rf"{PREFIX}[A-Z_]+", PAGE)}
    assert len(named) == 5
    assert named <= {PREFIX + field.upper() for field in Settings.model_fields}


def test_the_states_are_those_that_are_set() -> None:
    rows = re.findall(r"^\| (pass|pass with warnings|needs approval) \| (\w+)", PAGE, re.MULTILINE)
    verdicts = {
        "pass": CheckStatus.SUCCESS,
        "pass with warnings": CheckStatus.NEUTRAL,
        "needs approval": CheckStatus.ACTION_REQUIRED,
    }
    assert dict(rows) == {word: gitlab_status.STATES[s] for word, s in verdicts.items()}

"""The page says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bot.summary.disclosure import MOST_FINDINGS, disclose
from bot.summary.prompt import prompt
from tests.reports import report
from tests.summary.reports import TAG

PAGE = (Path(__file__).parents[2] / "docs" / "llm.md").read_text()


def test_the_example_is_what_is_sent() -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
    sent = json.loads(prompt(disclose(report(TAG)), "some-model").user)
    assert sent["checks"]["image_tag"].pop("why")
    assert shown["checks"]["image_tag"].pop("why") == "…"
    assert shown == sent


def test_the_number_of_findings_is_right() -> None:
    assert f"at most {MOST_FINDINGS}," in PAGE


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((\.\./[^)]+)\)", PAGE):
        assert (Path(__file__).parents[2] / "docs" / target).resolve().is_file()

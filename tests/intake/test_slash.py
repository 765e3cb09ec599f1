"""Which line of a comment is said to us."""

from __future__ import annotations

import time

import pytest

from bot.intake.slash import MOST, spoken


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("/plumbline", ""),
        ("/plumbline recheck", "recheck"),
        ("/Plumbline\trecheck  ", "recheck"),
        ("Thanks!\n\n/plumbline help\nBye", "help"),
        ("/plumbline help\n/plumbline recheck", "help"),
        ("```\n/plumbline help\n```\n/plumbline recheck", "recheck"),
        ("````\n```\n/plumbline help\n````\n/plumbline recheck", "recheck"),
        ("~~~\n```\n~~~\n/plumbline recheck", "recheck"),
        ("```\n```yaml\n```\n/plumbline recheck", "recheck"),
        ("/plumbline a\0b\ud800c", "ab?c"),
        ("/plumbline " + "a" * 5000, "a" * MOST),
    ],
)
def test_what_is_said(body: str, said: str) -> None:
    assert spoken(body) == said


@pytest.mark.parametrize(
    "body",
    [
        "",
        "please run /plumbline recheck",
        "> /plumbline recheck",
        "> quoted\u2028/plumbline recheck",
        "> quoted\x0b/plumbline recheck",
        " /plumbline recheck",
        "    /plumbline recheck",
        "/plumblines recheck",
        "/plumbline-recheck",
        "`/plumbline recheck`",
        "```\n/plumbline recheck",
        "   ```yaml\n/plumbline recheck\n```",
    ],
)
def test_what_is_not_said_to_us(body: str) -> None:
    assert spoken(body) is None


def test_the_longest_comment_is_read_in_time() -> None:
    started = time.monotonic()
    for part in ("`" * 3 + "\n", "/plumbline\n" * 1, "~", "/plumbline\t ", "\n"):
        spoken((part * 65_536)[:65_536])
    assert time.monotonic() - started < 1

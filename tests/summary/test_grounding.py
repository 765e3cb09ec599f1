"""Whatever a model writes: it is refused, or it is plain words and values of ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summary.claims import Claim, Claims
from bot.summary.disclosure import disclose
from bot.summary.grounding import LONGEST_TEXT, Ungrounded, grounded
from bot.summary.vocabulary import NUMBERS, SWEEPING, VERDICTS, is_among
from tests.reports import finding, report
from tests.summary.reports import full

FOUND = disclose(full())
VALUES = sorted({v for f in FOUND for v in f.values.values()}, key=len, reverse=True)
GOOD = "{{F1.resource}} has a tag that moves in {{F1.path}}."
# What a model could be talked into, next to what it should write.
PIECES = st.sampled_from(
    [
        *(
            "{{F1.resource}}",
            "{{F1.path}}",
            "{{F2.saving}}",
            "{{F3.delta}}",
            "{{F9.path}}",
            "{{",
            "}}",
        ),
        *(
            " ",
            " ",
            " ",
            ".",
            ",",
            ":",
            "(",
            ")",
            "'",
            "’",
            "-",
            "–",
            "\n",
            "\u200b",
            "`",
            "*",
            "<",
            "@",
        ),
        *(
            "has",
            "a tag",
            "moves",
            "The",
            "safe",
            "three",
            "Merge",
            "all",
            "no",
            "x.y",
            "http://",
            "７",
        ),
    ]
)


def said(text: str, *ids: str) -> str:
    return grounded(Claims(claims=[Claim(text=text, finding_ids=list(ids or ("F1",)))]), FOUND)


def assert_plain(text: str) -> None:
    bare = text
    for value in VALUES:
        bare = bare.replace(value, "")
    assert re.fullmatch(r"[A-Za-z ,.;:()'–—]*", bare)
    for word in re.findall(r"[a-z]+", bare.lower()):
        assert not is_among(word, NUMBERS | VERDICTS | SWEEPING)


def refused_or_plain(text: str, *ids: str) -> None:
    """What holds of every claim."""
    try:
        found = said(text, *ids)
    except Ungrounded:
        return
    assert_plain(found)


@given(st.lists(PIECES, max_size=25), st.lists(st.sampled_from(["F1", "F2", "F3"]), max_size=3))
def test_any_mixture(pieces: list[str], ids: list[str]) -> None:
    refused_or_plain("".join(pieces), *ids)


@given(st.text(max_size=60), st.integers(0, len(GOOD)))
def test_anything_in_the_middle_of_a_good_claim(text: str, at: int) -> None:
    refused_or_plain(GOOD[:at] + text + GOOD[at:])


@given(st.characters(), st.integers(0, len(GOOD)))
def test_any_character_in_a_good_claim(char: str, at: int) -> None:
    refused_or_plain(GOOD[:at] + char + GOOD[at:])


@given(st.permutations(GOOD.split()))
def test_any_order_of_good_words(words: list[str]) -> None:
    refused_or_plain(" ".join(words))


def test_a_claim_gets_its_full_stop() -> None:
    assert said("{{F1.resource}} has a tag;") == "`Deployment shop/web` has a tag."


def test_long_values_can_make_it_too_long() -> None:
    long = disclose(report(*[finding(subject=str(i), path=f"{'p' * 300}{i}") for i in range(6)]))
    text = " ".join("{{F1.path}}" for _ in range(30))
    with pytest.raises(Ungrounded, match="the answer is too long"):
        grounded(Claims(claims=[Claim(text=text, finding_ids=["F1"])] * 3), long)
    assert LONGEST_TEXT < 65_000

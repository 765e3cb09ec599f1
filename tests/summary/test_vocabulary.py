"""The words of a summary, and the shape of secrets."""

from __future__ import annotations

import secrets

import pytest

from bot.summary.disclosure import disclose
from bot.summary.prompt import prompt
from bot.summary.secrets import looks_secret
from bot.summary.vocabulary import (
    NEGATIONS,
    NUMBERS,
    REFUSED,
    SAVINGS,
    VERDICTS,
    base_words,
    is_among,
    words_of,
)
from checks.registry import CHECKS
from tests.summary.reports import full


def test_no_refused_word_is_on_the_list() -> None:
    refused = REFUSED | NEGATIONS | SAVINGS
    assert [word for word in sorted(base_words()) if is_among(word, refused)] == []


def test_the_list_is_of_plain_lower_case_words() -> None:
    assert [word for word in base_words() if not (word.isascii() and word.isalpha())] == []
    assert [word for word in base_words() if word != word.lower()] == []


@pytest.mark.parametrize(
    ("word", "of"),
    [
        ("names", "name"),
        ("named", "name"),
        ("naming", "name"),
        ("reaches", "reach"),
        ("policies", "policy"),
        ("running", "run"),
        ("stopped", "stop"),
        ("currently", "current"),
    ],
)
def test_forms_of_a_word(word: str, of: str) -> None:
    assert is_among(word, {of})


@pytest.mark.parametrize("word", ["passes", "passed", "merging", "approved", "shipping", "safely"])
def test_forms_of_a_verdict(word: str) -> None:
    assert is_among(word, VERDICTS)


@pytest.mark.parametrize("word", ["doubled", "tripling", "halved", "dozens", "thirds", "hundreds"])
def test_forms_of_a_number(word: str) -> None:
    assert is_among(word, NUMBERS)


@pytest.mark.parametrize("word", ["checkout", "payments", "frontend", "database", "alice", "aws"])
def test_names_of_services_and_people_are_no_words(word: str) -> None:
    assert not is_among(word, base_words())


def test_what_we_send_never_looks_like_a_secret() -> None:
    ours = [f"{c.title} {c.why} {r.title} {r.remedy} {r.id}" for c in CHECKS for r in c.rules]
    assert [text for text in ours if looks_secret(text)] == []
    question = prompt(disclose(full()), "some-model")
    assert not looks_secret(question.system)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11ABCDEFG0abcdefghijkl",
        "glpat-abcdefghij0123456789",
        "xoxb-123-abc",
        "sk-ab-" + "c1d2" * 5,
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
        "postgres://user:hunter2@db/x",
        "password=hunter2",
        "api_key: abc",
    ],
)
def test_secrets_are_seen(text: str) -> None:
    assert looks_secret(f"in the middle {text} of a text")


def test_random_tokens_are_seen() -> None:
    missed = [t for _ in range(500) if not looks_secret(t := secrets.token_hex(20))]
    assert missed == []


def test_words_of_a_text() -> None:
    assert words_of("Add 'resources.requests.cpu'!") == {"add", "resources", "requests", "cpu"}

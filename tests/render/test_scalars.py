"""Kubernetes' scalar rules, as a table: what kubectl makes JSON of, value by value."""

from __future__ import annotations

import math

import pytest
import yaml

from bot.render.scalars import Scalar, TagError, key_text, plain, plain_key, tagged

TABLE: list[tuple[str, Scalar]] = [
    *(
        (word, True)
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]
    ),
    *(
        (word, False)
        for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]
    ),
    *((word, None) for word in ("", "~", "null", "Null", "NULL")),
    *((word, word) for word in ("tRUE", "yEs", "oN", "nULL", "none", "None", "truest", "nope")),
    # Numbers
    ("0", 0),
    ("8080", 8080),
    ("-1", -1),
    ("+5", 5),
    ("1_000", 1000),
    ("1__0", 10),
    ("0777", 511),
    ("0o17", 15),
    ("0O17", 15),
    ("0_1", 1),
    ("0x1F", 31),
    ("0XfF", 255),
    ("-0x10", -16),
    ("0b11", 3),
    ("-0b11", -3),
    ("08", 8),
    ("09.5", 9.5),
    ("-0", 0),
    ("9223372036854775807", 9223372036854775807),
    ("18446744073709551615", 18446744073709551615),
    ("99999999999999999999", 1e20),
    ("1.5", 1.5),
    ("-.5", -0.5),
    (".5", 0.5),
    ("1.", 1),
    ("1.0", 1),
    ("1e3", 1000),
    ("1E+3", 1000),
    ("1e-3", 0.001),
    ("1e300", 1e300),
    (".inf", math.inf),
    ("+.Inf", math.inf),
    ("-.INF", -math.inf),
    # Strings that YAML 1.1 or Python would take for something else
    *(
        (text, text)
        for text in (
            *("12:30", "12:30:45", "190:20:30", "2001-01-01", "2001-12-14t21:59:43.10-05:00"),
            *("=", "<<", "_1", "0x", "0o", "0b2", "0o8", "1e", "e3", "1.2.3", "10.0.0.1", "-", "."),
            *("+", "..", "...", "1,000", "1 000", "250m", "1Gi", "0x1.8p1", "inf", "nan", "+inf"),
            *("._5", "1e999", "٣", "Infinity", "9" * 401, "1" + "_" * 500),
        )
    ),
]


@pytest.mark.parametrize(("text", "value"), TABLE)
def test_plain(text: str, value: Scalar) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


def test_not_a_number() -> None:
    value = plain(".NaN")
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("app", "app"),
        ("8080", "8080"),
        ("0777", "511"),
        ("yes", "true"),
        ("n", "false"),
        ("1.5", "1.5"),
        ("1.0", "1"),
        (".nan", ".nan"),
        ("-.inf", "-.inf"),
        ("12:30", "12:30"),
        ("~", None),
    ],
)
def test_keys_are_strings(text: str, key: str | None) -> None:
    assert plain_key(text) == key
    assert key_text(plain(text)) == key


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "3", "3"),
        ("int", "0x10", 16),
        ("float", "3", 3),
        ("float", "3.5", 3.5),
        ("bool", "yes", True),
        ("null", "", None),
        ("binary", "aGk=", "aGk="),
        ("timestamp", "2001-01-01", "2001-01-01"),
    ],
)
def test_explicit_tags(tag: str, text: str, value: Scalar) -> None:
    assert tagged(f"tag:yaml.org,2002:{tag}", text) == value


def test_custom_tags_are_ignored() -> None:
    assert tagged("!Ref", "3") == "3"


@pytest.mark.parametrize(
    ("tag", "text"), [("int", "x"), ("int", "yes"), ("bool", "1"), ("null", "x"), ("float", "true")]
)
def test_a_tag_that_is_not_true(tag: str, text: str) -> None:
    with pytest.raises(TagError, match=tag):
        tagged(f"tag:yaml.org,2002:{tag}", text)


@pytest.mark.parametrize("text", ["y", "1e3", "12:30", "2001-01-01", "0o17"])
def test_pyyaml_would_read_these_otherwise(text: str) -> None:
    """Why there is a resolver of our own."""
    assert yaml.safe_load(f"- {text}") != [plain(text)]

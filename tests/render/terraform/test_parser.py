"""The language itself: odd but valid texts, and texts that are none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render.terraform.parser import parse
from bot.render.terraform.syntax import HclError
from tests.render.terraform.modules import resource

_PIECES = st.sampled_from(
    [
        *'{}[]()="\n.,:?*!-+%$~<',
        "${",
        "%{",
        "if",
        "for",
        "in",
        "a",
        "1",
        "<<E\n",
        "E\n",
        "=>",
        "#",
        "/*",
    ]
)


@given(st.lists(_PIECES, max_size=60).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_with_a_line_of_it(text: str) -> None:
    line, names = 1, set[str]()
    try:
        names = set(parse(text).attributes)
    except HclError as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 2
    assert names <= {"a", "if", "for", "in"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + # why\n 2", None),
        ("(1 + # why\n 2)", 3),
        ("[\n 1,\n 2, // two\n]", [1, 2]),
        ("{\n a = 1\n b : 2, c = 3\n}", {"a": 1, "b": 2, "c": 3}),
        ('{ "a-b" = 1, a-b = 2 }', {"a-b": 2}),
        ('"$${x} %%{y} $x %y"', "${x} %{y} $x %y"),
        ('"${"${"deep"}"}"', "deep"),
        ("<<A\nx\n\ny\nA", "x\n\ny\n"),
        ("<<-A\n    x\n  y\n  A", "  x\ny\n"),
        ("true ? 1 : 2", 1),
        ("[for x in [1, 2] : x if x > 1][0]", 2),
        ("[[1, 2], [3]].0.1", 2),
        ('"a\\tb\\u00e9\\ud800"', "a\tbé\ufffd"),
        ("!false", True),
        ("--1", 1),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    if value is None:
        with pytest.raises(HclError):
            parse(f"v = {expression}\n")
    else:
        assert resource(f"v = {expression}")["spec"] == {"v": value}


def test_the_line_of_an_error_is_that_of_the_file() -> None:
    with pytest.raises(HclError) as caught:
        parse("a = <<X\nline\n${1 +}\nX\n")
    assert caught.value.line == 3


_TOO_DEEP = {
    "list": "a = " + "[" * 9999,
    "brackets": "a = " + "(" * 9999,
    "templates": 'a = "' + '${"' * 9999,
    "blocks": "a {\n" * 9999,
    "signs": "a = " + "!" * 9999,
    "steps": "a = b" + ".c" * 9999,
    "comments": "/*" * 9999,
    "digits": "a = " + "9" * 9999,
    "exponent": "a = 1e999",
}


@pytest.mark.parametrize("text", _TOO_DEEP.values(), ids=_TOO_DEEP)
def test_what_is_nested_too_deeply_or_too_large_is_refused(text: str) -> None:
    with pytest.raises(HclError):
        parse(text)

"""What the engine would read or do in another way than OPA, and does not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engines.dialect import as_opa_reads
from bot.engines.sprintf import sprintf
from tests.engines.asking import ask, messages, sources

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "xs": ["a", "b"],
}
POD |= {"one": 1, "keys": ["one"]}
HELPERS = """package main
import future.keywords.every
import future.keywords.in
same(x, y) { x == y }
itself(x) = x { true }
holds(x) { x }
nothing { false }
"""


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        # https://github.com/open-policy-agent/opa/issues/1877 and /8387
        ("not same(1, input.none)", False),
        ("not startswith(input.none, `a`)", False),
        ("not itself(input.none) == 1", False),
        ("not itself(itself(input.none))", False),
        ('not "a" in input.none', False),
        ("not input.none > 1", False),
        ("not input.none + 1 == 2", False),
        ("not input.xs[input.none]", False),
        ("not [input.none] == [1]", False),
        ("not holds(nothing)", False),
        ("not same(1, input.one) with input as {}", False),
        # An equation and a reference by itself are about what may be undefined.
        ("not input.none == 1", True),
        ("not input.none = 1", True),
        ("not input.none.further", True),
        ("not nothing", True),
        ("not same(2, input.one)", True),
        ("not same(1, input.one)", False),
        ("not same(3, input.one) with input as {`one`: 3}", False),
        ("not count([x | x := input.none]) > 0", True),
        ("not count([x | x := input.xs[_]; not same(x, `a`)]) == 2", True),
        ('every x in input.xs { not same(x,\n # a comment, "and text"\n  "c") }', True),
        ('not same("a#b", "a#c")', True),
        ("y := input.one; not same(y, 2)", True),
        # The engine would take a variable between the brackets for a new one.
        ("x := input.xs[_]; y := x; not input[y]", True),
        ("x := input.xs[_]; y = x; not input[y]", True),
        ("x := input.keys[_]; y = x; not input[y]", False),
        ("x := input.keys[_]; not input[x] == 2", True),
        ("x := {`y`: input.keys[_]}; not input[x.y]", False),
    ],
)
def test_arguments_are_evaluated_before_a_negation(body: str, holds: bool) -> None:
    policy = f'{HELPERS}deny[m] {{ {body}; m := "held" }}'
    assert messages(sources(policy), POD) == (["held"] if holds else [])


def test_lines_stay_where_they_are() -> None:
    policy = """package main
deny[m] {
  not startswith(
    # what it begins with
    sprintf("%s", [input.kind]),
    "x"
  )
  to_number("no")
  m := ""
}
"""
    _, (answer,), _ = ask(sources(policy), POD)
    assert [p.line for p in answer.problems] == [8]


def test_a_bracket_begins_an_expression_on_a_line_of_its_own() -> None:
    policy = """package main
deny[m] {
  x := input.one
  (x + 1) > 1
  y := input.xs # [
  [first, _] = y
  m := concat("", [
    first,
    ("!")
  ])
}
"""
    assert messages(sources(policy), POD) == ["a!"]


def test_a_rule_may_have_several_bodies() -> None:
    policy = """package main
deny[{"msg": msg}] { msg := "one" } { msg := "} {" }
{
  msg := "three"
}
f(x) = {y | y := x} { x == 1 } { x == 2 }
deny["by a function"] { count(f(2)) == 1 }
pick = "a" { input.none } else = "b" { true }
deny[m] { m := pick }
"""
    assert sorted(messages(sources(policy), POD)) == ["b", "by a function", "one", "three", "} {"]


@pytest.mark.parametrize(
    "text",
    [
        "package a\ndefault x = false\ny[z] { z := 1 }\n",
        "package a\nx := {\n  1,\n  (2),\n}\n",
        "package a\nx if\n(true)\n",
        "package a\ny { some i in\n[1, 2] }\n",
        "package a\ny = `\n( { } {` { true }\n",
        'package a # { {\ny = "(" { true }\n',
        "package a\nx = {1} { true }\ny = {2: 3} { true }\n",
    ],
)
def test_what_both_read_alike_stays_as_it_is(text: str) -> None:
    assert as_opa_reads(text) == text


@pytest.mark.parametrize(
    ("form", "values", "text"),
    [
        # https://pkg.go.dev/fmt: the examples of its page, and what its text says.
        ("%v %v", ["a"], "a %!v(MISSING)"),
        ("Hi %d", [], "Hi %!d(MISSING)"),
        ("%d", ["hi"], "%!d(string=hi)"),
        ("hello", [1, "b"], "hello%!(EXTRA int=1, string=b)"),
        ("%s", [42], "%!s(int=42)"),
        ("100%", [], "100%!(NOVERB)"),
        ("%d%%", [7], "7%"),
        ("%v %v %v", [1.5, 100000000.5, 1e-7], "1.5 1.000000005e+08 1e-07"),
        ("%f|%.2f|%6.2f|%e", [1.5, 2.345, 1.0e-3, 1234.5], "1.500000|2.35|  0.00|1.234500e+03"),
        ("%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%b", [1, 2, -3, 4, 5, 255, 255, 255, 8, 5], None),
        ("%5s|%-5s|%.1s|%q|%x", ["a", "b", "cd", 'e"\n', "hi"], '    a|b    |c|"e\\"\\n"|6869'),
        ("%v", [[1, "a", None, True, {"b": {2, 1}, "a": 1.5}]], None),
        ("%s", [{}], "{}"),
        ("%t", [True], "%!t(string=true)"),
    ],
)
def test_texts_are_made_as_go_makes_them(form: str, values: list[Any], text: str | None) -> None:
    expected = {
        "%v": '[1, "a", null, true, {"a": 1.5, "b": {1, 2}}]',
        "%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%b": "    1|2    |-0003|+4| 5|ff|FF|0xff|10|101",
    }
    assert sprintf(form, values) == (expected[form] if text is None else text)


@pytest.mark.parametrize("form", ["%[2]d", "%*d", "%2000d"])
def test_a_format_that_is_not_supported_is_no_text(form: str) -> None:
    with pytest.raises(ValueError, match="not supported"):
        sprintf(form, [1])


def test_a_set_of_objects_is_written_by_the_engine() -> None:
    policy = 'package main\ndeny[m] { m := sprintf("%v", [{{"a": 1}, {"b": 2}}]) }'
    assert messages(sources(policy), POD) == ['{{"a": 1}, {"b": 2}}']

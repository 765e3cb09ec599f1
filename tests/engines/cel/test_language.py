"""The language itself: values, operators, macros, and what the cluster would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.cel.evaluating import Asker, evaluated

OBJECT = {
    "a": 1,
    "half": 0.5,
    "one": 1.0,
    "nothing": None,
    "list": [1, 2.5],
    "map": {"k": "v", "a-b": 1},
    "text": "x",
    "big": 10**30,
}

TRUE = r"""
object.a == 1 && object.one == 1 && object.half < 1
type(object.one) == int && type(object.half) == double && type(object.big) == double
object.a == 1.0 && 1u == 1 && [1] == [1.0] && {"a": 1u} == {"a": 1.0}
object.nothing == null && has(object.nothing) && !has(object.none)
!has(object.nothing.x) && !has(object.text.x)
1 != "1" && true != 1 && [true] != [1] && null != false
"é".size() == 1 && size("añb") == 3 && size(b"é") == 2 && size([1, 2]) == 2 && {"a": 1}.size() == 1
true || 1 / 0 == 1
1 / 0 == 1 || true
!(false && 1 / 0 == 1) && !(1 / 0 == 1 && false)
[0, 1].exists(x, 1 / x == 1)
![0, 1].all(x, 1 / x == 5)
[1, 2, 3].exists_one(x, x == 2) && ![2, 2].exists_one(x, x == 2)
[1, 2, 3].filter(x, x > 1) == [2, 3] && [1, 2].map(x, x * 2) == [2, 4]
[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]
object.map.all(k, k.startsWith("k") || k == "a-b") && object.map.exists(k, object.map[k] == "v")
[[1, 2], [3]].all(x, x.all(y, y > 0)) && [1].exists(x, [2].exists(x, x == 2) && x == 1)
7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1 && 7 % -3 == 1 && 7.0 / 2.0 == 3.5
1 < 2 && 1 < 1.5 && 2u > 1 && "a" < "b" && false < true && b"a" < b"b"
"a" in ["a"] && 1.0 in [1] && "k" in object.map && !("z" in object.map)
object.map["a-b"] == 1 && object["a"] == 1 && object.list[0] == 1 && object.list[0.0] == 1
(object.a > 0 ? "yes" : "no") == "yes"
1.0 / 0.0 > 1e308 && 0.0 / 0.0 != 0.0 / 0.0
r"a\d" == "a\\d" && "\x41\101\u0041" == "AAA" && '''a
b'''.size() == 3
"tab\t".size() == 4 && b"\xff".size() == 1 && b"\u00ff".size() == 2
0x10 == 16 && 1e3 == 1000.0 && .5 == 0.5 && -9223372036854775808 < 0 && 18446744073709551615u > 1u
[1] + [2] == [1, 2] && "a" + "b" == "ab" && -(-1) == 1 && !!true
type(1) == int && type(1u) == uint && type("") == string && type(null) == null_type
type([]) == list && type({}) == map && type(type(1)) == type && type(b"") == bytes
type(timestamp("2020-01-01T00:00:00Z")) == google.protobuf.Timestamp
object.?a.orValue(5) == 1 && object.?none.orValue(5) == 5 && object.?none.?deep.orValue(6) == 6
object[?"a"].hasValue() && !object[?"none"].hasValue() && !object.list[?9].hasValue()
object.?map.k == optional.of("v") && !object.?none.k.hasValue()
object.?a.optMap(x, x + 1).value() == 2 && !object.?none.optMap(x, x + 1).hasValue()
object.?map.optFlatMap(m, m.?k).orValue("") == "v" && object.?none.or(object.?a).value() == 1
has(object.?map.k) && !has(object.?none.k)
optional.ofNonZeroValue("") == optional.none() && optional.ofNonZeroValue("a").value() == "a"
[?object.?a, ?object.?none] == [1] && {?"x": object.?a, ?"y": object.?none} == {"x": 1}
object.?a.orValue(1 / 0) == 1
[10, 20].all(i, v, v == (i + 1) * 10) && {"a": 1}.exists(k, v, k == "a" && v == 1)
["a", "b"].existsOne(i, v, i == 1 && v == "b")
["a", "b"].transformList(i, v, v + string(i)) == ["a0", "b1"]
["a", "b"].transformList(i, v, i > 0, v) == ["b"]
{"a": 1, "b": 2}.transformMap(k, v, v * 2) == {"a": 2, "b": 4}
{"a": 1, "b": 2}.transformMap(k, v, v > 1, v) == {"b": 2}
{"a": "x"}.transformMapEntry(k, v, {v: k}) == {"x": "a"}
cel.bind(x, object.a + 1, x * x) == 4
1 + 2 * 3 - 4 == 3 && !false == true && 2 - 1 - 1 == 0
// a comment
1 == 1 // another
"""


def _lines(text: str) -> list[str]:
    """Expressions, one a line; what does not end its string goes on in the next."""
    found: list[str] = []
    for line in text.strip().splitlines():
        if found and found[-1].count("'''") % 2:
            found[-1] += "\n" + line
        elif line.startswith("//"):
            found.append(line)
        elif found and found[-1].startswith("//"):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


@pytest.mark.parametrize("expression", _lines(TRUE))
def test_it_is_true(cel: Asker, expression: str) -> None:
    assert cel.value(expression, object=OBJECT) is True


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("object.none", "no such key: none"),
        ("object.none.deep", "no such key: none"),
        ("has(object.none.deep)", "no such key: none"),
        ("object.nothing.x", "no such key: x"),
        ("object['none']", "no such key: none"),
        ("object.list[5]", "index out of bounds: 5"),
        ("object.list[-1]", "index out of bounds: -1"),
        ("object.list['a']", "unsupported index type 'string' in list"),
        ("object.text + 1", "no such overload: _+_ applied to (string, int)"),
        ("1 + 1.0", "no such overload: _+_ applied to (int, double)"),
        ("object.a > 'a'", "no such overload: _>_ applied to (int, string)"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("9223372036854775807 + 1", "integer overflow"),
        ("-9223372036854775808 / -1", "integer overflow"),
        ("0u - 1u", "unsigned integer overflow"),
        ("!object.a", "no such overload: !_ applied to (int)"),
        ("object.a ? 1 : 2", "no such overload: _?_:_ applied to (int)"),
        ("object.a && true", "no such overload: _&&_ applied to (int)"),
        ("true && object.none", "no such key: none"),
        ("object.list.all(x, object.none)", "no such key: none"),
        ("object.a.all(x, true)", "no such overload: comprehension applied to (int)"),
        ("[1].filter(x, x)", "no such overload: _?_:_ applied to (int)"),
        ("{'a': 1, 'a': 2}", "duplicate map key: a"),
        ("{1.5: 1}", "unsupported key type: double"),
        ("optional.none().value()", "optional.none() dereference"),
        ("[?1]", "cannot initialize optional entry from non-optional int"),
        ("[1, 2].transformMapEntry(i, v, {'k': v})", "insert failed: key k already exists"),
        ("nobody", "undeclared reference to 'nobody'"),
        ("size(1)", "no such overload: size applied to (int)"),
    ],
)
def test_an_error_is_an_error(cel: Asker, expression: str, said: str) -> None:
    assert cel.says(expression, object=OBJECT) == ("error", said)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("object.", "mismatched input <EOF>"),
        ("1 +", "unexpected <EOF>"),
        ("'a", "a string does not end"),
        ("a b", "mismatched input 'b'"),
        ("true || nofunction(1)", "undeclared reference to 'nofunction'"),
        ("'a'.charAt()", "found no matching overload for 'charAt' with 0 arguments"),
        ("'a'.matches('(')", "error parsing regexp"),
        ("duration('1 day')", "type conversion error"),
        ("has(object)", "invalid argument to has() macro"),
        ("[1].all(x.y, true)", "argument must be a simple name"),
        ("9223372036854775808", "invalid int literal"),
        ("for", "reserved identifier"),
        ("authorizer.group('').check('get').allowed()", "unsupported expression: authorizer"),
        ("(" * 300 + "1" + ")" * 300, "recursion limit exceeded"),
        ("Pod{a: 1}", "mismatched input '{'"),
        ("1 == @", "token recognition error"),
    ],
)
def test_what_the_cluster_would_refuse_is_refused(cel: Asker, expression: str, said: str) -> None:
    kind, message = cel.says(expression, object=OBJECT)
    assert kind == "refused"
    assert message.startswith("expression 1: ")
    assert said in message


def test_variables_are_computed_once_in_their_order_and_only_when_asked_for() -> None:
    answer = evaluated(
        ["variables.sum == 3", "has(variables.sum)", "variables.bad", "variables.worse"],
        variables=[
            ("one", "object.a"),
            ("sum", "variables.one + 2"),
            ("bad", "object.none"),
            ("worse", "variables.bad + 1"),
        ],
        object=OBJECT,
    )
    bad = "variable bad fails to evaluate: no such key: none"
    assert answer.values == [
        ("value", True),
        ("value", True),
        ("error", bad),
        ("error", f"variable worse fails to evaluate: {bad}"),
    ]


def test_values_come_back_as_json() -> None:
    texts = ["{'a': [1, 1.5, null]}", "duration('90s')", "object.?none", "quantity('1')", "b'a'"]
    values: list[Any] = [value for _, value in evaluated(texts, object={}).values]
    assert values == [{"a": [1, 1.5, None]}, "90s", None, "1", "a"]

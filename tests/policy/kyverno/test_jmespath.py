from typing import Any

import pytest

from bot.policy.kyverno.inside.faults import Fault, NotFound, Unsupported, unknown
from bot.policy.kyverno.inside.jmespath.functions import Functions
from bot.policy.kyverno.inside.jmespath.query import Interpreter
from bot.policy.kyverno.inside.variables import substituted

DATA = {
    "a": {"b": [{"n": "x", "v": 1.0}, {"n": "y"}], "empty": []},
    "labels": {"app-name": "web"},
    "who": unknown("who asks"),
    "n": None,
}
JMES = Interpreter(Functions(1_767_323_045 * 10**9))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.b[].n", ["x", "y"]),
        ("a.b[].v", [1.0]),
        ("a.b[?n=='y'] | length(@)", 1.0),
        ("a.b[?v==`1`].n | [0]", "x"),
        ("a.missing || 'none'", "none"),
        ("a.missing | length(@ || `[]`)", 0.0),
        ("n.deeper", None),
        ('labels."app-name"', "web"),
        ("a.[b, empty][] | length(@)", 2.0),
        ("labels.keys(@)[]", ["app-name"]),
        ("!(a.missing)", True),
        ("a.b[0].v == `1`", True),
        ("to_upper('a')", "A"),
        ("split('a:b', ':')[1]", "b"),
        ("regex_match('^v[0-9]+$', 'v12')", True),
        ("regex_replace_all('([a-z])([0-9])', 'a1b2', '${2}$1')", "1a2b"),
        ("regex_replace_all_literal('a', 'bab', '$1')", "b$1b"),
        ("add('1Gi', '512Mi')", "1536Mi"),
        ("subtract('1h', '30s')", "59m30s"),
        ("multiply('100m', `3`)", "300m"),
        ("divide('1Gi', '512Mi')", 2.0),
        ("modulo(`7`, `4`)", 3.0),
        ("sum([`1`, `2`])", 3.0),
        ("round(`2.345`, `1`)", 2.3),
        ("base64_decode('aGk=')", "hi"),
        ("parse_yaml('a: 1').a", 1.0),
        ("parse_json('{\"a\":[1]}').a[0]", 1.0),
        ('lookup(`{"k":"v"}`, \'k\')', "v"),
        ("items(`{\"k\":\"v\"}`, 'name', 'val')[0].name", "k"),
        ("object_from_lists(['a','b'], ['1'])", {"a": "1", "b": None}),
        ("semver_compare('1.2.3', '>=1.2.0')", True),
        ('label_match(`{"a":"1"}`, `{"a":"1","b":"2"}`)', True),
        ("path_canonicalize('/var//run/../lock')", "/var/lock"),
        ("truncate('abcdef', `3`)", "abc"),
        ("trim('xxaxx', 'x')", "a"),
        ("image_normalize('nginx')", "docker.io/nginx:latest"),
        ("time_add('2026-01-01T00:00:00Z', '36h')", "2026-01-02T12:00:00Z"),
        ("time_diff('2026-01-01T00:00:00Z', '2026-01-01T00:01:30Z')", "1m30s"),
        ("time_since('', '2026-01-02T03:00:00Z', '')", "4m5s"),
        ("time_to_cron('2026-01-04T05:06:07Z')", "6 5 4 1 0"),
        ("time_parse('0', '1700000000')", "2023-11-14T22:13:20Z"),
        ("sha256('')[:0]", None),
        ("max([`1`, `3`, `2`])", 3.0),
        ("sort_by(a.b, &n)[-1].n", "y"),
        ('to_string(`{"b":1,"a":2}`)', '{"a":2,"b":1}'),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert JMES.search(expression, DATA) == expected


@pytest.mark.parametrize(
    "expression",
    ["labels.x", "a.b.c.d | e(@)", "to_upper(`1`)", "nosuch(@)", "a[", "`{no json}`", "length(n)"],
)
def test_errors_are_kyvernos(expression: str) -> None:
    with pytest.raises(Fault):
        JMES.search(expression, DATA)


@pytest.mark.parametrize(
    "expression",
    [
        "random('[a-z]')",
        "x509_decode('')",
        "is_external_url('http://x')",
        "who.name",
        "time_parse('Mon Jan', 'x')",
    ],
)
def test_what_cannot_be_had_here_is_named(expression: str) -> None:
    with pytest.raises(Unsupported):
        JMES.search(expression, DATA)


def test_a_missing_field_passes_through_and_but_not_through_or() -> None:
    with pytest.raises(NotFound):
        JMES.search("labels && labels.x", DATA)
    assert JMES.search("labels.x || labels.y", DATA) is None


def test_variables_are_replaced() -> None:
    def query(expression: str) -> Any:
        return JMES.search(expression, DATA)

    assert substituted("{{ a.b[0].v }}", query) == 1.0
    assert substituted("n={{a.b[0].n}}-{{ labels }}", query) == 'n=x-{"app-name":"web"}'
    assert substituted({"k{{a.b[0].n}}": ["\\{{ no }}"]}, query) == {"kx": ["{{ no }}"]}
    assert substituted("{{ a.b[?n=='{{a.b[1].n}}'] | length(@) }}", query) == 1.0
    with pytest.raises(Fault, match="Unknown key"):
        substituted("x {{ labels.none }}", query)


def test_references_are_resolved_in_the_pattern() -> None:
    pattern = {"limits": {"memory": "<=$(./../../requests/memory)"}, "requests": {"memory": "1Gi"}}
    found = substituted(pattern, lambda expression: expression)
    assert found["limits"]["memory"] == "<=1Gi"

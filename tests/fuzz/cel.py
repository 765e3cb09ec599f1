"""Expressions in CEL: of a small grammar, and some that are broken for sure."""

from __future__ import annotations

from hypothesis import strategies as st

_LIST = "[" + ",".join(map(str, range(400))) + "]"
BROKEN = {
    "syntax": "object.spec.",
    "no function": "object.surelyNotThere()",
    "no name": "surely_not_there == 1",
    "no field": "object.spec.surelyNotThere.a == 1",
    "types": "1 + 'a' == 2",
    "not a bool": "'text'",
    "division": "1 / 0 == 1",
    "nested loops": (
        f"{_LIST}.all(a, {_LIST}.all(b, {_LIST}.all(c, {_LIST}.all(d, a + b + c + d >= 0))))"
    ),
    "deep": "(" * 20_000 + "true" + ")" * 20_000,
    "long": "!" * 30_000 + "true",
    "overflow": "9223372036854775807 + 1 > 0",
    "no such key": "{'a': 1}['b'] == 1",
    "outside": "[1][5] == 1",
    "regular expression": "'a'.matches('((')",
    "quantity": "quantity('16Zz').isGreaterThan(quantity('1'))",
}
_ATOMS = [
    "object",
    "oldObject",
    "params",
    "request.operation",
    "namespaceObject.metadata.labels",
    "object.metadata.name",
    "object.spec.replicas",
    "object.spec.template.spec.containers",
    "variables.a",
    "''",
    "'16Gi'",
    "'(a+)+$'",
    "b'\\xff'",
    "1",
    "-1",
    "2u",
    "0.5",
    "9223372036854775807",
    "null",
    "true",
    "[1, 2, 3]",
    "{'a': [1]}",
    "{}",
    "type(1)",
    "duration('1h')",
    "timestamp('2020-01-01T00:00:00Z')",
]
_OPERATORS = ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in"]
_CALLS = [
    "has({0}.spec)",
    "size({0})",
    "{0}.size()",
    "string({0})",
    "int({0})",
    "dyn({0})",
    "quantity({0})",
    "{0}.matches({1})",
    "{0}.startsWith({1})",
    "{0}.split({1})",
    "{0}.replace({1}, {1})",
    "{0}.format([{1}])",
    "{0}.find({1})",
    "{0}.sum()",
    "{0}.sort()",
    "{0}.all(x, x == {1})",
    "{0}.exists_one(x, has(x.name))",
    "{0}.map(x, {1})",
    "{0}.filter(x, x in {1})",
    "{0}[{1}]",
    "{0}.?spec.?a.orValue({1})",
    "({0} ? {1} : {0})",
    "!({0})",
    "ip({0})",
    "cidr({0}).containsIP({1})",
    "url({0}).getHost()",
    "semver({0}).major()",
    "sets.contains({0}, {1})",
    "authorizer.path({0}).check('get').allowed()",
]


def expressions() -> st.SearchStrategy[str]:
    """Any of the grammar; few of them are of one type throughout."""
    return st.recursive(
        st.sampled_from(_ATOMS),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(_OPERATORS), inner).map(lambda p: f"({' '.join(p)})"),
            st.tuples(st.sampled_from(_CALLS), inner, inner).map(lambda p: p[0].format(*p[1:])),
        ),
        max_leaves=8,
    )

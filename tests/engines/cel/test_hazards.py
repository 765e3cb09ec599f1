"""Expressions that hang, grow or crash take nothing with them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engines.cel.compile import CompileError, compiled
from bot.engines.cel.engine import Limits
from bot.engines.cel.lexer import SyntaxFault
from bot.engines.cel.parser import parse
from bot.engines.cel.units import normal, plain
from bot.engines.cel.values import CelError
from tests.engines.cel.evaluating import engine

SHORT = Limits(evaluation_seconds=0.5, total_seconds=30, memory_bytes=96 * 1024 * 1024)
_ALL = "object.all(a, object.all(b, object.all(c, object.all(d, a + b + c + d >= 0))))"


def test_what_hangs_is_ended_and_the_others_go_on() -> None:
    with engine(SHORT) as cel:
        assert cel.load(1, (), ("true",)) == ""
        assert cel.load(2, (), (_ALL, "true")) == ""
        assert cel.load(3, (), ("object[0] == 0",)) == ""
        first, hung, last = cel.ask_each((1, 2, 3), {"object": list(range(300))})
        pid = cel.pid
        again = cel.ask(2, {"object": [1]})
    assert first.values == last.values == [("value", True)]
    assert hung.values == again.values == [("error", "it took longer than 0.5 s")] * 2
    assert hung.unknown == {0, 1}
    assert pid is not None


def test_what_grows_is_ended() -> None:
    grows = "[" + ", ".join(["object"] * 50) + "].map(a, a.map(b, a.map(c, [a, b, c] + a)))"
    with engine(Limits(evaluation_seconds=20, memory_bytes=96 * 1024 * 1024)) as cel:
        assert cel.load(1, (), (grows,)) == ""
        assert cel.load(2, (), ("size(object) == 500",)) == ""
        large, small = cel.ask_each((1, 2), {"object": list(range(500))})
    assert large.values[0][0] == "error"
    assert "memory" in str(large.values[0][1])
    assert small.values == [("value", True)]


def test_a_regular_expression_that_never_ends_is_ended() -> None:
    with engine(SHORT) as cel:
        assert cel.load(1, (), ("object.matches('^(a+)+$')",)) == ""
        answer = cel.ask(1, {"object": "a" * 40 + "b"})
    assert answer.values == [("error", "it took longer than 0.5 s")]


def test_deep_objects_and_long_chains_are_no_crash_of_ours() -> None:
    deep: object = 1
    for _ in range(900):
        deep = [deep]
    chain = "1" + " + 1" * 20_000
    with engine(SHORT) as cel:
        assert cel.load(1, (), ("object == object",)) == ""
        assert cel.load(2, (), (" || ".join(["false"] * 5000),)) == ""
        refused = cel.load(3, (), (chain,))
        assert cel.ask(1, {"object": deep}).values == [("value", True)]
        assert cel.ask(2, {}).values == [("value", False)]
    assert "deep" in refused


def test_what_says_too_much_is_cut_off() -> None:
    with engine(SHORT) as cel:
        assert cel.load(1, (), ("[object, object, object]",)) == ""
        (kind, said) = cel.ask(1, {"object": "x" * 200_000}).values[0]
    assert kind == "error"
    assert "about one object" in str(said)


def test_time_that_is_used_up_is_an_error_for_all_that_is_left() -> None:
    limits = Limits(evaluation_seconds=5, total_seconds=0.0)
    with engine(limits) as cel:
        said = cel.load(1, (), ("true",))
        assert said == "the policies together took longer than 0 s"
        assert cel.ask(1, {}).values == [("error", said)]


def test_the_same_object_is_sent_once() -> None:
    body = {"spec": {"replicas": 3}}
    with engine() as cel:
        assert cel.load(1, (), ("object.spec.replicas == 3 && params == null",)) == ""
        assert cel.load(2, (), ("object.spec.replicas == 3 && params == 5",)) == ""
        assert cel.ask(1, {"object": body, "params": None}).values == [("value", True)]
        assert cel.ask(2, {"object": body, "params": 5}).values == [("value", True)]
        assert cel.ask(2, {"object": body}).values[0][0] == "error"
        assert cel.ask(1, {"object": {"spec": {"replicas": 4}}, "params": None}).values == [
            ("value", False)
        ]


_NAMES = st.sampled_from(["object", "a", "size", "has", "x", "all", "?", ".", "[", "]", "(", ")"])
_TOKENS = st.one_of(
    _NAMES,
    st.sampled_from(["+", "-", "&&", "||", "!", "in", "1", "1.5", "'s'", "null", "true", ",", ":"]),
    st.sampled_from(["{", "}", ".?", "[?", ".map(x, x)", ".format([1])", "2u", "%", "<", "=="]),
)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_TOKENS, max_size=14), _VALUES)
def test_any_text_is_refused_or_has_an_answer(parts: list[str], value: object) -> None:
    said = ""
    try:
        code = compiled(parse(" ".join(parts)))
        plain(code.run(dict.fromkeys(code.names, normal(value))))
    except (SyntaxFault, CompileError, CelError) as error:
        said = str(error) or "nothing"
    assert said != "nothing"

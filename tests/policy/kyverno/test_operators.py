from typing import Any

import pytest

from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.operators import holds


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("Equals", "a", "a", True),
        ("Equals", "abc", "a*", True),
        ("Equals", "1Gi", "1024Mi", True),
        ("Equals", "60m", "1h", True),
        ("Equals", 3600.0, "1h", False),
        ("Equals", "1h", 3600, True),
        ("Equals", 5.0, "5", True),
        ("Equals", True, "true", False),
        ("Equals", [], [], True),
        ("Equals", None, None, False),
        ("NotEquals", "a", "b", True),
        ("NotEquals", None, "b", False),
        ("NotEquals", "1Gi", "", True),
        ("NotEquals", "1Gi", "x", True),
        ("GreaterThan", "2Gi", "1Gi", True),
        ("GreaterThan", 3.0, 2, True),
        ("GreaterThan", "1.10.0", "1.9.0", True),
        ("GreaterThan", "x", "1", False),
        ("greaterthan", 3.0, 2, False),
        ("LessThan", "30s", "1m", True),
        ("DurationLessThan", 30.0, "1m", True),
        ("LessThanOrEquals", "5", 5, True),
        ("AnyIn", "a", ["a", "b"], True),
        ("AnyIn", ["x", "b1"], ["b?"], True),
        ("AnyIn", ["x"], "a", False),
        ("AnyIn", [], ["a"], False),
        ("AnyIn", "5", "1-10", True),
        ("AnyIn", 1000000.0, ["1000000"], False),
        ("AnyIn", "a", '["a","b"]', True),
        ("AllIn", ["a", "b"], ["a", "b", "c"], True),
        ("AllIn", ["a", "z"], ["a", "b"], False),
        ("AllIn", [], ["a"], True),
        ("AnyNotIn", ["a", "z"], ["a"], True),
        ("AnyNotIn", ["a"], ["a"], False),
        ("AnyNotIn", ["5", "50"], "1-10", True),
        ("AnyNotIn", "a", "5", False),
        ("AllNotIn", ["x", "y"], ["a"], True),
        ("AllNotIn", ["x", "a"], ["a"], False),
        ("AllNotIn", None, ["a"], False),
        ("In", "a", ["a"], True),
        ("NotIn", ["a", "c"], ["a", "b"], True),
        ("NotIn", "x", "a", False),
    ],
)
def test_operators(operator: str, key: Any, value: Any, expected: bool) -> None:
    assert holds(operator, key, value) is expected


def test_what_kyverno_cannot_do_either() -> None:
    with pytest.raises(Fault, match="operator: Like"):
        holds("Like", "a", "b")
    with pytest.raises(Unsupported, match="In or NotIn"):
        holds("In", [1.0], ["a"])

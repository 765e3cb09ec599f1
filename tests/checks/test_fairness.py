"""The measures of fairness against other people's figures.

The oracles are not run here, they are heavy: their answers were computed once, with statsmodels
0.15.0 (`proportion_confint(method="wilson")`, `confint_proportions_2indep(method="newcomb")`),
SciPy 1.17.1 (`norm.ppf`) and Fairlearn 0.15.0, and are written down below.
"""

from __future__ import annotations

import math
import random
from itertools import combinations

import pytest

from checks.alignment.fairness import (
    Interval,
    Position,
    comparisons,
    difference,
    quantile,
    ratio,
    wilson,
)
from tests.checks.aligned import counts

_Z = 1.959963984540054


@pytest.mark.parametrize(
    ("comparisons_made", "z"),
    [
        (1, 1.959963984540054),
        (3, 2.3939797998185104),
        (10, 2.807033768343811),
        (45, 3.2607674884205338),
        (100, 3.4807564043462422),
    ],
)
def test_the_quantile_is_scipys(comparisons_made: int, z: float) -> None:
    assert quantile(0.95, comparisons_made) == pytest.approx(z, abs=1e-12)


@pytest.mark.parametrize(
    ("a", "n", "b", "m", "first", "both"),
    [
        # All but the last are examples of Newcombe's paper.
        (56, 70, 48, 80, (0.6918335550, 0.8769526076), (0.0524314724, 0.3338726540)),
        (9, 10, 3, 10, (0.5958499732, 0.9821237869), (0.1705227239, 0.8090179735)),
        (6, 7, 2, 7, (0.4868721707, 0.9743203757), (0.0582279275, 0.8062496375)),
        (5, 56, 0, 29, (0.0387421484, 0.1925600139), (-0.0381371479, 0.1925600139)),
        (0, 10, 0, 20, (0.0, 0.2775327999), (-0.1611251581, 0.2775327999)),
        (10, 10, 0, 20, (0.7224672001, 1.0), (0.6790860371, 1.0)),
        (300, 1000, 100, 800, (0.2724068425, 0.3291238609), (0.1379501845, 0.2109877499)),
    ],
)
def test_proportions_and_their_difference_are_statsmodels(
    a: int, n: int, b: int, m: int, first: tuple[float, float], both: tuple[float, float]
) -> None:
    assert wilson(a, n, _Z) == pytest.approx(first, abs=1e-9)
    found = difference(a, n, b, m, _Z)
    assert (found.low, found.high) == pytest.approx(both, abs=1e-9)
    assert found.estimate == pytest.approx(a / n - b / m)


def test_the_ratio_lies_between_the_delta_method_and_the_score_interval() -> None:
    # statsmodels: method "log" 1.0766 to 1.6512, "score" 1.0790 to 1.6721.
    found = ratio(56, 70, 48, 80, _Z)
    assert (found.low, found.high) == pytest.approx((1.0783930381, 1.6639816644), abs=1e-9)
    assert found.estimate == pytest.approx(4 / 3)


def test_the_estimates_are_fairlearns() -> None:
    # demographic_parity_difference, demographic_parity_ratio, equal_opportunity_difference.
    rows = [
        counts("a", 80, 200, confusion=(60, 20, 20, 100)),
        counts("b", 50, 200, confusion=(40, 10, 60, 90)),
        counts("c", 60, 100, confusion=(30, 30, 10, 30)),
    ]
    found: dict[str, list[float]] = {}
    for one in comparisons(rows, ("spd", "di", "eod"), {}, 0.95):
        assert one.interval is not None
        assert one.interval.estimate is not None
        found.setdefault(one.metric, []).append(one.interval.estimate)
    assert max(map(abs, found["spd"])) == pytest.approx(0.35)
    assert min(min(e, 1 / e) for e in found["di"]) == pytest.approx(0.4166666666666667)
    assert max(map(abs, found["eod"])) == pytest.approx(0.35)


def test_everybody_and_nobody_have_intervals_too() -> None:
    everybody = ratio(3, 3, 3, 3, _Z)
    assert everybody.estimate == 1
    # The delta method would be sure of it after three people.
    assert everybody.within(0.8, 1.25) is Position.STRADDLES
    assert ratio(0, 9, 0, 9, _Z) == Interval(low=0.0, estimate=None, high=math.inf)
    assert ratio(0, 500, 400, 500, _Z).within(0.8, 1.25) is Position.OUTSIDE
    assert ratio(400, 500, 0, 500, _Z).within(0.8, 1.25) is Position.OUTSIDE


@pytest.mark.parametrize(
    ("low", "high", "position"),
    [
        (-0.1, 0.1, Position.INSIDE),
        (-0.11, 0.1, Position.STRADDLES),
        (-0.5, 0.5, Position.STRADDLES),
        (0.1, 0.2, Position.STRADDLES),
        (0.1001, 0.2, Position.OUTSIDE),
        (-0.3, -0.1001, Position.OUTSIDE),
    ],
)
def test_an_interval_is_judged_as_a_whole(low: float, high: float, position: Position) -> None:
    assert Interval(low=low, estimate=None, high=high).within(-0.1, 0.1) is position


def test_swapping_the_groups_mirrors_every_interval() -> None:
    draw = random.Random(3)
    for _ in range(300):
        n, m = draw.randint(1, 400), draw.randint(1, 400)
        a, b = draw.randint(0, n), draw.randint(0, m)
        one, other = difference(a, n, b, m, _Z), difference(b, m, a, n, _Z)
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
        one, other = ratio(a, n, b, m, _Z), ratio(b, m, a, n, _Z)
        assert 0 <= one.low <= one.high
        if a and b:
            assert (one.low, one.high) == pytest.approx((1 / other.high, 1 / other.low))


def test_more_people_make_it_surer_and_more_comparisons_less() -> None:
    widths = [ratio(3 * k, 10 * k, 2 * k, 10 * k, _Z) for k in (1, 10, 100)]
    assert widths[0].high - widths[0].low > widths[1].high - widths[1].low
    assert widths[1].high - widths[1].low > widths[2].high - widths[2].low
    assert quantile(0.95, 2) > quantile(0.95, 1)


def test_the_interval_does_not_misfire_where_the_point_does() -> None:
    draw = random.Random(7)
    points = intervals = 0
    for _ in range(600):
        a, b = (sum(draw.random() < 0.2 for _ in range(30)) for _ in "ab")
        found = ratio(a, 30, b, 30, _Z)
        points += found.estimate is None or not 0.8 <= found.estimate <= 1.25
        intervals += found.within(0.8, 1.25) is Position.OUTSIDE
    assert points / 600 > 0.5
    assert intervals / 600 < 0.025


def test_every_pair_of_an_attribute_and_none_across_two() -> None:
    rows = [counts(group, 5, 10) for group in "cab"]
    rows += [counts(group, 5, 10, attribute="age") for group in "xy"]
    pairs = [(one.first.group, one.second.group) for one in comparisons(rows, ("spd",), {}, 0.95)]
    assert pairs == [("x", "y"), *combinations("abc", 2)]


def test_with_a_reference_only_against_it() -> None:
    rows = [counts(group, 5, 10) for group in "abc"]
    found = comparisons(rows, ("spd", "di"), {"sex": "b"}, 0.95)
    assert {(one.first.group, one.second.group) for one in found} == {("a", "b"), ("c", "b")}
    with pytest.raises(ValueError, match="no counts of sex z"):
        comparisons(rows, ("spd",), {"sex": "z"}, 0.95)


def test_what_the_rows_do_not_have_is_said() -> None:
    rows = [counts("a", 5, 10), counts("b", 5, 10, confusion=(5, 0, 0, 5))]
    (found,) = comparisons(rows, ("eod",), {}, 0.95)
    assert (found.interval, found.missing) == (None, "the group a has no tp and fn")
    rows = [counts("a", 5, 10, confusion=(0, 5, 0, 5)), rows[1]]
    (found,) = comparisons(rows, ("eod",), {}, 0.95)
    assert found.missing == "the group a has nobody who counts"

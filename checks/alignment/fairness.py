"""How differently a model treats groups of people: three measures, each with its interval.

A difference or ratio of two proportions is an estimate. A threshold on the estimate alone misfires:
of two groups that are treated alike, the ratio of 30 people each is outside of [0.8, 1.25] most of
the time. So each measure comes with a confidence interval, widened (Bonferroni) for the number of
comparisons that are made at once, and is judged by the whole of it.

The formulas: Wilson's score interval of one proportion (E. B. Wilson, JASA 22, 1927, 209-212); for
the difference of two, Newcombe's hybrid of Wilson's limits (R. G. Newcombe, Statistics in Medicine
17, 1998, 873-890, method 10); for the ratio of two, the same construction on the logarithms
(G. Y. Zou, A. Donner, Statistics in Medicine 27, 2008, 1693-1702). The delta method's interval of
the log ratio is not used: where everybody is selected its width is zero, however few they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import combinations, groupby
from typing import Literal, TypeAlias

from checks.model import GroupCounts

# SPD: the difference of selection rates. DI: their ratio. EOD: the difference of true positive
# rates (equal opportunity).
Metric: TypeAlias = Literal["spd", "di", "eod"]


class Position(Enum):
    """Where an interval lies: all of it where it may be, all of it where it may not, or both."""

    INSIDE = "inside"
    STRADDLES = "straddles"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and what bounds it; `estimate` is None for a ratio of nothing to nothing, whose
    interval is everything from 0 on."""

    low: float
    estimate: float | None
    high: float

    def within(self, low: float, high: float) -> Position:
        """Where it lies with regard to what is allowed, both ends included."""
        if low <= self.low and self.high <= high:
            return Position.INSIDE
        if self.high < low or self.low > high:
            return Position.OUTSIDE
        return Position.STRADDLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measure of `first` against `second`, two groups by the same attribute. `interval` is None
    where the rows do not have what the measure needs; `missing` then says what."""

    metric: Metric
    first: GroupCounts
    second: GroupCounts
    interval: Interval | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure over all groups of an attribute: where its comparisons lie at worst, the farthest
    of those that lie there with its interval, and how many others lie there too."""

    metric: Metric
    attribute: str
    position: Position
    worst: Comparison
    interval: Interval
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a table of counts says: each measure of each attribute, of how many comparisons at once,
    what of them the rows do not have, and the attributes with nothing to compare."""

    measures: tuple[Measured, ...]
    total: int
    missing: tuple[str, ...]
    alone: tuple[str, ...]


# Many workloads can share a table, and a table of a hundred groups has thousands of pairs.
@lru_cache(maxsize=256)
def read_table(
    rows: tuple[GroupCounts, ...],
    allowed: tuple[tuple[Metric, float, float], ...],
    reference: tuple[tuple[str, str], ...],
    confidence: float,
) -> Table:
    """The measures named in `allowed`, with the lowest and highest value of each that is allowed.

    `reference` and `confidence` are those of `comparisons`, and so is what is raised.
    """
    made = comparisons(rows, [metric for metric, _, _ in allowed], dict(reference), confidence)
    limits = {metric: (low, high) for metric, low, high in allowed}
    lying: dict[tuple[str, Metric], dict[Position, list[tuple[Comparison, Interval]]]] = {}
    for one in made:
        if one.interval is not None:
            place = one.interval.within(*limits[one.metric])
            found = lying.setdefault((one.first.attribute, one.metric), {})
            found.setdefault(place, []).append((one, one.interval))
    compared = {one.first.attribute for one in made}
    return Table(
        measures=tuple(_worst(*key, found) for key, found in lying.items()),
        total=len(made),
        missing=tuple(dict.fromkeys(f"{o.metric.upper()}: {o.missing}" for o in made if o.missing)),
        alone=tuple(sorted({row.attribute for row in rows} - compared)),
    )


def _worst(
    attribute: str, metric: Metric, lying: Mapping[Position, list[tuple[Comparison, Interval]]]
) -> Measured:
    order = (Position.OUTSIDE, Position.STRADDLES, Position.INSIDE)
    position = next(place for place in order if place in lying)
    worst, interval = max(lying[position], key=lambda found: _distance(*found))
    return Measured(
        metric=metric,
        attribute=attribute,
        position=position,
        worst=worst,
        interval=interval,
        others=len(lying[position]) - 1,
    )


def _distance(comparison: Comparison, interval: Interval) -> float:
    """How far from equal."""
    if interval.estimate is None:
        return math.inf
    if comparison.metric != "di":
        return abs(interval.estimate)
    return abs(math.log(interval.estimate)) if 0 < interval.estimate < math.inf else math.inf


def comparisons(
    rows: Sequence[GroupCounts],
    metrics: Sequence[Metric],
    reference: Mapping[str, str],
    confidence: float,
) -> list[Comparison]:
    """Every measure of every pair of groups, at a joint confidence (such as 0.95) over all of them.

    With a `reference` group for an attribute, only the comparisons with it. Raises ValueError for a
    reference that an attribute's rows do not have.
    """
    pairs = list(_pairs(rows, reference))
    z = quantile(confidence, max(1, len(pairs) * len(metrics)))
    return [_compared(metric, *pair, z) for pair in pairs for metric in metrics]


def _pairs(
    rows: Sequence[GroupCounts], reference: Mapping[str, str]
) -> Iterator[tuple[GroupCounts, GroupCounts]]:
    ordered = sorted(rows, key=lambda row: (row.attribute, row.group))
    for attribute, found in groupby(ordered, key=lambda row: row.attribute):
        groups = list(found)
        if attribute not in reference:
            yield from combinations(groups, 2)
            continue
        named = [row for row in groups if row.group == reference[attribute]]
        if not named:
            raise ValueError(f"there are no counts of {attribute} {reference[attribute]}")
        yield from ((row, named[0]) for row in groups if row is not named[0])


def _compared(metric: Metric, first: GroupCounts, second: GroupCounts, z: float) -> Comparison:
    counts = [_counts(metric, row) for row in (first, second)]
    for row, (hits, of) in zip((first, second), counts, strict=True):
        if hits is None or of is None or of < 1:
            what = "tp and fn" if metric == "eod" and hits is None else "nobody who counts"
            missing = f"the group {row.group} has {'no ' if hits is None else ''}{what}"
            return Comparison(metric=metric, first=first, second=second, missing=missing)
    (a, n), (b, m) = ((hits or 0, of or 0) for hits, of in counts)
    found = ratio(a, n, b, m, z) if metric == "di" else difference(a, n, b, m, z)
    return Comparison(metric=metric, first=first, second=second, interval=found)


def _counts(metric: Metric, row: GroupCounts) -> tuple[int | None, int | None]:
    """(how many, of how many) a rate is made of."""
    if metric != "eod":
        return row.selected, row.n
    if row.tp is None or row.fn is None:
        return None, None
    return row.tp, row.tp + row.fn


def wilson(hits: int, of: int, z: float) -> tuple[float, float]:
    """The score interval of a proportion; `z` is the normal quantile of the confidence."""
    p, square = hits / of, z * z / of
    middle = p + square / 2
    half = z * math.sqrt(p * (1 - p) / of + square / (4 * of))
    # The limits of none and of all are exact; rounding must not put them a hair beside.
    low = 0.0 if hits == 0 else (middle - half) / (1 + square)
    high = 1.0 if hits == of else (middle + half) / (1 + square)
    return low, high


def difference(a: int, n: int, b: int, m: int, z: float) -> Interval:
    """a/n − b/m by Newcombe's method 10."""
    p, q = a / n, b / m
    (low_p, high_p), (low_q, high_q) = wilson(a, n, z), wilson(b, m, z)
    return Interval(
        low=p - q - math.hypot(p - low_p, high_q - q),
        estimate=p - q,
        high=p - q + math.hypot(high_p - p, q - low_q),
    )


def ratio(a: int, n: int, b: int, m: int, z: float) -> Interval:
    """(a/n) / (b/m): Wilson's limits, joined on the logarithms as Zou and Donner do."""
    p, q = a / n, b / m
    (low_p, high_p), (low_q, high_q) = wilson(a, n, z), wilson(b, m, z)
    if a == 0 or b == 0:
        # Nothing has no logarithm. The extreme quotients of the limits contain the interval.
        estimate = None if a == b == 0 else 0.0 if a == 0 else math.inf
        return Interval(
            low=low_p / high_q, estimate=estimate, high=high_p / low_q if low_q else math.inf
        )
    middle = math.log(p / q)
    return Interval(
        low=math.exp(middle - math.hypot(math.log(p / low_p), math.log(high_q / q))),
        estimate=p / q,
        high=math.exp(middle + math.hypot(math.log(high_p / p), math.log(q / low_q))),
    )


@lru_cache(maxsize=1024)
def quantile(confidence: float, comparisons: int) -> float:
    """The normal quantile of a two-sided interval, when so many are to hold together (Bonferroni).

    `confidence` is above 0 and below 1; 0.95 and one comparison give 1.96.
    """
    tail = (1 - confidence) / comparisons
    low, high = 0.0, 40.0
    # Halving 40 sixty times leaves less than a double can tell apart.
    for _ in range(60):
        middle = (low + high) / 2
        if math.erfc(middle / math.sqrt(2)) > tail:
            low = middle
        else:
            high = middle
    return high

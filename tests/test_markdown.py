"""The comment and the check runs' texts: what stands where, what is cut, what cannot break out."""

from __future__ import annotations

import re

import pytest

from bot.checkruns import MOST_ANNOTATIONS, nearest, remarks, wanted
from bot.markdown import CHECK_BYTES, COMMENT_BYTES, comment
from checks.model import Severity
from tests.reports import cost, finding, report

MARKER = "<!-- m -->"
# A name that tries to end its table, its code span and its line, to mention and to link.
NASTY = "a|b`c``d\n| @acme/all | <img src=x onerror=1> [x](https://evil.example) \u202e**"


def test_the_verdict_stands_first_then_what_blocks_then_the_cost() -> None:
    body = comment(report(finding(), finding(Severity.WARN, subject="x"), delta=cost(1, 1)), MARKER)
    order = [MARKER, "plumbline: fail", "What blocks", "#### Cost", "Not priced", "Warnings (1)"]
    assert sorted(order, key=body.index) == order


def test_money_stands_in_the_headline() -> None:
    body = comment(report(delta=cost(2)), MARKER)
    assert (
        "**+$100.00 (+$0.00 to +$400.00) a month, +50%, grade D**".replace("+$0.00", "$0.00")
        in body
    )


def test_what_could_not_be_told_is_never_folded_away() -> None:
    body = comment(report(inconclusive="2 objects could not be priced"), MARKER)
    assert "could not tell" in body.split("<details>")[0]
    assert "pass with warnings" in body


def test_what_stood_there_before_is_folded_and_what_was_fixed_is_credited() -> None:
    old = finding(preexisting=True, subject="old")
    body = comment(report(old, fixed=(finding(subject="gone"),)), MARKER)
    assert "What blocks" not in body
    assert "Fixed by this change (1)" in body
    assert "There before this change, not counted (1)" in body


@pytest.mark.parametrize("count", [400, 4000])
def test_a_long_report_is_cut_by_whole_rows_and_says_so(count: int) -> None:
    many = [finding(path=f"prod/{i:04}.yaml", subject=f"{i}") for i in range(count)]
    body = comment(report(*many, delta=cost(count)), MARKER)
    assert len(body.encode()) <= COMMENT_BYTES
    shown = re.findall(r"_(\d+) of (\d+) shown", body)
    assert shown
    assert all(int(most) == count and 0 < int(some) < count for some, most in shown)
    rows = [line for line in body.splitlines() if line.startswith("| `prod/")]
    assert all(line.endswith("|") for line in rows)
    assert int(shown[0][0]) == len([r for r in rows if "image-tag-latest" in r])


def test_check_runs_fit_githubs_limits() -> None:
    many = [finding(path=f"prod/{i:04}.yaml", subject=f"{i}") for i in range(1000)]
    for run in wanted(report(*many, delta=cost(1000, 50)), 7):
        assert len(run.summary.encode()) <= CHECK_BYTES
        assert len(run.title) <= 255
        assert len(run.annotations) <= MOST_ANNOTATIONS


def test_a_cap_on_annotations_is_said() -> None:
    many = [finding(path=f"prod/{i:04}.yaml", subject=f"{i}") for i in range(201)]
    policy = next(r for r in wanted(report(*many), 7) if r.name == "plumbline/policy")
    assert "200 of 201 annotations shown." in policy.summary


def test_hostile_names_stay_where_they_are_put() -> None:
    hostile = report(
        finding(path=NASTY, message=NASTY, subject=NASTY), delta=cost(1, 1, NASTY), failed=NASTY
    )
    for text in (comment(hostile, MARKER), *(r.summary for r in wanted(hostile, 7))):
        for line in text.splitlines():
            bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
            assert "<img" not in bare
            assert "@acme" not in bare
            assert "](https://evil" not in bare
        tables = [line for line in text.splitlines() if line.startswith("|")]
        assert len({bars(row) for row in tables}) <= 3  # three shapes of table


def bars(row: str) -> int:
    """How many cells a table row has, as GFM counts them."""
    return len(re.findall(r"(?<!\\)\|", row))


def test_annotations_put_errors_first_on_changed_lines() -> None:
    said = report(finding(Severity.WARN, line=11, subject="w"), finding(line=99, subject="f"))
    marks = remarks(said, "policy")
    assert [(m.level, m.line) for m in marks] == [("failure", 20), ("warning", 11)]
    assert "(about line 99)" in marks[0].message


@pytest.mark.parametrize(
    ("line", "ranges", "at"),
    [(5, ((1, 9),), 5), (5, ((7, 9),), 7), (5, ((1, 2), (9, 9)), 2), (5, (), 5)],
)
def test_nearest(line: int, ranges: tuple[tuple[int, int], ...], at: int) -> None:
    assert nearest(line, ranges) == at

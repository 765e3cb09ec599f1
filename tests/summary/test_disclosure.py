"""What leaves: words of ours and pseudonyms."""

from __future__ import annotations

import json
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Report
from bot.summary.disclosure import MOST_FINDINGS, Disclosed, disclose
from bot.summary.prompt import Prompt, Withheld, prompt
from checks.model import Finding, Location, Outcome, ResourceRef, Severity, Trace, Verdict
from tests.reports import finding, report
from tests.summary.reports import COST, POLICY, REQUEST, TAG, full

# Nothing of ours is spelled like this.
STRANGE = st.text(string.ascii_uppercase, min_size=1, max_size=20).map(lambda t: f"zq{t}qz")


def asked(judged: Report) -> Prompt:
    return prompt(disclose(judged), "some-model")


def sent(judged: Report) -> str:
    question = asked(judged)
    return question.system + question.user


def test_only_these_fields_are_sent() -> None:
    body = json.loads(asked(full()).user)
    assert set(body) == {"checks", "findings"}
    assert {key for f in body["findings"] for key in f} == {
        "check",
        "id",
        "kind",
        "namespace",
        "path",
        "placeholders",
        "remedy",
        "resource",
        "rule",
        "severity",
        "title",
    }
    assert {key for c in body["checks"].values() for key in c} == {"about", "why"}


def test_names_are_pseudonyms_and_the_same_name_is_the_same_one() -> None:
    first, second, third, fourth = (json.loads(asked(full()).user))["findings"]
    assert (first["resource"], first["namespace"], first["path"]) == ("R1", "N1", "P1")
    assert (second["resource"], second["namespace"], second["path"]) == ("R2", "N1", "P2")
    assert third["resource"] == "R2"
    # A policy of the repository's own has a name of its own.
    assert (fourth["check"], fourth["rule"], fourth["kind"]) == ("C1", "L1", "object")
    assert "title" not in fourth


@given(st.lists(STRANGE, min_size=12, max_size=12, unique=True), st.integers(1000, 9_999_999))
def test_nothing_that_a_pull_request_chooses_is_sent(texts: list[str], number: int) -> None:
    names = iter(texts)
    hostile = Finding(
        check=next(names),
        rule=next(names),
        severity=Severity.FAIL,
        message=next(names),
        location=Location(path=next(names), line=number),
        subject=next(names),
        resource=ResourceRef(kind=next(names), namespace=next(names), name=next(names)),
        trace=Trace(predicate=next(names), observed=next(names), threshold=next(names)),
        remedy=next(names),
    )
    for judged in (report(hostile), report(replace(hostile, check="image_tag"))):
        said = sent(judged)
        assert "zq" not in said
        assert str(number) not in said


def test_no_figure_is_sent() -> None:
    user = asked(full()).user
    for figure in ("50", "12.5", "$", ":20", "20 "):
        assert figure not in user


def test_what_does_not_count_is_not_sent() -> None:
    judged = report(finding(preexisting=True), replace(TAG, waived=True))
    assert disclose(judged) == ()


def test_the_most_urgent_are_sent() -> None:
    many = [finding(Severity.WARN, subject=str(i)) for i in range(30)]
    found = disclose(report(*many, TAG))
    assert len(found) == MOST_FINDINGS
    assert found[0].sent["severity"] == "fail"


def test_the_same_report_gives_the_same_bytes() -> None:
    assert asked(full()) == asked(full())
    assert asked(full()).digest != prompt(disclose(full()), "other-model").digest
    assert asked(full()).digest != asked(report(TAG)).digest


def test_values_of_strangers_are_escaped_and_filled_in_once() -> None:
    hostile = replace(
        TAG,
        location=Location(path="a`b/{{F1.resource}}\n<b>@org"),
        resource=ResourceRef(kind="K", namespace="", name="x\u202e"),
    )
    values = disclose(report(hostile))[0].values
    assert values["path"] == "`` a`b/{{F1.resource}}\\u{a}<b>@org ``"
    assert values["resource"] == "`K x\\u{202e}`"


def test_each_finding_has_the_placeholders_that_it_has_values_for() -> None:
    fields = [list(each.values) for each in disclose(full())]
    assert fields == [
        ["resource", "path", "observed", "threshold"],
        ["resource", "path", "delta", "saving"],
        ["resource", "path", "delta", "threshold"],
        ["resource", "path"],
    ]


def test_opposites_and_savings_need_a_finding_that_says_them() -> None:
    tag, request, cost, policy = disclose(full())
    assert "no" in request.words
    assert "no" not in tag.words
    assert "saving" in request.words
    assert not cost.words & {"saving", "savings", "cheap", "cannot"}
    assert policy.words == frozenset()


@pytest.mark.parametrize("leak", ["AKIAIOSFODNN7EXAMPLE", "4f9a1c0be77d43e2a8c6d5b1f0e9a7c3"])
def test_what_looks_like_a_secret_stays(leak: str) -> None:
    leaky = Disclosed(id="F1", sent={"check": leak}, check={}, values={}, words=frozenset())
    with pytest.raises(Withheld, match="looks like a secret"):
        prompt([leaky], "some-model")


def test_the_order_of_outcomes_does_not_matter() -> None:
    outcomes = (
        Outcome(check="image_tag", findings=(TAG,)),
        Outcome(check="resource_limits", findings=(REQUEST,)),
        Outcome(check="team_policy", findings=(POLICY, COST)),
    )
    one = Report(verdict=Verdict.FAIL, change=full().change, outcomes=outcomes)
    assert asked(one) == asked(replace(one, outcomes=outcomes[::-1]))

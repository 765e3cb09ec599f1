"""What could not be read is a finding or a reason, never a pass."""

from __future__ import annotations

import pytest

from checks.model import Location, Outcome, RenderFailure, Severity, Snapshot, State, Subject
from checks.readable import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import FACTS


def _failure(
    path: str = "a.yaml", line: int = 3, code: str = "duplicate-key", *, broken: bool = True
) -> RenderFailure:
    return RenderFailure(
        location=Location(path=path, line=line),
        code=code,
        error=f"{code} here",
        remedy="Mend it.",
        broken=broken,
    )


def _judge(
    head: list[RenderFailure], base: list[RenderFailure] | None = None, config: Config | None = None
) -> Outcome:
    base_side, head_side = (
        Snapshot(sha=sha, unreadable=tuple(failures))
        for sha, failures in (("base", base or []), ("head", head))
    )
    subject = Subject(base=base_side, head=head_side, facts=FACTS)
    return CHECK.judge(subject, config or Config())


def test_nothing_unreadable_passes() -> None:
    assert _judge([]).state is State.PASS


def test_a_broken_file_fails_on_its_line() -> None:
    (finding,) = _judge([_failure()]).findings
    assert finding.rule == "duplicate-key"
    assert finding.severity is Severity.FAIL
    assert finding.location == Location(path="a.yaml", line=3)
    assert (finding.message, finding.remedy) == ("duplicate-key here", "Mend it.")


def test_it_can_be_made_softer() -> None:
    assert _judge([_failure()], config=Config(severity="info")).state is State.PASS


def test_what_nobody_can_read_here_is_inconclusive() -> None:
    outcome = _judge([_failure("b.tpl", code="helm-template", broken=False)])
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.reason == "1 place was not read: b.tpl: helm-template here (Mend it.)"
    assert not outcome.findings


def test_many_places_are_counted() -> None:
    reason = _judge([_failure(f"{n}.tpl", broken=False) for n in range(7)]).reason
    assert reason.startswith("7 places were not read: 0.tpl: ")
    assert reason.endswith("; and 2 more")


@pytest.mark.parametrize(
    ("base", "preexisting"),
    [
        ([_failure(line=90)], True),
        ([_failure(path="other.yaml")], False),
        ([_failure(code="yaml-syntax")], False),
        ([_failure(broken=False)], False),
        ([], False),
    ],
)
def test_what_was_broken_before_does_not_gate(base: list[RenderFailure], preexisting: bool) -> None:
    outcome = _judge([_failure()], base)
    assert [f.preexisting for f in outcome.findings] == [preexisting]


def test_one_more_of_the_same_is_new() -> None:
    outcome = _judge([_failure(line=3), _failure(line=9)], [_failure(line=3)])
    assert [(f.location.line, f.preexisting) for f in outcome.findings] == [(3, True), (9, False)]
    assert len({f.fingerprint for f in outcome.findings}) == 2


def test_what_was_mended_is_credited() -> None:
    outcome = _judge([], [_failure()])
    assert [f.rule for f in outcome.fixed] == ["duplicate-key"]
    assert outcome.state is State.PASS


def test_the_order_of_failures_is_irrelevant() -> None:
    failures = [_failure(line=9), _failure("b.yaml"), _failure(line=3)]
    assert _judge(failures) == _judge(failures[::-1])


def test_the_example() -> None:
    assert_golden(CHECK)

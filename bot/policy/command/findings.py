"""The tests of a change's policies as findings of the check `policy`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.policy.command.case import Case
from bot.policy.command.said import closing
from bot.policy.findings import CHECK
from checks.model import Finding, Location, Severity

FAILED = "policy-test-failed"
UNSUPPORTED = "policy-test-unsupported"
RUN = "policy-tests-run"
_MOST = 50
_MESSAGE = 1000


def findings_of(cases: Sequence[Case]) -> tuple[Finding, ...]:
    """One finding for each case that did not pass, the failed ones first, and one that counts
    them all; nothing where there are no tests."""
    return tuple(_findings(cases)) if cases else ()


def _findings(cases: Sequence[Case]) -> Iterator[Finding]:
    yield Finding(
        check=CHECK,
        rule=RUN,
        severity=Severity.INFO,
        message=f"the policies' tests were run: {closing(cases)}",
        location=Location(path=cases[0].file),
        subject="policy tests",
    )
    failed = [case for case in cases if case.outcome == "failed"]
    other = [case for case in cases if case.outcome == "unsupported"]
    for case in (*failed, *other)[:_MOST]:
        fails = case.outcome == "failed"
        how = "failed" if fails else "could not be judged"
        name = f" “{case.name}”" if case.name else ""
        remedy = "Mend the policy or the test; `plumbline policy test` runs it here."
        yield Finding(
            check=CHECK,
            rule=FAILED if fails else UNSUPPORTED,
            severity=Severity.FAIL if fails else Severity.WARN,
            message=f"the test{name} {how}: {case.message}"[:_MESSAGE],
            location=Location(path=case.file, line=case.line),
            subject=f"{case.file} {case.name}",
            remedy=remedy if fails else "",
        )

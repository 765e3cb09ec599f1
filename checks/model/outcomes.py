"""How a check ended, and what that means for the change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from checks.model.costs import CostDelta
from checks.model.findings import Finding, Severity


class Verdict(IntEnum):
    """The answer for a whole change; ordered, so that `max` combines."""

    PASS = 0
    WARN = 1
    NEEDS_APPROVAL = 2
    FAIL = 3
    ERROR = 4

    @property
    def word(self) -> str:
        """The word of the JSON contract: pass, warn, needs_approval, fail, error."""
        return self.name.lower()


class State(Enum):
    """How a check ended."""

    PASS = "pass"
    WARN = "warn"
    NEEDS_APPROVAL = "needs_approval"
    FAIL = "fail"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


_STATE_OF = {
    Severity.INFO: State.PASS,
    Severity.WARN: State.WARN,
    Severity.APPROVAL: State.NEEDS_APPROVAL,
    Severity.FAIL: State.FAIL,
}


_VERDICT_OF = {
    State.PASS: Verdict.PASS,
    State.SKIPPED: Verdict.PASS,
    State.WARN: Verdict.WARN,
    # What could not be told must be seen by a person; it is never a pass.
    State.INCONCLUSIVE: Verdict.WARN,
    State.NEEDS_APPROVAL: Verdict.NEEDS_APPROVAL,
    State.FAIL: Verdict.FAIL,
    State.ERROR: Verdict.ERROR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a check returned: findings, or the reason why there are none.

    At most one of `skipped`, `inconclusive` and `failed` is given. `fixed` holds findings of the
    base side that the change removes. `cost` is set by the check that prices the change.
    """

    check: str
    findings: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    skipped: str = ""
    inconclusive: str = ""
    failed: str = ""
    cost: CostDelta | None = None

    @property
    def reason(self) -> str:
        """Why it was skipped, inconclusive or failed; "" otherwise."""
        return self.failed or self.inconclusive or self.skipped

    @property
    def state(self) -> State:
        """The worst of what it says. Findings can be worse than an inconclusive part."""
        if self.failed:
            return State.ERROR
        worst = max((f.severity for f in self.findings if f.gates), default=Severity.INFO)
        if self.inconclusive and worst <= Severity.WARN:
            return State.INCONCLUSIVE
        if self.skipped and worst == Severity.INFO:
            return State.SKIPPED
        return _STATE_OF[worst]

    @property
    def verdict(self) -> Verdict:
        """The state as a contribution to the verdict of the whole change."""
        return _VERDICT_OF[self.state]

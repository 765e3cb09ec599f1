"""Run the checks. The only place where a check's crash is caught, and it becomes an ERROR."""

from __future__ import annotations

from bot.config import Policy
from checks.model import Outcome, Subject
from checks.registry import CHECKS
from checks.rule import Check


def judge(subject: Subject, policy: Policy) -> tuple[Outcome, ...]:
    """One outcome for each registered check, in the registry's order."""
    return tuple(_run(check, subject, policy) for check in CHECKS)


def _run(check: Check, subject: Subject, policy: Policy) -> Outcome:
    config = policy.checks[check.id]
    if config is None:
        return Outcome(check=check.id, skipped=f"switched off in {policy.source}")
    try:
        return check.judge(subject, config)
    except Exception as error:  # noqa: BLE001 - the boundary that makes a crash an ERROR
        import structlog

        structlog.get_logger().error("check_crashed", check=check.id, exc_info=True)
        return Outcome(check=check.id, failed=f"the check crashed: {type(error).__name__}: {error}")

"""What the check `waivers` says, as findings."""

from __future__ import annotations

from bot.waiver_file import Waiver
from checks.model import Finding, Input, Location, Severity, Trace

CHECK = "waivers"


def of_waiver(
    waiver: Waiver, rule: str, severity: Severity, message: str, remedy: str = ""
) -> Finding:
    """Something about one waiver, on its line."""
    globs = " ".join((*waiver.paths, *waiver.objects))
    about = f"{waiver.location.path} {waiver.rule} {globs} {waiver.expires.isoformat()}"
    return at(waiver.location, rule, severity, message, remedy=remedy, subject=about)


def at(
    location: Location,
    rule: str,
    severity: Severity,
    message: str,
    *,
    remedy: str = "",
    subject: str = "",
) -> Finding:
    """Something about a place; `subject` is what it is about, without a line."""
    return Finding(
        check=CHECK,
        rule=rule,
        severity=severity,
        message=message,
        location=location,
        subject=subject or location.path,
        remedy=remedy,
        trace=Trace(inputs=(Input(location=location, pointer="", value=message),)),
    )


def count(number: int, noun: str = "finding") -> str:
    """ "1 finding", "2 findings"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def is_(number: int) -> str:
    """ "is" or "are"."""
    return "is" if number == 1 else "are"

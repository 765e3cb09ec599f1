"""What a check has to say, and why."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum

from checks.model.costs import Range
from checks.model.resources import Location, Node, Pointer, ResourceRef


class Severity(IntEnum):
    """What a finding does to the verdict; ordered, so that `max` combines."""

    INFO = 0
    WARN = 1
    APPROVAL = 2
    FAIL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One value a finding rests on: where it stands and what it is."""

    location: Location
    pointer: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Why a finding is one: what was read, what was asked of it, what was seen and allowed."""

    inputs: tuple[Input, ...] = ()
    predicate: str = ""
    observed: str = ""
    threshold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One value of an object set to another; `value` None removes it."""

    pointer: Pointer
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check has to say about one place.

    `subject` tells what the finding is about without line numbers (a resource id and a field), so
    that the same finding on both sides of a change has the same fingerprint. `preexisting` findings
    stood there before the change and never gate. `patches` is what the check believes would make
    it pass; `counterfactual` says it in words once that was tried and did pass. `saving` is money a
    month that following the finding would release.
    """

    check: str
    rule: str
    severity: Severity
    message: str
    location: Location
    subject: str
    resource: ResourceRef | None = None
    trace: Trace = Trace()
    remedy: str = ""
    patches: tuple[Patch, ...] = ()
    counterfactual: str = ""
    saving: Range | None = None
    preexisting: bool = False
    waived: bool = False

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same while the finding does."""
        text = "\0".join((self.check, self.rule, self.subject))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def gates(self) -> bool:
        """Whether it counts towards the verdict."""
        return not (self.preexisting or self.waived)

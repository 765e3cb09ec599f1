"""From what policies say about an object to findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.globs import matches
from bot.policy.model import Answer, Effect, PolicyRule, Violation
from bot.policy.schema import DEFAULT_SEVERITY
from checks.model import Finding, Input, Resource, ResourceRef, Severity, Tier, Trace
from checks.severity import SeverityByTier, severity_in

CHECK = "policy"
_MESSAGE = 1000

# YAML reads an unquoted off as False.
Setting: TypeAlias = SeverityByTier | Literal["off", False]


@dataclass(frozen=True, slots=True, kw_only=True)
class Severities:
    """How hard what a policy says is. `rules` are by globs over rule ids; the first that fits
    holds."""

    denial: SeverityByTier = "fail"
    rules: Mapping[str, Setting] = field(default_factory=dict)

    def of(self, rule: PolicyRule, tier: Tier) -> Severity | None:
        """The severity in a tier, None where the rule is switched off."""
        for glob, setting in self.rules.items():
            if matches(rule.id, (glob,)):
                return None if setting is False or setting == "off" else severity_in(setting, tier)
        if rule.effect is Effect.DENY and rule.id.startswith("schema/"):
            return severity_in(DEFAULT_SEVERITY, tier)
        if rule.effect is Effect.DENY:
            return severity_in(self.denial, tier)
        return Severity.WARN if rule.effect is Effect.WARN else Severity.INFO


def findings(
    resource: Resource, answers: Sequence[Answer], severities: Severities
) -> Iterator[Finding]:
    """One finding for each thing that the policies say about the object."""
    for answer in answers:
        for violation in answer.violations:
            severity = severities.of(violation.rule, resource.tier)
            if severity is not None:
                yield _finding(resource, violation, severity)


def _finding(resource: Resource, violation: Violation, severity: Severity) -> Finding:
    rule, pointer = violation.rule, violation.pointer
    location = resource.locate(*pointer)
    inputs: tuple[Input, ...] = ()
    if pointer:
        value = json.dumps(resource.get(*pointer), default=str)[:_MESSAGE]
        inputs = (Input(location=location, pointer=".".join(map(str, pointer)), value=value),)
    at = f"{rule.location.path}:{rule.location.line}" if rule.location.path else "shipped"
    return Finding(
        check=CHECK,
        rule=rule.id,
        severity=severity,
        message=violation.message[:_MESSAGE],
        location=location,
        subject=f"{resource.id} {violation.message}",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=inputs,
            predicate=f"{rule.title or rule.id} at {at} finds nothing",
            observed=violation.message[:_MESSAGE],
        ),
        remedy=(violation.remedy or rule.remedy)[:_MESSAGE],
        patches=violation.patches,
    )

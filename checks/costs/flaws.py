"""Values in manifests that nobody can use, so that something has no price: each on its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.alignment.workload import is_placeholder
from checks.model import Finding, Input, Pointer, Resource, ResourceRef, Severity, Trace
from checks.pricing.cost import Unknown
from checks.pricing.workload import Answer

RULE = "unusable-value"
TITLE = "A value that nobody can use, so that the object has no price"
REMEDY = "Correct the value on this line: Kubernetes would refuse it, or do something else with it."


def findings(
    check: str, sides: Iterable[tuple[Resource | None, Answer | None]]
) -> Iterator[Finding]:
    """One for each such value, also where several objects stumble over the same."""
    seen: set[str] = set()
    for priced, answer in sides:
        for flaw in answer.flaws if isinstance(answer, Unknown) else ():
            resource = flaw.resource or priced
            if resource is None or _filled_in_later(resource, flaw.pointer):
                continue
            pointer = ".".join(map(str, flaw.pointer))
            location = resource.locate(*flaw.pointer)
            found = Finding(
                check=check,
                rule=RULE,
                severity=Severity.WARN,
                message=f"{ResourceRef.of(resource)}: {flaw.problem}",
                location=location,
                subject=f"{resource.id} {pointer}",
                resource=ResourceRef.of(resource),
                trace=Trace(
                    inputs=(Input(location=location, pointer=pointer, value=flaw.problem),),
                    predicate="every value that decides a cost can be read",
                    observed=flaw.problem,
                ),
                remedy=REMEDY,
            )
            if found.fingerprint not in seen:
                seen.add(found.fingerprint)
                yield found


def _filled_in_later(resource: Resource, pointer: Pointer) -> bool:
    """Whether another tool puts the value there after the file was read."""
    value = resource.get(*pointer)
    return isinstance(value, str) and is_placeholder(value)

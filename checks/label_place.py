"""label_place: labels of our domain stand where they are read, and say what can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.alignment.workload import is_placeholder
from checks.labelling.labels import canonical, value_fault
from checks.labelling.places import Stray, Where, places, strays
from checks.model import (
    Finding,
    Input,
    Node,
    Outcome,
    Patch,
    Pointer,
    Resource,
    ResourceRef,
    Severity,
    Snapshot,
    Subject,
    Trace,
)
from checks.rule import Check, Rule, compared
from checks.severity import SeverityByTier, severity_in

_ID = "label_place"
_LONGEST = 60
_WHY = """\
Who pays for an object, and who answers for a model, stands in labels or annotations below
`finops.<domain>/` and `ai.<domain>/`, of the object or of its pods. One that stands somewhere else,
or has a slip in its name, does nothing, and nobody notices: the cost is then nobody's. plumbline
reads such a label as it was meant, and says where it belongs. A value that Kubernetes refuses
would only be found out when it is applied.

Labels of other domains are nobody's business here."""
_PLACE = Rule(
    id="label-place",
    title="A label stands where no label is read",
    remedy="Put it under `metadata.labels` of the object or of its pods.",
)
_SELECTOR = Rule(
    id="label-selector",
    title="A label that can change is part of a selector, which cannot",
    remedy="Take it out of the selector when the object is next made anew, and keep it in"
    " `metadata.labels`.",
)
_NAME = Rule(
    id="label-name",
    title="A label has a slip in its name",
    remedy="Write the name as the finding gives it.",
)
_TYPE = Rule(
    id="label-type",
    title="The value of a label is not a text",
    remedy='Put it in quotes: Kubernetes takes only texts ("4711", "true").',
)
_VALUE = Rule(
    id="label-value",
    title="The value of a label is one that Kubernetes refuses",
    remedy="Shorten it to 63 letters, digits, '-', '_' and '.', or make it an annotation.",
)
_UNKNOWN = Rule(
    id="label-unknown",
    title="The value of a label is none that is known",
    remedy="Use a value that the finding names, or add this one to `values` in the config of the"
    " base branch.",
    setting="unknown_values",
)
_RULE_OF = {
    Where.NAME: _NAME,
    Where.SELECTOR: _SELECTOR,
    Where.OUTSIDE: _PLACE,
    Where.ENV: _PLACE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard findings are, and which values are known, by the label's name without its domain."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "warn", "production": "warn"}
    )
    unknown_values: SeverityByTier = "info"
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def judge(subject: Subject, config: Config) -> Outcome:
    """Look at both sides; what stood there before does not gate."""
    facts = subject.facts
    rules = facts.attribution
    # A name that the config reads on purpose is no slip.
    wanted = {
        name.replace("{domain}", facts.label_domain)
        for names in (rules.cost_center, rules.team, rules.model, rules.environment)
        for name in names
    }
    sides = (
        _over(side, facts.label_domain, frozenset(wanted), config)
        for side in (subject.base, subject.head)
    )
    return compared(_ID, *sides)


def _over(
    snapshot: Snapshot, domain: str, wanted: frozenset[str], config: Config
) -> Iterator[Finding]:
    for key in sorted(snapshot.resources):
        resource = snapshot.resources[key]
        if resource.changed:
            for stray in strays(resource, domain):
                if not (stray.where is Where.NAME and stray.pointer[-1] in wanted):
                    yield _misplaced(resource, stray, config)
            yield from _values(resource, domain, config)


def _misplaced(resource: Resource, stray: Stray, config: Config) -> Finding:
    written, right = _dotted(stray.pointer), ".".join(map(str, stray.place))
    messages = {
        Where.NAME: f"the label {stray.pointer[-1]} has a slip in its name: {stray.key} is meant",
        Where.SELECTOR: f"{stray.key} is part of the selector of {ResourceRef.of(resource)}, which"
        f" cannot be changed once it exists; it belongs into the labels alone",
        Where.OUTSIDE: f"{stray.key} stands at {written}, where no label is read; it belongs under"
        f" {right}",
        Where.ENV: f"{stray.key} is an environment variable, which only the container reads; it"
        f" belongs under {right}",
    }
    return _finding(
        resource,
        _RULE_OF[stray.where],
        severity_in(config.severity, resource.tier),
        stray.pointer,
        message=messages[stray.where],
        observed=_shown(stray.value),
        threshold=f"{right}: {stray.key}",
        patches=_moved(resource, stray),
    )


def _moved(resource: Resource, stray: Stray) -> tuple[Patch, ...]:
    """The label put where it belongs, where that can do no harm: nothing is overwritten, and no
    selector goes by it."""
    taken = resource.get(*stray.place, stray.key) is not None
    if stray.where is Where.SELECTOR or taken or not isinstance(stray.value, str):
        return ()
    if value_fault(stray.value) and stray.place[-1] == "labels":
        return ()
    written = stray.pointer[-1]
    selectors = (("spec", "selector", "matchLabels"), ("spec", "selector"))
    if any(resource.get(*selector, written) is not None for selector in selectors):
        return ()
    right = Patch(pointer=(*stray.place, stray.key), value=stray.value)
    # What an application reads may stay.
    return (
        (right,) if stray.where is Where.ENV else (right, Patch(pointer=stray.pointer, value=None))
    )


def _values(resource: Resource, domain: str, config: Config) -> Iterator[Finding]:
    ours = frozenset(canonical(domain))
    for pointer, values in places(resource):
        for key, value in values.items():
            if key in ours and (found := _wrong(resource, (*pointer, key), value, config)):
                yield found


def _wrong(resource: Resource, pointer: Pointer, value: Node, config: Config) -> Finding | None:
    """What is wrong with the value of a label in its right place."""
    key, is_label = str(pointer[-1]), pointer[-2] == "labels"
    severity = severity_in(config.severity, resource.tier)
    # In a patch, nothing takes the label away.
    if value is None:
        return None
    if not isinstance(value, str):
        return _finding(
            resource,
            _TYPE,
            severity,
            pointer,
            message=f"{key} is {_shown(value)}, which Kubernetes refuses: it is no text",
            observed=_shown(value),
            threshold="a text",
        )
    if is_placeholder(value):
        return None
    if is_label and (fault := value_fault(value)):
        return _finding(
            resource,
            _VALUE,
            severity,
            pointer,
            message=f"the label {key} {fault}",
            observed=_shown(value),
            threshold="63 letters, digits, '-', '_' and '.'",
            patches=_annotated(resource, pointer, value),
        )
    known = config.values.get(key.rpartition("/")[2])
    if known is None or value in known:
        return None
    return _finding(
        resource,
        _UNKNOWN,
        severity_in(config.unknown_values, resource.tier),
        pointer,
        message=f"{key} is {_shown(value)}, which is none of {', '.join(known)}",
        observed=_shown(value),
        threshold=", ".join(known),
    )


def _annotated(resource: Resource, pointer: Pointer, value: str) -> tuple[Patch, ...]:
    """A label made an annotation, which takes any text and is read as well."""
    right = (*pointer[:-2], "annotations", pointer[-1])
    if resource.get(*right) is not None:
        return ()
    return (Patch(pointer=right, value=value), Patch(pointer=pointer, value=None))


def _finding(
    resource: Resource,
    rule: Rule,
    severity: Severity,
    pointer: Pointer,
    *,
    message: str,
    observed: str,
    threshold: str,
    patches: tuple[Patch, ...] = (),
) -> Finding:
    location = resource.locate(*pointer)
    return Finding(
        check=_ID,
        rule=rule.id,
        severity=severity,
        message=message,
        location=location,
        subject=f"{resource.id} {_dotted(pointer)}",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=(Input(location=location, pointer=_dotted(pointer), value=observed),),
            predicate="every label of the domain stands where it is read, with a value that is",
            observed=observed,
            threshold=threshold,
        ),
        remedy=rule.remedy,
        patches=patches,
    )


def _dotted(pointer: Pointer) -> str:
    return ".".join(map(str, pointer))


def _shown(value: Node) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


CHECK = Check(
    id=_ID,
    domain="cost",
    title="Labels of the domain stand where they are read",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(_PLACE, _SELECTOR, _NAME, _TYPE, _VALUE, _UNKNOWN),
)

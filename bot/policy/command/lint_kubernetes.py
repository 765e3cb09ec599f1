"""Mistakes in policies that are Kubernetes objects: templates, constraints, bindings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.policy.model import Document, Problem
from checks.model import Pointer, line_of

TEMPLATE = "templates.gatekeeper.sh/ConstraintTemplate"
CONSTRAINTS = "constraints.gatekeeper.sh/"
VAP = "admissionregistration.k8s.io/ValidatingAdmissionPolicy"
BINDING = "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding"
_DESCRIBED = {
    TEMPLATE: ("description",),
    "kyverno.io/ClusterPolicy": ("policies.kyverno.io/title", "policies.kyverno.io/description"),
    "kyverno.io/Policy": ("policies.kyverno.io/title", "policies.kyverno.io/description"),
    "policies.kyverno.io/ValidatingPolicy": ("policies.kyverno.io/title",),
}


def doubts_of(documents: Sequence[Document]) -> Iterator[tuple[str, Problem]]:
    """(code, what and where) of each mistake."""
    for document in documents:
        yield from _missing_partner(document, documents)
        yield from _empty_match(document)
        yield from _undescribed(document)


def _missing_partner(
    document: Document, documents: Sequence[Document]
) -> Iterator[tuple[str, Problem]]:
    if document.kind == TEMPLATE:
        kind = _at(document.body, "spec", "crd", "spec", "names", "kind")
        if not any(other.kind == f"{CONSTRAINTS}{kind}" for other in documents):
            said = f"there is no constraint of the kind {kind}"
            yield "template-without-constraint", _problem(document, (), said)
    if document.kind == VAP:
        name = _name(document)
        bound = [one for one in documents if one.kind == BINDING]
        if not any(_at(one.body, "spec", "policyName") == name for one in bound):
            yield "policy-without-binding", _problem(document, (), f"nothing binds {name}")


def _empty_match(document: Document) -> Iterator[tuple[str, Problem]]:
    """A list of what to match that is there and empty: in a cluster that is nothing at all."""
    places: list[Pointer] = []
    if document.kind.startswith(CONSTRAINTS):
        places = [("spec", "match", "namespaces"), ("spec", "match", "kinds")]
        kinds = _at(document.body, "spec", "match", "kinds")
        count = len(kinds) if isinstance(kinds, list) else 0
        places += [("spec", "match", "kinds", n, "kinds") for n in range(count)]
    elif document.kind == VAP:
        places = [("spec", "matchConstraints", "resourceRules")]
        if _at(document.body, "spec", "matchConstraints") is None:
            said = "spec.matchConstraints is missing"
            yield "matches-nothing", _problem(document, ("spec",), said)
    for place in places:
        if _at(document.body, *place) == []:
            said = f"{'.'.join(map(str, place))} is an empty list"
            yield "matches-nothing", _problem(document, place, said)


def _undescribed(document: Document) -> Iterator[tuple[str, Problem]]:
    annotations = _at(document.body, "metadata", "annotations")
    given = annotations if isinstance(annotations, Mapping) else {}
    missing = [name for name in _DESCRIBED.get(document.kind, ()) if not given.get(name)]
    if missing:
        said = f"{_name(document)} has no annotation {' and none '.join(missing)}"
        yield "missing-metadata", _problem(document, ("metadata",), said)
    validations = _at(document.body, "spec", "validations") if document.kind == VAP else None
    for number, one in enumerate(validations if isinstance(validations, list) else []):
        if isinstance(one, Mapping) and not (one.get("message") or one.get("messageExpression")):
            said = f"validation {number} of {_name(document)} has no message"
            yield "missing-message", _problem(document, ("spec", "validations", number), said)


def _name(document: Document) -> str:
    return str(_at(document.body, "metadata", "name") or document.kind)


def _at(body: Any, *pointer: str | int) -> Any:
    for step in pointer:
        if isinstance(body, Mapping) and isinstance(step, str):
            body = body.get(step)
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            return None
    return body


def _problem(document: Document, pointer: Pointer, message: str) -> Problem:
    line = line_of(document.lines, pointer) or document.line
    return Problem(path=document.path, line=line, message=message)

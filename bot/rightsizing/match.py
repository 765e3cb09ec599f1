"""From a workload in a cluster to the one place in the repository that declares it, or why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.rightsizing.declared import Declared, Place
from checks.model import Refusal, ResourceRef

KINDS = ("Deployment", "StatefulSet", "DaemonSet")
GROUPS = ("apps", "extensions")
_SAID_GENERATED = re.compile(
    rb"do\s+not\s+(?:edit|modify|change)|(?:auto(?:matically)?[ -]?)?generated\s+(?:by|from|with)"
    rb"|auto(?:matically)?[ -]?generated|this file (?:is|was) generated",
    re.IGNORECASE,
)
_HELM_OUTPUT = re.compile(rb"^# Source: \S+/templates/", re.MULTILINE)
_OUTPUT_FOLDER = re.compile(r"(?:.*[-_.])?(?:rendered|generated|vendor|dist)", re.IGNORECASE)
# Comments, blank lines, document markers and directives before the first word of content.
_HEADER = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*|---[^\n]*|%[^\n]*)?\r?\n)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a workload is declared. `note` says, for people, what was not certain about it."""

    workload: ResourceRef
    place: Place
    note: str = ""


def declared_workloads(declared: Declared) -> list[ResourceRef]:
    """Every workload that can be rightsized, by namespace (as far as the repository says), kind and
    name."""
    places = (p for p in declared.places if p.path not in declared.kustomize.patch_files)
    found = {
        ResourceRef(kind=p.resource.kind, namespace=_namespace(declared, p), name=p.resource.name)
        for p in places
        if p.resource.kind in KINDS and p.resource.group in GROUPS and p.resource.name
    }
    return sorted(found, key=lambda ref: (ref.namespace, ref.kind, ref.name))


def match(declared: Declared, workload: ResourceRef) -> Match | Refusal:
    """The one manifest of a Deployment, StatefulSet or DaemonSet that can be edited."""
    found = _find(declared, workload)
    if isinstance(found, str):
        return _refusal(workload, found)
    why_not = _uneditable(declared, found.place)
    return _refusal(workload, why_not) if why_not else found


def _refusal(workload: ResourceRef, reason: str) -> Refusal:
    return Refusal(workload=workload, container="", resource="", reason=reason)


def _find(declared: Declared, workload: ResourceRef) -> Match | str:
    named = [place for place in declared.places if _is_named(place, workload)]
    named = [p for p in named if p.path not in declared.kustomize.patch_files]
    exact = [p for p in named if _namespace(declared, p) == workload.namespace]
    if len(exact) > 1:
        return f"it is declared more than once: {_places(exact)}"
    if hidden := declared.hidden(workload.kind, workload.name):
        return f"{hidden}, so it is not known whether that declares it as well"
    if exact:
        return Match(workload=workload, place=exact[0])
    nowhere = [p for p in named if not _namespace(declared, p)]
    if len(named) > 1 and nowhere:
        return (
            f"no manifest of its name says the namespace, and there are several: {_places(named)}"
        )
    if nowhere:
        note = f"matched by its name alone: {nowhere[0].path} does not say the namespace"
        return Match(workload=workload, place=nowhere[0], note=note)
    if named:
        return f"it is declared for another namespace only: {_places(named)}"
    if template := declared.template(workload.kind, workload.name):
        return f"it comes from {template}, a Helm template, which plumbline does not edit"
    charts = ", ".join(sorted(declared.charts)[:3])
    hint = f"; there are Helm charts ({charts}), which plumbline does not edit" if charts else ""
    return f"no manifest of the repository declares it{hint}"


def _is_named(place: Place, workload: ResourceRef) -> bool:
    item = place.resource
    return (item.kind, item.name) == (workload.kind, workload.name) and item.group in GROUPS


def _namespace(declared: Declared, place: Place) -> str:
    """The namespace it ends up in, "" where the repository does not say one."""
    outer = [one.namespace for one in declared.kustomize.around(place.path) if one.namespace]
    return outer[-1] if outer else place.resource.namespace


def _places(places: Sequence[Place]) -> str:
    shown = [f"{p.path}:{p.resource.source.line}" for p in places[:4]]
    return " and ".join(shown) + (" and others" if len(places) > 4 else "")


def _uneditable(declared: Declared, place: Place) -> str:
    """Why an edit of the file would not last or would reach too far; "" where it would do."""
    return _generated(declared, place) or _kustomized(declared, place)


def _generated(declared: Declared, place: Place) -> str:
    raw, path = declared.raw(place.path), place.path
    header = _HEADER.match(raw)
    if header and (said := _SAID_GENERATED.search(header[0])):
        word = said[0].decode("ascii", "replace").lower()
        return f"{path} is generated: its first lines say “{word}”"
    if _HELM_OUTPUT.search(raw):
        return f"{path} is generated: its comments name the Helm templates it was rendered from"
    for folder in path.split("/")[:-1]:
        if _OUTPUT_FOLDER.fullmatch(folder):
            return f"{path} is generated or copied: it is in a folder called {folder}"
    labels = place.resource.labels()
    if "helm.sh/chart" in labels or labels.get("app.kubernetes.io/managed-by") == "Helm":
        return f"{path} is generated: its labels say that Helm made it"
    return ""


def _kustomized(declared: Declared, place: Place) -> str:
    item = place.resource
    for one in declared.kustomize.around(place.path):
        if any(touch.hits(item.kind, item.name) for touch in one.touches):
            return f"{one.path} may patch it, so that {place.path} has not the last word"
    tops = declared.kustomize.tops(place.path)
    if len(tops) > 1:
        names = " and ".join(one.path for one in tops[:3])
        return f"{place.path} is shared by {names}: a change would reach all of them"
    return ""

"""The pod of an object, read as the API's types would: a field of a wrong type is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.kyverno.inside.faults import Fault
from bot.policy.kyverno.inside.pattern import Path

_CONTROLLERS = (
    "DaemonSet",
    "Deployment",
    "Job",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
)
LISTS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Part:
    """An object within a pod and where it is in it, counted from the pod: ("spec", …)."""

    body: Mapping[str, Any]
    path: Path

    def get(self, *steps: str) -> Any:
        """The value below, None where a step is absent. Raises Fault where one is no object."""
        node: Any = self.body
        for step in steps:
            if node is None:
                return None
            if not isinstance(node, dict):
                raise Fault(f"cannot unmarshal {self.path} {steps}: it is no object")
            node = node.get(step)
        return node

    def typed(self, kind: type, *steps: str) -> Any:
        """The same, of a type. Raises Fault."""
        value = self.get(*steps)
        if value is not None and (
            not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        ):
            raise Fault(f"cannot unmarshal {'.'.join(steps)}: it is no {kind.__name__}")
        return value

    def parts(self, *steps: str) -> Iterator[Part]:
        """The objects of a list below."""
        for number, one in enumerate(self.typed(list, *steps) or []):
            if not isinstance(one, dict):
                raise Fault(f"cannot unmarshal {'.'.join(steps)}: an element is no object")
            yield Part(one, (*self.path, *steps, number))

    def texts(self, *steps: str) -> list[str]:
        """The texts of a list below."""
        found = self.typed(list, *steps) or []
        if not all(isinstance(one, str) for one in found):
            raise Fault(f"cannot unmarshal {'.'.join(steps)}: an element is no text")
        return found


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod: its spec, its annotations, and where it stands in the object."""

    spec: Part
    annotations: Mapping[str, str]
    base: Path

    def containers(self) -> Iterator[Part]:
        """Init containers first, as they are checked."""
        for name in LISTS:
            yield from self.spec.parts(name)

    def only(self, containers: Mapping[str, list[Any]], *, fields: bool) -> Pod:
        """The pod with these containers alone; without its other fields unless `fields`."""
        rest = self.spec.body if fields else {}
        body = {key: value for key, value in rest.items() if key not in LISTS}
        notes = self.annotations if fields else {}
        return Pod(Part({**body, **containers}, ("spec",)), notes, self.base)


def of(resource: Mapping[str, Any]) -> Pod:
    """The pod of an object. Raises Fault where it has none."""
    kind = resource.get("kind")
    whole = Part(resource, ())
    if kind == "Pod":
        return _pod(whole, ("spec",), ("metadata",), ())
    if kind in _CONTROLLERS:
        template = ("spec", "template")
        return _pod(whole, (*template, "spec"), (*template, "metadata"), template)
    if kind == "CronJob":
        job = ("spec", "jobTemplate")
        # The annotations are those of the job, as in Kyverno.
        inner = (*job, "spec", "template")
        return _pod(whole, (*inner, "spec"), (*job, "metadata"), inner)
    raise Fault("could not find correct resource type")


def _pod(whole: Part, spec: tuple[str, ...], metadata: tuple[str, ...], base: Path) -> Pod:
    notes = whole.typed(dict, *metadata, "annotations") or {}
    if not all(isinstance(one, str) for one in notes.values()):
        raise Fault("cannot unmarshal annotations: a value is no text")
    return Pod(Part(whole.typed(dict, *spec) or {}, ("spec",)), notes, base)

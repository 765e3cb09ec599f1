"""What the expressions of a rule can see: the request, the element of a loop, its own entries.

An entry is evaluated when an expression first names it. Inside a loop there is a scope for each
element over that of the rule.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bot.policy.kyverno.inside import images
from bot.policy.kyverno.inside.faults import Fault, Unsupported, unknown
from bot.policy.kyverno.inside.jmespath.query import Interpreter, floats
from bot.policy.kyverno.inside.variables import substituted

_ELEMENT = re.compile(r"\belement(Index)?\d*\b")
_NEEDS = {
    "apiCall": "asks the cluster's API",
    "imageRegistry": "asks an image registry",
    "globalReference": "asks Kyverno's global context",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is the same for every rule that is asked about one object.

    `unknown` are names that rules may use and whose values only the cluster knows, with what to
    call them; `values` those that a test gives in the place of entries; `config_maps` the data of
    the ConfigMaps that are known, by namespace and name.
    """

    request: Mapping[str, Any]
    unknown: Mapping[str, str]
    values: Mapping[str, Any]
    config_maps: Mapping[tuple[str, str], Mapping[str, Any]]
    policy_namespace: str = ""


@dataclass(slots=True)
class _Scope:
    data: dict[str, Any]
    waiting: list[Mapping[str, Any]] = field(default_factory=list)
    loop: bool = False


class Context:
    """The scopes of one rule on one object."""

    def __init__(self, world: World, interpreter: Interpreter) -> None:
        self._world = world
        self._interpreter = interpreter
        data: dict[str, Any] = {}
        _put(data, ("request",), dict(world.request))
        for name, value in world.values.items():
            _put(data, _steps(name), floats(value))
        for name, what in world.unknown.items():
            data.setdefault(name, unknown(what))
        self._scopes = [_Scope(data)]
        if "images" not in data:
            self._scopes[0].waiting.append({"name": "images", "images": True})

    @property
    def operation(self) -> str:
        """ "CREATE", "UPDATE" or "DELETE"."""
        request = self._scopes[0].data["request"]
        found = request.get("operation") if isinstance(request, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def deleting(self) -> bool:
        """Whether the request is a deletion."""
        return self.operation == "DELETE"

    def resource(self, name: str) -> Any:
        """request.object or request.oldObject as it stands there now."""
        request = self._scopes[0].data["request"]
        return request.get(name) if isinstance(request, dict) else None

    def add(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Make entries known in the innermost scope."""
        self._scopes[-1].waiting += [
            one for one in entries if one.get("name") not in self._scopes[-1].data
        ]

    def enter(self, element: Any, index: int, nesting: int) -> None:
        """Begin a scope for an element of a list."""
        data = self._scopes[-1].data | {
            "element": element,
            f"element{nesting}": element,
            "elementIndex": index,
            f"elementIndex{nesting}": index,
        }
        self._scopes.append(_Scope(data, loop=True))

    def leave(self) -> None:
        """End the innermost scope."""
        self._scopes.pop()

    def substituted(self, document: Any) -> Any:
        """A part of a rule with its variables replaced. Raises Fault."""
        return substituted(document, self.query, deleting=self.deleting)

    def query(self, expression: str) -> Any:
        """What an expression is now. Raises Fault or Unsupported."""
        expression = expression.strip()
        if not expression:
            raise Fault("invalid query (nil)")
        self._load(expression)
        return self._interpreter.search(expression, self._scopes[-1].data)

    def _load(self, expression: str) -> None:
        for depth, scope in enumerate(self._scopes):
            for entry in [one for one in scope.waiting if _named(one["name"], expression)]:
                if entry in scope.waiting:
                    at = scope.waiting.index(entry)
                    self._entry(depth, at, entry)

    def _entry(self, depth: int, at: int, entry: Mapping[str, Any]) -> None:
        """Evaluate an entry. It sees those before it alone."""
        scope = self._scopes[depth]
        hidden, scope.waiting = scope.waiting[at:], scope.waiting[:at]
        inner = [one.waiting for one in self._scopes[depth + 1 :]]
        for one in self._scopes[depth + 1 :]:
            one.waiting = []
        try:
            value = self._value(entry, depth)
        finally:
            scope.waiting += hidden
            for one, waiting in zip(self._scopes[depth + 1 :], inner, strict=True):
                one.waiting = waiting
        scope.waiting = [one for one in scope.waiting if one is not entry]
        if value is not None:
            for one in self._scopes[depth:]:
                one.data[entry["name"]] = value

    def _value(self, entry: Mapping[str, Any], depth: int) -> Any:
        name = entry["name"]
        if "images" in entry:
            resource = self.resource("object")
            return (images.of(resource) or None) if isinstance(resource, dict) else None
        for kind, why in _NEEDS.items():
            if entry.get(kind) is not None:
                raise Unsupported(f"the context entry {name} ({kind}), which {why}")
        if entry.get("configMap") is not None:
            return self._config_map(name, entry["configMap"])
        if entry.get("variable") is not None:
            outer = any(one.loop for one in self._scopes[depth + 1 :])
            if outer and _ELEMENT.search(str(entry["variable"])):
                raise Unsupported(
                    f"the context entry {name}, which is outside of the loop it is of"
                )
            return self._variable(name, entry["variable"])
        raise Fault(f"missing ConfigMap|APICall|ImageRegistry|Variable in context entry {name}")

    def _config_map(self, name: str, wanted: Mapping[str, Any]) -> Any:
        found = self.substituted(wanted.get("name", ""))
        space = self.substituted(wanted.get("namespace") or "")
        space = space or self._world.policy_namespace or "default"
        own = self._world.policy_namespace
        if own and space != own:
            raise Fault(
                f'context entry {name}: configMap namespace "{space}" is different from policy '
                f'namespace "{own}"'
            )
        known = self._world.config_maps.get((space, found))
        if known is None:
            raise Unsupported(
                f"the context entry {name}: the ConfigMap {space}/{found} is not in the repository"
            )
        return floats(known)

    def _variable(self, name: str, wanted: Mapping[str, Any]) -> Any:
        path = self.substituted(wanted.get("jmesPath") or "")
        if not isinstance(path, str):
            raise Fault(f"jmespath value must be a string {name} {wanted.get('jmesPath')}")
        fallback = floats(self.substituted(wanted.get("default")))
        output = fallback
        if wanted.get("value") is not None:
            output = floats(self.substituted(wanted["value"]))
            if path:
                output = self._selected(name, path, output, fallback)
        elif path:
            found = self._selected(name, path, None, fallback)
            output = fallback if found is None else found
        if output is None:
            raise Fault(
                f"failed to add context entry for variable {name} since it evaluated to nil"
            )
        return output

    def _selected(self, name: str, path: str, data: Any, fallback: Any) -> Any:
        try:
            if data is None:
                return self.query(path)
            return self._interpreter.search(path, data)
        except Fault as fault:
            if fallback is None:
                told = f"failed to apply jmespath {path} to variable {name}: {fault}"
                raise Fault(told) from None
            return fallback


def _steps(name: str) -> Sequence[str]:
    """The parts of "a.b.\"c.d/e\""."""
    return next(csv.reader([name], delimiter="."), [name])


def _put(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a value; objects are merged."""
    for step in path[:-1]:
        below = data.get(step)
        data[step] = dict(below) if isinstance(below, dict) else {}
        data = data[step]
    old = data.get(path[-1])
    if isinstance(old, dict) and isinstance(value, dict):
        merged = dict(old)
        for key, one in value.items():
            _put(merged, (key,), one)
        value = merged
    data[path[-1]] = value


@lru_cache(maxsize=4096)
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:\A|\Z|\s|[^.0-9A-Za-z]){re.escape(name)}\b", re.ASCII)


def _named(name: Any, expression: str) -> bool:
    return isinstance(name, str) and _word(name).search(expression) is not None

"""The files of a test: policies, objects and values, and the requests that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.policy.files import documents_of
from bot.policy.kyverno import policy as policies
from bot.policy.kyverno.inside.jmespath.query import floats
from bot.policy.kyverno.request import Request
from bot.policy.kyverno.suite_values import Values
from bot.policy.model import Document
from bot.policy.vap.kinds import BUILT_IN, Kinds
from bot.render.yaml_reader import read
from checks.model import Lines, Location, Resource

_MOST_BYTES = 4 * 1024 * 1024
_MAPS = ("annotations", "labels", "matchLabels", "nodeSelector", "data", "stringData")
_OPERATIONS = ("CREATE", "UPDATE", "DELETE")
_MADE_HERE = ("kyverno.io", "policies.kyverno.io")


class Unreadable(Exception):  # noqa: N818 - what is wrong with a test, told in words
    """A test that cannot be run."""


class Files:
    """What a test file names, read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def test(self) -> tuple[Mapping[str, Any], Lines]:
        """The test and its lines. Raises Unreadable."""
        documents, failures = read(self._path.name, self._bytes(self._path))
        if failures or not documents or not isinstance(documents[0].value, dict):
            why = failures[0].error if failures else "it is no test"
            raise Unreadable(f"{self._path.name}: {why}")
        return documents[0].value, documents[0].lines

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The values, {} for none. Raises Unreadable."""
        test, _ = self.test
        if isinstance(test.get("values"), dict):
            return dict(test["values"])
        name = test.get("variables")
        if not name:
            return {}
        path = self._path.parent / str(name)
        documents, failures = read(str(name), self._bytes(path))
        if failures or not documents or not isinstance(documents[0].value, dict):
            raise Unreadable(f"{name}: it has no values")
        return documents[0].value

    @cached_property
    def policies(self) -> list[Document]:
        """The documents of the policies. Raises Unreadable."""
        return [one for path in self._named("policies") for one in self._documents(path)]

    @cached_property
    def resources(self) -> list[Mapping[str, Any]]:
        """The objects, each once, as `kyverno test` reads them. Raises Unreadable."""
        found: dict[tuple[str, ...], Mapping[str, Any]] = {}
        for path in self._named("resources"):
            for one in self._documents(path):
                body = as_read(one.body)
                found.setdefault(key(body), body)
        return list(found.values())

    def places(self, wanted: str) -> Sequence[int]:
        """Which objects a row is about: those of a name ("pod", "ns/pod"), all where none is."""
        space, slash, name = wanted.rpartition("/")
        keys = [key(one) for one in self.resources]
        found = [
            n for n, one in enumerate(keys) if one[3] == name and (not slash or one[2] == space)
        ]
        return found or range(len(keys))

    def other_rule(self, policy: str, rule: str) -> str:
        """What a rule of a policy does that is not validation, "" where it validates."""
        for one in self.policies:
            metadata, spec = one.body.get("metadata"), one.body.get("spec")
            if not isinstance(metadata, dict) or not isinstance(spec, dict):
                continue
            rules = spec.get("rules")
            if metadata.get("name") != policy or not isinstance(rules, list):
                continue
            for body in rules:
                if isinstance(body, dict) and (not rule or body.get("name") == rule):
                    if body.get("validate") is not None:
                        return ""
                    return next((k for k in policies.OTHER_RULES if body.get(k)), "")
        return ""

    def _named(self, name: str) -> Iterator[Path]:
        test, _ = self.test
        for one in test.get(name) or []:
            path = self._path.parent / str(one)
            if path.is_dir():
                yield from sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml"))
            else:
                yield path

    def _documents(self, path: Path) -> list[Document]:
        documents, problems = documents_of(str(path), self._bytes(path))
        if problems:
            raise Unreadable(str(problems[0]))
        return documents

    def _bytes(self, path: Path) -> bytes:
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise Unreadable(f"{path.name}: more than {_MOST_BYTES:,} bytes")
            return path.read_bytes()
        except OSError as error:
            raise Unreadable(f"{path.name}: {error.strerror}") from None


def key(body: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """apiVersion, kind, namespace and name."""
    metadata = body.get("metadata") or {}
    return (
        str(body.get("apiVersion") or ""),
        str(body.get("kind") or ""),
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
    )


def as_read(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object as `kyverno test` reads it: in "default" where it names no namespace, its numbers
    floats, its empty maps maps."""
    read_body: dict[str, Any] = _filled(floats(body))
    group = str(body.get("apiVersion") or "").rpartition("/")[0]
    metadata = read_body.get("metadata")
    if isinstance(metadata, dict) and not metadata.get("namespace"):
        resource = _resource(body)
        if _kinds.of(resource).namespaced is not False and not (
            group in _MADE_HERE and str(body.get("kind")).startswith("Cluster")
        ):
            read_body["metadata"] = {**metadata, "namespace": "default"}
    return read_body


def _filled(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: {} if value is None and name in _MAPS else _filled(value)
            for name, value in node.items()
        }
    return [_filled(one) for one in node] if isinstance(node, list) else node


_kinds = Kinds(lambda: ())


def _resource(body: Mapping[str, Any]) -> Resource:
    version, kind, namespace, name = key(body)
    return Resource(
        id=name,
        api_version=version,
        kind=kind,
        namespace=namespace,
        name=name,
        body=body,
        source=Location(path=""),
    )


def request(body: Mapping[str, Any], values: Values, wanted: str, policy: str) -> Request:
    """An object as a policy is asked about it. The operation that is `wanted` goes before that of
    the values."""
    _, _, namespace, name = key(body)
    kind = _kinds.of(_resource(body))
    given = values.of_object(policy, name)["request.operation"]
    operation = wanted or (given if given in _OPERATIONS else "CREATE")
    new = None if operation == "DELETE" else body
    old = body if operation in ("UPDATE", "DELETE") else None
    admission: dict[str, Any] = {"namespace": namespace, "operation": operation}
    if new is not None:
        admission["object"] = new
    if old is not None:
        admission["oldObject"] = old
    return Request(
        object=new,
        old=old,
        operation=operation,
        admission=admission,
        namespace_labels={str(k): str(v) for k, v in values.labels(namespace).items()},
        values=_Given(values, name, wanted),
        ignore_users=True,
        plural=kind.plural,
        namespaced=kind.namespaced if kind.group in BUILT_IN else bool(namespace),
        bindings=_bindings(body, new, old, values, operation),
    )


class _Given(dict[tuple[str, str], Mapping[str, Any]]):
    """The values of a test by policy and rule, put together when they are asked for."""

    def __init__(self, values: Values, name: str, operation: str) -> None:
        super().__init__()
        self._values, self._name, self._operation = values, name, operation

    def get(self, at: tuple[str, str], default: Any = None) -> Any:
        policy, rule = at
        given = self._values.of_object(policy, self._name)
        if self._operation:
            given["request.operation"] = self._operation
        return given | self._values.of_rules(policy).get(rule, {}) if rule else default


def _bindings(
    body: Mapping[str, Any],
    new: Mapping[str, Any] | None,
    old: Mapping[str, Any] | None,
    values: Values,
    operation: str,
) -> dict[str, Any]:
    version, kind, namespace, name = key(body)
    group, _, number = version.rpartition("/")
    plural = _kinds.of(_resource(body)).plural
    gvk = {"group": group, "version": number, "kind": kind}
    gvr = {"group": group, "version": number, "resource": plural}
    request = {
        "uid": "",
        "kind": gvk,
        "resource": gvr,
        "requestKind": gvk,
        "requestResource": gvr,
        "name": name,
        "namespace": namespace,
        "operation": operation,
        "userInfo": {},
        "object": new,
        "oldObject": old,
        "dryRun": False,
        "options": None,
    }
    space = values.namespace(namespace)
    if space is None and namespace and kind != "Namespace":
        space = {"metadata": {"name": namespace}}
    return {
        "object": new,
        "oldObject": old,
        "request": request,
        "namespaceObject": space,
        "params": None,
    }

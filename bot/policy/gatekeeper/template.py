"""A ConstraintTemplate as it is written: the kind it defines, its parameters and its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.gatekeeper.openapi import Schema, unsupported
from bot.policy.gatekeeper.wellformed import malformed
from bot.policy.model import Document, Problem, Source
from checks.model import Node, Pointer, line_of

TARGET = "admission.k8s.gatekeeper.sh"
REGO = "Rego"
CEL = "K8sNativeValidation"
_VERSIONS = ("v1", "v1beta1", "v1alpha1")
_SPEC: Pointer = ("spec", "crd", "spec")
_ONE: Pointer = ("spec", "targets", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegoCode:
    """Rego of a template: its own module and the libraries. The texts begin with as many empty
    lines as there are before them in the file, so that their lines are the file's."""

    main: Source
    libraries: tuple[Source, ...] = ()
    v0: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template. `parameters` is the schema of its constraints' parameters, None where it takes
    none; `cel` is the source of K8sNativeValidation, which goes before Rego as in Gatekeeper."""

    document: Document
    kind: str
    parameters: Schema | None = None
    operations: tuple[str, ...] = ()
    rego: RegoCode | None = None
    cel: Mapping[str, Any] | None = None
    cel_at: Pointer = ()

    def problem(self, message: str, *pointer: str | int) -> Problem:
        """Something wrong with it, at a place in it."""
        return problem(self.document, message, *pointer)


def problem(document: Document, message: str, *pointer: str | int) -> Problem:
    """Something wrong with a document, at a place in it."""
    line = line_of(document.lines, pointer) or document.line
    return Problem(path=document.path, line=line, message=message)


def template_of(document: Document) -> Template | list[Problem]:
    """The template that a document is, or why it is none."""
    found = list(_problems(document))
    if found:
        return found
    kind = str(_at(document.body, *_SPEC, "names", "kind"))
    target = _mapping(_at(document.body, *_ONE))
    cel, cel_at = _code(target, CEL)
    rego, rego_at = _code(target, REGO)
    return Template(
        document=document,
        kind=kind,
        parameters=_schema(document),
        operations=tuple(map(str, target.get("operations") or ())),
        rego=_rego(document, target, rego, rego_at),
        cel=cel,
        cel_at=cel_at,
    )


def _problems(document: Document) -> Iterator[Problem]:
    version = str(document.body["apiVersion"]).rpartition("/")[2]
    if version not in _VERSIONS:
        yield problem(document, f"there is no version {version} of templates", "apiVersion")
    kind = _at(document.body, *_SPEC, "names", "kind")
    name = _at(document.body, "metadata", "name")
    if not isinstance(kind, str) or not kind:
        yield problem(document, "the template names no kind: set spec.crd.spec.names.kind", "spec")
    elif name != kind.lower():
        said = f"the template is named {name}; its kind asks for {kind.lower()}"
        yield problem(document, said, "metadata", "name")
    targets = _at(document.body, "spec", "targets")
    if not isinstance(targets, list) or len(targets) != 1 or not isinstance(targets[0], dict):
        yield problem(document, "expected one target", "spec", "targets")
        return
    if targets[0].get("target") != TARGET:
        said = f"the target {targets[0].get('target')} is not supported, only {TARGET}"
        yield problem(document, said, *_ONE, "target")
    if all(_code(targets[0], engine)[0] is None for engine in (CEL, REGO)):
        said = f"no code of an engine that is supported: {REGO} or {CEL}"
        yield problem(document, said, *_ONE)
    schema = _at(document.body, *_SPEC, "validation", "openAPIV3Schema")
    wrong = [] if schema is None else list(malformed(schema))
    for where in wrong:
        said = "this is of another type than the field of a schema"
        yield problem(document, said, *_SPEC, "validation", "openAPIV3Schema", *where)
    for where in unsupported(schema):
        said = "rules in CEL for parameters are not checked here"
        yield problem(document, said, *_SPEC, "validation", "openAPIV3Schema", *where)


def _code(target: Mapping[str, Any], engine: str) -> tuple[Mapping[str, Any] | None, Pointer]:
    """The source for an engine and where it stands."""
    codes = target.get("code")
    for index, code in enumerate(codes if isinstance(codes, list) else ()):
        if isinstance(code, dict) and code.get("engine") == engine:
            source = code.get("source")
            return (
                source if isinstance(source, dict) else None,
                (*_ONE, "code", index, "source"),
            )
    if engine == REGO and isinstance(target.get("rego"), str) and target["rego"]:
        return target, _ONE
    return None, ()


def _rego(
    document: Document, target: Mapping[str, Any], source: Mapping[str, Any] | None, at: Pointer
) -> RegoCode | None:
    if source is None or not isinstance(source.get("rego"), str):
        return None
    libraries = source.get("libs")
    listed = libraries if isinstance(libraries, list) else []
    return RegoCode(
        main=_text(document, *at, "rego"),
        libraries=tuple(_text(document, *at, "libs", index) for index, _ in enumerate(listed)),
        v0=source is target or source.get("version") != "v1",
    )


def _text(document: Document, *pointer: str | int) -> Source:
    text = str(_at(document.body, *pointer))
    line = line_of(document.lines, pointer)
    # A block begins on the line after its key; what is quoted stands on the key's own line.
    block = "\n" in text and not document.path.endswith(".json")
    return Source(path=document.path, text="\n" * (line if block else line - 1) + text)


def _schema(document: Document) -> Schema | None:
    validation = _mapping(_at(document.body, *_SPEC, "validation"))
    schema = validation.get("openAPIV3Schema")
    version = str(document.body["apiVersion"]).rpartition("/")[2]
    if validation.get("legacySchema", version != "v1"):
        return _open(schema if isinstance(schema, dict) else {})
    return schema if isinstance(schema, dict) else None


def _open(schema: Schema) -> Schema:
    """A schema that takes fields which it does not name, all the way down."""
    full: dict[str, Any] = dict(schema)
    for name in ("items", "additionalProperties"):
        if isinstance(full.get(name), dict):
            full[name] = _open(full[name])
    if isinstance(full.get("properties"), dict):
        full["properties"] = {k: _open(v) for k, v in full["properties"].items()}
    return full | {"x-kubernetes-preserve-unknown-fields": True}


def _at(node: Any, *pointer: str | int) -> Any:
    for step in pointer:
        if isinstance(node, dict) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
        else:
            return None
    return node


def _mapping(node: Node) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}

"""The models that a CycloneDX ML-BOM declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.evidence_file import Limits, refused
from checks.model import Lines, Location, ModelBom, Node, Pointer, RenderFailure, line_of

_VERSIONS = ("1.5", "1.6", "1.7")
_MODEL = "machine-learning-model"
# CycloneDX's names of the hashes that a model store or a registry uses.
_ALGORITHMS: Mapping[str, tuple[str, int]] = {"SHA-256": ("sha256", 64), "SHA-512": ("sha512", 128)}
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_LONGEST = 256


class _Wrong(Exception):  # noqa: N818 - what the file says, not a fault
    def __init__(self, pointer: Pointer, error: str) -> None:
        super().__init__(error)
        self.pointer, self.error = pointer, error


def of_json(
    path: str, bom: Mapping[str, Node], lines: Lines, limits: Limits
) -> tuple[list[ModelBom], list[RenderFailure]]:
    """Every component of the type machine-learning-model (a BOM of plain software has none), or why
    the BOM cannot be used."""
    try:
        _check_format(bom)
        models = [_model(path, *found, lines) for found in _components(bom, limits)]
    except _Wrong as wrong:
        line = line_of(lines, wrong.pointer)
        return [], [refused(path, line, "bom", wrong.error)]
    return models, []


def _check_format(bom: Mapping[str, Node]) -> None:
    if bom.get("bomFormat") != "CycloneDX":
        raise _Wrong(("bomFormat",), "its bomFormat is not CycloneDX")
    if bom.get("specVersion") not in _VERSIONS:
        known = ", ".join(_VERSIONS)
        raise _Wrong(("specVersion",), f"its specVersion is none of {known}")


def _components(
    bom: Mapping[str, Node], limits: Limits
) -> Iterator[tuple[Pointer, Mapping[str, Node]]]:
    """The models, that of the BOM itself and those it holds, also those within others."""
    metadata = bom.get("metadata")
    main = metadata.get("component") if isinstance(metadata, dict) else None
    waiting: list[tuple[Pointer, Node]] = [(("metadata", "component"), main)] if main else []
    waiting += _children((), bom)
    seen = 0
    while waiting:
        pointer, component = waiting.pop(0)
        if not isinstance(component, dict):
            raise _Wrong(pointer, "a component is no object")
        waiting += _children(pointer, component)
        if component.get("type") == _MODEL:
            seen += 1
            if seen > limits.max_models:
                raise _Wrong(pointer, f"it has more than {limits.max_models} models")
            yield pointer, component


def _children(pointer: Pointer, parent: Mapping[str, Node]) -> list[tuple[Pointer, Node]]:
    found = parent.get("components")
    if found is None:
        return []
    if not isinstance(found, list):
        raise _Wrong((*pointer, "components"), "its components are no list")
    return [((*pointer, "components", index), one) for index, one in enumerate(found)]


def _model(path: str, pointer: Pointer, component: Mapping[str, Node], lines: Lines) -> ModelBom:
    name, version = component.get("name"), component.get("version", "")
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST:
        raise _Wrong((*pointer, "name"), "a model has no name")
    if not isinstance(version, str) or len(version) > _LONGEST:
        raise _Wrong((*pointer, "version"), "a model's version is no string")
    at = (*pointer, "version") if version else pointer
    return ModelBom(
        name=name.strip(),
        version=version.strip(),
        location=Location(path=path, line=line_of(lines, at)),
        digests=tuple(_digests(pointer, component)),
    )


def _digests(pointer: Pointer, component: Mapping[str, Node]) -> Iterator[str]:
    hashes = component.get("hashes")
    for index, one in enumerate(hashes if isinstance(hashes, list) else ()):
        algorithm = one.get("alg") if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(algorithm, str):
            raise _Wrong((*pointer, "hashes", index), "a hash has no alg")
        if algorithm not in _ALGORITHMS:
            continue
        prefix, length = _ALGORITHMS[algorithm]
        content = one.get("content")
        if not isinstance(content, str) or len(content) != length or not _HEX.fullmatch(content):
            raise _Wrong((*pointer, "hashes", index), f"it is no {algorithm} in hex")
        yield f"{prefix}:{content.lower()}"

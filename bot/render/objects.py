"""Documents into Kubernetes objects: lists flattened, wrong shapes refused on their line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.render.build import Document
from bot.render.failures import failure
from checks.model import Lines, Node, RenderFailure, line_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One Kubernetes object of a file; `lines` and `line` as in Document."""

    api_version: str
    kind: str
    namespace: str
    name: str
    body: dict[str, Node]
    lines: Lines
    line: int

    @property
    def group(self) -> str:
        """The API group, "" for the core group."""
        return self.api_version.rpartition("/")[0]


def objects(path: str, documents: Iterable[Document]) -> tuple[list[Object], list[RenderFailure]]:
    """The objects of a file's documents, and those that Kubernetes could not take.

    What has no apiVersion and kind is no Kubernetes object, and left out without a word.
    """
    found: list[Object] = []
    failures: list[RenderFailure] = []
    for document in documents:
        try:
            found += _of_document(document)
        except _Misshapen as wrong:
            failures.append(failure(wrong.code, path, wrong.line, wrong.error))
    return found, failures


class _Misshapen(Exception):  # noqa: N818 - a verdict on one document, not a fault
    def __init__(self, code: str, line: int, error: str) -> None:
        super().__init__(error)
        self.code = code
        self.line = line
        self.error = error


def _of_document(document: Document) -> list[Object]:
    body = document.value
    if not isinstance(body, dict) or _type_of(body) is None:
        return []
    if document.oddity is not None:
        raise _Misshapen("not-json", *document.oddity)
    return list(_flattened(body, document.lines, document.line))


def _type_of(body: dict[str, Node]) -> tuple[str, str] | None:
    """(apiVersion, kind), None for what is not a Kubernetes object."""
    version, kind = body.get("apiVersion"), body.get("kind")
    if isinstance(version, str) and isinstance(kind, str) and version and kind:
        return version, kind
    return None


def _flattened(body: dict[str, Node], lines: Lines, line: int) -> Iterator[Object]:
    version, kind = _type_of(body) or ("", "")
    items = body.get("items")
    if kind == "List" and version == "v1":
        yield from _items(items, lines, line)
    elif kind.endswith("List") and isinstance(items, list) and _are_objects(items):
        # A typed list (DeploymentList) may leave the type to the list.
        yield from _items(items, lines, line, {"apiVersion": version, "kind": kind[: -len("List")]})
    else:
        yield _object(body, lines, line)


def _are_objects(items: list[Node]) -> bool:
    """Whether these can be objects at all: some own kinds end in "List" and hold plain items."""
    return all(isinstance(item, dict) and "metadata" in item for item in items)


def _items(
    items: Node, lines: Lines, line: int, implied: dict[str, Node] | None = None
) -> Iterator[Object]:
    if items is None:
        return
    if not isinstance(items, list):
        where = line_of(lines, ("items",)) or line
        raise _Misshapen("not-an-object", where, f"items is {_shape(items)}, not a list")
    for index, item in enumerate(items):
        place = _child(lines, index)
        where = line_of(lines, ("items", index)) or line
        if not isinstance(item, dict):
            error = f"items[{index}] is {_shape(item)}, not an object"
            raise _Misshapen("not-an-object", where, error)
        if implied and not item.keys() & implied.keys():
            item = {**implied, **item}
        if _type_of(item) is None:
            error = f"items[{index}] has no apiVersion and kind"
            raise _Misshapen("not-an-object", where, error)
        yield from _flattened(item, place, where)


def _child(lines: Lines, index: int) -> Lines:
    """The line tree of items[index]."""
    if isinstance(lines, tuple) and isinstance(lines[1], dict):
        items = lines[1].get("items", 0)
        if isinstance(items, tuple) and isinstance(items[1], list):
            return items[1][index]
    return 0


def _object(body: dict[str, Node], lines: Lines, line: int) -> Object:
    metadata = body.get("metadata")
    # Some have none: a Kustomization, a kubelet's configuration.
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        where = line_of(lines, ("metadata",)) or line
        raise _Misshapen("not-an-object", where, f"metadata is {_shape(metadata)}, not an object")
    version, kind = _type_of(body) or ("", "")
    return Object(
        api_version=version,
        kind=kind,
        namespace=_text(metadata, "namespace", lines, line),
        name=_text(metadata, "name", lines, line),
        body=body,
        lines=lines,
        line=line,
    )


def _text(metadata: dict[str, Node], key: str, lines: Lines, line: int) -> str:
    value = metadata.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    where = line_of(lines, ("metadata", key)) or line
    error = f"metadata.{key} is {_shape(value)}, not a string"
    raise _Misshapen("not-an-object", where, error)


def _shape(node: Node) -> str:
    """What a value is, in the words of the file's author."""
    if node is None:
        return "empty"
    if isinstance(node, bool):
        return "a boolean"
    if isinstance(node, (int, float)):
        return "a number"
    return {str: "a string", list: "a list", dict: "a mapping"}[type(node)]

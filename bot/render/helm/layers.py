"""Where a value was set: the layers of a release's values, from the one that wins downwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.render.helm.tree import Tree
from bot.render.roots.model import HelmOptions, Root
from bot.render.yaml_reader import Document, read
from checks.model import Lines, Location, Node, line_of

Step: TypeAlias = "str | int"
_ABSENT = object()
# Where an Application and a HelmRelease hold values as a mapping, and where as text.
_MAPPINGS: tuple[tuple[Step, ...], ...] = (
    ("spec", "values"),
    ("spec", "source", "helm", "valuesObject"),
)
_TEXTS: tuple[tuple[Step, ...], ...] = (("spec", "source", "helm", "values"),)
_BLOCK = ("|", "|-", "|+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One set of values; `above` is added to the lines of a text in another file."""

    value: Node
    lines: Lines
    path: str
    above: int = 0

    def find(self, pointer: Sequence[Step]) -> tuple[Node, Location] | None:
        """The value there and its line, None where this layer says nothing of it."""
        node: Any = self.value
        for step in pointer:
            node = _child(node, step)
            if node is _ABSENT:
                return None
        return node, Location(path=self.path, line=line_of(self.lines, pointer) + self.above)


def _child(node: Any, step: Step) -> Any:
    if isinstance(node, dict):
        return node.get(str(step), _ABSENT)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return _ABSENT


class Layers:
    """All layers of one release. `folders` are the repository's by the prefix of templates."""

    def __init__(self, root: Root, tree: Tree, folders: Mapping[str, str]) -> None:
        self._tree = tree
        self._folders = folders
        self._own: dict[str, Layer | None] = {}
        options = root.helm or HelmOptions(release="")
        self._given = [
            *_inline(root, options, tree),
            *filter(None, (self._file(path) for path in reversed(options.values_files))),
        ]

    def find(self, chart: str, pointer: Sequence[Step]) -> tuple[Node, Location] | None:
        """The value that templates of `chart` ("web/charts/db") see at `pointer`, and where the
        last one to set it did so."""
        names = chart.split("/charts/")
        is_global = pointer[:1] == ("global",)
        above: Sequence[Step] = () if is_global else names[1:]
        for layer in self._given:
            if found := layer.find((*above, *pointer)):
                return found
        for depth in range(1, len(names) + 1):
            own = self._of_chart("/charts/".join(names[:depth]))
            rest: Sequence[Step] = () if is_global else names[depth:]
            if own and (found := own.find((*rest, *pointer))):
                return found
        return None

    def where(self, pointer: Sequence[Step]) -> Location | None:
        """Where the given values set `pointer`, or the deepest part of it that they set."""
        for length in range(len(pointer), 0, -1):
            for layer in self._given:
                if found := layer.find(pointer[:length]):
                    return found[1]
        return None

    def _of_chart(self, chart: str) -> Layer | None:
        if chart not in self._own:
            folder = self._folders.get(chart)
            path = "values.yaml" if folder in (".", "") else f"{folder}/values.yaml"
            self._own[chart] = None if folder is None else self._file(path)
        return self._own[chart]

    def _file(self, path: str) -> Layer | None:
        documents = _documents(self._tree, path)
        if not documents:
            return None
        return Layer(value=documents[0].value, lines=documents[0].lines, path=path)


def _documents(tree: Tree, path: str) -> list[Document]:
    data = tree.read(path)
    return [] if data is None else read(path, data)[0]


def _inline(root: Root, options: HelmOptions, tree: Tree) -> Iterator[Layer]:
    """The values of what points at the chart, by their lines where they stand there as such."""
    if root.by is None or not options.values:
        return
    documents = [d for d in _documents(tree, root.by.path) if d.line <= max(root.by.line, 1)]
    yield from _as_written(documents[-1], options, root.by.path, tree) if documents else ()
    yield Layer(value=dict(options.values), lines=root.by.line, path=root.by.path)


def _as_written(document: Document, options: HelmOptions, path: str, tree: Tree) -> Iterator[Layer]:
    whole = Layer(value=document.value, lines=document.lines, path=path)
    for pointer in _MAPPINGS:
        found = whole.find(pointer)
        if found and found[0] == options.values:
            yield Layer(value=found[0], lines=_lines_at(document.lines, pointer), path=path)
    for pointer in _TEXTS:
        found = whole.find(pointer)
        if found and isinstance(found[0], str):
            line = found[1].line
            text = (tree.read(path) or b"").decode("utf-8", "replace")
            header = text.split("\n")[line - 1]
            inner = read(path, found[0].encode())[0]
            if header.rstrip().endswith(_BLOCK) and inner and inner[0].value == options.values:
                yield Layer(value=inner[0].value, lines=inner[0].lines, path=path, above=line)


def _lines_at(lines: Lines, pointer: Sequence[Step]) -> Lines:
    for step in pointer:
        if not isinstance(lines, tuple) or not isinstance(lines[1], dict):
            return 0
        lines = lines[1].get(str(step), 0)
    return lines

"""Where each field of a rendered object is from: the template's line, or that of the values."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.render.helm.layers import Layers
from bot.render.helm.templates import Template
from bot.render.helm.tree import Tree
from bot.render.objects import Object
from checks.model import Lines, Location, Node, Pointer, line_of

# How deep below the line that prints a mapping of values its parts are looked for.
_MAX_STEPS = 10


class Sources:
    """The files that a release's output is from. `files` are the templates that marks number,
    `folders` the repository's folders by the prefix that Helm gives to templates; `at` stands for
    what is of no file of the repository."""

    def __init__(
        self,
        tree: Tree,
        files: Sequence[str],
        folders: Mapping[str, str],
        layers: Layers,
        at: Location,
    ) -> None:
        self._tree = tree
        self._at = at
        self._files = files
        self._folders = folders
        self._layers = layers
        self._templates: dict[str, Template | None] = {}

    def output(self, template: str, places: Sequence[tuple[int, int] | None]) -> Output:
        """One template's output, whose lines have these places."""
        located = [self._location(place) for place in places]
        chart = template.partition("/templates/")[0]
        return Output(self, self._layers, chart, self.path_of(template), located)

    def path_of(self, template: str) -> str:
        """The repository's path of a template as Helm names it, else of the chart's Chart.yaml."""
        prefix = template
        while prefix and prefix not in self._folders:
            prefix = prefix.rpartition("/")[0]
        folder = self._folders.get(prefix, "")
        path = posixpath.normpath(posixpath.join(folder, template[len(prefix) + 1 :]))
        if self._tree.read(path) is not None:
            return path
        return posixpath.normpath(posixpath.join(folder, "Chart.yaml"))

    def shown(self, place: Location) -> Location:
        """A place as it is told: in the repository."""
        return place if self._tree.has(place.path) else self._at

    def template(self, path: str) -> Template | None:
        """The template at a path of the repository, None where it is not there."""
        if path not in self._templates:
            data = self._tree.read(path)
            text = None if data is None else data.decode("utf-8", "replace")
            self._templates[path] = None if text is None else Template(text)
        return self._templates[path]

    def _location(self, place: tuple[int, int] | None) -> Location | None:
        if place is None or place[0] >= len(self._files):
            return None
        return Location(path=self._files[place[0]], line=place[1])


@dataclass(frozen=True, slots=True)
class Output:
    """One template's output. `chart` is whose values its templates see."""

    sources: Sources
    layers: Layers
    chart: str
    path: str
    places: Sequence[Location | None]

    def at(self, line: int) -> Location | None:
        """The template's line that a line of the output (from 1) is from."""
        return self.places[line - 1] if 0 < line <= len(self.places) else None

    def near(self, line: int) -> Location:
        """As `at`, else that of the line before which has one, else the template."""
        for before in range(min(line, len(self.places)), 0, -1):
            if place := self.places[before - 1]:
                return place
        return Location(path=self.path)

    def source(self, item: Object, before: Sequence[str]) -> Location:
        """Where an object's kind is given, in its template; `before` are the kinds of those ahead
        of it."""
        place = self.at(line_of(item.lines, ("kind",)))
        if place is not None:
            return place
        template = self.sources.template(self.path)
        lines = [n for n, kind in template.kinds() if kind == item.kind] if template else []
        if lines:
            return Location(
                path=self.path, line=lines[min(before.count(item.kind), len(lines) - 1)]
            )
        return Location(path=self.path, line=1)

    def origins(self, item: Object, source: Location) -> dict[Pointer, Location]:
        """Where the fields are from that are not at `source`; what is not named is where its
        nearest ancestor is."""
        found: dict[Pointer, Location] = {}
        self._walk(item.body, item.lines, (), (self.sources.shown(source), source, 0), found)
        return found

    def _walk(
        self,
        node: Node,
        lines: Lines,
        pointer: Pointer,
        above: tuple[Location, Location, int],
        found: dict[Pointer, Location],
    ) -> None:
        """`above`: what the ancestors' entries say, their place in the template, and the length of
        the pointer at which that place began."""
        said, place, since = above
        own = self.at(lines[0] if isinstance(lines, tuple) else lines) if pointer else None
        if own is not None and own != place:
            place, since = own, len(pointer)
        here = place
        if not isinstance(node, (dict, list)):
            here = self._value(node, pointer[since:], place, own is not None) or place
        here = self.sources.shown(here)
        if here != said:
            found[pointer] = said = here
        children = lines[1] if isinstance(lines, tuple) else ()
        if isinstance(node, dict):
            for key, value in node.items():
                inner = children.get(key, 0) if isinstance(children, dict) else 0
                self._walk(value, inner, (*pointer, key), (said, place, since), found)
        elif isinstance(node, list):
            for index, value in enumerate(node):
                inner = children[index] if isinstance(children, list) else 0
                self._walk(value, inner, (*pointer, index), (said, place, since), found)

    def _value(self, node: Node, below: Pointer, place: Location, own: bool) -> Location | None:
        """Where the values set this scalar, which a template prints at `place`; `below` leads to it
        from the node that begins there."""
        template = self.sources.template(place.path)
        if template is None or node is None:
            return None
        paths = template.printed(place.line) if own else template.printed_below(place.line)
        for path in paths:
            for start in range(len(below), max(-1, len(below) - _MAX_STEPS), -1):
                known = self.layers.find(self.chart, (*path, *below[start:]))
                if known and _equal(known[0], node):
                    return known[1]
        parts = [self.layers.find(self.chart, path) for path in paths] if own else []
        inside = [known for known in parts if known and _part(known[0], node)]
        return inside[-1][1] if inside and len(inside) == len(parts) else None


def _text(node: Node) -> str:
    if isinstance(node, bool):
        return str(node).lower()
    return str(node)


def _equal(value: Node, rendered: Node) -> bool:
    """Whether this value prints as that scalar."""
    if isinstance(value, (dict, list)) or value is None:
        return False
    if isinstance(value, (int, float)) and isinstance(rendered, (int, float)):
        return value == rendered
    return _text(value) == _text(rendered)


def _part(value: Node, rendered: Node) -> bool:
    """Whether this value can be a part of that text (an image of a repository and a tag)."""
    scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return scalar and isinstance(rendered, str) and bool(_text(value)) and _text(value) in rendered

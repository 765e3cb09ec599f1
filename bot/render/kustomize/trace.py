"""From a rendered object back to the lines that it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.render.kustomize import generated
from bot.render.kustomize.compare import Comparison
from bot.render.kustomize.layer import Layer
from bot.render.kustomize.patches import Hit, Subject
from bot.render.kustomize.sources import Sources
from bot.render.kustomize.told import Told
from bot.render.objects import Object
from bot.render.rendered import RenderedObject
from bot.render.roots.model import Root
from bot.render.roots.reading import At
from checks.model import Location, Node, Pointer

# Of what one line gives, each value gets its own line up to so many; the rest has the whole's.
_MOST_INSIDE = 500
# Kinds of which nobody asks for single fields, and which are large.
_WHOLE = frozenset({"CustomResourceDefinition"})


class Tracer:
    """Traces the objects of one root. `own` is the path of the root's kustomization."""

    def __init__(self, root: Root, own: str, sources: Sources) -> None:
        self._sources = sources
        self._own = own
        self._layers: dict[str, Layer | None] = {}
        self._overlay: Layer | None = None
        self._by = root.by or Location(path=own)
        if root.by is not None and root.kustomize is not None and root.kustomize.overlay:
            laid = At(root.by.path, root.kustomize.overlay, root.by.line)
            self._overlay = Layer(laid, sources)

    def traced(self, one: Object, told: Told) -> RenderedObject:
        """The object with its places."""
        if told.generator:
            return self._generated(one, told)
        declared = _declared(one, self._sources.objects(told.path)) if told.path else None
        if declared is None:
            at = Location(path=told.path or self._own)
            return RenderedObject(body=one.body, source=at)
        source = Location(path=told.path, line=declared.line)
        if one.kind in _WHOLE:
            return RenderedObject(body=one.body, source=source, lines=declared.line)
        comparison = Comparison()
        lines = comparison.lines(_node(one), _node(declared), declared.lines)
        places = _Places(self._through(told), _subject(one, declared), self._by)
        for pointer, value, before in comparison.changed:
            places.changed(pointer, value, before)
        for pointer in comparison.removed:
            places.removed(pointer)
        return RenderedObject(body=one.body, source=source, lines=lines, origins=places.found)

    def _generated(self, one: Object, told: Told) -> RenderedObject:
        at = self._sources.mapping(told.path) if told.path else None
        entry = generated.entry_of(at, told.generator, one.name) if at is not None else None
        if at is None or entry is None:
            return RenderedObject(body=one.body, source=Location(path=told.path or self._own))
        source = at.place(*entry)
        places = _Places(self._through(told), _subject(one, one), source)
        metadata = one.body.get("metadata")
        for key, value in metadata.items() if isinstance(metadata, dict) else ():
            places.known(("metadata", key), value)
        places.found.update(generated.origins(at, entry, one.body, self._sources))
        return RenderedObject(body=one.body, source=source, lines=source.line, origins=places.found)

    def _through(self, told: Told) -> list[Layer]:
        """What the object went through, the last first."""
        found = [self._overlay] if self._overlay is not None else []
        for path in told.through:
            if path not in self._layers:
                at = self._sources.mapping(path)
                self._layers[path] = Layer(at, self._sources) if at is not None else None
            layer = self._layers[path]
            if layer is not None:
                found.append(layer)
        return found


def _node(one: Object) -> Node:
    return one.body


def _declared(one: Object, candidates: Sequence[Object]) -> Object | None:
    """The document of a file that the object was made of: of its kind, and of the longest name that
    its own was made of."""
    same = [c for c in candidates if c.kind == one.kind and c.group == one.group]
    if len(same) <= 1:
        return same[0] if same else None
    named = [c for c in same if c.name and c.name in one.name]
    if not named:
        return None
    return max(named, key=lambda c: (len(c.name), c.namespace == one.namespace))


def _subject(one: Object, declared: Object) -> Subject:
    return Subject(one.body, one.kind, frozenset({one.name, declared.name}))


class _Places:
    """Where the fields of one object are from, if not from its own document."""

    def __init__(self, layers: Sequence[Layer], subject: Subject, otherwise: Location) -> None:
        self._layers = layers
        self._subject = subject
        self._otherwise = Location(path=layers[0].path) if layers else otherwise
        self.found: dict[Pointer, Location] = {}

    def changed(self, pointer: Pointer, value: Node, before: Node) -> None:
        """The object has `value` where its document has `before`."""
        if self.known(pointer, value) or _follows(value, before):
            return
        if self._layers:
            self.found[pointer] = self._otherwise

    def removed(self, pointer: Pointer) -> None:
        """The object has nothing where its document has something."""
        for layer in self._layers:
            hit = layer.removes(pointer, self._subject)
            if hit is not None:
                self.found[pointer] = hit.at()
                return

    def known(self, pointer: Pointer, value: Node) -> bool:
        """Note the line that gives this value, or those that give what is in it."""
        for layer in self._layers:
            hit = layer.gives(pointer, value, self._subject)
            if hit is not None:
                self._take(pointer, value, hit)
                return True
        children = list(_children(value))
        inside = [self.known((*pointer, step), child) for step, child in children]
        if not any(inside):
            return False
        first = next(step for (step, _), known in zip(children, inside, strict=True) if known)
        self.found[pointer] = self.found[*pointer, first]
        return True

    def _take(self, pointer: Pointer, value: Node, hit: Hit) -> None:
        self.found[pointer] = hit.at()
        waiting: list[tuple[Pointer, Node]] = [((), value)]
        for _ in range(_MOST_INSIDE):
            if not waiting:
                return
            inside, node = waiting.pop()
            if inside:
                self.found[*pointer, *inside] = hit.at(inside)
            waiting += (((*inside, step), child) for step, child in _children(node))


def _children(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def _follows(value: Node, before: Node) -> bool:
    """Whether a text is the document's own, with a name in it followed or a variable filled in."""
    if not isinstance(before, str):
        return False
    return "$(" in before or "${" in before or (isinstance(value, str) and before in value)

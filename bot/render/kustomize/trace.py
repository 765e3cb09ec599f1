"""From a rendered object back to the lines that it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from bot.render.kustomize import generated
from bot.render.kustomize.compare import Comparison
from bot.render.kustomize.layer import Layer
from bot.render.kustomize.patches import Hit, Subject
from bot.render.kustomize.sources import Declared, Sources
from bot.render.kustomize.told import Told
from bot.render.objects import Object
from bot.render.paths import is_manifest
from bot.render.rendered import RenderedObject
from bot.render.roots.model import KustomizeOptions, Root
from bot.render.roots.reading import At
from checks.model import Location, Node, Pointer

# Of what one line gives, each value gets its own line up to so many; the rest has the whole's.
_MOST_INSIDE = 500
# How many patches may be asked about fields of one root; after that fields are said to be from the
# overlay as a whole. A hostile root could have a thousand patches and ten thousand fields.
_MOST_ASKED = 300_000
# Files that are gone through for an object of which nothing was told.
_MOST_FILES = 200
# Documents of one name and kind in one file that are told apart by their namespaces.
_MOST_NAMESAKES = 500
# Prefixes and suffixes of longer names are looked for where a word ends.
_SHORT_NAME = 40
# Kinds of which nobody asks for single fields, and which are large.
_WHOLE = frozenset({"CustomResourceDefinition"})


class Tracer:
    """Traces the objects of one root. `own` is the path of the root's kustomization."""

    def __init__(self, root: Root, own: str, sources: Sources) -> None:
        self._sources = sources
        self._own = own
        self._reads = root.reads
        self._layers: dict[str, Layer | None] = {}
        self._overlay: Layer | None = None
        self._by = root.by or Location(path=own)
        self._budget = Budget(_MOST_ASKED)
        laid = _overlay(root.kustomize) if root.kustomize is not None else {}
        if root.by is not None and laid:
            self._overlay = Layer(At(root.by.path, laid, root.by.line), sources)

    def traced(self, one: Object, told: Told) -> RenderedObject:
        """The object with its places."""
        if told.generator:
            return self._generated(one, told)
        path = told.path or self._lost(one)
        declared = _declared(one, self._sources.objects(path)) if path else None
        if declared is None:
            return RenderedObject(body=one.body, source=Location(path=path or self._own))
        source = Location(path=path, line=declared.line)
        if one.kind in _WHOLE:
            return RenderedObject(body=one.body, source=source, lines=declared.line)
        comparison = Comparison()
        lines = comparison.lines(one.body, declared.body, declared.lines)
        places = self._places(told, _subject(one, declared), self._by)
        for pointer, value, before in comparison.changed:
            places.changed(pointer, value, before)
        for pointer in comparison.removed:
            places.removed(pointer)
        return RenderedObject(body=one.body, source=source, lines=lines, origins=places.found)

    def _lost(self, one: Object) -> str:
        """The file that has the object under its own name, where a patch of all its annotations
        took away what was told of it; "" where there is none."""
        manifests = (path for path in sorted(self._reads) if is_manifest(path))
        for path in islice(manifests, _MOST_FILES):
            if one.name in self._sources.objects(path).get((one.group, one.kind), {}):
                return path
        return ""

    def _generated(self, one: Object, told: Told) -> RenderedObject:
        at = self._sources.mapping(told.path) if told.path else None
        entry = generated.entry_of(at, told.generator, one.name) if at is not None else None
        if at is None or entry is None:
            return RenderedObject(body=one.body, source=Location(path=told.path or self._own))
        source = at.place(*entry)
        places = self._places(told, _subject(one, one), source)
        metadata = one.body.get("metadata")
        for key, value in metadata.items() if isinstance(metadata, dict) else ():
            places.known(("metadata", key), value)
        places.found.update(generated.origins(at, entry, one.body, self._sources))
        return RenderedObject(body=one.body, source=source, lines=source.line, origins=places.found)

    def _places(self, told: Told, subject: Subject, otherwise: Location) -> _Places:
        return _Places(self._through(told), subject, otherwise, self._budget)

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


def _overlay(options: KustomizeOptions) -> Mapping[str, Node]:
    """What is laid over the root, as a kustomization."""
    if options.default_namespace:
        return {"namespace": options.default_namespace, **options.overlay}
    return options.overlay


def _declared(one: Object, candidates: Declared) -> Object | None:
    """The document of a file that the object was made of: of its kind, and of the longest name that
    its own was made of."""
    named = candidates.get((one.group, one.kind), {})
    name = one.name if one.name in named else next(iter(named), "")
    if len(named) > 1 and one.name not in named:
        name = next((part for part in _parts(one.name) if part in named), "")
    same = named.get(name, [])
    own = (c for c in same[:_MOST_NAMESAKES] if c.namespace == one.namespace)
    return next(own, same[0] if same else None)


def _parts(name: str) -> Iterator[str]:
    """What is left of a name without a prefix and a suffix, the longest first."""
    cuts = range(len(name) + 1)
    starts = [n for n in cuts if len(name) <= _SHORT_NAME or name[n - 1 : n] in ("", "-", ".")]
    ends = [n for n in cuts if len(name) <= _SHORT_NAME or name[n : n + 1] in ("", "-", ".")]
    pairs = ((start, end) for start in starts for end in ends if start < end)
    for start, end in sorted(pairs, key=lambda pair: pair[0] - pair[1]):
        yield name[start:end]


def _subject(one: Object, declared: Object) -> Subject:
    return Subject(one.body, one.kind, frozenset({one.name, declared.name}))


class Budget:
    """How much may still be asked."""

    def __init__(self, left: int) -> None:
        self._left = left

    def allows(self, weight: int) -> bool:
        """Whether there is room for as much, which is then taken."""
        self._left -= weight
        return self._left >= 0


class _Places:
    """Where the fields of one object are from, if not from its own document."""

    def __init__(
        self, layers: Sequence[Layer], subject: Subject, otherwise: Location, budget: Budget
    ) -> None:
        self._budget = budget
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
            if not self._budget.allows(layer.weight):
                return
            hit = layer.removes(pointer, self._subject)
            if hit is not None:
                self.found[pointer] = hit.at()
                return

    def known(self, pointer: Pointer, value: Node) -> bool:
        """Note the line that gives this value, or those that give what is in it."""
        for layer in self._layers:
            if not self._budget.allows(layer.weight):
                return False
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

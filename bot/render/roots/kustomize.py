"""The kustomizations of a commit: what each is made of, and which of them are deployed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.render.roots import graph
from bot.render.roots.files import Files
from bot.render.roots.graph import Link
from bot.render.roots.helm import Charts
from bot.render.roots.kustomization import (
    NAMES,
    Reference,
    Use,
    generated_maps,
    misshapen,
    references,
)
from bot.render.roots.made import Made
from bot.render.roots.paths import above, is_remote, join, parent
from bot.render.roots.reading import At, documents
from bot.render.roots.trouble import shown, trouble
from checks.model import Location, Node, RenderFailure

_FLUX = "kustomize.toolkit.fluxcd.io/"
# One kustomization's own file of plugins may name files; it is walked up to this many strings.
_MOST_STRINGS = 10_000
_DIRECTORIES = (Use.BUILD, Use.PLUGIN)
_NEITHER = "it is neither a file nor a directory with a kustomization in this commit"


@dataclass(slots=True)
class Kustomization:
    """One directory's kustomization. `reads` are its own file and those that it names: of them
    `objects` are such by themselves (resources), `patches` change others, `plugins` configure a
    plugin. `maps` are the files of the ConfigMaps that it generates."""

    path: str
    directory: str
    namespace: str = ""
    component: bool = False
    links: list[Link[Location]] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    plugins: set[str] = field(default_factory=set)
    patches: set[str] = field(default_factory=set)
    charts: list[str] = field(default_factory=list)
    remote: list[tuple[str, Location]] = field(default_factory=list)
    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    failures: list[RenderFailure] = field(default_factory=list)


class Kustomizations:
    """All kustomizations of a commit, by directory."""

    def __init__(self, files: Files, charts: Charts) -> None:
        self._files = files
        self._charts = charts
        self.all: dict[str, Kustomization] = {}
        parsed = documents(files, paths := list(self._paths()))
        for path in paths:
            one = parsed.get(path)
            bodies = [d for d in one.documents if isinstance(d.value, dict)] if one else []
            body = bodies[0].value if bodies else None
            if isinstance(body, dict) and _is_flux(body):
                continue
            here = self._add(path)
            if one is None:
                said = "it cannot be read: it is a link, or too large"
                here.failures.append(trouble("kustomize-symlink", Location(path=path), said))
            elif one.failures:
                here.failures += one.failures
            elif not isinstance(body, dict):
                said = "expected one YAML mapping"
                here.failures.append(trouble("kustomize-invalid", Location(path=path), said))
            else:
                self._fill(here, At(path, body, bodies[0].lines))
        self._read_plugins()
        for directory, edges in graph.circles(self.links).items():
            for to, at in edges:
                said = f"this leads back to {to or 'the top directory'}, which is built on it"
                self.all[directory].failures.insert(0, trouble("kustomize-cycle", at, said))

    def _paths(self) -> Iterator[str]:
        for paths in self._files.below.values():
            for path in paths:
                if path.rpartition("/")[2] in NAMES and not self._charts.is_template(path):
                    yield path

    def _add(self, path: str) -> Kustomization:
        directory = parent(path)
        before = self.all.get(directory)
        if before is None:
            here = Kustomization(path=path, directory=directory, reads={path})
            self.all[directory] = here
            return here
        said = f"{before.path} is in the same directory"
        before.failures.append(trouble("kustomize-ambiguous", Location(path=path), said))
        before.reads.add(path)
        return before

    def _fill(self, here: Kustomization, at: At) -> None:
        wrong = misshapen(at)
        if wrong is not None:
            here.failures.append(wrong)
        here.component = at.text("kind") == "Component"
        here.namespace = at.text("namespace")
        for name, entries in generated_maps(at):
            joined = ((key, join(here.directory, entry)) for key, entry in entries.items())
            here.maps[name] = {key: path for key, path in joined if path is not None}
        for reference in references(at):
            failure = self._take(here, reference)
            if failure is not None:
                here.failures.append(failure)

    def _take(self, here: Kustomization, reference: Reference) -> RenderFailure | None:
        path = join(here.directory, reference.entry)
        if path is not None and self._found(here, reference, path):
            return None
        if reference.use is Use.CHART:
            if reference.url:
                here.remote.append((reference.url, reference.at))
                return None
        elif is_remote(reference.entry):
            here.remote.append((reference.entry, reference.at))
            return None
        return self._missing(reference, path)

    def _found(self, here: Kustomization, reference: Reference, path: str) -> bool:
        """Whether there is such a thing; it is then taken in."""
        if reference.use is Use.CHART:
            if path in self._charts.all:
                here.charts.append(path)
                return True
            return False
        if self._files.is_regular(path):
            here.reads.add(path)
            if reference.use is Use.BUILD:
                here.objects.add(path)
            elif reference.use is Use.PLUGIN:
                here.plugins.add(path)
            elif reference.use is Use.PATCH:
                here.patches.add(path)
            return True
        if reference.use in _DIRECTORIES and self._is_kustomization(path):
            here.links.append(Link(path, reference.at))
            return True
        return False

    def _is_kustomization(self, directory: str) -> bool:
        prefix = f"{directory}/" if directory else ""
        return any(self._files.is_regular(prefix + name) for name in NAMES)

    def _missing(self, reference: Reference, path: str | None) -> RenderFailure:
        entry, at = shown(reference.entry), reference.at
        if path is None:
            return trouble("kustomize-outside", at, f"{entry} is outside of the repository")
        for step in (path, *above(path)):
            if step in self._files.entries and not self._files.is_regular(step):
                said = f"{entry} leads through {step}, a link or submodule, which is not followed"
                return trouble("kustomize-symlink", at, said)
        if reference.use is Use.BUILD and self._files.is_directory(path):
            return trouble("kustomize-missing", at, f"the directory {entry} has no kustomization")
        said = _NEITHER if reference.use in _DIRECTORIES else "there is no such file in this commit"
        return trouble("kustomize-missing", at, f"{entry} cannot be found: {said}")

    def _read_plugins(self) -> None:
        """Plugins' own files name further files, in fields of their own: every string that is the
        path of a file counts."""
        wanted = {path for one in self.all.values() for path in one.plugins}
        parsed = documents(self._files, wanted)
        for one in self.all.values():
            for plugin in sorted(one.plugins & parsed.keys()):
                for document in parsed[plugin].documents:
                    for text in _strings(document.value):
                        path = join(one.directory, text)
                        if path and self._files.is_regular(path):
                            one.reads.add(path)

    @cached_property
    def links(self) -> Mapping[str, list[Link[Location]]]:
        """What each is built on."""
        return {directory: one.links for directory, one in self.all.items()}

    @cached_property
    def not_objects(self) -> frozenset[str]:
        """Files that some kustomization names, and none as a resource: patches, values, plugins."""
        objects = {path for one in self.all.values() for path in one.objects}
        return frozenset(p for one in self.all.values() for p in one.reads if p not in objects)

    @cached_property
    def _holding(self) -> Mapping[str, list[Kustomization]]:
        found: dict[str, list[Kustomization]] = {}
        for one in self.all.values():
            for path in one.objects:
                found.setdefault(path, []).append(one)
        return found

    def holding(self, path: str) -> list[Kustomization]:
        """Those that name a file as a resource."""
        return self._holding.get(path, [])

    def patching(self, kind: str) -> frozenset[str]:
        """The patches, and kustomizations with patches in themselves, that name a kind."""
        said = re.compile(rb"\bkind[\"']?[ \t]*:[ \t]*[\"']?%s\b" % kind.encode())
        paths = {path for one in self.all.values() for path in (*one.patches, one.path)}
        named = self._files.made(f"kind {kind}", paths, lambda raw: said.search(raw) is not None)
        return frozenset(path for path, names in named.items() if names)

    @property
    def charts(self) -> set[str]:
        """The charts that kustomizations inflate."""
        return {chart for one in self.all.values() for chart in one.charts}

    def tops(self, built_on: Collection[str] = ()) -> list[str]:
        """The directories that are deployed by themselves; `built_on` are built on from outside."""
        return [
            directory
            for directory in graph.tops(self.links)
            if directory not in built_on and not self.all[directory].component
        ]

    def made(self, starts: Iterable[str]) -> Made:
        """All that the kustomizations in these directories are made of, together."""
        found = Made()
        seen: set[str] = set()
        for start in starts:
            if start in seen:
                continue
            for directory in graph.reach(self.links, start, seen):
                found.add(self._own(self.all[directory]))
                seen.add(directory)
        return found

    def _own(self, one: Kustomization) -> Made:
        found = Made(reads=set(one.reads), remote=list(one.remote), failures=list(one.failures))
        for chart in one.charts:
            found.add(self._charts.made(chart))
        return found


def _is_flux(body: Mapping[str, Node]) -> bool:
    """Whether it is an object of Flux in a file of kustomize's name."""
    version = body.get("apiVersion")
    return isinstance(version, str) and version.startswith(_FLUX)


def _strings(node: Node) -> Iterator[str]:
    waiting: list[Node] = [node]
    for _ in range(_MOST_STRINGS):
        if not waiting:
            return
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one

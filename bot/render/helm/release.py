"""A root of the kind Helm into its objects, each with its place in the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.render.helm import backends
from bot.render.helm.differing import settled
from bot.render.helm.layers import Layers
from bot.render.helm.limits import SECONDS
from bot.render.helm.messages import explained, near
from bot.render.helm.namespaces import in_namespace
from bot.render.helm.origins import Output, Sources
from bot.render.helm.repeated import documents
from bot.render.helm.tree import Tree
from bot.render.helm.trouble import trouble
from bot.render.objects import Object, objects
from bot.render.rendered import Rendered, RenderedObject
from bot.render.roots.model import HelmOptions, Rendering, Root
from checks.model import Location, RenderFailure

_HOOK = "helm.sh/hook"
_TESTS = frozenset({"test", "test-success", "test-failure"})


def render(root: Root, folder: Path, rendering: Rendering, seconds: float = SECONDS) -> Rendered:
    """As `bot.render.helm.render`, in at most `seconds`."""
    chart = f"{root.path}/Chart.yaml" if root.path else "Chart.yaml"
    at = root.by or Location(path=chart, line=0)
    options = root.helm or HelmOptions(release=root.path.rpartition("/")[2] or "release")
    request = _request(root, options, rendering)
    said = backends.ask(request, folder, at, seconds)
    if isinstance(said, RenderFailure):
        return Rendered(failures=(said,))
    tree = Tree(folder=folder)
    folders = said.get("folders", {})
    layers = Layers(root, tree, folders)
    sources = Sources(tree, said.get("files", ()), folders, layers, at)
    if "code" in said:
        return Rendered(failures=(_refused(said, tree, at),))
    if "said" in said:
        return Rendered(failures=(explained(said["said"], sources, layers, at),))
    return _Release(options.namespace, sources, at).rendered(said)


def _request(root: Root, options: HelmOptions, rendering: Rendering) -> dict[str, Any]:
    return {
        "chart": root.path,
        "values_files": list(options.values_files),
        "values": dict(options.values),
        "parameters": [
            (name, value, name in options.string_parameters)
            for name, value in options.parameters.items()
        ],
        "release": options.release,
        "namespace": options.namespace,
        "kube_version": rendering.kube_version,
        "api_versions": list(rendering.api_versions),
        "crds": options.include_crds,
    }


def _refused(said: Mapping[str, str], tree: Tree, at: Location) -> RenderFailure:
    path = said["path"]
    if not tree.has(path):
        return trouble(said["code"], at, said["error"])
    path = posixpath.normpath(path)
    where = Location(path=path, line=near(tree, path, said["near"]))
    return trouble(said["code"], where, said["error"])


class _Release:
    """One answer of Helm's into objects."""

    def __init__(self, namespace: str, sources: Sources, at: Location) -> None:
        self._namespace = namespace
        self._sources = sources
        self._at = at
        self._failures: list[RenderFailure] = []

    def rendered(self, said: Mapping[str, Any]) -> Rendered:
        """The objects of CRDs and templates, without tests."""
        found = [*self._crds(said["crds"])]
        for output in said["outputs"]:
            found += self._template(output)
        bodies = in_namespace([item.body for item in found], self._namespace)
        return Rendered(
            objects=tuple(
                RenderedObject(
                    body=body, source=item.source, lines=item.lines, origins=item.origins
                )
                for body, item in zip(bodies, found, strict=True)
            ),
            failures=tuple(self._failures),
        )

    def _crds(self, crds: Sequence[Mapping[str, str]]) -> Iterator[RenderedObject]:
        """They are files as they stand."""
        for crd in crds:
            path = self._sources.path_of(crd["template"])
            for item in self._parsed(path, crd["text"], None):
                place = self._sources.shown(Location(path=path, line=item.line))
                lines = item.lines if place.path == path else 0
                yield RenderedObject(body=item.body, source=place, lines=lines)

    def _template(self, said: Mapping[str, Any]) -> Iterator[RenderedObject]:
        output = self._sources.output(said["template"], said["places"])
        items = self._parsed(output.path, said["text"], output)
        others = [self._parsed(output.path, text, None) for text in said["again"]]
        if any([o.kind for o in other] != [o.kind for o in items] for other in others):
            error = "the chart prints other objects every time that it is rendered"
            self._fail("helm-random", Location(path=output.path), error)
            return
        kinds: list[str] = []
        for index, item in enumerate(items):
            source = output.source(item, kinds)
            kinds.append(item.kind)
            if _is_test(item):
                continue
            body = settled(item.body, [other[index].body for other in others])
            if isinstance(body, dict):
                yield RenderedObject(
                    body=body,
                    source=self._sources.shown(source),
                    origins=output.origins(item, source),
                )

    def _parsed(self, path: str, text: str, output: Output | None) -> list[Object]:
        read, failures = documents(path, text)
        found, misshapen = objects(path, read)
        for failure in (*failures, *misshapen) if output else ():
            where = output.near(failure.location.line)  # type: ignore[union-attr]
            error = f"what the template prints is not readable: {failure.error}"
            self._fail("helm-output", where, error)
        return found

    def _fail(self, code: str, where: Location, error: str) -> None:
        self._failures.append(trouble(code, self._sources.shown(where), error))


def _is_test(item: Object) -> bool:
    metadata = item.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    hook = annotations.get(_HOOK) if isinstance(annotations, dict) else None
    events = {event.strip() for event in hook.split(",")} if isinstance(hook, str) else set()
    return bool(events) and events <= _TESTS

"""One kustomization: what it refers to, field by field, each reference with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from bot.render.roots.reading import At
from bot.render.roots.trouble import shown, trouble
from checks.model import Location, RenderFailure

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_BUILT = ("resources", "bases", "components")
_PLUGINS = ("generators", "transformers", "validators")
_PLAIN = ("crds", "configurations")
_PATCHES = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_CHARTS = ("helmCharts", "helmChartInflationGenerator")
_LISTS = (
    *(*_BUILT, *_PLUGINS, *_PLAIN, *_PATCHES, *_GENERATORS, *_CHARTS),
    "patchesStrategicMerge",
)


class Use(Enum):
    """What a reference is for: something to build on, a file that configures a plugin (and may name
    files itself), a patch, any other file, or a chart's folder."""

    BUILD = "build"
    PLUGIN = "plugin"
    PATCH = "patch"
    FILE = "file"
    CHART = "chart"


@dataclass(frozen=True, slots=True)
class Reference:
    """`entry` as it is written, in relation to the kustomization's directory. `url` is where a
    chart comes from that is not there."""

    entry: str
    use: Use
    at: Location
    url: str = ""


def references(at: At) -> Iterator[Reference]:
    """All that a kustomization refers to. What has not the shape it should have is left out."""
    for name in _BUILT:
        yield from (Reference(entry, Use.BUILD, line) for entry, line in at.strings(name))
    for name in _PLUGINS:
        for entry, line in at.strings(name):
            if not _is_inline(entry):
                yield Reference(entry, Use.PLUGIN, line)
    for name, use in (*((name, Use.FILE) for name in _PLAIN), ("patchesStrategicMerge", Use.PATCH)):
        for entry, line in at.strings(name):
            if not _is_inline(entry):
                yield Reference(entry, use, line)
    for name in _PATCHES:
        for index in range(len(at.items(name))):
            yield from _file(at, name, index, "path", use=Use.PATCH)
    yield from _file(at, "openapi", "path")
    for name in _GENERATORS:
        yield from _generated(at, name)
    yield from _charts(at)


def misshapen(at: At) -> RenderFailure | None:
    """The first field that should be a list and is none; None where there is no such."""
    for name in _LISTS:
        value = at.body.get(name)
        if value is not None and not isinstance(value, list):
            said = f"{name} is {shown(value)}, not a list"
            return trouble("kustomize-invalid", at.place(name), said)
    return None


def generated_maps(at: At) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The ConfigMaps that it generates from files: (name, key → entry)."""
    for index, item in enumerate(at.items("configMapGenerator")):
        name = item.get("name") if isinstance(item, dict) else None
        if isinstance(name, str):
            entries = (e for e, _ in at.strings("configMapGenerator", index, "files"))
            yield name, dict(_key_and_path(entry) for entry in entries)


def _key_and_path(entry: str) -> tuple[str, str]:
    key, equals, path = entry.partition("=")
    return (key, path) if equals else (entry.rpartition("/")[2], entry)


def _is_inline(entry: str) -> bool:
    """Whether it is the YAML itself and not the path of a file with it."""
    return "\n" in entry or ": " in entry or entry.lstrip().startswith(("{", "[", "- "))


def _file(at: At, *pointer: str | int, use: Use = Use.FILE) -> Iterator[Reference]:
    entry = at.text(*pointer)
    if entry:
        yield Reference(entry, use, at.place(*pointer))


def _generated(at: At, name: str) -> Iterator[Reference]:
    for index in range(len(at.items(name))):
        for entry, line in at.strings(name, index, "files"):
            yield Reference(_key_and_path(entry)[1], Use.FILE, line)
        for entry, line in at.strings(name, index, "envs"):
            yield Reference(entry, Use.FILE, line)
        yield from _file(at, name, index, "env")


def _charts(at: At) -> Iterator[Reference]:
    home = at.text("helmGlobals", "chartHome") or "charts"
    for index in range(len(at.items("helmCharts"))):
        here = ("helmCharts", index)
        yield from _file(at, *here, "valuesFile")
        for entry, line in at.strings(*here, "additionalValuesFiles"):
            yield Reference(entry, Use.FILE, line)
        name, url = at.text(*here, "name"), at.text(*here, "repo")
        if name:
            yield Reference(f"{home}/{name}", Use.CHART, at.place(*here, "name"), url)
    for index in range(len(at.items("helmChartInflationGenerator"))):
        here = ("helmChartInflationGenerator", index)
        yield from _file(at, *here, "values")
        name, url = at.text(*here, "chartName"), at.text(*here, "chartRepoUrl")
        if name:
            own = at.text(*here, "chartHome") or home
            yield Reference(f"{own}/{name}", Use.CHART, at.place(*here, "chartName"), url)

"""Flux's HelmReleases: which chart each installs, from where, with which values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.render.roots.flux_maps import ConfigMaps
from bot.render.roots.flux_sources import Sources
from bot.render.roots.ground import Found, Ground
from bot.render.roots.made import Made, draft
from bot.render.roots.model import HelmOptions, RootKind
from bot.render.roots.paths import from_top
from bot.render.roots.pointers import Pointer
from bot.render.roots.reading import At
from bot.render.roots.trouble import shown, trouble
from bot.render.yaml_reader import read

_DEFAULT_KEY = "values.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chart:
    """Where a chart is: the directory `path` of this repository, or in `url` ("" for unknown)."""

    path: str | None = None
    url: str = ""
    name: str = ""
    version: str = ""
    values_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HelmReleases:
    """Finds the roots of HelmReleases."""

    ground: Ground
    sources: Sources
    maps: ConfigMaps
    found: Found

    def take(self, one: Pointer, namespace: str = "", *, patched: bool = False) -> None:
        """The root of one of them; `namespace` is where it goes if it does not say, `patched` that
        a kustomization may change it."""
        spec = one.at.inside("spec")
        made = Made()
        if patched:
            said = "a kustomization patches HelmReleases; this one is read as it stands"
            made.notes.append(trouble("flux-patched", one.at.place(), said))
        namespace = one.namespace or namespace
        chart = self._chart(spec, namespace, made)
        taken: set[str] = set()
        if chart.path is not None:
            self.found.built_on.add(chart.path)
            made.add(self.ground.charts.made(chart.path))
            taken |= {*self.ground.charts.taken(chart.path), *chart.values_files}
            made.reads.update(chart.values_files)
        target = spec.text("targetNamespace")
        release = spec.text("releaseName") or (f"{target}-{one.name}" if target else one.name)
        parameters: dict[str, str] = {}
        options = HelmOptions(
            release=release,
            namespace=target or namespace or "default",
            values_files=chart.values_files,
            values=self._values(spec, namespace, made, parameters),
            parameters=parameters,
            chart="" if chart.path is not None else chart.name,
            version=chart.version,
        )
        shown_as = (chart.path or ".") if chart.path is not None else chart.name or "(no chart)"
        self.found.add(
            draft(
                RootKind.HELM,
                chart.path or "",
                f"{shown_as} as {release}",
                made,
                taken=taken,
                hosts=self.ground.hosts,
                by=one.at.place(),
                helm=options,
            )
        )

    def _chart(self, spec: At, namespace: str, made: Made) -> _Chart:
        if "chartRef" in spec.body:
            return self._by_reference(spec.inside("chartRef"), namespace, made)
        return self._by_template(spec.inside("chart", "spec"), namespace, made)

    def _by_reference(self, at: At, namespace: str, made: Made) -> _Chart:
        kind, name = at.text("kind"), at.text("name")
        source = self.sources.find(kind, name, at.text("namespace") or namespace)
        if source is None:
            said = f"the {kind or 'source'} {shown(name)} is not in the repository"
            made.failures.append(trouble("remote-repository", at.place(), said))
            return _Chart(name=name)
        if kind == "HelmChart":
            return self._by_template(source.inside("spec"), namespace, made)
        url = source.text("spec", "url")
        made.remote.append((url, source.place("spec", "url")))
        made.reads.add(source.path)
        reference = source.inside("spec", "ref")
        version = reference.text("digest") or reference.text("semver") or reference.text("tag")
        return _Chart(url=url, name=url.rstrip("/").rpartition("/")[2], version=version)

    def _by_template(self, at: At, namespace: str, made: Made) -> _Chart:
        name, kind = at.text("chart"), at.text("sourceRef", "kind")
        source_name = at.text("sourceRef", "name")
        where = at.text("sourceRef", "namespace") or namespace
        if kind in ("GitRepository", "Bucket"):
            return self._in_git(at, name, kind, where, made)
        source = self.sources.find(kind, source_name, where)
        url = source.text("spec", "url") if source is not None else ""
        if source is None or not url:
            said = f"the {kind or 'source'} {shown(source_name)} is not in the repository"
            made.failures.append(trouble("remote-repository", at.place("sourceRef"), said))
            return _Chart(name=name)
        if url.startswith("oci://"):
            url = f"{url.rstrip('/')}/{name}"
        made.reads.add(source.path)
        made.remote.append((url, source.place("spec", "url")))
        return _Chart(url=url, name=name, version=at.text("version"))

    def _in_git(self, at: At, name: str, kind: str, where: str, made: Made) -> _Chart:
        path = from_top(name)
        url = self.sources.foreign(kind, at.text("sourceRef", "name"), where, path)
        if url is not None:
            said = f"the chart {shown(name)} is in {shown(url) if url else 'an unknown source'}"
            made.failures.append(trouble("remote-repository", at.place("sourceRef"), said))
            return _Chart(name=name)
        if path is None or path not in self.ground.charts.all:
            said = f"there is no chart in {shown(name)} in this commit"
            made.failures.append(trouble("flux-path-missing", at.place("chart"), said))
            return _Chart(name=name)
        return _Chart(path=path, values_files=self._values_files(at, made))

    def _values_files(self, at: At, made: Made) -> tuple[str, ...]:
        """Flux counts them from the top of the source."""
        found: list[str] = []
        single = [(at.text("valuesFile"), at.place("valuesFile"))] if at.text("valuesFile") else []
        for entry, place in (*single, *at.strings("valuesFiles")):
            path = from_top(entry)
            if path is not None and self.ground.files.is_regular(path):
                found.append(path)
            elif at.get("ignoreMissingValuesFiles") is not True:
                said = f"there is no values file {shown(entry)} in this commit"
                made.failures.append(trouble("helm-values-missing", place, said))
        return tuple(found)

    def _values(
        self, spec: At, namespace: str, made: Made, parameters: dict[str, str]
    ) -> Mapping[str, Any]:
        """What is laid over the chart's values: valuesFrom in order, then the release's own."""
        found: dict[str, Any] = {}
        for index in range(len(spec.items("valuesFrom"))):
            at = spec.inside("valuesFrom", index)
            kind, name = at.text("kind"), at.text("name")
            source = self.maps.find(name, namespace) if kind == "ConfigMap" else None
            text = source.data.get(at.text("valuesKey") or _DEFAULT_KEY) if source else None
            if source is None or text is None:
                if at.get("optional") is not True:
                    said = f"the values of the {kind} {shown(name)} are not in the repository"
                    made.notes.append(trouble("flux-values-unknown", at.place("name"), said))
                continue
            made.reads |= source.reads
            if at.text("targetPath"):
                parameters[at.text("targetPath")] = text
            else:
                found = merged(found, self._mapping(text, at, made))
        return merged(found, spec.mapping("values"))

    def _mapping(self, text: str, at: At, made: Made) -> Mapping[str, Any]:
        documents, failures = read("", text.encode(), self.ground.files.limits)
        value = documents[0].value if documents else {}
        if failures or not isinstance(value, dict):
            said = f"the values of {shown(at.text('name'))} are no YAML mapping"
            made.failures.append(trouble("flux-invalid", at.place("name"), said))
            return {}
        return value


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others laid over them, as Helm does it: only mappings are merged."""
    found = dict(one)
    for key, value in other.items():
        before = found.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            found[key] = merged(before, value)
        else:
            found[key] = value
    return found

"""Flux's Kustomizations: what of the repository each applies, and with which options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.render.roots.flux_maps import ConfigMaps
from bot.render.roots.flux_sources import Sources
from bot.render.roots.ground import Found, Ground
from bot.render.roots.made import Made, draft
from bot.render.roots.model import KustomizeOptions, RootKind
from bot.render.roots.paths import from_top, join
from bot.render.roots.pointers import Pointer
from bot.render.roots.reading import At
from bot.render.roots.trouble import shown, trouble

_SAME = (
    *("namePrefix", "nameSuffix", "patches", "patchesStrategicMerge", "patchesJson6902"),
    *("images", "components"),
)


@dataclass(frozen=True, slots=True)
class FluxKustomizations:
    """Finds the roots of Flux's Kustomizations."""

    ground: Ground
    sources: Sources
    maps: ConfigMaps
    found: Found

    def take(self, one: Pointer) -> None:
        """The root of one of them."""
        at, spec = one.at, one.at.inside("spec")
        if "kubeConfig" not in spec.body and not spec.body:
            return
        entry = spec.text("path") or "."
        path = from_top(entry)
        made = Made()
        key = f"{path or '.'} as {one.name}"
        url = self.sources.foreign(
            spec.text("sourceRef", "kind") or "GitRepository",
            spec.text("sourceRef", "name"),
            spec.text("sourceRef", "namespace") or one.namespace,
            path,
        )
        if url is not None:
            where = shown(url) if url else "a source that is not in this repository"
            said = f"what it applies is in {where}"
            made.failures.append(trouble("remote-repository", spec.place("sourceRef"), said))
            path = ""
        elif path is None or not self.ground.files.is_directory(path):
            said = f"there is no directory {shown(entry)} in this commit"
            made.failures.append(trouble("flux-path-missing", spec.place("path"), said))
            path = path or ""
        options = KustomizeOptions()
        if not made.failures:
            options = self._options(spec, path, one.namespace, made)
        self.found.add(
            draft(
                RootKind.KUSTOMIZE,
                path,
                key,
                made,
                taken=set() if made.failures and not made.reads else set(made.reads),
                hosts=self.ground.hosts,
                by=at.place(),
                kustomize=options,
            )
        )

    def _options(self, spec: At, path: str, namespace: str, made: Made) -> KustomizeOptions:
        self.found.built_on.add(path)
        generated = path not in self.ground.kustomizations.all
        joined = (join(path, entry) for entry, _ in spec.strings("components"))
        components = [one for one in joined if one in self.ground.kustomizations.all]
        self.found.built_on.update(components)
        if generated:
            whole, inner = self.ground.generated(path)
            made.add(whole)
            self.found.built_on |= inner
            made.add(self.ground.kustomizations.made(components))
        else:
            made.add(self.ground.kustomizations.made([path, *components]))
        substitute = self._substitute(spec, namespace, made)
        return KustomizeOptions(overlay=_overlay(spec), substitute=substitute, generated=generated)

    def _substitute(self, spec: At, namespace: str, made: Made) -> dict[str, str] | None:
        if "postBuild" not in spec.body:
            return None
        at = spec.inside("postBuild")
        found: dict[str, str] = {}
        for index in range(len(at.items("substituteFrom"))):
            one = at.inside("substituteFrom", index)
            kind, name = one.text("kind"), one.text("name")
            source = self.maps.find(name, namespace) if kind == "ConfigMap" else None
            if source is not None:
                found |= source.data
                made.reads |= source.reads
            elif one.get("optional") is not True:
                said = f"the variables of the {kind} {shown(name)} are not in the repository"
                made.notes.append(trouble("flux-substitute-unknown", one.place("name"), said))
        for key, value in at.mapping("substitute").items():
            found[key] = ("true" if value else "false") if isinstance(value, bool) else str(value)
        return found


def _overlay(spec: At) -> dict[str, Any]:
    overlay: dict[str, Any] = {key: spec.body[key] for key in _SAME if spec.body.get(key)}
    if spec.text("targetNamespace"):
        overlay["namespace"] = spec.text("targetNamespace")
    common = spec.inside("commonMetadata")
    if common.mapping("labels"):
        overlay["labels"] = [{"pairs": common.mapping("labels")}]
    if common.mapping("annotations"):
        overlay["commonAnnotations"] = common.mapping("annotations")
    return overlay

"""Argo CD's Applications: what of the repository each deploys, and with which options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.render.roots.argocd_helm import HelmSource
from bot.render.roots.ground import Found, Ground
from bot.render.roots.made import Made, draft
from bot.render.roots.model import HelmOptions, KustomizeOptions, RootKind
from bot.render.roots.paths import from_top, join, same_repository
from bot.render.roots.reading import At
from bot.render.roots.trouble import shown, trouble
from bot.render.roots.wildcards import Unmatchable, across

_SAME = ("namePrefix", "nameSuffix", "namespace", "commonAnnotations", "components")
_JSONNET = (".jsonnet", ".libsonnet")


def application(at: At, ground: Ground, found: Found) -> None:
    """The roots of one Application, one for each of its sources."""
    spec = at.inside("spec")
    name = at.text("metadata", "name")
    sources = [spec.inside("source")] if "source" in spec.body else []
    if spec.items("sources"):
        sources = [spec.inside("sources", index) for index in range(len(spec.items("sources")))]
    refs = {f"${one.text('ref')}": one.text("repoURL") for one in sources if one.text("ref")}
    namespace = spec.text("destination", "namespace")
    for source in sources:
        if source.text("path") or source.text("chart") or not source.text("ref"):
            _Source(source, ground, found, name, namespace, refs).take()


class _Source:
    """One source of an Application."""

    def __init__(
        self,
        at: At,
        ground: Ground,
        found: Found,
        name: str,
        namespace: str,
        refs: Mapping[str, str],
    ) -> None:
        self.at, self._ground, self._found = at, ground, found
        self._name, self._namespace, self._refs = name, namespace, refs
        self._by = at.place()
        self._path = from_top(at.text("path") or ".")

    def take(self) -> None:
        """Find the root."""
        url = self.at.text("repoURL")
        if self.at.text("chart"):
            self._chart(url)
        elif self._path is None or not self._ground.files.is_directory(self._path):
            self._nowhere(url)
        elif self._ground.is_foreign(url):
            self._elsewhere(url, f"it deploys from another repository, {shown(url)}")
        else:
            self._local(self._path)

    def _local(self, path: str) -> None:
        made = Made()
        self._found.built_on.add(path)
        if "plugin" in self.at.body:
            said = "a plugin of Argo CD renders it, which is not run here"
            made.failures.append(trouble("argocd-plugin", self.at.place("plugin"), said))
        self._revision(made)
        is_chart = path in self._ground.charts.all
        if "helm" in self.at.body or (is_chart and "kustomize" not in self.at.body):
            self._helm(path, made)
        elif path in self._ground.kustomizations.all and "directory" not in self.at.body:
            self._kustomize(path, made)
        else:
            self._directory(path, made)

    def _revision(self, made: Made) -> None:
        revision = self.at.text("targetRevision")
        if revision[:1] == "v" and revision[1:2].isdigit():
            said = f"it deploys the revision {shown(revision)}, while this commit is judged"
            made.notes.append(trouble("argocd-revision", self.at.place("targetRevision"), said))

    def _helm(self, path: str, made: Made) -> None:
        taken: set[str] = set()
        if path in self._ground.charts.all:
            made.add(self._ground.charts.made(path))
            taken.update(self._ground.charts.taken(path))
        else:
            said = f"there is no chart in {shown(path)}"
            made.failures.append(trouble("argocd-path-missing", self.at.place("path"), said))
        options = self._options(path, made)
        taken.update(options.values_files)
        self._add(RootKind.HELM, path, made, taken, helm=options)

    def _options(self, path: str | None, made: Made) -> HelmOptions:
        found = HelmSource(self.at.inside("helm"), path, self._ground, made, self._refs).options()
        return replace(
            found,
            release=found.release or self._name,
            namespace=self._namespace or found.namespace,
        )

    def _kustomize(self, path: str, made: Made) -> None:
        overlay, starts = self._overlay(path)
        made.add(self._ground.kustomizations.made([path, *starts]))
        options = KustomizeOptions(overlay=overlay, default_namespace=self._namespace)
        self._add(RootKind.KUSTOMIZE, path, made, set(made.reads), kustomize=options)

    def _overlay(self, path: str) -> tuple[dict[str, Any], list[str]]:
        at = self.at.inside("kustomize")
        overlay: dict[str, Any] = {
            key: at.body[key] for key in (*_SAME, "patches", "replicas") if at.body.get(key)
        }
        images = [image(text) for text, _ in at.strings("images")]
        if images:
            overlay["images"] = images
        labels = at.mapping("commonLabels")
        if labels and at.get("labelWithoutSelector") is True:
            templates = at.get("labelIncludeTemplates") is True
            overlay["labels"] = [{"pairs": labels, "includeTemplates": templates}]
        elif labels:
            overlay["commonLabels"] = labels
        joined = (join(path, entry) for entry, _ in at.strings("components"))
        starts = [one for one in joined if one in self._ground.kustomizations.all]
        self._found.built_on.update(starts)
        return overlay, starts

    def _directory(self, path: str, made: Made) -> None:
        at = self.at.inside("directory")
        try:
            include = across(at.text("include") or "*")
            exclude = across(at.text("exclude")) if at.text("exclude") else None
        except Unmatchable as no:
            made.failures.append(trouble("argocd-invalid", at.place(), str(no)))
            include, exclude = across(""), None
        for pattern in (at.text("include"), at.text("exclude")):
            self._ground.work.spend(len(pattern) * self._ground.files.size_of_paths)
        made.reads |= self._ground.manifests(
            path,
            recurse=at.get("recurse") is True,
            takes=lambda name: include(name) and not (exclude and exclude(name)),
        )
        if any(p.endswith(_JSONNET) for p in self._ground.files.below.get(path, ())):
            said = "the directory has Jsonnet, which is not run here"
            made.notes.append(trouble("argocd-plugin", self.at.place("path"), said))
        options = KustomizeOptions(generated=True, default_namespace=self._namespace)
        self._add(RootKind.KUSTOMIZE, path, made, set(made.reads), kustomize=options)

    def _chart(self, url: str) -> None:
        """A chart that is not in the repository, though its values may be."""
        at, chart = self.at, self.at.text("chart")
        if "://" not in url:
            # Without a scheme it is an OCI registry to Argo CD.
            url = f"oci://{url}"
        if url.startswith("oci://"):
            url = f"{url.rstrip('/')}/{chart}"
        made = Made(remote=[(url, at.place("repoURL"))])
        version = at.text("targetRevision")
        options = replace(self._options(None, made), chart=chart, version=version)
        self._add(RootKind.HELM, "", made, set(options.values_files), helm=options, shown_as=chart)

    def _nowhere(self, url: str) -> None:
        entry = self.at.text("path") or "."
        if self._ground.own and not self._ground.is_foreign(url):
            made = Made()
            said = f"there is no directory {shown(entry)} in this commit"
            made.failures.append(trouble("argocd-path-missing", self.at.place("path"), said))
            self._add(RootKind.KUSTOMIZE, self._path or "", made, set(), shown_as=entry)
            return
        self._elsewhere(
            url,
            f"there is no directory {shown(entry)} here, so it is taken to be in {shown(url)}",
        )

    def _elsewhere(self, url: str, said: str) -> None:
        made = Made()
        made.failures.append(trouble("remote-repository", self.at.place("repoURL"), said))
        kind = RootKind.HELM if "helm" in self.at.body else RootKind.KUSTOMIZE
        name = f"{same_repository(url)}//{self.at.text('path')}"
        self._add(kind, "", made, set(), shown_as=name)

    def _add(
        self,
        kind: RootKind,
        path: str,
        made: Made,
        taken: set[str],
        *,
        shown_as: str = "",
        **options: Any,
    ) -> None:
        key = f"{shown_as or path or '.'} as {self._name or '(no name)'}"
        hosts = self._ground.hosts
        one = draft(kind, path, key, made, taken=taken, hosts=hosts, by=self._by, **options)
        self._found.add(one)


def image(text: str) -> dict[str, str]:
    """Argo CD's "name=new:tag@digest" as kustomize writes it."""
    name, equals, new = text.partition("=")
    if not equals:
        name, new = "", text
    new, _, digest = new.partition("@")
    last = new.rpartition("/")[2]
    tag = last.partition(":")[2]
    new = new.removesuffix(f":{tag}") if tag else new
    found = {"name": name or new}
    if new and new != found["name"]:
        found["newName"] = new
    if tag:
        found["newTag"] = tag
    if digest:
        found["digest"] = digest
    return found

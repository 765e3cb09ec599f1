"""HelmReleases as the kustomizations around them leave them: their namespace and variables, and
whether something patches them, which is not followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.render.kustomize.substitute import Malformed, Substitution
from bot.render.roots.kustomize import Kustomizations
from bot.render.roots.made import Draft
from bot.render.roots.model import Root, RootKind
from bot.render.roots.pointers import Pointer
from bot.render.roots.reading import At
from bot.render.scalars import plain
from checks.model import Node

_KIND = "HelmRelease"
_OVERLAID = ("patches", "patchesStrategicMerge", "patchesJson6902")


@dataclass(frozen=True, slots=True)
class Around:
    """The roots of kustomize that take files in."""

    kustomizations: Kustomizations
    roots: dict[str, list[Root]]

    @classmethod
    def of(
        cls, kustomizations: Kustomizations, drafts: Iterable[Draft], files: Iterable[str]
    ) -> Around:
        """Of these files only."""
        roots: dict[str, list[Root]] = {path: [] for path in files}
        for one in drafts:
            if one.root.kind is RootKind.KUSTOMIZE:
                for path in one.taken & roots.keys():
                    roots[path].append(one.root)
        return cls(kustomizations, roots)

    def seen(self, one: Pointer) -> tuple[Pointer, str]:
        """The object with the variables that its root gives it, and the namespace that it is put
        into ("" where none is said). Where several take it in and differ, it stays as it is."""
        roots = self.roots.get(one.at.path, [])
        namespaces = {self._namespace(root, one.at.path) for root in roots}
        variables = [(root.kustomize and root.kustomize.substitute) or {} for root in roots]
        if variables and variables[0] and all(found == variables[0] for found in variables):
            one = replace(one, at=_substituted(one.at, Substitution(variables[0])))
        return one, namespaces.pop() if len(namespaces) == 1 else ""

    def patched(self, one: Pointer) -> bool:
        """Whether a kustomization around it patches objects of its kind."""
        return any(self._patches(root) for root in self.roots.get(one.at.path, []))

    def _patches(self, root: Root) -> bool:
        options = root.kustomize
        if options and any(_KIND in repr(options.overlay.get(name)) for name in _OVERLAID):
            return True
        patches = self.kustomizations.patching(_KIND)
        return not patches.isdisjoint(root.reads)

    def _namespace(self, root: Root, path: str) -> str:
        """The outermost says it: what points at the root, the root, then what is inside."""
        options = root.kustomize
        laid_over = options.overlay.get("namespace") if options else None
        own = self.kustomizations.all.get(root.path)
        inner = [one for one in self.kustomizations.holding(path) if one.path in root.reads]
        said = [one.namespace for one in (*([own] if own else []), *inner) if one.namespace]
        last = options.default_namespace if options else ""
        return str(laid_over) if laid_over else (said[0] if said else last)


def _substituted(at: At, substitution: Substitution) -> At:
    try:
        body = _filled(dict(at.body), substitution)
    except Malformed:
        # Said where the root itself is rendered.
        return at
    return At(at.path, body, at.lines) if isinstance(body, dict) else at


def _filled(node: Node, substitution: Substitution) -> Node:
    if isinstance(node, str):
        # Flux substitutes in the text: what then looks like a number is one.
        return plain(substitution.text(node)) if "${" in node else node
    if isinstance(node, dict):
        return {key: _filled(value, substitution) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, substitution) for value in node]
    return node

"""The ConfigMaps of a commit that Flux's objects take values from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.render.objects import objects
from bot.render.roots.ground import Ground
from bot.render.roots.reading import documents

_CONFIG_MAP = re.compile(rb"^[ \t{-]*[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?ConfigMap\b", re.MULTILINE)
# ConfigMaps hold dashboards of megabytes, which nobody takes values from.
_MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """One ConfigMap: its values, and the files that they come from."""

    data: Mapping[str, str]
    reads: frozenset[str]


@dataclass(slots=True)
class ConfigMaps:
    """All that stand in plain files or are generated from files by a kustomization; looked for when
    the first is asked for."""

    ground: Ground
    _found: dict[str, list[tuple[str, ConfigMap]]] | None = field(default=None)

    def find(self, name: str, namespace: str) -> ConfigMap | None:
        """The ConfigMap of that name, None where there is none or it cannot be told which of
        several that differ."""
        if self._found is None:
            self._found = {}
            for key, where, one in (*self._plain(), *self._generated()):
                self._found.setdefault(key, []).append((where, one))
        named = self._found.get(name, [])
        exact = [one for where, one in named if where == namespace]
        candidates = exact or [one for _, one in named]
        same = all(one.data == candidates[0].data for one in candidates)
        return candidates[0] if candidates and same else None

    def _plain(self) -> Iterator[tuple[str, str, ConfigMap]]:
        files = self.ground.files
        yaml = [path for path in files.paths if path.endswith((".yaml", ".yml"))]
        holding = files.made(
            "configmap", yaml, lambda raw: len(raw) < _MOST_BYTES and bool(_CONFIG_MAP.search(raw))
        )
        chosen = [path for path, holds in holding.items() if holds]
        for path, parsed in documents(files, chosen).items():
            for item in objects(path, parsed.documents)[0]:
                data = item.body.get("data")
                if item.kind == "ConfigMap" and isinstance(data, dict):
                    texts = {key: text for key, text in data.items() if isinstance(text, str)}
                    yield item.name, item.namespace, ConfigMap(texts, frozenset((path,)))

    def _generated(self) -> Iterator[tuple[str, str, ConfigMap]]:
        for one in self.ground.kustomizations.all.values():
            for name, paths in one.maps.items():
                contents = self.ground.files.read(list(paths.values()))
                texts = {
                    key: contents[path].decode(errors="replace")
                    for key, path in paths.items()
                    if path in contents
                }
                yield name, one.namespace, ConfigMap(texts, frozenset((one.path, *contents)))

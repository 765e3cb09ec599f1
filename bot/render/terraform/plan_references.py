"""What attributes in a plan refer to: the configuration names blocks, this finds the resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.render.terraform.plan_config import PlanConfig, bare, mapping

# Of one resource. More than this is nobody's launch template.
_MOST = 100
_DEEPEST = 12


class References:
    """The references of the resources with these addresses."""

    def __init__(self, config: PlanConfig, addresses: Sequence[str]) -> None:
        self._config = config
        self._instances: dict[str, list[str]] = {}
        for address in addresses:
            self._instances.setdefault(bare(address), []).append(address)

    def of(self, module: str, address: str, declared: str) -> dict[str, list[str]]:
        """Attributes of other resources by dotted path and by the first step of it. `declared` is
        the address in the configuration."""
        found: dict[str, list[str]] = {}
        for count, (path, text) in enumerate(self._paths(declared)):
            if count >= _MOST:
                break
            for to in self._resolved(text, module, address, 0):
                for key in dict.fromkeys((path.partition(".")[0], path)):
                    if to not in found.setdefault(key, []):
                        found[key].append(to)
        return {key: value for key, value in found.items() if value}

    def _paths(self, declared: str) -> Iterator[tuple[str, str]]:
        yield from _references(self._config.expressions(declared), "", 0)

    def _resolved(self, text: str, module: str, address: str, depth: int) -> Iterator[str]:
        """The attribute that a reference of the configuration means, as seen from `module`."""
        kind, _, rest = text.partition(".")
        if kind in ("data", "local", "each", "count", "path", "terraform", "self") or not rest:
            return
        if depth > _DEEPEST:
            return
        if kind == "var":
            above = module.rpartition("module.")[0].rstrip(".")
            for inner in self._config.argument(module, rest.partition(".")[0]):
                yield from self._resolved(inner, above, address, depth + 1)
        elif kind == "module":
            name, _, output = rest.partition(".")
            child = f"{module}.module.{name}" if module else f"module.{name}"
            for inner in self._config.output(child, output.partition(".")[0]):
                yield from self._resolved(inner, child, address, depth + 1)
        else:
            yield from self._instance(f"{module}.{text}" if module else text, address)

    def _instance(self, text: str, address: str) -> Iterator[str]:
        head, dot, attribute = text.rpartition(".")
        candidates = self._instances.get(bare(head), [])
        chosen = [one for one in candidates if one == head]
        if not chosen:
            key = address[len(address.rstrip("]").rpartition("[")[0]) :]
            chosen = [one for one in candidates if key.startswith("[") and one.endswith(key)]
        if not chosen and len(candidates) == 1:
            chosen = candidates
        if len(chosen) == 1 and dot:
            yield f"{chosen[0]}.{attribute}"


def _references(node: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """(dotted path, reference) of all expressions."""
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for at, item in enumerate(node):
            yield from _references(item, f"{path}.{at}", depth + 1)
        return
    found = mapping(node).get("references")
    if isinstance(found, list):
        # The whole reference comes first, then the shorter ones that it is made of.
        yield from ((path, text) for text in found if isinstance(text, str))
        return
    for key, item in mapping(node).items():
        if isinstance(item, (dict, list)):
            yield from _references(item, f"{path}.{key}" if path else str(key), depth + 1)

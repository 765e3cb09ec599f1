"""The resources that a module and all that it calls stand for, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from bot.render.terraform.blocks import plain
from bot.render.terraform.files import ModuleFiles
from bot.render.terraform.instances import (
    Instance,
    ModuleInstance,
    World,
)
from bot.render.terraform.keys import NotKnown
from bot.render.terraform.modules import Declared, Module, load, local_source, source_of
from bot.render.terraform.neighbours import placed
from bot.render.terraform.place import place_of, provider_of
from bot.render.terraform.providers import provider_name
from bot.render.terraform.trouble import trouble
from bot.render.terraform.values import Budget, EvalError, TooMuch, Value
from bot.render.terraform.variables import given_variables
from checks.model import RenderFailure

# The largest of the public modules that were tried takes 60,000.
_STEPS = 1_000_000


def resources_of(
    root: str, files: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[RenderFailure]]:
    """The resources of the module in the directory `root`, and what stands in their way.

    A resource is {"address", "type", "module", "spec", "unknown", "references", "provider",
    "cloud", "region", "path", "line", "lines"}, and "default_tags" of its provider where those are
    known.
    """
    found = _Reading(root, files)
    return found.run(), found.failures


class _Reading:
    def __init__(self, root: str, files: Mapping[str, str]) -> None:
        self.failures: list[RenderFailure] = []
        self._root = root
        self._files = files
        self._loaded: dict[str, Module] = {}
        self._budget = Budget(_STEPS)

    def run(self) -> list[dict[str, Any]]:
        self._survey(self._root, (), set())
        if any(failure.broken for failure in self.failures):
            # Terraform takes a module whole or not at all.
            return []
        given, wrong = given_variables(self._root, self._files, self._budget)
        self.failures += wrong
        world = World(
            root=self._root,
            files=ModuleFiles(files=self._files, root=self._root),
            budget=self._budget,
            load=self._loaded.__getitem__,
            variables=given,
        )
        rows = list(self._module(ModuleInstance(self._loaded[self._root], world)))
        return placed(rows)

    def _survey(self, path: str, above: tuple[str, ...], seen: set[str]) -> None:
        """Load a module and all that it calls, once each."""
        if path in seen:
            return
        seen.add(path)
        module, failures = load(path, self._files)
        self._loaded[path] = module
        self.failures += failures
        for name, call in sorted(module.calls.items()):
            target = local_source(call, module)
            if target is None:
                said = f"module {name} comes from {source_of(call.block) or 'an unknown source'!r}"
                self._fail("terraform-module", call, said)
            elif target in (*above, path):
                chain = " → ".join(step or "." for step in (*above, path, target))
                self._fail("terraform-cycle", call, f"module {name} leads to itself: {chain}")
            elif not any(file.startswith(f"{target}/" if target else "") for file in self._files):
                self._fail("terraform-missing", call, f"there is no module in {target!r}")
            else:
                self._survey(target, (*above, path), seen)

    def _fail(self, code: str, declared: Declared, said: str, line: int = 0) -> None:
        made = trouble(code, declared.path, line or declared.block.line, said)
        if made not in self.failures:
            self.failures.append(made)

    def _module(self, instance: ModuleInstance) -> Iterator[dict[str, Any]]:
        for kind, name, declared in instance.resources():
            shown = f"{kind}.{name}"
            found: Mapping[Any, Instance] = self._tried(
                partial(instance.instances, kind, name), declared, shown
            )
            for one in found.values():
                yield from self._one(one, instance)
        for name, declared in sorted(instance.module.calls.items()):
            if local_source(declared, instance.module) is None:
                continue
            called: Mapping[Any, ModuleInstance] = self._tried(
                partial(instance.children, name), declared, f"module.{name}"
            )
            for child in called.values():
                yield from self._module(child)

    def _tried(self, make: Callable[[], Mapping[Any, Any]], declared: Declared, shown: str) -> Any:
        """The instances of a block, none where their number cannot be had."""
        try:
            return make()
        except NotKnown as error:
            self._fail("terraform-count", declared, f"{shown}: {error}", error.line)
        except EvalError as error:
            self._fail("terraform-count", declared, f"{shown}: {error}")
        except TooMuch as error:
            self._fail("terraform-too-large", declared, f"{shown}: {error}")
        except RecursionError:
            self._fail("terraform-limits", declared, f"{shown}: it refers to others too deeply")
        return {}

    def _one(self, one: Instance, module: ModuleInstance) -> Iterator[dict[str, Any]]:
        block = one.declared.block
        try:
            values, lines = one.values()
            spec, unknown, references = plain(values, self._budget)
            provider = _provider(one)
            region = module.provider_region(provider)
            tags = _tag_values(module.provider_tags(provider), self._budget)
        except TooMuch as error:
            self._fail("terraform-too-large", one.declared, f"{one.address}: {error}")
            return
        except RecursionError:
            said = f"{one.address}: it refers to others too deeply"
            self._fail("terraform-limits", one.declared, said)
            return
        place = place_of(provider.partition(".")[0], spec, region)
        yield {
            "address": one.address,
            "type": one.kind,
            "module": module.address,
            "spec": spec,
            "unknown": unknown,
            "references": references,
            "provider": provider_of(provider.partition(".")[0]),
            "cloud": place.provider,
            "region": place.region,
            "path": one.declared.path,
            "line": block.line,
            "lines": lines,
            **({} if tags is None else {"default_tags": tags}),
        }


def _tag_values(tags: Value, budget: Budget) -> dict[str, str] | None:
    """What a provider tags all with, None where that is not known. A value that is not known does
    not hide that there is one."""
    if not isinstance(tags, dict):
        return None
    spec, _, _ = plain({"tags": tags}, budget)
    known = spec["tags"] if isinstance(spec["tags"], dict) else {}
    return {
        key: str(known.get(key, "(unknown)")) for key, value in tags.items() if value is not None
    }


def _provider(one: Instance) -> str:
    """The name of the provider in its module: as given, else the first word of the type."""
    given = one.declared.block.body.attributes.get("provider")
    return provider_name(given.expr if given else None) or one.kind.partition("_")[0]

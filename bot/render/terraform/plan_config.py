"""The configuration in a plan: which provider makes a resource and where, and whose file it is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from bot.render.terraform.place import own_region

_INDEX = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
_CLOUDS = {"aws": "aws", "google": "gcp", "azurerm": "azure"}


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in a list, and nothing else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


class PlanConfig:
    """`configuration` and `variables` of a plan; `folder` is the directory of the root module."""

    def __init__(self, plan: Mapping[str, Any], folder: str) -> None:
        config = mapping(plan.get("configuration"))
        self._variables = mapping(plan.get("variables"))
        self._providers = mapping(config.get("provider_config"))
        self._keys: dict[str, str] = {}
        self._expressions: dict[str, Any] = {}
        self._folders: dict[str, str] = {"": folder}
        self._calls: dict[str, Mapping[str, Any]] = {}
        self._module("", mapping(config.get("root_module")))

    def _module(self, address: str, module: Mapping[str, Any]) -> None:
        prefix = f"{address}." if address else ""
        for resource in items(module.get("resources")):
            key = resource.get("provider_config_key")
            self._expressions[f"{prefix}{resource.get('address')}"] = resource.get("expressions")
            if isinstance(key, str):
                self._keys[f"{prefix}{resource.get('address')}"] = key
        for name, call in mapping(module.get("module_calls")).items():
            inner = f"{prefix}module.{name}"
            source = mapping(call).get("source")
            self._calls[inner] = mapping(call)
            if isinstance(source, str) and source.startswith(("./", "../")):
                folder = posixpath.normpath(posixpath.join(self._folders.get(address, ""), source))
                if address in self._folders and not folder.startswith(".."):
                    self._folders[inner] = "" if folder == "." else folder
            self._module(inner, mapping(mapping(call).get("module")))

    def key(self, address: str) -> str:
        """The provider's key of a resource ("aws.west"), "" where the plan does not say."""
        return self._keys.get(bare(address), "")

    def folder(self, module: str) -> str | None:
        """The directory of a module's files, None where it is not in the repository."""
        return self._folders.get(bare(module))

    def expressions(self, address: str) -> Any:
        """The expressions of a resource's attributes, None for none."""
        return self._expressions.get(bare(address))

    def argument(self, module: str, name: str) -> list[str]:
        """The references that a module's variable is given by its call."""
        given = mapping(mapping(self._calls.get(bare(module))).get("expressions")).get(name)
        return _texts(mapping(given).get("references"))

    def output(self, module: str, name: str) -> list[str]:
        """The references that a module's output is made of."""
        outputs = mapping(
            mapping(mapping(self._calls.get(bare(module))).get("module")).get("outputs")
        )
        return _texts(mapping(mapping(outputs.get(name)).get("expression")).get("references"))

    def region(self, key: str) -> str:
        """The region or zone that a provider is set to, "" where the plan does not tell."""
        module = key.rpartition(":")[0]
        expressions = mapping(mapping(self._providers.get(key)).get("expressions"))
        for name in ("region", "zone"):
            value = self._value(mapping(expressions.get(name)), module, 0)
            if isinstance(value, str) and value:
                return value
        return ""

    def _value(self, expression: Mapping[str, Any], module: str, depth: int) -> Any:
        """What a constant or a reference to a variable stands for, None for anything else."""
        if "constant_value" in expression:
            return expression["constant_value"]
        references = expression.get("references")
        if not isinstance(references, list) or len(references) != 1 or depth > 20:
            return None
        kind, _, name = str(references[0]).partition(".")
        if kind != "var":
            return None
        if not module:
            return mapping(self._variables.get(name)).get("value")
        given = mapping(mapping(self._calls.get(module)).get("expressions")).get(name)
        above = module.rpartition("module.")[0].rstrip(".")
        return self._value(mapping(given), above, depth + 1)


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def bare(address: str) -> str:
    """An address as the configuration has it, without the indexes of count and for_each."""
    return _INDEX.sub("", address)


def said_region(provider: str, attributes: Mapping[str, Any]) -> str:
    """The region that a resource's own attributes give away, "" for none."""
    cloud = _CLOUDS.get(provider)
    return own_region(cloud, attributes) if cloud else ""

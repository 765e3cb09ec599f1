"""Kyverno's functions of JSON, YAML, base64, hashes, and of objects as data."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from bot.policy.kyverno.inside.faults import Fault
from bot.policy.kyverno.inside.jmespath.query import floats
from bot.policy.kyverno.inside.jmespath.standard import Entry
from bot.policy.kyverno.inside.jmespath.strings import as_text
from bot.render.yaml_reader import read


def strict_json(text: str) -> Any:
    """A JSON text as Go reads it: without NaN. Raises ValueError."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _parse_json(text: str) -> Any:
    try:
        return floats(strict_json(text))
    except ValueError as error:
        raise Fault(f"parse_json: {error}") from None


def _parse_yaml(text: str) -> Any:
    documents, failures = read("yaml", text.encode("utf-8", "surrogatepass"))
    if failures:
        raise Fault(f"parse_yaml: {failures[0].error}")
    return floats(documents[0].value) if documents else None


def _decoded(text: str) -> str:
    try:
        # Go leaves out line breaks, and nothing else.
        plain = text.replace("\r", "").replace("\n", "")
        return base64.b64decode(plain, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        raise Fault(f"base64_decode: {error}") from None


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def _lookup(container: Any, key: Any) -> Any:
    if isinstance(container, dict):
        if not isinstance(key, str):
            raise Fault("JMESPath function 'lookup': argument #2 is not of type String")
        return container.get(key)
    if not isinstance(key, float) or key != int(key):
        raise Fault("JMESPath function 'lookup': argument #2 is not of type Number")
    return container[int(key)] if 0 <= key < len(container) else None


def _items(container: Any, key: str, value: str) -> list[dict[str, Any]]:
    if isinstance(container, dict):
        return [{key: name, value: container[name]} for name in sorted(container)]
    return [{key: float(at), value: one} for at, one in enumerate(container)]


def _from_lists(keys: list[Any], values: list[Any]) -> dict[str, Any]:
    rest = [None] * max(0, len(keys) - len(values))
    return {as_text(key): one for key, one in zip(keys, [*values, *rest], strict=False)}


def _hash(name: str) -> Any:
    def handler(text: str) -> str:
        digest = hashlib.new(name, usedforsecurity=False)
        digest.update(text.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    return handler


TABLE: dict[str, Entry] = {
    "parse_json": (("string",), _parse_json),
    "parse_yaml": (("string",), _parse_yaml),
    "base64_decode": (("string",), _decoded),
    "base64_encode": (("string",), _encoded),
    "lookup": (("object|array", "string|number"), _lookup),
    "items": (("object|array", "string", "string"), _items),
    "object_from_lists": (("array", "array"), _from_lists),
    "sha256": (("string",), _hash("sha256")),
    "sha1": (("string",), _hash("sha1")),
    "md5": (("string",), _hash("md5")),
}

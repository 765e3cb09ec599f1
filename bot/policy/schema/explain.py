"""What a validator finds, in words for the author of a manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from bot.policy.schema.kubernetes import BASE

# Something that is put in later: by Flux, by plugins of Argo CD, by templates, by SOPS; and what
# stands for the random text of a chart.
_PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}|<[a-z][a-z0-9-]*:|\{\{.*\}\}|\bENC\[|\$\([A-Z_]+\)|differs-at-every-rendering"
)
_ALIKE = 0.7
_LONGEST = 120
_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}
_LEAST_MOST = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong with an object. `patches` are (pointer, value) that mend it where
    that is safe, None taking a value away."""

    pointer: list[str | int]
    message: str
    remedy: str = ""
    patches: list[tuple[list[str | int], Any]] = field(default_factory=list)


class Explainer:
    """Explains by the schemas that the validator went by: `definitions` is Kubernetes' document,
    `own` the root of what was validated against."""

    def __init__(
        self, definitions: Mapping[str, Any], own: Mapping[str, Any], body: Mapping[str, Any]
    ) -> None:
        self._documents = (definitions, own)
        self._body = body
        # The values of secrets are told to nobody, not even to those who could look.
        self._secret = body.get("kind") == "Secret" and body.get("apiVersion") == "v1"

    def flaws(self, error: Any) -> Iterator[Flaw]:
        """What one error of the validator says; nothing where a placeholder stands."""
        kind, pointer = error.kind.name, list(error.instance_path)
        if kind == "additionalProperties":
            for name in error.kind.unexpected:
                if not _PLACEHOLDER.search(name):
                    yield self._unknown(pointer, name, error)
            return
        if is_placeholder(error):
            return
        if kind == "required":
            name = error.kind.property
            yield Flaw(pointer=pointer, message=f"{self._path([*pointer, name])} is missing")
            return
        said, remedy = _SAID.get(kind, _other)(error)
        shown = pointer
        if self._secret and pointer[:1] in (["data"], ["stringData"]):
            shown, said = [], said.partition(", not ")[0]
        yield Flaw(
            pointer=shown,
            message=f"{self._path(pointer)}: {said}",
            remedy=remedy,
            patches=_number(pointer, error) if shown else [],
        )

    def _unknown(self, pointer: list[str | int], name: str, error: Any) -> Flaw:
        known = self._siblings(error)
        here = self._at(pointer)
        free = [one for one in known if one not in here]
        same = [one for one in free if one.lower() == name.lower()]
        near = same or get_close_matches(name, free, 1, _ALIKE)
        patches: list[tuple[list[str | int], Any]] = []
        secret = self._secret and not pointer
        if len(same) == 1 and not secret:
            patches = [([*pointer, name], None), ([*pointer, same[0]], here[name])]
        return Flaw(
            pointer=[] if secret else [*pointer, name],
            message=f"{self._path([*pointer, name])}: there is no such field",
            remedy=f"Did you mean {near[0]}?" if near else "",
            patches=patches,
        )

    def _siblings(self, error: Any) -> list[str]:
        """The fields that there are where an unknown one was found."""
        location = str(error.absolute_keyword_location or "")
        node: Any = self._documents[0 if location.startswith(BASE) else 1]
        for step in error.schema_path[:-1]:
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                return []
        properties = node.get("properties") if isinstance(node, Mapping) else None
        return list(properties or ())

    def _at(self, pointer: Sequence[str | int]) -> dict[str, Any]:
        node: Any = self._body
        for step in pointer:
            node = node[step]
        return node if isinstance(node, dict) else {}

    def _path(self, pointer: Sequence[str | int]) -> str:
        """ "spec.containers[web].image": list items by their names, which move less than their
        places do."""
        node: Any = self._body
        said = ""
        for step in pointer:
            node = _child(node, step)
            if isinstance(step, int):
                name = node.get("name") if isinstance(node, dict) else None
                said += f"[{name if isinstance(name, str) and name else step}]"
            else:
                said += f".{step}" if said else str(step)
        return said or "the object"


def is_placeholder(error: Any) -> bool:
    """Whether what is wrong is put in later, so that nothing can be said of it."""
    if error.kind.name == "additionalProperties":
        return any(_PLACEHOLDER.search(name) for name in error.kind.unexpected)
    value = error.instance
    return isinstance(value, str) and bool(_PLACEHOLDER.search(value))


def is_of_a_patch(error: Any) -> bool:
    """Whether what is wrong is what patches have: something is missing, or told to be merged."""
    if error.kind.name == "additionalProperties":
        return any(name.startswith("$") for name in error.kind.unexpected)
    return bool(error.kind.name == "required")


def _child(node: Any, step: str | int) -> Any:
    try:
        return node[step]
    except (KeyError, IndexError, TypeError):
        return None


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str):
        word = "the text "
    else:
        word = {bool: "", int: "the number ", float: "the number "}.get(type(value), "")
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False)
    return word + (text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _type(error: Any) -> tuple[str, str]:
    types = [word for name, word in _WORDS.items() if name in error.kind.types]
    said = f"expected {' or '.join(types)}, not {_shown(error.instance)}"
    value = error.instance
    if types == [_WORDS["string"]] and isinstance(value, (bool, int, float)):
        return said, "Put it in quotes."
    if _is_number(error):
        return said, "Take the quotes off."
    return said, ""


def _is_number(error: Any) -> bool:
    value, types = error.instance, error.kind.types
    whole = isinstance(value, str) and re.fullmatch(r"-?(0|[1-9]\d{0,8})", value, re.ASCII)
    return bool(whole) and "string" not in types and bool({"integer", "number"} & set(types))


def _number(pointer: list[str | int], error: Any) -> list[tuple[list[str | int], Any]]:
    if error.kind.name == "type" and _is_number(error):
        return [(pointer, int(error.instance))]
    return []


def _enum(error: Any) -> tuple[str, str]:
    options = [one for one in error.kind.options if one is not None]
    listed = ", ".join(str(one) for one in options[:12]) + (", …" if len(options) > 12 else "")
    texts = [one for one in options if isinstance(one, str)]
    value = error.instance if isinstance(error.instance, str) else ""
    same = [one for one in texts if one.lower() == value.lower()]
    near = same or get_close_matches(value, texts, 1, _ALIKE)
    remedy = f"Did you mean {near[0]}?" if near and value else ""
    return f"expected one of {listed}, not {_shown(error.instance)}", remedy


def _pattern(error: Any) -> tuple[str, str]:
    pattern = error.kind.pattern
    if "KMGTPE" in pattern:
        said = f"expected a quantity such as 500m, 128Mi or 2, not {_shown(error.instance)}"
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKmMgGtT]i?)[bB]?\s*", str(error.instance))
        if not found:
            return said, ""
        suffix = found[2][0].upper() + found[2][1:]
        return said, f"Write {found[1]}{suffix if suffix != 'K' else 'k'}."
    if pattern.startswith("^[A-Za-z0-9+/="):
        return f"expected base64, not {_shown(error.instance)}", ""
    return f"expected a text like {pattern}, not {_shown(error.instance)}", ""


def _bound(error: Any) -> tuple[str, str]:
    word = _LEAST_MOST[error.kind.name]
    return f"expected {word} {error.kind.limit}, not {_shown(error.instance)}", ""


def _too_many(error: Any) -> tuple[str, str]:
    if error.kind.limit == 0:
        return "expected an empty mapping: its schema names no fields", ""
    return _other(error)


def _other(error: Any) -> tuple[str, str]:
    text = str(error.message)
    return (text if len(text) <= 3 * _LONGEST else text[: 3 * _LONGEST] + "…"), ""


_SAID: dict[str, Callable[[Any], tuple[str, str]]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "maxProperties": _too_many,
    **dict.fromkeys(_LEAST_MOST, _bound),
}

"""Kyverno's functions of texts, regular expressions, labels, paths, versions and images."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno.inside import images, regexes, versions
from bot.policy.kyverno.inside.faults import Fault
from bot.policy.kyverno.inside.gotext import shortest
from bot.policy.kyverno.inside.jmespath.query import same
from bot.policy.kyverno.inside.jmespath.standard import Entry
from bot.policy.kyverno.wildcard import matches

_TEXT = "string|number"


def as_text(value: Any) -> str:
    """A text, number or boolean as text. Raises Fault."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shortest(value)
    if isinstance(value, int):
        return str(value)
    raise Fault("error, undefined type cast")


def _compare(one: str, other: str) -> int:
    a, b = one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    # A Go int: no number to JMESPath, and so it stays one here.
    return (a > b) - (a < b)


def _replace(text: str, old: str, new: str, times: float) -> str:
    return text.replace(old, new, int(times))


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def _regex_replace(*, literally: bool) -> Any:
    def handler(pattern: str, text: Any, by: Any) -> str:
        return regexes.replaced(pattern, as_text(text), as_text(by), literally=literally)

    return handler


def _label_match(wanted: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    return all(key in labels and same(labels[key], value) for key, value in wanted.items())


def _to_boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise Fault(
            "JMESPath function 'to_boolean': lowercase argument must be 'true' or 'false' "
            f"(provided: '{text}')"
        )
    return text.lower() == "true"


def _canonical(path: str) -> str:
    if not path:
        return ""
    # Two slashes at the start mean something to POSIX and nothing to Go.
    clean = posixpath.normpath(path)
    return "/" + clean.lstrip("/") if path.startswith("/") else clean


def _truncate(text: str, length: float) -> str:
    return text[: max(0, int(length))]


def _semver_compare(version: str, span: str) -> bool:
    read = versions.parse(version) or (0, 0, 0, (), True)
    return versions.in_range(read, span)


TABLE: dict[str, Entry] = {
    "compare": (("string", "string"), _compare),
    "equal_fold": (("string", "string"), lambda a, b: a.casefold() == b.casefold()),
    "replace": (("string", "string", "string", "number"), _replace),
    "replace_all": (("string", "string", "string"), str.replace),
    "to_upper": (("string",), str.upper),
    "to_lower": (("string",), str.lower),
    "trim": (("string", "string"), lambda text, chars: text.strip(chars) if chars else text),
    "trim_prefix": (("string", "string"), str.removeprefix),
    "split": (("string", "string"), _split),
    "regex_replace_all": (("string", _TEXT, _TEXT), _regex_replace(literally=False)),
    "regex_replace_all_literal": (("string", _TEXT, _TEXT), _regex_replace(literally=True)),
    "regex_match": (
        ("string", _TEXT),
        lambda pattern, text: regexes.found(pattern, as_text(text)),
    ),
    "pattern_match": (("string", _TEXT), lambda pattern, text: matches(pattern, as_text(text))),
    "label_match": (("object", "object"), _label_match),
    "to_boolean": (("string",), _to_boolean),
    "path_canonicalize": (("string",), _canonical),
    "truncate": (("string", "number"), _truncate),
    "semver_compare": (("string", "string"), _semver_compare),
    "image_normalize": (("string",), lambda image: images.parse(image).text),
}

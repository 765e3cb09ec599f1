"""Wildcards in the keys of labels and annotations of a pattern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno.inside import anchors
from bot.policy.kyverno.wildcard import has_wildcard, matches


def expanded(pattern: dict[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """The pattern of an object whose metadata's keys with wildcards are those of the object that
    they fit."""
    key, wanted = _found("metadata", pattern)
    actual = resource.get("metadata")
    if key is None or not isinstance(wanted, dict) or actual is None:
        return pattern
    new = {}
    for tag in ("labels", "annotations"):
        name, replaced = _tag(tag, wanted, actual)
        if name is not None:
            new[name] = replaced
    return {**pattern, key: {**wanted, **new}} if new else pattern


def _tag(tag: str, wanted: Mapping[str, Any], actual: Any) -> tuple[str | None, dict[str, Any]]:
    name, texts = _texts(tag, wanted)
    _, present = _texts(tag, actual)
    if name is None or texts is None or present is None:
        return None, {}
    return name, dict(_replaced(key, value, present) for key, value in texts.items())


def _replaced(key: str, value: str, present: Mapping[str, str]) -> tuple[str, str]:
    if not has_wildcard(key):
        return key, value
    anchor = anchors.parse(key)
    inner = anchor.key if anchor else key
    fitting = next((one for one in present if matches(inner, one)), inner)
    return (f"{anchor.sign}({fitting})" if anchor else fitting), value


def _texts(tag: str, data: Any) -> tuple[str | None, dict[str, str] | None]:
    """The map under a key, anchored or not; only its texts."""
    if not isinstance(data, dict):
        return None, None
    key, value = _found(tag, data)
    if not isinstance(value, dict):
        return None, None
    return key, {k: v for k, v in value.items() if isinstance(v, str)}


def _found(tag: str, data: Mapping[str, Any]) -> tuple[str | None, Any]:
    for key, value in data.items():
        anchor = anchors.parse(key)
        if key == tag or (anchor and anchor.key == tag):
            return key, value
    return None, None

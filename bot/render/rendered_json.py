"""What a renderer returned as JSON and back, for the cache."""

from __future__ import annotations

import json
from typing import Any, cast

from bot.render.rendered import Rendered, RenderedObject
from checks.model import Lines, Location, Node, Place, Pointer, RenderFailure


def dumped(rendered: Rendered) -> bytes:
    """The JSON of it. Raises ValueError for what JSON cannot say."""
    whole = {
        "objects": [_object(one) for one in rendered.objects],
        "failures": [_failure(one) for one in rendered.failures],
    }
    return json.dumps(whole, separators=(",", ":"), allow_nan=False).encode("ascii")


def loaded(data: bytes) -> Rendered:
    """What was dumped. Raises ValueError, KeyError, TypeError, IndexError or RecursionError for
    anything else."""
    whole = json.loads(data)
    return Rendered(
        objects=tuple(_to_object(one) for one in whole["objects"]),
        failures=tuple(_to_failure(one) for one in whole["failures"]),
    )


def _object(one: RenderedObject) -> dict[str, Any]:
    return {
        "body": one.body,
        "source": _place(one.source),
        # A tuple is a list to JSON: [line, children].
        "lines": one.lines,
        "origins": [[pointer, _place(at)] for pointer, at in one.origins.items()],
        "place": one.place,
    }


def _to_object(raw: dict[str, Any]) -> RenderedObject:
    origins: dict[Pointer, Location] = {
        tuple(pointer): _to_place(at) for pointer, at in raw["origins"]
    }
    return RenderedObject(
        body=cast("dict[str, Node]", raw["body"]),
        source=_to_place(raw["source"]),
        lines=_to_lines(raw["lines"]),
        origins=origins,
        place=None if raw["place"] is None else Place(*raw["place"]),
    )


def _to_lines(raw: Any) -> Lines:
    if raw.__class__ is int:
        return raw
    line, children = raw
    if children.__class__ is dict:
        return line, {
            key: child if child.__class__ is int else _to_lines(child)
            for key, child in children.items()
        }
    return line, [child if child.__class__ is int else _to_lines(child) for child in children]


def _place(at: Location) -> list[str | int]:
    return [at.path, at.line]


def _to_place(raw: list[Any]) -> Location:
    return Location(path=raw[0], line=raw[1])


def _failure(one: RenderFailure) -> dict[str, Any]:
    return {
        "location": _place(one.location),
        "code": one.code,
        "error": one.error,
        "remedy": one.remedy,
        "broken": one.broken,
    }


def _to_failure(raw: dict[str, Any]) -> RenderFailure:
    return RenderFailure(
        location=_to_place(raw["location"]),
        code=raw["code"],
        error=raw["error"],
        remedy=raw["remedy"],
        broken=raw["broken"],
    )

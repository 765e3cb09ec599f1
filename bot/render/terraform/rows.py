"""The resources that plans and modules stand for, as rendered objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.render.rendered import RenderedObject
from checks.model import Lines, Location, Place

API_VERSION = "terraform/v1"


def rendered_object(row: Mapping[str, Any]) -> RenderedObject:
    """A row of resources_of or of a plan as an object of kind `type` and name `address`."""
    line = row["line"]
    name = {"name": row["address"]}
    if row["module"]:
        name["namespace"] = row["module"]
    body = {
        "apiVersion": API_VERSION,
        "kind": row["type"],
        "metadata": name,
        "spec": row["spec"],
        "unknown": row["unknown"],
        "provider": row["provider"],
    }
    if row["references"]:
        body["references"] = row["references"]
    if "default_tags" in row:
        body["default_tags"] = row["default_tags"]
    lines: Lines = 0
    if row["lines"] is not None:
        named: Lines = (line, dict.fromkeys(name, line))
        spec: Lines = (line, {key: _lines(at) for key, at in row["lines"].items()})
        whole: dict[str, Lines] = {"apiVersion": line, "kind": line, "metadata": named}
        lines = (line, {**whole, "spec": spec})
    place = Place(row["cloud"], row["region"]) if row["cloud"] != "default" else None
    return RenderedObject(
        body=body, source=Location(path=row["path"], line=line), lines=lines, place=place
    )


def _lines(at: Any) -> Lines:
    """A line tree that went through JSON, which has no tuples."""
    if isinstance(at, int):
        return at
    line, children = at
    if isinstance(children, dict):
        return (line, {key: _lines(child) for key, child in children.items()})
    return (line, [_lines(child) for child in children])

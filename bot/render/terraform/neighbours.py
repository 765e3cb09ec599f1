"""What a resource leaves to others: its place, where neither it nor its provider says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# A database is where its server is, and that where its group is.
_ROUNDS = 3


def placed(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, those of Azure without a location at that of what they belong to."""
    found = list(rows)
    for _ in range(_ROUNDS):
        known = {row["address"]: row["region"] for row in found if row["region"]}
        groups = {
            row["spec"].get("name"): row["region"]
            for row in found
            if row["type"] == "azurerm_resource_group" and row["region"]
        }
        found = [
            row
            if row["region"] or row["cloud"] != "azure"
            else {**row, "region": _region(row, known, groups)}
            for row in found
        ]
    return found


def _region(row: Mapping[str, Any], known: Mapping[str, str], groups: Mapping[Any, str]) -> str:
    regions = {
        known.get(str(reference).rpartition(".")[0], "")
        for references in row["references"].values()
        for reference in references
    } - {""}
    if len(regions) == 1:
        return regions.pop()
    name = row["spec"].get("resource_group_name")
    return groups.get(name, "") if isinstance(name, str) else ""

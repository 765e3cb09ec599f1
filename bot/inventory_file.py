"""An inventory as bytes, so that what a tree declares is priced once."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter, ValidationError

from checks.model import Inventory

# Raise it with any change of what an inventory holds or means: older bytes are then no inventory.
_VERSION = b"plumbline-inventory-1\n"


def dump(inventory: Inventory) -> bytes:
    """The inventory as canonical bytes."""
    return _VERSION + _adapter().dump_json(inventory)


def load(data: bytes) -> Inventory | None:
    """The inventory that `dump` wrote, None for anything else."""
    if not data.startswith(_VERSION):
        return None
    try:
        return _adapter().validate_json(data.removeprefix(_VERSION))
    except ValidationError:
        return None


@cache
def _adapter() -> TypeAdapter[Inventory]:
    return TypeAdapter(Inventory)

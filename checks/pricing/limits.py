"""What the namespace gives a container that does not say what it needs: its LimitRange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from checks.model import Node, Place, Resource
from checks.pricing.assume import Assumptions
from checks.pricing.near import Objects, together
from checks.pricing.pod import Default
from checks.pricing.quantity import QuantityError, quantity

# What a LimitRange falls back on for a default request, as the API server fills it in.
_SOURCES = ("defaultRequest", "default", "max", "min")
_WORDS = {"cpu": "CPU", "memory": "memory"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The default requests of each namespace, and the configured ones where it has none."""

    by_namespace: Mapping[tuple[Place, str], tuple[Resource, ...]]
    assumed: Mapping[str, Default]

    @classmethod
    def of(cls, objects: Objects, assume: Assumptions) -> Limits:
        """Those of one snapshot."""
        found: dict[tuple[Place, str], tuple[Resource, ...]] = {}
        for one in objects.kind("LimitRange", ""):
            key = (one.place, one.namespace)
            found[key] = (*found.get(key, ()), one)
        stated = (("cpu", assume.cpu), ("memory", assume.memory))
        assumed = {
            name: Default(amount=quantity(value), by=f"{_WORDS[name]} {value} (assumed)")
            for name, value in stated
            if value is not None
        }
        return cls(by_namespace=found, assumed=assumed)

    def defaults(self, workload: Resource) -> Mapping[str, Default]:
        """What holds for the containers of a workload, by resource name.

        A repository declares the same namespace once for each environment: the LimitRange that is
        rolled out with the workload holds, else one of the place if there is no doubt which.
        """
        if not self.by_namespace:
            return self.assumed
        ranges = self.by_namespace.get((workload.place, workload.namespace), ())
        beside = tuple(one for one in ranges if together(workload, one))
        chosen = beside or (ranges if len(ranges) == 1 else ())
        defaults = dict(self.assumed)
        for limit_range in chosen:
            defaults |= _read(limit_range)
        return defaults


def _read(limit_range: Resource) -> dict[str, Default]:
    entries = limit_range.get("spec", "limits")
    found: dict[str, Default] = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or entry.get("type") != "Container":
            continue
        for name, word in _WORDS.items():
            amount = _first(entry, name)
            if amount is not None:
                found[name] = Default(
                    amount=amount[0],
                    by=f"{word} {amount[1]} by LimitRange {limit_range.name}",
                )
    return found


def _first(entry: Mapping[str, Node], name: str) -> tuple[Decimal, str] | None:
    for source in _SOURCES:
        values = entry.get(source)
        value = values.get(name) if isinstance(values, dict) else None
        if value is not None:
            try:
                return quantity(value), str(value)
            except QuantityError:
                return None
    return None

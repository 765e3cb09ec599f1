"""What a rule is given: the resource, the prices of its place, its usage, and its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from checks.model import Resource
from checks.pricing.cost import HOURS
from checks.pricing.terraform.attributes import Attributes, CannotTellError, amount_of
from checks.pricing.terraform.tariff import Tariff

_GIVE = "give monthly figures in the usage file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The figures of the usage file for a resource, by the names that Infracost gave them."""

    figures: Mapping[str, Any]

    def get(self, name: str) -> Decimal | None:
        """The figure of a name, None where the file has none. CannotTellError where it is none."""
        value = self.figures.get(name)
        return None if value is None else amount_of(value, f"the usage file's {name}")

    def count(self, name: str) -> int | None:
        """A figure that must be whole."""
        value = self.get(name)
        if value is not None and value != int(value):
            raise CannotTellError(f"the usage file's {name} is not a whole number")
        return None if value is None else int(value)

    def under(self, name: str) -> Usage:
        """The figures below a name ("standard" of a bucket)."""
        below = self.figures.get(name)
        return Usage(figures=below if isinstance(below, dict) else {})

    @property
    def share(self) -> Decimal:
        """How much of the month it runs, by `monthly_hrs`; all of it where that is not said."""
        hours = self.get("monthly_hrs")
        return Decimal(1) if hours is None else hours / HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One resource to price. `siblings` are the resources of the same root by their addresses."""

    resource: Resource
    of: Attributes
    tariff: Tariff
    usage: Usage
    siblings: Mapping[str, Resource]

    def sibling(self, kinds: tuple[str, ...], pointer: str, *names: str) -> Attributes | None:
        """The attributes of the resource that `pointer` of this one refers to, None where it is not
        among the siblings.

        It is the one that the renderer says the attribute refers to; else the one whose address,
        id, name or ARN is among `names`. The only one of its kind is no answer: the reference may
        be to what is not in the files.
        """
        wanted = set(names) - {""}
        for one in self.of_kinds(*kinds):
            if refers(self.resource, pointer, one.name):
                return Attributes.of(one)
        for one in self.of_kinds(*kinds):
            own = Attributes.of(one)
            if wanted & {one.name, *(own.hint(key) for key in ("id", "name", "arn", "identifier"))}:
                return own
        return None

    def of_kinds(self, *kinds: str) -> Iterator[Resource]:
        """The siblings of those types, by address."""
        for address in sorted(a for a, one in self.siblings.items() if one.kind in kinds):
            yield self.siblings[address]


def by_usage(*keys: str) -> CannotTellError:
    """What to raise where all of the cost is usage and there are no figures."""
    return CannotTellError(f"what it costs depends on how it is used: {_GIVE} ({', '.join(keys)})")


def refers(resource: Resource, pointer: str, address: str) -> bool:
    """Whether the renderer says that an attribute refers to the resource of that address."""
    kept = resource.body.get("references")
    found = kept.get(pointer) if isinstance(kept, dict) else None
    return isinstance(found, list) and any(
        isinstance(one, str) and (one == address or one.startswith((f"{address}.", f"{address}[")))
        for one in found
    )

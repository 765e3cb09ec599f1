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

        It is the one that the renderer names as what the attribute refers to; else the one whose
        id, name or address is among `names`; else the only one of the kinds in the same module.
        """
        wanted = set(names) - {""}
        candidates = list(self.of_kinds(*kinds))
        for address in _references(self.resource, pointer):
            for one in candidates:
                if _same(one.name, address):
                    return Attributes.of(one)
        for one in candidates:
            own = Attributes.of(one)
            if wanted & {one.name, *(str(own.values.get(key)) for key in ("id", "name", "arn"))}:
                return own
        near = [one for one in candidates if one.namespace == self.resource.namespace]
        return Attributes.of(near[0]) if len(near) == 1 and not wanted else None

    def of_kinds(self, *kinds: str) -> Iterator[Resource]:
        """The siblings of those types, by address."""
        for address in sorted(self.siblings):
            if self.siblings[address].kind in kinds:
                yield self.siblings[address]


def by_usage(*keys: str) -> CannotTellError:
    """What to raise where all of the cost is usage and there are no figures."""
    return CannotTellError(f"what it costs depends on how it is used: {_GIVE} ({', '.join(keys)})")


def _references(resource: Resource, pointer: str) -> tuple[str, ...]:
    """Addresses that an attribute refers to, where the renderer kept them."""
    kept = resource.body.get("references")
    found = kept.get(pointer) if isinstance(kept, dict) else None
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _same(address: str, referred: str) -> bool:
    """Whether a reference ("aws_launch_template.web.id") is to the resource of that address."""
    return referred == address or referred.startswith((f"{address}.", f"{address}["))

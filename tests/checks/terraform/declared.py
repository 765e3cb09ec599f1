"""Terraform resources for tests: from .tf text, or made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.prices.book import prices_at
from bot.render.terraform.resources import resources_of
from bot.render.terraform.rows import rendered_object
from checks.model import Location, Place, Prices, Resource
from checks.pricing.cost import Cost, Unknown
from checks.pricing.terraform import price_terraform

NOW = datetime(2026, 8, 15, tzinfo=UTC)
EXAMPLES = Path(__file__).parent / "examples"
US_EAST = Place(provider="aws", region="us-east-1")
_HOMES = {
    "aws": US_EAST,
    "google": Place(provider="gcp", region="us-central1"),
    "azurerm": Place(provider="azure", region="eastus"),
}


def made(
    kind: str,
    *,
    name: str = "x",
    unknown: tuple[str, ...] = (),
    module: str = "",
    refers: Any = None,
    **spec: Any,
) -> Resource:
    """A resource with these attributes, in the home region of its provider."""
    address = f"{kind}.{name}"
    provider = kind.partition("_")[0]
    return Resource(
        id=address,
        api_version="terraform/v1",
        kind=kind,
        namespace=module,
        name=address,
        body={
            "apiVersion": "terraform/v1",
            "kind": kind,
            "metadata": {"name": address},
            "spec": spec,
            "unknown": list(unknown),
            "provider": provider,
            "references": refers or {},
        },
        source=Location(path="main.tf", line=1),
        place=_HOMES.get(provider, US_EAST),
    )


@lru_cache(maxsize=16)
def example(file: str) -> Mapping[str, Resource]:
    """The resources of a file in examples/, by address, as the static reader has them."""
    text = (EXAMPLES / file).read_text()
    found, failures = resources_of("", {"main.tf": text})
    assert failures == []
    return {one["address"]: _resource(one) for one in found}


def priced(
    resource: Resource,
    *,
    prices: Prices | None = None,
    usage: Mapping[str, Any] | None = None,
    siblings: Mapping[str, Resource] | None = None,
) -> Cost | Unknown | None:
    """What it costs by the shipped sheets of its place."""
    return price_terraform(
        resource, prices or prices_at(resource.place), usage or {}, NOW, siblings
    )


def cost(resource: Resource, **more: Any) -> Cost:
    """The same, of what has a cost that is known."""
    answer = priced(resource, **more)
    assert isinstance(answer, Cost), answer
    return answer


def unknown(resource: Resource, **more: Any) -> str:
    """Why the cost of a resource is not known."""
    answer = priced(resource, **more)
    assert isinstance(answer, Unknown), answer
    return answer.reason


def _resource(one: Mapping[str, Any]) -> Resource:
    return Resource(
        id=one["address"],
        api_version="terraform/v1",
        kind=one["type"],
        namespace=one["module"],
        name=one["address"],
        body=rendered_object(one).body,
        source=Location(path=one["path"], line=one["line"]),
        place=Place(provider=one["cloud"], region=one["region"]),
    )

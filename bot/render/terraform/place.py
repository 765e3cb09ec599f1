"""Where a Terraform resource is: by itself, or by the provider that makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from checks.model import Place

# A provider's name in Terraform, and the one that prices go by.
_CLOUDS = {"aws": "aws", "google": "gcp", "google-beta": "gcp", "azurerm": "azure"}
_AWS_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]?")
_AWS_ARN = re.compile(r"arn:[\w-]+:[\w-]*:([a-z]{2}(?:-[a-z]+)+-\d+):")
_GOOGLE_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)(?:-[a-z])?")
_LONGEST = 60


def place_of(provider: str, attributes: Mapping[str, Any], provider_region: str) -> Place:
    """The place of a resource with these attributes. `provider_region` is what its provider is set
    to (a region, or a zone of Google's); "" where that is not known."""
    cloud = _CLOUDS.get(provider)
    if cloud is None:
        return Place()
    return Place(cloud, own_region(cloud, attributes) or _region(cloud, provider_region))


def own_region(cloud: str, attributes: Mapping[str, Any]) -> str:
    """The region that a resource's own attributes name, "" for none."""
    names = {
        "aws": ("region", "availability_zone", "availability_zones", "arn"),
        "gcp": ("region", "zone", "location"),
        "azure": ("location",),
    }[cloud]
    for name in names:
        value = attributes.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and (found := _region(cloud, value)):
            return found
    return ""


def _region(cloud: str, text: str) -> str:
    """The region that a text names: a region, a zone, an ARN, or a location as Azure shows it."""
    if len(text) > 300:
        return ""
    if cloud == "aws":
        found = _AWS_ZONE.fullmatch(text) or _AWS_ARN.match(text)
        return found[1] if found else ""
    if cloud == "gcp":
        found = _GOOGLE_ZONE.fullmatch(text.rpartition("/")[2])
        # Buckets and the like may be in more than one region: "US", "EU", "NAM4".
        return found[1] if found else text.lower() if text.isalnum() else ""
    plain = text.replace(" ", "").lower()
    return plain if plain.isalnum() and len(plain) <= _LONGEST else ""


def provider_of(name: str) -> str:
    """The provider as bodies have it: the last part of its source, one name for Google's two."""
    last = name.rpartition("/")[2]
    return "google" if last == "google-beta" else last

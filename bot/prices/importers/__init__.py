"""Price lists of others, read row by row into rows of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.prices.importers import aws, azure, gcp, opencost, reference, skypilot
from bot.prices.importers.found import Found, Source

FORMATS: Mapping[str, Callable[[Path, Source], Iterator[Found]]] = {
    "reference": reference.read,
    "skypilot": skypilot.read,
    "opencost": opencost.read,
    "aws": aws.read,
    "gcp": gcp.read,
    "azure": azure.read,
}

__all__ = ["FORMATS", "Found", "Source"]

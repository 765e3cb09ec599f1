"""Values of which something is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# No key of an object that Kubernetes takes begins with it.
UNKNOWN = "\0unknown"


def partial(known: Mapping[str, Any], unknown: Mapping[str, str]) -> dict[str, Any]:
    """A map for `CelEngine.ask` of which fields are not known: who asks for one of `unknown` (name
    to reason; "*" is every other field) gets an error, never a value."""
    return {**known, UNKNOWN: dict(unknown)}

"""JSON from strangers: what other programs could not read again is refused."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def loads(data: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError, also for NaN and numbers without end;
    RecursionError for what is nested too deeply."""
    return json.loads(data, parse_constant=_refuse, parse_float=_finite)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value

"""When AWS begins to charge for versions of databases that are out of standard support."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

# By engine and the beginning of the version: when the charge of years 1 and 2 begins, and when
# that of year 3 (None where there is no third year).
_CHARGED: Mapping[str, Mapping[str, tuple[date, date | None]]] = {
    "mysql": {
        "5.7": (date(2024, 3, 1), date(2026, 3, 1)),
        "8.0": (date(2026, 8, 1), date(2028, 8, 1)),
    },
    "postgres": {
        "11": (date(2024, 4, 1), date(2026, 4, 1)),
        "12": (date(2025, 3, 1), date(2027, 3, 1)),
        "13": (date(2026, 3, 1), date(2028, 3, 1)),
    },
    "aurora-mysql": {"5.7": (date(2024, 12, 1), None)},
    "aurora-postgresql": {
        "11": (date(2024, 4, 1), date(2026, 4, 1)),
        "12": (date(2025, 3, 1), date(2027, 3, 1)),
        "13": (date(2026, 3, 1), date(2028, 3, 1)),
    },
}


def extended_year(engine: str, version: str, today: date) -> int | None:
    """1 in the first two years of paid extended support of a version, 3 in the third, None where
    it is in standard support (or its version is not said: then it is the newest)."""
    for start, (first, third) in _CHARGED.get(engine, {}).items():
        if version == start or version.startswith((f"{start}.", f"{start}-")):
            if today < first:
                return None
            return 3 if third is not None and today >= third else 1
    return None

"""Where the shipped data is: `config/` and `templates/`, in a checkout and in a wheel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on the shipped `under`: mappings merged key by key, everything else replaced."""
    result = dict(under)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


@cache
def data_root() -> Path:
    """The folder that holds `config/` and `templates/`.

    Raises FileNotFoundError where an installation lost its data, instead of judging without rules.
    """
    here = Path(__file__).resolve().parent
    for root in (here / "_data", here.parent):
        if (root / "config" / "checks").is_dir() and (root / "templates").is_dir():
            return root
    raise FileNotFoundError(f"plumbline's config/ and templates/ are not beside {here}: reinstall")

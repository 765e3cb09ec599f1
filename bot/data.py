"""Where the shipped data is: `config/` and `templates/`, in a checkout and in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path


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

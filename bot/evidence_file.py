"""How much of the evidence is read, and how it is told that a file of it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from checks.model import Location, RenderFailure

# What to do, by what is wrong; every code has "evidence-" before it.
_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "path": "Correct the annotation.",
        "missing": "Add the file, or correct the annotation.",
        "symlink": "Commit the file itself in place of the link.",
        "too-many": "Name the files that matter in the workload's annotation.",
        "too-large": "Keep only what is needed of it.",
        "git-lfs": "Keep evidence out of Git LFS: its content is not in the repository.",
        "format": "Use a CycloneDX ML-BOM (JSON), or counts as CSV or JSON.",
        "bom": "Correct it to CycloneDX 1.5, 1.6 or 1.7.",
        "counts": "Correct the row, or the table's header.",
    }
)
_ANY = "Correct the file at this line; until then nothing in it is used."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps on the evidence of one commit; what is over them is told, not read. `max_rows` and
    `max_groups` (of an attribute) are of one table of counts, `max_models` of one BOM."""

    max_files: int = 50
    max_file_bytes: int = 2 * 1024 * 1024
    max_total_bytes: int = 16 * 1024 * 1024
    max_depth: int = 40
    max_rows: int = 500
    max_groups: int = 100
    max_models: int = 100


def refused(path: str, line: int, code: str, error: str) -> RenderFailure:
    """The failure at a line (from 1; 0 is the file as a whole)."""
    return RenderFailure(
        location=Location(path=path, line=line),
        code=f"evidence-{code}",
        error=error,
        remedy=_REMEDIES.get(code, _ANY),
    )

"""How much of a change is read before plumbline says that it is too much."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps on what may be read. Over a cap there is a finding or less context, never a crash.

    `max_file_bytes` leaves room for bundles of CRDs, which reach 4 MB in real repositories.
    `max_total_bytes` bounds the sum over a change's files, both sides together: parsed YAML takes
    about ten times its size in memory. `max_context_files` is per directory.
    """

    max_file_bytes: int = 8 * _MIB
    max_total_bytes: int = 64 * _MIB
    max_depth: int = 100
    max_alias_nodes: int = 100_000
    max_failures_per_file: int = 20
    max_context_files: int = 200
    max_context_total: int = 5_000


DEFAULT = Limits()
# For everything that a commit declares, which nobody wrote in one pull request.
WHOLE = Limits(max_total_bytes=512 * _MIB)

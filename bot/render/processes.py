"""What a process and all that came of it use, as /proc tells; nothing where there is no /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
# A tree that grows while it is read must not keep its reader.
_MOST = 1_000


def descendants(pid: int) -> list[int]:
    """The process and its children's children, parents first. An orphan is found as long as the
    process that takes orphans in is itself below `pid`, as the first of a namespace is."""
    found = [pid]
    for parent in found:
        if len(found) > _MOST:
            break
        found += (child for child in _children(parent) if child not in found)
    return found


def _children(pid: int) -> Iterator[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    for thread in threads:
        try:
            text = (thread / "children").read_bytes()
        except OSError:
            continue
        yield from map(int, text.split())


def resident_bytes(pid: int) -> int:
    """The memory that the process holds, 0 for one that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0

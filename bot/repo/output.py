"""git's machine-readable output into values. Names are bytes to git: surrogateescape keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.model import FileChange, TreeEntry

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ABSENT = "000000"


def name(raw: bytes) -> str:
    """A path as a string; `os.fsencode` takes it back."""
    return raw.decode("utf-8", "surrogateescape")


def raw_diff(out: bytes) -> Iterator[FileChange]:
    """The records of `diff-tree --raw -z --no-renames`."""
    fields = out.split(b"\0")
    for meta, path in zip(fields[0:-1:2], fields[1::2], strict=False):
        old_mode, new_mode, old, new, _ = meta.decode("ascii").removeprefix(":").split(" ")
        yield FileChange(
            path=name(path),
            old_mode="" if old_mode == _ABSENT else old_mode,
            new_mode="" if new_mode == _ABSENT else new_mode,
            old_blob="" if old_mode == _ABSENT else old,
            new_blob="" if new_mode == _ABSENT else new,
        )


def tree_entries(out: bytes) -> Iterator[TreeEntry]:
    """The records of `ls-tree -z`, without the directories among them."""
    for record in out.split(b"\0")[:-1]:
        meta, _, path = record.partition(b"\t")
        mode, kind, blob = meta.decode("ascii").split()
        if kind != "tree":
            yield TreeEntry(path=name(path), mode=mode, blob=blob)


class BlobInfo(NamedTuple):
    """What `cat-file --batch-check` says of an id; size -1 for what is not there or no blob."""

    id: str
    size: int


def batch_check(out: bytes) -> Iterator[BlobInfo]:
    """The lines of `cat-file --batch-check`."""
    for line in out.decode("ascii").splitlines():
        fields = line.split(" ")
        is_blob = len(fields) == 3 and fields[1] == "blob"
        yield BlobInfo(fields[0], int(fields[2]) if is_blob else -1)


def batch(out: bytes) -> Iterator[tuple[str, bytes]]:
    """(id, content) of every object in the output of `cat-file --batch`."""
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        fields = out[at:end].decode("ascii").split(" ")
        at = end + 1
        if len(fields) != 3:
            continue
        size = int(fields[2])
        yield fields[0], out[at : at + size]
        at += size + 1


def added_lines(out: bytes) -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
    """The lines that a patch (-U0 --full-index) adds, as (first, last), by (old id, new id).

    Sections are told by their ids: how a hostile name is quoted does not matter then.
    """
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    ranges: list[tuple[int, int]] = []
    body = 0
    for line in out.split(b"\n"):
        if body and line[:1] in (b"+", b"-"):
            # Content: what it looks like must not matter.
            body -= 1
        elif hunk := _HUNK.match(line):
            removed, first, added = (1 if count is None else int(count) for count in hunk.groups())
            body = removed + added
            if added:
                ranges.append((first, first + added - 1))
        elif line.startswith(b"index "):
            old, _, new = line.split(b" ")[1].decode("ascii").partition("..")
            ranges = found[old, new] = []
    return {ids: tuple(ranges) for ids, ranges in found.items()}

"""How a branch of ours says that nobody else has worked on it.

The message of every commit we make names what it holds. A commit that holds exactly what its
message says was made by us, or again from ours: replacing it takes nothing from anybody. That needs
no memory, so it also holds after the database was lost.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from bot.forges import ForgeError
from bot.model import Edit, Proposal

_TRAILER = re.compile(
    r"^Plumbline-Proposal: (?P<key>[0-9a-f]{16}) (?P<base>[0-9a-f]{16}) (?P<new>[0-9a-f]{16})$",
    re.MULTILINE,
)


class NotOurs(ForgeError):  # noqa: N818 - what was found, not a fault
    """Somebody else committed to the branch, so it is left alone."""


def message(proposal: Proposal) -> str:
    """The proposal's commit message with what the commit holds at its end."""
    return f"{proposal.commit_message.strip()}\n\n{_trailer(proposal)}\n"


def is_same(found: str, proposal: Proposal) -> bool:
    """Whether a commit with this message holds what the proposal wants, on files that were before
    what they still are on its base. Only for a commit that `is_ours`."""
    said = _TRAILER.search(found)
    return said is not None and said[0] == _trailer(proposal)


def is_ours(found: str, key: str, blobs: Mapping[str, str]) -> bool:
    """Whether a commit with this message, that changes files to these blobs, is one that we made
    for the proposal `key`."""
    said = _TRAILER.search(found)
    return said is not None and said["key"] == key and said["new"] == _digest(blobs.items())


def blob_id(edit: Edit) -> str:
    """The id git gives the edit's new text, of the same kind as the blob it replaces."""
    kind = "sha256" if len(edit.base_blob) == 64 else "sha1"
    content = b"blob %d\0%b" % (len(edit.new_text), edit.new_text)
    return hashlib.new(kind, content, usedforsecurity=False).hexdigest()


def _trailer(proposal: Proposal) -> str:
    base = _digest((edit.path, edit.base_blob) for edit in proposal.edits)
    new = _digest((edit.path, blob_id(edit)) for edit in proposal.edits)
    return f"Plumbline-Proposal: {proposal.key} {base} {new}"


def _digest(rows: Iterable[tuple[str, str]]) -> str:
    text = "\0".join(f"{path}\0{blob}" for path, blob in sorted(rows))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

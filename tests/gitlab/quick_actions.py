"""GitLab's quick actions: lines like `/close` in a note or description act, as its author.

They are here because they bite: what a bot quotes from a stranger at the beginning of a line is
executed with the bot's rights, and taken out of the text.
"""

from __future__ import annotations

import re

KNOWN = (
    "add_email",
    "approve",
    "assign",
    "assign_reviewer",
    "award",
    "cc",
    "close",
    "copy_metadata",
    "done",
    "draft",
    "estimate",
    "label",
    "labels",
    "lock",
    "merge",
    "milestone",
    "react",
    "ready",
    "rebase",
    "reassign",
    "relabel",
    "remove_milestone",
    "reopen",
    "request_changes",
    "request_review",
    "ship",
    "shrug",
    "spend",
    "submit_review",
    "subscribe",
    "tableflip",
    "target_branch",
    "title",
    "todo",
    "unapprove",
    "unassign",
    "unlabel",
    "unlock",
    "unsubscribe",
)
_LINE = re.compile(rf"/({'|'.join(KNOWN)})(?:[ \t]+(.*))?\s*\Z", re.IGNORECASE)
_FENCE = re.compile(r"[ ]{0,3}(```+|~~~+)")


def split(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text without its quick actions, and those as (name, argument). Code blocks are left
    alone."""
    kept: list[str] = []
    found: list[tuple[str, str]] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        command = None if fence or mark else _LINE.match(line)
        if command:
            found.append((command[1].lower(), (command[2] or "").strip()))
        else:
            kept.append(line)
    return ("\n".join(kept).strip() if found else text), found

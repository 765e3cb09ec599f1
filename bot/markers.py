"""How a check run of ours says which pull request it is about.

A check run hangs on a commit, and GitHub names no pull request on one from a fork; its external_id
is the only thing that comes back in every webhook and every listing.
"""

from __future__ import annotations

import re

_EXTERNAL_ID = re.compile(r"plumbline:([1-9][0-9]{0,8}):([^:]+)(?::[0-9a-f]+)?")


def external_id(number: int, name: str, content: str = "") -> str:
    """The identity of the check run called `name` on pull request `number`.

    `content` (hex digits) makes it another run where what it holds cannot be taken back.
    """
    return f"plumbline:{number}:{name}" + (f":{content}" if content else "")


def parse_external_id(text: str) -> tuple[int, str] | None:
    """(number, name) of an external_id of ours, None for anything else."""
    match = _EXTERNAL_ID.fullmatch(text)
    return (int(match[1]), match[2]) if match else None

"""Names as config lists them, where one may end in "*"."""

from __future__ import annotations

from collections.abc import Iterable


def among(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of these: "default", or one that begins as "kube-*" does."""
    return any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in patterns)

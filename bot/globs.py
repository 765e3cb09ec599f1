"""Globs as a repository writes them, bounded in what matching one can take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError
from wcmatch import glob
from wcmatch._wcparse import PatternLimitException

_GLOB = glob.GLOBSTAR | glob.DOTGLOB | glob.BRACE
# A pattern may expand to this many; a repository's config is trusted, but not with our memory.
_GLOB_LIMIT = 100
# A match takes (depth of the path) to the power of (number of "**") steps, and the head's config is
# tried as well: a pattern and a path of a pull request must not keep a worker busy for hours.
_MOST_GLOBSTARS = 2
_MAGIC = re.compile(r"[*?\[\]{}!|()\\]")
DEEPEST = 64


def _checked_glob(pattern: str) -> str:
    if pattern.count("**") > _MOST_GLOBSTARS:
        said = f"expected a glob with at most {_MOST_GLOBSTARS} times '**'"
        raise PydanticCustomError("glob_stars", said)
    try:
        matches("", (pattern,))
    except PatternLimitException:
        said = f"expected a glob whose braces stand for at most {_GLOB_LIMIT} others"
        raise PydanticCustomError("glob_braces", said) from None
    return pattern


def matches(text: str, patterns: Sequence[str]) -> bool:
    """Whether a path from the root (or a name with slashes) matches one of the globs: "*" within a
    part, "**" over parts, "{a,b}" either. What is deeper than 64 parts matches nothing."""
    return text.count("/") < DEEPEST and bool(_compiled(tuple(patterns)).match(text))


def folder_of(pattern: str) -> str:
    """The folder that holds everything a glob can match."""
    steps = pattern.split("/")[:-1]
    magic = next((i for i, step in enumerate(steps) if _MAGIC.search(step)), len(steps))
    # A brace may hold slashes, so it can begin in a later step only.
    return "/".join(steps[:magic])


@lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> glob.WcMatcher[str]:
    return glob.compile(patterns, flags=_GLOB, limit=_GLOB_LIMIT)


# A glob as a repository writes it.
Glob: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=300), AfterValidator(_checked_glob)
]

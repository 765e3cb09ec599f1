"""The price sheets of a repository, read from a commit: that of the base branch, as all law is."""

from __future__ import annotations

from collections.abc import Sequence

from bot.config_file import ConfigError
from bot.globs import folder_of, matches
from bot.model import TooLarge
from bot.repo import Repository

_REGULAR = frozenset({"100644", "100755"})
_MOST = 200
_LARGEST = 16 << 20
_LARGEST_TOGETHER = 32 << 20


def own_sheets(repo: Repository, sha: str, patterns: Sequence[str]) -> dict[str, bytes]:
    """The sheets that match, by path. Raises ConfigError for what cannot be read as one, and
    GitError."""
    if not patterns:
        return {}
    folders = {folder_of(pattern) for pattern in patterns}
    entries = [
        entry
        for entry in repo.tree(sha, folders, recursive=True)
        if matches(entry.path, tuple(patterns))
    ]
    entries.sort(key=lambda entry: entry.path)
    if len(entries) > _MOST:
        said = f"this is one of {len(entries)} price sheets; {_MOST} are the most"
        raise ConfigError(entries[_MOST].path, 1, said)
    contents = repo.blobs([entry.blob for entry in entries], _LARGEST, _LARGEST_TOGETHER)
    found: dict[str, bytes] = {}
    for entry in entries:
        content = contents.get(entry.blob)
        if entry.mode not in _REGULAR:
            raise ConfigError(entry.path, 1, "a price sheet must be a regular file")
        if isinstance(content, TooLarge):
            said = f"{content.size:,} bytes are more than price sheets may have"
            raise ConfigError(entry.path, 1, said)
        if content is None:
            raise ConfigError(entry.path, 1, "it is missing in the repository's object store")
        found[entry.path] = content
    return found

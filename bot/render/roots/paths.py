"""Where a reference of one file leads: inside the repository, outside of it, or to the network."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*(::|://)")
# git@host:owner/name and what kustomize and Go's getters take for a host and a repository.
_SCP = re.compile(r"[\w.-]+@[\w.-]+:")
_HOSTED = re.compile(r"(www\.)?[\w-]+(\.[\w-]+)*\.[a-zA-Z]{2,}(:\d+)?/[^/]+/[^/]")


def join(directory: str, entry: str) -> str | None:
    """The path of the repository that `entry` means in `directory`, without "." and ".." ("" is the
    top); None where it leads outside. An absolute entry does."""
    if entry.startswith("/"):
        return None
    parts = directory.split("/") if directory else []
    for part in entry.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def from_top(entry: str) -> str | None:
    """As `join`, for a path that counts from the top of the repository with or without a "/"."""
    return join("", entry.lstrip("/"))


def parent(path: str) -> str:
    """The directory of a path; that of the top's files is ""."""
    return path.rpartition("/")[0]


def above(path: str) -> list[str]:
    """Every directory above a path, the nearest first, "" the last."""
    found: list[str] = []
    while path:
        path = parent(path)
        found.append(path)
    return found


def is_remote(entry: str) -> bool:
    """Whether a reference of a kustomization or a module is to be fetched from somewhere."""
    return bool(
        _SCHEME.match(entry)
        or _SCP.match(entry)
        or "?ref=" in entry
        or "?version=" in entry
        or (not entry.startswith(".") and _HOSTED.match(entry))
    )


def host_of(url: str) -> str:
    """The host that a URL in any of these forms leads to, in lower case; "" where none is seen."""
    url = url.removeprefix("git::").removeprefix("oci::")
    if _SCP.match(url) and "://" not in url:
        return url.partition("@")[2].partition(":")[0].lower()
    if "://" not in url:
        url = f"//{url}"
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        return f"{(parts.hostname or '').lower()}{port}"
    except ValueError:
        return ""


def same_repository(url: str) -> str:
    """A repository's URL in one form, so that two of the same repository are equal:
    git@Example.com:a/b.git and https://example.com/a/b/ are "example.com/a/b"."""
    url = url.strip().removeprefix("git::")
    if "://" not in url and _SCP.match(url):
        url = "//" + url.partition("@")[2].replace(":", "/", 1)
    elif "://" not in url:
        url = f"//{url}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    path = parts.path.strip("/").removesuffix(".git").strip("/")
    return f"{host}/{path}".lower()

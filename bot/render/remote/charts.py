"""The archive of one exact version of a chart, of a registry or by the index of a repository."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from bot.render.limits import Limits
from bot.render.remote import registry
from bot.render.remote.address import Allowed
from bot.render.remote.archive import MOST_BYTES
from bot.render.remote.trouble import NotFetched, shown
from bot.render.remote.web import get
from bot.render.yaml_reader import read

_INDEX_BYTES = 64 * 1024 * 1024
_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][\w.+-]+)?|sha256:[0-9a-f]{64}")


def check_pinned(name: str, version: str) -> None:
    """Raises NotFetched for what is no exact version, nor a digest."""
    if not _EXACT.fullmatch(version):
        said = f"the chart {shown(name)} is asked for in the version {shown(version)}, which may be"
        raise NotFetched("remote-unpinned", f"{said} another one tomorrow")


def archive_of(repository: str, name: str, version: str, allowed: Allowed, seconds: float) -> bytes:
    """The archive of a chart, which is what the index says of it. Raises NotFetched."""
    check_pinned(name, version)
    if repository.startswith("oci://"):
        whole = repository.rstrip("/")
        # A dependency names the folder of charts, an Application the chart itself.
        url = whole if whole.endswith(f"/{name}") else f"{whole}/{name}"
        return registry.archive_of(url, version, allowed, seconds)
    base = f"{repository.rstrip('/')}/"
    index = get(urljoin(base, "index.yaml"), allowed, seconds=seconds, most_bytes=_INDEX_BYTES)
    entry = _entry(index, base, name, version)
    urls = entry.get("urls")
    if not isinstance(urls, list) or not urls or not isinstance(urls[0], str):
        said = f"the index of {shown(repository)} has no address for {name} {version}"
        raise NotFetched("remote-failed", said)
    data = get(urljoin(base, urls[0]), allowed, seconds=seconds, most_bytes=MOST_BYTES)
    digest = entry.get("digest")
    # One of digits alone would be read as a number, and then it is refused.
    if digest is not None and hashlib.sha256(data).hexdigest() != _hex(digest):
        said = f"the archive of {name} {version} is not the one that the index names"
        raise NotFetched("remote-hostile", said)
    return data


def _hex(digest: object) -> str:
    return str(digest).removeprefix("sha256:").lower()


def _entry(index: bytes, base: str, name: str, version: str) -> dict[str, Any]:
    limits = Limits(max_file_bytes=_INDEX_BYTES)
    documents, _ = read("index.yaml", index, limits)
    value = documents[0].value if documents else None
    entries = value.get("entries") if isinstance(value, dict) else None
    if not isinstance(entries, dict):
        raise NotFetched("remote-failed", f"{shown(base)} is no chart repository")
    for entry in _versions(entries.get(name)):
        if str(entry.get("version", "")).removeprefix("v") == version.removeprefix("v"):
            return entry
    raise NotFetched("remote-failed", f"{shown(base)} has no chart {name} {version}")


def _versions(entries: object) -> Iterator[dict[str, Any]]:
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield entry

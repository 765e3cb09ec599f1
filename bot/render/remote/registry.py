"""Charts in an OCI registry: a manifest by tag or digest, and the archive that it names."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bot.render.remote.address import Allowed
from bot.render.remote.archive import MOST_BYTES
from bot.render.remote.trouble import NotFetched, shown
from bot.render.remote.web import Unauthorized, get

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFEST_BYTES = 1024 * 1024
_REFERENCE = re.compile(r"oci://([^/]+)/([a-z0-9][a-z0-9._/-]*)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


def archive_of(url: str, version: str, allowed: Allowed, seconds: float) -> bytes:
    """The archive of the chart at oci://host/path/name; `version` is a tag or a digest.

    Raises NotFetched. What comes is what its digests say.
    """
    found = _REFERENCE.fullmatch(url.rstrip("/"))
    if found is None:
        raise NotFetched("remote-unsupported", f"{shown(url)} is no chart of a registry")
    registry = _Registry(f"{allowed.best}://{found[1]}", found[2], allowed, seconds)
    # A tag has no plus sign; Helm writes _ for it.
    data = registry.get(f"manifests/{version.replace('+', '_')}", _MANIFEST_BYTES)
    if _DIGEST.fullmatch(version):
        _check(data, version, url)
    digest = _chart_of(data, url)
    archive = registry.get(f"blobs/{digest}", MOST_BYTES)
    _check(archive, digest, url)
    return archive


def _chart_of(data: bytes, url: str) -> str:
    """The digest of the layer that is the chart."""
    try:
        layers: Any = json.loads(data)["layers"]
        digests = [str(layer["digest"]) for layer in layers if layer["mediaType"] == _CHART]
    except (ValueError, KeyError, TypeError, RecursionError):
        digests = []
    if len(digests) != 1 or not _DIGEST.fullmatch(digests[0]):
        raise NotFetched("remote-failed", f"{shown(url)} is not a Helm chart")
    return digests[0]


def _check(data: bytes, digest: str, url: str) -> None:
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
        raise NotFetched("remote-hostile", f"what {shown(url)} gives out is not {digest[:19]}…")


class _Registry:
    """One repository of a registry, asked with a token for everybody where it wants one."""

    def __init__(self, home: str, name: str, allowed: Allowed, seconds: float) -> None:
        self._home = home
        self._name = name
        self._allowed = allowed
        self._seconds = seconds
        self._headers: Mapping[str, str] = {"Accept": _MANIFEST}

    def get(self, path: str, most_bytes: int) -> bytes:
        """What is at a path of the repository. Raises NotFetched."""
        url = f"{self._home}/v2/{self._name}/{path}"
        try:
            return self._get(url, most_bytes)
        except Unauthorized as no:
            self._headers = {**self._headers, "Authorization": f"Bearer {self._token(no)}"}
        return self._get(url, most_bytes)

    def _get(self, url: str, most_bytes: int) -> bytes:
        return get(
            url,
            self._allowed,
            seconds=self._seconds,
            most_bytes=most_bytes,
            headers=self._headers,
        )

    def _token(self, no: Unauthorized) -> str:
        """A token that anybody gets."""
        said = dict(_CHALLENGE.findall(no.challenge))
        if not no.challenge.lower().startswith("bearer ") or "realm" not in said:
            raise no
        query = urlencode({key: said[key] for key in ("service", "scope") if key in said})
        url = f"{said['realm']}?{query}"
        data = get(url, self._allowed, seconds=self._seconds, most_bytes=_MANIFEST_BYTES)
        try:
            answer = json.loads(data)
            token = answer.get("token") or answer.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise no
        return token

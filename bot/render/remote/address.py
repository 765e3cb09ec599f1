"""Which addresses may be asked at all, and what the forms of a kustomize reference mean."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from bot.render.remote.trouble import NotFetched, shown

_ODD = re.compile(r"[^!-~]|[\\<>\"^`{|}]")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"(?![-./])(?!.*(\.\.|//|@\{|\.lock$))[\w./+-]{1,200}")
_MANIFEST = (".yaml", ".yml", ".json")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Whom a maintainer lets be asked: hosts ("example.com", "example.com:8443") and how. Anything
    but https is for tests."""

    hosts: Collection[str]
    schemes: Collection[str] = ("https",)

    @property
    def best(self) -> str:
        """How those are asked who do not say it."""
        return "https" if "https" in self.schemes else "http"

    def check(self, url: str) -> None:
        """Raises NotFetched for a URL that must not be asked."""
        if _ODD.search(url):
            raise NotFetched("remote-unsupported", f"{shown(url)} is not a URL")
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise NotFetched("remote-unsupported", f"{shown(url)} is not a URL") from None
        if parts.scheme not in self.schemes or not host:
            said = f"{shown(url)} is not fetched: only https is"
            raise NotFetched("remote-unsupported", said)
        if parts.username is not None or parts.password is not None:
            said = f"the address of {host} holds a user name or a password"
            raise NotFetched("remote-unsupported", said)
        name = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
        if name not in {allowed.lower() for allowed in self.hosts}:
            said = f"{shown(url)} is not in the repository, and its host is not allowed"
            raise NotFetched("remote-refused", said)
        _refuse_own(host, port or _PORTS[parts.scheme], self.hosts)


def _refuse_own(host: str, port: int, hosts: Collection[str]) -> None:
    """Raises NotFetched for a name that leads to this machine or a cloud's metadata: nobody who
    allows a name means those. A private network may well be meant."""
    named = host in hosts or f"{host}:{port}" in hosts
    if named and (host == "localhost" or _is_address(host)):
        return
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        # Behind a proxy names may be unknown here; without one the fetch says so itself.
        return
    for address in found:
        one = ipaddress.ip_address(str(address).partition("%")[0])
        if one.is_loopback or one.is_link_local or one.is_unspecified or one.is_multicast:
            said = f"{host} leads to {one}, which is not a place to fetch from"
            raise NotFetched("remote-hostile", said)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A folder of a git repository: `ref` is a commit, tag or branch, "" for the default branch."""

    url: str
    path: str
    ref: str

    @property
    def is_commit(self) -> bool:
        """Whether `ref` can only ever mean one thing."""
        return bool(_COMMIT.fullmatch(self.ref))


def understood(entry: str) -> Repository | str:
    """What a reference of a kustomization means: a folder of a repository, else the URL of a file.

    Raises NotFetched for what is neither, or is reached otherwise than over http.
    """
    text = entry.removeprefix("git::")
    if _SCP.match(text) and "://" not in text:
        raise NotFetched("remote-unsupported", f"{shown(entry)} is not fetched: it needs ssh")
    if "://" not in text:
        text = f"https://{text}"
    if _ODD.search(text) or "::" in text:
        raise NotFetched("remote-unsupported", f"{shown(entry)} is not a URL")
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http"):
        said = f"{shown(entry)} is not fetched: only https is"
        raise NotFetched("remote-unsupported", said)
    query = parse_qs(parts.query)
    ref = (query.get("ref") or query.get("version") or [""])[0]
    if not ref and "//" not in parts.path and parts.path.endswith(_MANIFEST):
        return text
    if ref and not _REF.fullmatch(ref):
        raise NotFetched("remote-unsupported", f"{shown(ref)} is not the name of a commit")
    home, path = _divided(unquote(parts.path))
    if ".." in path.split("/"):
        raise NotFetched("remote-unsupported", f"{shown(entry)} leads out of its repository")
    return Repository(url=f"{parts.scheme}://{parts.netloc}{home}", path=path.strip("/"), ref=ref)


def _divided(path: str) -> tuple[str, str]:
    """(the repository's part of a path, the folder in it), as kustomize divides them."""
    path = "/" + path.lstrip("/")
    if "//" in path:
        home, _, inside = path.partition("//")
        return home, inside
    if ".git/" in path:
        home, _, inside = path.partition(".git/")
        return f"{home}.git", inside
    segments = path.split("/")
    return "/".join(segments[:3]), "/".join(segments[3:])

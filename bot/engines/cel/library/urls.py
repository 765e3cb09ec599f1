"""URLs as Go reads them: `url("https://example.com/a?b=c")`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from bot.engines.cel.library.registry import Library
from bot.engines.cel.values import CelError

LIBRARY = Library()
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r"(?::[0-9]*)?", re.ASCII)
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"\u0080-\U0010ffff]*")
_ENCODED_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@\[\]/]|%[0-9A-Fa-f]{2})*", re.ASCII)
_PLAIN_IN_PATH = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@"
)


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL, the path and the query as they are written."""

    scheme: str
    host: str
    path: str
    query: str
    text: str
    cel_type: ClassVar[str] = "kubernetes.URL"

    def __str__(self) -> str:
        return self.text


def parsed(text: str) -> Url:
    """A URL that is absolute, or a path that is. Raises CelError."""
    try:
        _split(text)
        return _split(text.partition("#")[0], whole=text)
    except ValueError as error:
        raise CelError(
            f"URL parse error during conversion from string: parse {text!r}: {error}"
        ) from None


def _split(text: str, whole: str = "") -> Url:
    if _CONTROL.search(text):
        raise ValueError("net/url: invalid control character in URL")
    if not text:
        raise ValueError("empty url")
    if text.startswith(":"):
        raise ValueError("missing protocol scheme")
    match = _SCHEME.match(text)
    scheme, rest = (match[1].lower(), text[match.end() :]) if match else ("", text)
    rest, _, query = rest.partition("?")
    host = ""
    if text == "*":
        return Url("", "", "*", "", whole)
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, "", "", query, whole)
        raise ValueError("invalid URI for request")
    if scheme and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        host, rest = _host(authority), slash + path
    if _BAD_ESCAPE.search(rest):
        raise ValueError("invalid URL escape")
    return Url(scheme, host, rest, query, whole)


def _host(authority: str) -> str:
    user, at, host = authority.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise ValueError("net/url: invalid userinfo")
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise ValueError("missing ']' in host")
        port = host[end + 1 :]
    else:
        port = host[host.rfind(":") :] if ":" in host else ""
    if not _PORT.fullmatch(port):
        raise ValueError(f"invalid port {port!r} after host")
    if not _HOST.fullmatch(host):
        raise ValueError("invalid character in host name")
    return host


@LIBRARY.add("url", str)
def _url(text: str) -> Url:
    return parsed(text)


@LIBRARY.add("isURL", str)
def _is_url(text: str) -> bool:
    try:
        _split(text)
    except ValueError:
        return False
    return True


@LIBRARY.add(".getScheme", Url)
def _scheme(url: Url) -> str:
    return url.scheme


@LIBRARY.add(".getHost", Url)
def _host_of(url: Url) -> str:
    return url.host


@LIBRARY.add(".getHostname", Url)
def _hostname(url: Url) -> str:
    if url.host.startswith("["):
        return url.host[1 : url.host.rfind("]")]
    return url.host.rpartition(":")[0] if ":" in url.host else url.host


@LIBRARY.add(".getPort", Url)
def _port(url: Url) -> str:
    after = url.host.rpartition("]")[2] if url.host.startswith("[") else url.host
    return after.rpartition(":")[2] if ":" in after else ""


@LIBRARY.add(".getEscapedPath", Url)
def _escaped_path(url: Url) -> str:
    if _ENCODED_PATH.fullmatch(url.path):
        return url.path
    return "".join(
        chr(byte) if byte in _PLAIN_IN_PATH else f"%{byte:02X}"
        for byte in unquote_to_bytes(url.path)
    )


@LIBRARY.add(".getQuery", Url)
def _query(url: Url) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in url.query.split("&"):
        if not part or ";" in part or _BAD_ESCAPE.search(part):
            continue
        key, _, value = (
            unquote_to_bytes(side.replace("+", " ")).decode("utf-8", "replace") if at != 1 else side
            for at, side in enumerate(part.partition("="))
        )
        found.setdefault(key, []).append(value)
    return found

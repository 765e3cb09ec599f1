"""Functions that read and write data formats, hash, count addresses, or read files."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import ipaddress
import json
import urllib.parse
from collections.abc import Callable, Mapping

from bot.render.terraform.json_text import loads
from bot.render.terraform.values import SECRET, EvalError, Value, number, text
from bot.render.yaml_reader import read

_MOST_NEW_BITS = 32


def _jsonencode(value: Value) -> str:
    made = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for letter in "<>&":
        made = made.replace(letter, f"\\u{ord(letter):04x}")
    return made


def _jsondecode(value: Value) -> Value:
    try:
        return loads(text(value))
    except RecursionError as error:
        raise EvalError("the JSON is nested too deeply") from error


def _yamldecode(value: Value) -> Value:
    documents, failures = read("yamldecode", text(value).encode())
    if failures or len(documents) != 1 or documents[0].oddity:
        raise EvalError("the YAML cannot be read")
    return documents[0].value


def _csvdecode(value: Value) -> Value:
    return [dict(row) for row in csv.DictReader(io.StringIO(text(value)))]


def _hash(name: str, *, encoded: bool = False) -> Callable[..., Value]:
    def made(value: Value) -> str:
        found = hashlib.new(name, text(value).encode(), usedforsecurity=False)
        return base64.b64encode(found.digest()).decode() if encoded else found.hexdigest()

    return made


def _cidrsubnet(prefix: Value, bits: Value, at: Value) -> str:
    network = ipaddress.ip_network(text(prefix), strict=False)
    new, index = int(number(bits)), int(number(at))
    if not 0 <= new <= _MOST_NEW_BITS or index >= 1 << new:
        raise EvalError("the network has no such subnet")
    length = network.prefixlen + new
    start = int(network.network_address) + (index << (network.max_prefixlen - length))
    return f"{_address(network, start)}/{length}"


def _cidrsubnets(prefix: Value, *bits: Value) -> list[Value]:
    network = ipaddress.ip_network(text(prefix), strict=False)
    start, found = int(network.network_address), []
    for new in bits:
        length = network.prefixlen + int(number(new))
        size = 1 << (network.max_prefixlen - length)
        start = -(-start // size) * size
        found.append(f"{_address(network, start)}/{length}")
        start += size
    return found


def _address(network: ipaddress.IPv4Network | ipaddress.IPv6Network, at: int) -> str:
    return str(ipaddress.IPv4Address(at) if network.version == 4 else ipaddress.IPv6Address(at))


def _cidrhost(prefix: Value, at: Value) -> str:
    network = ipaddress.ip_network(text(prefix), strict=False)
    index = int(number(at))
    base = network.network_address if index >= 0 else network.broadcast_address + 1
    return str(base + index)


def _cidrnetmask(prefix: Value) -> str:
    return str(ipaddress.ip_network(text(prefix), strict=False).netmask)


TABLE: Mapping[str, Callable[..., Value]] = {
    "base64decode": lambda value: base64.b64decode(text(value), validate=True).decode(),
    "base64encode": lambda value: base64.b64encode(text(value).encode()).decode(),
    "base64sha256": _hash("sha256", encoded=True),
    "base64sha512": _hash("sha512", encoded=True),
    "cidrhost": _cidrhost,
    "cidrnetmask": _cidrnetmask,
    "cidrsubnet": _cidrsubnet,
    "cidrsubnets": _cidrsubnets,
    "csvdecode": _csvdecode,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "md5": _hash("md5"),
    "nonsensitive": lambda value: value,
    "sensitive": lambda value: SECRET,  # noqa: ARG005
    "sha1": _hash("sha1"),
    "sha256": _hash("sha256"),
    "sha512": _hash("sha512"),
    "urlencode": lambda value: urllib.parse.quote_plus(text(value)),
    "yamldecode": _yamldecode,
}


def _of_file(function: Callable[..., Value]) -> Callable[..., Value]:
    return lambda files, path: function(files.read(text(path)))


# These take the files first. fileset() is none of them: only the files that modules name are here.
READING: Mapping[str, Callable[..., Value]] = {
    "file": _of_file(lambda content: content),
    "filebase64": _of_file(TABLE["base64encode"]),
    "filebase64sha256": _of_file(TABLE["base64sha256"]),
    "filebase64sha512": _of_file(TABLE["base64sha512"]),
    "fileexists": lambda files, path: files.exists(text(path)),
    "filemd5": _of_file(TABLE["md5"]),
    "filesha1": _of_file(TABLE["sha1"]),
    "filesha256": _of_file(TABLE["sha256"]),
    "filesha512": _of_file(TABLE["sha512"]),
}

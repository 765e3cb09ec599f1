"""What goes through the pipes between us and a worker: JSON with its length before it."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")
HEADER_BYTES = _LENGTH.size


def encoded(message: dict[str, Any]) -> bytes:
    """The frame of a message."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def written(texts: Sequence[str]) -> bytes:
    """The frame of texts of one line each, as they are."""
    body = "\n".join(texts).encode()
    return _LENGTH.pack(len(body)) + body


def lines(stream: BinaryIO) -> list[str]:
    """The texts of the next frame of a blocking stream."""
    return stream.read(length(stream.read(HEADER_BYTES))).decode().split("\n")


def length(header: bytes) -> int:
    """How many bytes follow a frame's header."""
    (size,) = _LENGTH.unpack(header)
    return int(size)


def decoded(body: bytes) -> dict[str, Any]:
    """The message in a frame's body. Raises ValueError or RecursionError."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("expected an object")
    return message


def read(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message of a blocking stream, None at its end."""
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    return decoded(stream.read(length(header)))

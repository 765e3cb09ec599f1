"""Builtins of Rego about JSON Web Tokens: reading them, and signatures with a shared secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

_PARTS = 3


def decode(token: Any) -> list[Any]:
    """`io.jwt.decode`: the header, the payload and the signature in hexadecimal digits. Nothing
    is verified."""
    header, payload, signature = _parts(token)
    head = _json(header)
    if "cty" in head or "enc" in head:
        raise ValueError("a token in a token, or an encrypted one, is not supported here")
    return [head, _json(payload), _decoded(signature).hex()]


def verified(algorithm: str) -> Callable[[Any, Any], bool]:
    """`io.jwt.verify_hs…`: whether a token is signed with a secret."""

    def function(token: Any, secret: Any) -> bool:
        header, payload, signature = _parts(token)
        if not isinstance(secret, str):
            raise TypeError(f"expected a string, not {type(secret).__name__}")
        code = hmac.new(
            secret.encode(), f"{header}.{payload}".encode(), getattr(hashlib, algorithm)
        )
        return hmac.compare_digest(code.digest(), _decoded(signature))

    return function


def _parts(token: Any) -> list[str]:
    if not isinstance(token, str):
        raise TypeError(f"expected a string, not {type(token).__name__}")
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise ValueError("an encoded token has three parts")
    return parts


def _json(part: str) -> dict[str, Any]:
    value = json.loads(_decoded(part))
    if not isinstance(value, dict):
        raise ValueError("a part of the token is no object")
    return value


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(f"a part of the token is not base64: {error}") from None

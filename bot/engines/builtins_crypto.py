"""Builtins of Rego that hash."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any


def digest(algorithm: str) -> Callable[[Any], str]:
    """`crypto.<algorithm>`: the hash of a text, in hexadecimal digits."""

    def function(text: Any) -> str:
        return hashlib.new(algorithm, _bytes(text), usedforsecurity=False).hexdigest()

    return function


def keyed(algorithm: str) -> Callable[[Any, Any], str]:
    """`crypto.hmac.<algorithm>`: the code of a text under a key, in hexadecimal digits."""

    def function(text: Any, key: Any) -> str:
        return hmac.new(_bytes(key), _bytes(text), algorithm).hexdigest()

    return function


def same(one: Any, other: Any) -> bool:
    """`crypto.hmac.equal`."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"expected a string, not {type(text).__name__}")
    return text.encode()

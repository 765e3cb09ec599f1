"""The texts of a manifest, and how a secret among them is spoken of without giving it away."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from checks.model import Node, Pointer

# No token is shorter.
SHORTEST = 16
_SHOWN = 2
_ENOUGH = 12
_FILLED_IN = re.compile(
    r"""\$\{|\$\(|\{\{|^<[^>]*>$|^(vault|ref\+\w+|op|awssm|gcpsm|arn|secretref|bws)://?
    |^vault:|^ENC\[|^\(sensitive\)$|^\$\w+$|^__\w+__$|^%\w+%$|^@\w+@$|(?-i:^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$)""",
    re.VERBOSE | re.IGNORECASE,
)
_STAND_IN = re.compile(
    r"""change[-_ ]?me|replace|todo|tbd|placeholder|redacted|example|dummy|your[-_ ]|insert
    |^<|^x{3,}$|^\*+$|^\.{3}$|^-+$|^n/?a$|^none$|^null$|^sample|^fake|^foo(bar)?$|^bar$|^test$""",
    re.VERBOSE | re.IGNORECASE,
)


class Text(NamedTuple):
    """One text of a manifest; `label` is what it is called there: the key of a mapping, or the
    `name` beside a `value`."""

    pointer: Pointer
    label: str
    text: str


def texts_in(body: Node | Mapping[str, Node], *, shortest: int = SHORTEST) -> Iterator[Text]:
    """All texts of a manifest that are long enough for a token, in the order of the manifest."""
    left: list[tuple[Pointer, str, object]] = [((), "", body)]
    while left:
        pointer, label, node = left.pop()
        if isinstance(node, str):
            if len(node) >= shortest:
                yield Text(pointer, label, node)
        elif isinstance(node, list):
            left += [((*pointer, at), label, one) for at, one in reversed([*enumerate(node)])]
        elif isinstance(node, Mapping):
            name = node.get("name")
            for key, value in reversed([*node.items()]):
                called = name if key == "value" and isinstance(name, str) else str(key)
                left.append(((*pointer, str(key)), called, value))


def digest_of(text: str) -> str:
    """What a text is known by where it must not stand itself."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def masked(text: str) -> str:
    """A secret as people may see it: how it begins and how long it is."""
    start = text[:_SHOWN] if len(text) >= _ENOUGH and text[:_SHOWN].isprintable() else ""
    return f"{start}… ({len(text):,} characters)"


def decoded(text: str) -> str:
    """What a base64 text stands for; itself where it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def is_stand_in(text: str) -> bool:
    """Whether something else is meant to take the text's place: a placeholder, a reference, what
    another tool fills in or decrypts; also what is empty or only a number or a switch."""
    said = text.strip()
    if len(said) < 2 or said.lower() in ("true", "false", "yes", "no") or _short_number(said):
        return True
    return bool(_FILLED_IN.search(said)) or (len(said) < 64 and bool(_STAND_IN.search(said)))


def _short_number(text: str) -> bool:
    return text.replace(".", "").isdecimal() and len(text) < 6


def is_certificate(text: str) -> bool:
    """Whether it is a certificate or public key, which everybody may see."""
    return "-----BEGIN " in text and "PRIVATE KEY" not in text

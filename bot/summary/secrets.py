"""The last look at what is about to leave: anything that looks like a secret stops it."""

from __future__ import annotations

import math
import re
from collections import Counter

_PREFIXES = re.compile(
    r"-----BEGIN"
    r"|\bA(?:KIA|SIA|ROA|IDA)[0-9A-Z]{12}"
    r"|\bgh[opsur]_\w{16}|\bgithub_pat_\w{16}"
    r"|\bgl(?:pat|ptt|dt|rt|cbt|soat)-[\w-]{16}"
    r"|\bxox[abeprs]-|\bxapp-"
    r"|\bsk-[\w-]{16}|\b[sr]k_(?:live|test)_\w{10}"
    r"|\bAIza[\w-]{20}|\bya29\.[\w-]{10}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}"
    r"|\bnpm_\w{20}|\bhf_\w{20}|\bdop_v1_\w{20}|\bhv[sb]\.[\w-]{16}|\bSG\.[\w-]{16}"
    r"|://[^\s/@:]+:[^\s/@]+@"
    r"|\b(?:password|passwd|secret|token|api_?key)\s*[=:]\s*\S",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[\w+/=-]{24,}")
# Words of ours have no digits; tests/summary/test_vocabulary.py holds both against these bounds.
_LEAST_DIGITS = 3
_LEAST_BITS = 3.0


def looks_secret(text: str) -> bool:
    """Whether something in the text has the shape of a credential."""
    if _PREFIXES.search(text):
        return True
    return any(_random(token) for token in _TOKEN.findall(text))


def _random(token: str) -> bool:
    digits = sum(char.isdigit() for char in token)
    if digits < _LEAST_DIGITS or digits == len(token):
        return False
    return _bits(token) >= _LEAST_BITS


def _bits(token: str) -> float:
    """Shannon's entropy, in bits a character."""
    counts = Counter(token).values()
    return -sum(n / len(token) * math.log2(n / len(token)) for n in counts)

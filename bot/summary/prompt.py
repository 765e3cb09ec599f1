"""The question that is put to the model: the same report gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from bot.data import data_root
from bot.summary.claims import Claims
from bot.summary.disclosure import Disclosed
from bot.summary.secrets import looks_secret
from bot.summary.vocabulary import NEGATIONS, SAVINGS, base_words

# Six claims of 300 characters and their JSON are about 700 tokens.
MAX_TOKENS = 1500


class Withheld(Exception):  # noqa: N818 - not an error: the last check did what it is for
    """What would be sent looks like a secret, so nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is sent. `digest` (SHA-256, hexadecimal) covers all of it, the model's name and the
    form of the answer included."""

    model: str
    system: str
    user: str
    digest: str

    @property
    def most_tokens(self) -> int:
        """No fewer than what it can count as: a token is a byte or more, and the form of the
        answer is sent as well."""
        return len(self.system.encode()) + len(self.user.encode()) + 2_000


def prompt(findings: Sequence[Disclosed], model: str) -> Prompt:
    """The prompt about some findings. Raises Withheld."""
    body = {
        "checks": {f.sent["check"]: f.check for f in findings if f.check},
        "findings": [f.sent for f in findings],
    }
    user = json.dumps(body, ensure_ascii=True, indent=1)
    if looks_secret(user):
        raise Withheld("what would be sent looks like a secret")
    parts = (model, str(MAX_TOKENS), _system(), user, json.dumps(Claims.model_json_schema()))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return Prompt(model=model, system=_system(), user=user, digest=digest)


@cache
def _system() -> str:
    text = (data_root() / "config" / "summary" / "prompt.md").read_text(encoding="utf-8")
    words = " ".join(sorted(base_words() - NEGATIONS - SAVINGS))
    return f"{text}{words}\n"

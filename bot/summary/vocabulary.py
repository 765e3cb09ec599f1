"""The words that a summary may be made of. The list is closed, because an invented service called
"checkout" is a plain English word and has no shape that gives it away."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from bot.data import data_root


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# All numbers are filled in by us.
NUMBERS = _set(
    """
    zero nil nought naught one two three four five six seven eight nine ten eleven twelve
    thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
    sixty seventy eighty ninety hundred thousand million billion trillion first second third
    fourth fifth sixth seventh eighth ninth tenth once twice thrice single sole double triple
    quadruple treble twofold threefold tenfold fold half halve halves quarter dozen score
    couple pair both several few many some most least majority minority percent percentage
    percentile multiple multiply times plus minus per ratio tens second minute hour day week
    year annual daily weekly yearly dollar euro cent
    """
)
# The verdict is stated by us, beside the summary.
VERDICTS = _set(
    """
    pass fail approve approval unapproved reject refuse accept acceptable deny merge mergeable block
    blocker unblock allow forbid permit prohibit safe unsafe safety secure insecure security ok okay
    fine good bad great nice right wrong correct incorrect valid invalid comply compliant compliance
    violate violation clean clear clearance ready lgtm ship verdict decide decision conclude
    conclusion judge judgement judgment review reviewer recommend recommendation advise ignore skip
    waive waiver dismiss override overrule bypass exempt trust guarantee ensure assure proceed apply
    deploy green red harmless harm danger dangerous risk risky critical severe severity urgent
    problem issue worry trouble confirm verify certify endorse signoff go
    """
)
# What is said of everything cannot be traced to a finding.
SWEEPING = _set(
    """
    all every everything everyone everywhere each any anything anyone only just always ever never
    none nothing nobody nowhere entire whole wholly complete full sole mere
    """
)
# Words that turn a finding into its opposite: only where the rule itself says them.
NEGATIONS = _set(
    """
    no not nor neither cannot without lack miss missing absent absence omit omitted unset undefined
    unnamed unspecified undeclared unknown unlimited unpinned
    """
)
# Only where the finding comes with a saving.
SAVINGS = _set("save saving lower reduce reduction cheaper cheap less shrink idle unused")
REFUSED = NUMBERS | VERDICTS | SWEEPING

_WORD = re.compile(r"[a-z]+")
_ENDINGS = ("s", "es", "d", "ed", "ing", "ly")


@cache
def base_words() -> frozenset[str]:
    """The shipped list, `config/summary/words.txt`."""
    text = (data_root() / "config" / "summary" / "words.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def words_of(*texts: str) -> frozenset[str]:
    """The words that stand in texts of ours."""
    return frozenset(word for text in texts for word in _WORD.findall(text.lower()))


def is_among(word: str, words: Iterable[str]) -> bool:
    """Whether a word, or what it is an inflection of, is one of `words`."""
    return not _stems(word).isdisjoint(words)


def _stems(word: str) -> frozenset[str]:
    """The word and what it may be a form of: "names", "named", "naming" of "name"."""
    found = {word}
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 1:
            stem = word.removesuffix(ending)
            found.add(stem)
            if ending == "ing":
                found.add(stem + "e")
            if ending in {"ed", "ing"} and stem[-1] == stem[-2]:
                found.add(stem[:-1])
            if stem.endswith("i"):
                found.add(stem[:-1] + "y")
    return frozenset(found)

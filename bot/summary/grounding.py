"""From a model's answer to a text that may be published, or the reason why it may not.

A reason never repeats the answer: it stands in the record, and the answer is a stranger's text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.summary.claims import MOST_CLAIMS, Claim, Claims
from bot.summary.disclosure import Disclosed
from bot.summary.vocabulary import (
    NEGATIONS,
    NUMBERS,
    SAVINGS,
    SWEEPING,
    VERDICTS,
    base_words,
    is_among,
)

# Characters, before and after the placeholders are filled in.
LONGEST_CLAIM = 400
LONGEST_TEXT = 4_000

_PLACEHOLDER = re.compile(r"\{\{(F[0-9]{1,2})\.([a-z]{1,16})\}\}")
# Stands for a placeholder while the words around it are looked at.
_MARK = "\ue000"
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_PLAIN = re.compile(rf"[A-Za-z ,.;:()'–—{_MARK}]*")
# A letter or a sign before a placeholder would change what it says: "-$5", "non-web".
_GLUED = re.compile(rf"(?<![ (])(?<!\A){_MARK}|{_MARK}(?!$|[ ,.;:)]|'s\b)")
_POINTED = re.compile(r"[.,;:](?![ )]|$)")
_WORD = re.compile(r"[A-Za-z]+")
_ACRONYMS = frozenset({"CPU", "GPU", "YAML", "AI", "ID"})


class Ungrounded(Exception):  # noqa: N818 - not an error of ours
    """Why an answer is not used."""


def grounded(answer: Claims, findings: Sequence[Disclosed]) -> str:
    """The claims as one Markdown paragraph, every placeholder filled in. Raises Ungrounded."""
    known = {finding.id: finding for finding in findings}
    if not answer.claims:
        raise Ungrounded("the answer has no claims")
    if len(answer.claims) > MOST_CLAIMS:
        raise Ungrounded("the answer has too many claims")
    sentences = []
    for number, claim in enumerate(answer.claims, start=1):
        try:
            sentences.append(_sentence(claim, known))
        except Ungrounded as reason:
            raise Ungrounded(f"claim {number} of the answer {reason}") from None
    text = " ".join(sentences)
    if len(text) > LONGEST_TEXT:
        raise Ungrounded("the answer is too long")
    return text


def _sentence(claim: Claim, known: Mapping[str, Disclosed]) -> str:
    if len(claim.text) > LONGEST_CLAIM:
        raise Ungrounded("is too long")
    # An invisible character can vanish in NFKC, and a look-alike becomes what it looks like.
    if any(unicodedata.category(char) in _INVISIBLE for char in claim.text):
        raise Ungrounded("has a control or format character")
    text = unicodedata.normalize("NFKC", claim.text).replace("\u2019", "'").strip()
    cited = _cited(claim.finding_ids, known)
    _check_placeholders(text, cited)
    bare = _PLACEHOLDER.sub(_MARK, text)
    for is_so, said in _SHAPES:
        if is_so(bare):
            raise Ungrounded(said)
    _check_words(bare, frozenset().union(*(f.words for f in cited.values())))
    ended = text if text.endswith(".") else f"{text.rstrip(',;:')}."
    # One pass: a value that looks like a placeholder is a value.
    return _PLACEHOLDER.sub(lambda m: cited[m.group(1)].values[m.group(2)], ended)


def _cited(ids: Sequence[str], known: Mapping[str, Disclosed]) -> Mapping[str, Disclosed]:
    if not ids:
        raise Ungrounded("names no finding")
    if len(set(ids)) < len(ids) or not known.keys() >= set(ids):
        raise Ungrounded("names a finding that was not sent")
    return {id_: known[id_] for id_ in ids}


def _check_placeholders(text: str, cited: Mapping[str, Disclosed]) -> None:
    """Every placeholder is of a cited finding, and every cited finding has one."""
    used = set()
    for match in _PLACEHOLDER.finditer(text):
        id_, field = match.groups()
        if id_ not in cited or field not in cited[id_].values:
            raise Ungrounded("has an unknown placeholder")
        used.add(id_)
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        raise Ungrounded("has an unknown placeholder")
    if used != cited.keys():
        raise Ungrounded("names a finding without a placeholder of it")


def _digit(text: str) -> bool:
    return any(unicodedata.category(char).startswith("N") for char in text)


def _foreign(text: str) -> bool:
    """A letter or mark that is not an English one, such as a Cyrillic look-alike."""
    return any(unicodedata.category(c)[0] in "LM" and not c.isascii() for c in text)


def _marked(text: str) -> bool:
    # The mark itself cannot come from the answer: private-use characters were refused before.
    return _PLAIN.fullmatch(text) is None or not re.match(rf"[A-Za-z{_MARK}]", text)


# The first that holds is the reason; together they leave letters, spaces and plain punctuation.
_SHAPES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (_digit, "has a digit"),
    (_foreign, "has a letter that is not English"),
    (lambda text: "<" in text or ">" in text or "&" in text, "has HTML"),
    (lambda text: "@" in text, "has a mention"),
    (lambda text: "://" in text or re.search(r"www\.", text, re.I) is not None, "has a link"),
    (
        lambda text: re.search(r"[A-Za-z][-_/\\.][A-Za-z]", text) is not None,
        "has something like a name",
    ),
    (lambda text: _GLUED.search(text) is not None, "has something attached to a placeholder"),
    (_marked, "has markup or a character that is not plain English"),
    (lambda text: _POINTED.search(text) is not None, "has something like a name"),
)


def _check_words(bare: str, licensed: Iterable[str]) -> None:
    text = re.sub(rf"{_MARK}'s\b", _MARK, bare)
    allowed = (base_words() - NEGATIONS - SAVINGS) | frozenset(licensed)
    for match in _WORD.finditer(text):
        word = match.group()
        starts = text[: match.start()].rstrip(" (").endswith((".", ":")) or match.start() == 0
        written = word[:1].lower() + word[1:] if starts else word
        if written != word.lower() and word not in _ACRONYMS:
            raise Ungrounded("has something like a name")
        _check_word(word.lower(), allowed)


def _check_word(word: str, allowed: frozenset[str]) -> None:
    for refused, said in (
        (NUMBERS, "has a number word"),
        (VERDICTS, "has a word of judgement"),
        (SWEEPING, "speaks of everything or nothing"),
    ):
        if is_among(word, refused):
            raise Ungrounded(said)
    if is_among(word, allowed):
        return
    if is_among(word, NEGATIONS | SAVINGS):
        raise Ungrounded("says the opposite of what was found, or could")
    raise Ungrounded("has a word that is not in the list")

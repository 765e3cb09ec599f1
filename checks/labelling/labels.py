"""The labels of our domain: what they are called, what is meant by a wrong name, what fits in one.

`finops.<domain>/…` says who pays, `ai.<domain>/…` who answers for a model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_NAMES: Mapping[str, tuple[str, ...]] = {
    "finops": (
        "cost-center",
        "team",
        "tier",
        "environment",
        "ai-model-id",
        "gpu-optimization-policy",
    ),
    "ai": (
        "owner",
        "risk-class",
        "model-id",
        "model-digest",
        "evidence",
        "gpu-memory",
        "rightsizing",
    ),
}
# Other spellings of a name, folded; a slip of the finger is found by distance.
_ALSO = {"costcentre": "costcenter", "gpuoptimisationpolicy": "gpuoptimizationpolicy"}
# Names that nobody uses for something else, so that the family before them may be left out.
_UNMISTAKABLE = frozenset({"costcenter", "aimodelid", "gpuoptimizationpolicy"})
_FILLING = re.compile(r"[-_.:/ ]")
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
LONGEST_VALUE = 63
# Kubernetes takes 253 characters before the slash and 63 behind it; nothing longer is remembered.
_LONGEST = 317
# Shorter names are too close to others for a letter more or less to be a slip.
_SLIP = 8
_TWO_SLIPS = 10


def canonical(domain: str) -> tuple[str, ...]:
    """All names, as they are written."""
    return tuple(f"{family}.{domain}/{name}" for family, names in _NAMES.items() for name in names)


def meant(key: str, domain: str) -> str:
    """The one of our names that `key` is, or that it is a misspelling of; "" for a stranger's."""
    return _meant(key, domain) if len(key) <= _LONGEST else ""


@lru_cache(maxsize=8192)
def _meant(key: str, domain: str) -> str:
    prefix, slash, name = key.strip().rpartition("/")
    if slash and (family := _family(prefix.casefold(), domain)):
        found = _named(_folded(name), family)
        if found or prefix.casefold() != domain:
            return _key(found, domain)
    # finops_cost_center, finops.apexlogic.com.cost-center: one word without its slash.
    whole = _folded(key)
    for start in (f"finops{_folded(domain)}", "finops"):
        if whole.startswith(start):
            return _key(_same(whole.removeprefix(start), "finops"), domain)
    return ""


def value_fault(value: str) -> str:
    """Why a text cannot be the value of a label, "" where it can. Annotations take any text."""
    if len(value) > LONGEST_VALUE:
        return f"has {len(value)} characters, more than the {LONGEST_VALUE} that a label may have"
    if not _VALUE.fullmatch(value):
        return (
            "has characters that a label may not have (letters, digits, '-', '_' and '.' inside,"
            " a letter or digit at both ends)"
        )
    return ""


def _key(found: tuple[str, str] | None, domain: str) -> str:
    return f"{found[0]}.{domain}/{found[1]}" if found else ""


def _family(prefix: str, domain: str) -> str:
    """ "finops" or "ai" where a prefix is, or is nearly, one of ours; "any" for the bare domain."""
    if prefix == domain:
        return "any"
    family, _, rest = prefix.partition(".")
    if not _is_domain(rest, domain):
        return ""
    if family in _NAMES:
        return family
    return "finops" if _distance(_folded(family), "finops", 1) <= 1 else ""


def _is_domain(text: str, domain: str) -> bool:
    """Whether it is our domain, perhaps with a slip or another ending ("apexlogic.io")."""
    if text == domain:
        return True
    ours, theirs = domain.partition(".")[0], text.partition(".")[0]
    return len(ours) >= _SLIP - 2 and _distance(_folded(theirs), _folded(ours), 1) <= 1


def _named(name: str, family: str) -> tuple[str, str] | None:
    """The name that a folded one means; of the bare domain only those that nobody else uses."""
    if family == "any":
        return _same(name, "finops") if _ALSO.get(name, name) in _UNMISTAKABLE else None
    other = next(one for one in _NAMES if one != family)
    exact = _same(name, family) or _same(name, other)
    if exact or len(name) < _SLIP:
        return exact
    allowed = 2 if len(name) >= _TWO_SLIPS else 1
    near = [
        (_distance(name, _folded(known), allowed), known)
        for known in _NAMES[family]
        if len(_folded(known)) >= _SLIP
    ]
    best = min(near)
    return (family, best[1]) if best[0] <= allowed else None


def _same(name: str, family: str) -> tuple[str, str] | None:
    name = _ALSO.get(name, name)
    for known in _NAMES[family]:
        if _folded(known) == name:
            return family, known
    return None


def _folded(text: str) -> str:
    return _FILLING.sub("", text).casefold()


def _distance(one: str, other: str, most: int) -> int:
    """How many letters to add, drop or change make one into the other; `most` + 1 for any more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (left != right))
    return row[-1]

"""Calico's selectors: "app == 'web' && has(tier)"."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TERM = re.compile(
    r"""\s*(?:(?P<all>all\(\)|global\(\))
    | (?P<not>!\s*)?has\(\s*(?P<has>[\w./-]+)\s*\)
    | (?P<key>[\w./-]+)\s*(?P<op>==|!=)\s*(?P<quote>['"])(?P<value>[^'"]*)(?P=quote))\s*""",
    re.VERBOSE,
)


def selects_all(selector: str) -> bool:
    """Whether a selector means every pod."""
    return selector.strip() in ("", "all()")


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether a selector means these labels. What is more than terms joined by && is taken to: it
    is better to believe in a policy that is there than to miss it."""
    return selects_all(selector) or all(_fits(term, labels) for term in selector.split("&&"))


def _fits(term: str, labels: Mapping[str, str]) -> bool:
    found = _TERM.fullmatch(term)
    if found is None or found["all"]:
        return True
    if found["has"]:
        return (found["has"] in labels) != bool(found["not"])
    return (labels.get(found["key"]) == found["value"]) == (found["op"] == "==")

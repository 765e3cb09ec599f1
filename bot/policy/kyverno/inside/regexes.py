"""Go's regular expressions, as far as Python's mean the same.

RE2 takes time in proportion to the text; Python's engine may not. So this runs in the worker only.
"""

from __future__ import annotations

import re

from bot.engines.cel.library.re2 import pattern
from bot.engines.cel.values import CelError, UnsupportedError
from bot.policy.kyverno.inside.faults import Fault, Unsupported

_TEMPLATE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)
_LONGEST = 20_000


def compiled(expression: str) -> re.Pattern[str]:
    """The pattern, ready. Raises Fault where Go refuses it too, Unsupported where we do."""
    if len(expression) > _LONGEST:
        raise Unsupported(f"a regular expression of {len(expression):,} characters")
    try:
        return pattern(expression)
    except UnsupportedError as error:
        raise Unsupported(str(error)) from None
    except CelError as error:
        raise Fault(str(error)) from None


def found(expression: str, text: str) -> bool:
    """regexp.MatchString."""
    return compiled(expression).search(text) is not None


def replaced(expression: str, text: str, by: str, *, literally: bool) -> str:
    """regexp.ReplaceAllString: `$1` and `${name}` in `by` stand for groups unless `literally`."""
    regex = compiled(expression)
    parts, last, search = [], 0, 0
    while search <= len(text):
        match = regex.search(text, search)
        if match is None:
            break
        parts.append(text[last : match.start()])
        # Nothing is put in for an empty match that abuts the one before.
        if match.end() > last or match.start() == 0:
            parts.append(by if literally else _expanded(by, match))
        last = match.end()
        search = last if last > search else search + 1
    return "".join(parts) + text[last:]


def _expanded(template: str, match: re.Match[str]) -> str:
    def group(one: re.Match[str]) -> str:
        name = one[1] or one[2]
        if name is None:
            return "$"
        if name.isdigit():
            return (match[int(name)] or "") if int(name) <= match.re.groups else ""
        return (match[name] or "") if name in match.re.groupindex else ""

    return _TEMPLATE.sub(group, template)

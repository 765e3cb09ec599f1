"""What --set does that a merge of values does not."""

from __future__ import annotations

from typing import Any

# From here on Helm prints numbers as 1e+06, save those that --set has given.
_LARGE = 1_000_000


def with_digits(node: Any) -> Any:
    """Whole numbers that would lose their digits on the way to a template (a tag that is a date),
    as text."""
    if isinstance(node, dict):
        return {key: with_digits(value) for key, value in node.items()}
    if isinstance(node, list):
        return [with_digits(value) for value in node]
    if isinstance(node, int) and not isinstance(node, bool) and abs(node) >= _LARGE:
        return str(node)
    return node


def filled(node: Any, below: Any) -> Any:
    """What `a[1].b=x` parses to, with the rest of the list that was there before."""
    if isinstance(node, dict) and isinstance(below, dict):
        return {
            key: filled(value, below[key]) if key in below else value for key, value in node.items()
        }
    if isinstance(node, list) and isinstance(below, list):
        both = zip(node, below, strict=False)
        kept = [under if over is None else _over(over, under) for over, under in both]
        return [*kept, *node[len(below) :], *below[len(node) :]]
    return node


def _over(over: Any, under: Any) -> Any:
    """One item of a list laid over another."""
    over = filled(over, under)
    if isinstance(over, dict) and isinstance(under, dict):
        return {**under, **over}
    return over

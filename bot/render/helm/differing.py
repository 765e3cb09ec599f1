"""What differs from one rendering of a chart to the next: random text, keys, the time.

It says nothing about a change, so both sides get the same word in its place.
"""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import Node

# Fits where a name is expected; no amount, so that nothing is ever priced by it.
DIFFERING = "differs-at-every-rendering"


def settled(node: Node, others: Sequence[Node]) -> Node:
    """`node` with what is not the same in all `others` replaced."""
    if isinstance(node, dict) and all(
        isinstance(other, dict) and other.keys() == node.keys() for other in others
    ):
        return {
            key: settled(value, [other[key] for other in others if isinstance(other, dict)])
            for key, value in node.items()
        }
    if isinstance(node, list) and all(
        isinstance(other, list) and len(other) == len(node) for other in others
    ):
        return [
            settled(value, [other[index] for other in others if isinstance(other, list)])
            for index, value in enumerate(node)
        ]
    return node if all(other == node for other in others) else DIFFERING

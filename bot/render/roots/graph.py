"""What is built on what: who is on top, what each top reaches, and who stands on itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

_Edge = TypeVar("_Edge")


class Link(NamedTuple, Generic[_Edge]):
    """An edge to the node `to`; `by` is what made it."""

    to: str
    by: _Edge


def tops(links: Mapping[str, Sequence[Link[_Edge]]]) -> list[str]:
    """The nodes that no other one builds on, sorted; of nodes in a circle that nothing else leads
    to the first. So every node is reached from a top."""
    built_on = {link.to for name, out in links.items() for link in out if link.to != name}
    found = sorted(name for name in links if name not in built_on)
    seen: set[str] = set()
    for name in found:
        seen.update(reach(links, name, seen))
    for name in sorted(links):
        # What is left is in circles or behind them.
        if name not in seen:
            found.append(name)
            seen.update(reach(links, name, seen))
    return sorted(found)


def reach(
    links: Mapping[str, Sequence[Link[_Edge]]], start: str, known: Iterable[str] = ()
) -> Iterator[str]:
    """`start` and every node that it leads to, each once, in order of first sight; what is `known`
    already, and what only that leads to, is left out."""
    seen = set(known) if not isinstance(known, set) else known
    waiting = [start]
    found = {start: None}
    while waiting:
        name = waiting.pop()
        yield name
        for link in reversed(links.get(name, ())):
            if link.to not in found and link.to not in seen and link.to in links:
                found[link.to] = None
                waiting.append(link.to)


def circles(links: Mapping[str, Sequence[Link[_Edge]]]) -> dict[str, list[tuple[str, _Edge]]]:
    """For each node the edges out of it that close a circle, with where they lead back to: an edge
    to a node that is still being walked when all are walked in order, depth first."""
    found: dict[str, list[tuple[str, _Edge]]] = {}
    done: set[str] = set()
    for start in tops(links):
        if start in done:
            continue
        open_nodes: set[str] = {start}
        # An own stack: a chain of a hundred thousand must not end the process.
        stack = [(start, iter(links[start]))]
        while stack:
            name, edges = stack[-1]
            link = next(edges, None)
            if link is None:
                stack.pop()
                open_nodes.discard(name)
                done.add(name)
            elif link.to in open_nodes:
                found.setdefault(name, []).append((link.to, link.by))
            elif link.to not in done and link.to in links:
                open_nodes.add(link.to)
                stack.append((link.to, iter(links[link.to])))
    return found

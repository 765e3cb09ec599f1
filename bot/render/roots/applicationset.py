"""Argo CD's ApplicationSets: the Applications that they make, as far as the repository tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from bot.render.roots.argocd import application
from bot.render.roots.generators import MOST, Generators, Params, Untold
from bot.render.roots.ground import Found, Ground
from bot.render.roots.reading import At
from bot.render.roots.trouble import trouble
from checks.model import Node

# Characters of all Applications of a set together.
_MOST_TEXT = 20_000_000


def application_set(at: At, ground: Ground, found: Found) -> None:
    """The roots of the Applications that a set makes; what cannot be told is a failure, and the
    Applications that can be told are there nevertheless."""
    go = at.get("spec", "goTemplate") is True
    generators = Generators(ground, go)
    made = 0
    for index in range(len(at.items("spec", "generators"))):
        try:
            params = generators.made(at.inside("spec", "generators", index))
            made += len(params)
            _check(at, made)
            for one in params:
                rendered = _rendered(at, index, generators, one)
                application(rendered, ground, found)
        except Untold as no:
            found.failures.append(no.failure)


def _check(at: At, made: int) -> None:
    size = sum(len(text) for text in _texts(at.get("spec", "template")))
    if made > MOST or made * size > _MOST_TEXT:
        said = f"the set makes {made:,} Applications, more than are read"
        raise Untold(trouble("too-many", at.place("spec", "generators"), said))
    if at.get("spec", "templatePatch") is not None:
        said = "templatePatch is not evaluated here"
        raise Untold(trouble("applicationset-template", at.place("spec", "templatePatch"), said))


def _rendered(at: At, index: int, generators: Generators, params: Params) -> At:
    """The Application that the template makes of these parameters, on the template's lines. The
    generator's own template goes over that of the set."""
    template = at.inside("spec", "template")
    kind = next(iter(at.mapping("spec", "generators", index).keys() - {"selector"}), "")
    own = at.get("spec", "generators", index, kind, "template")
    body = _over(dict(template.body), own)
    place = template.place()
    text = lambda value: generators.text(value, params, place)  # noqa: E731
    return At(at.path, cast("dict[str, Node]", _filled(body, text)), template.lines)


def _over(body: Node, own: Node) -> Node:
    if isinstance(body, dict) and isinstance(own, dict):
        return {key: _over(body.get(key), own.get(key)) for key in (*body, *own)}
    return body if own in (None, "", [], {}) else own


def _filled(node: Node, text: Callable[[str], str]) -> Node:
    if isinstance(node, str):
        return text(node)
    if isinstance(node, dict):
        return {text(key): _filled(value, text) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, text) for value in node]
    return node


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)

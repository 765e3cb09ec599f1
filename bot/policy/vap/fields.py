"""Which field of the object an expression is about, where that is plain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from bot.engines.cel.lexer import SyntaxFault
from bot.engines.cel.parser import parse
from bot.engines.cel.syntax import Expr, Ident, Index, Literal, Macro, Select, children
from checks.model import Pointer, Resource

_OBJECT = "object"


def field_of(expression: str, resource: Resource) -> Pointer:
    """The one field that an expression looks at, or the deepest of the fields around it that the
    object has; () where it looks at several. Variables of the policy are not followed."""
    paths = _looked_at(expression)
    # `has(object.a) && object.a.b > 1` is about a.b.
    longest = {
        path
        for path in paths
        if not any(len(other) > len(path) and other[: len(path)] == path for other in paths)
    }
    if len(longest) != 1:
        return ()
    (path,) = longest
    while path and not _exists(resource, path):
        path = path[:-1]
    return path


@lru_cache(maxsize=1024)
def _looked_at(expression: str) -> frozenset[Pointer]:
    try:
        return frozenset(_paths(parse(expression)))
    except (SyntaxFault, RecursionError):
        return frozenset()


def _exists(resource: Resource, path: Pointer) -> bool:
    above, last = resource.get(*path[:-1]), path[-1]
    if isinstance(above, dict):
        return last in above
    return isinstance(above, list) and isinstance(last, int) and last < len(above)


def _paths(expr: Expr) -> Iterator[Pointer]:
    path = _path(expr)
    if path is not None:
        if path:
            yield path
        return
    if isinstance(expr, Macro) and _OBJECT in expr.names:
        return
    for child in children(expr):
        yield from _paths(child)


def _path(expr: Expr) -> Pointer | None:
    """`object.a["b"][0]` as a pointer, None for what is no such path."""
    if isinstance(expr, Ident):
        return () if expr.name == _OBJECT else None
    if isinstance(expr, Select):
        above = _path(expr.operand)
        return None if above is None else (*above, expr.field)
    if isinstance(expr, Index) and isinstance(expr.index, Literal):
        above, key = _path(expr.operand), expr.index.value
        return None if above is None or type(key) not in (str, int) else (*above, key)
    return None

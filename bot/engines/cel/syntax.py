"""The syntax tree of a CEL expression; `at` is the offset of a node in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Any
    at: int


@dataclass(frozen=True, slots=True)
class Ident:
    """A name."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`; `has(operand.field)` where it only tests, `operand.?field` if optional."""

    operand: Expr
    field: str
    at: int
    test: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """`operand[index]`, `operand[?index]` if optional."""

    operand: Expr
    index: Expr
    at: int
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """`target.name(args)`, or `name(args)` without a target. Operators have the names of CEL's
    specification, such as "_+_" and "!_"."""

    name: str
    target: Expr | None
    args: tuple[Expr, ...]
    at: int


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, ?b]`: each item with whether it is optional."""

    items: tuple[tuple[Expr, bool], ...]
    at: int


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{a: b, ?c: d}`: each entry with whether it is optional."""

    entries: tuple[tuple[Expr, Expr, bool], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Macro:
    """A comprehension or a binding over `target`: "all", "exists", "exists_one", "map", "filter",
    "sortBy", "transformList", "transformMap", "transformMapEntry", "bind", "optMap",
    "optFlatMap". `names` are the variables that it binds, `where` the optional condition."""

    kind: str
    target: Expr
    names: tuple[str, ...]
    where: Expr | None
    body: Expr
    at: int


Expr: TypeAlias = "Literal | Ident | Select | Index | Call | ListOf | MapOf | Macro"


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions that one is made of."""
    match expr:
        case Select():
            return (expr.operand,)
        case Index():
            return (expr.operand, expr.index)
        case Call():
            return ((expr.target,) if expr.target is not None else ()) + expr.args
        case ListOf():
            return tuple(item for item, _ in expr.items)
        case MapOf():
            return tuple(part for key, value, _ in expr.entries for part in (key, value))
        case Macro():
            where = (expr.where,) if expr.where is not None else ()
            return (expr.target, *where, expr.body)
        case _:
            return ()

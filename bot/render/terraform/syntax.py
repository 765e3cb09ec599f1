"""The syntax tree of Terraform's language: expressions, attributes and blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Expr: TypeAlias = (
    "Literal | Template | Name | Attr | Index | Each | Splat | Call | Unary | Binary | Choice"
    " | Tuple | Object | For | Joined"
)


class HclError(Exception):
    """Text that is not HCL; the message is for people."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line, self.message = line, message


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A number, a text without interpolation, true, false or null."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Text with interpolations: its parts, to be put together."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The first step of a reference: var, local, each, aws_instance, …"""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attr:
    """`of.name`"""

    of: Expr
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """`of[key]`"""

    of: Expr
    key: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """The element that a splat is at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splat:
    """`of[*]…`: `step`, which has Each in it, for every element."""

    of: Expr
    step: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`name(args…)`; with `spread` the last argument is a list of arguments."""

    name: str
    args: tuple[Expr, ...]
    spread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """`-x` or `!x`"""

    op: str
    of: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """`left op right`"""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`test ? yes : no`"""

    test: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuple:
    """`[a, b]`"""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """`{ key = value }`; a bare key is a Literal."""

    items: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    """`[for k, v in of : value if test]`, an object where there is a `key`; `group` is `...`."""

    names: tuple[str, ...]
    of: Expr
    key: Expr | None
    value: Expr
    test: Expr | None
    group: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """`%{ for … }`: the texts of a For, one after the other."""

    of: For


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`name = expr`, with the line it begins on and its expression as written."""

    name: str
    expr: Expr
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`type "label" { … }`"""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stands between braces, or in a file."""

    attributes: Mapping[str, Attribute]
    blocks: tuple[Block, ...]

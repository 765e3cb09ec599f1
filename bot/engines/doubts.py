"""Bodies of rules that can never hold, from regorus' syntax tree. Runs in the worker only.

Only what is certain is doubted: constants that are false, and one value that would have to be two.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

_Tree: TypeAlias = dict[str, Any]
_Path: TypeAlias = tuple[str, ...]

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": operator.eq,
    "Ne": operator.ne,
    "Lt": operator.lt,
    "Le": operator.le,
    "Gt": operator.gt,
    "Ge": operator.ge,
}
_CONSTANTS = ("String", "RawString", "Number", "Bool")
_LISTS = ("Array", "Set", "Object")


def doubts(tree: _Tree) -> list[list[Any]]:
    """[line, why] of each body of the module's rules that can never hold."""
    found = [doubt for rule in tree["rules"] for doubt in _of_rule(rule)]
    return [list(doubt) for doubt in dict.fromkeys(found)]


def _of_rule(rule: _Tree) -> Iterator[tuple[int, str]]:
    for body in rule.get("Spec", {}).get("bodies", ()):
        if body["query"]:
            yield from _of_query(body["query"]["stmts"])


def _of_query(statements: list[_Tree]) -> Iterator[tuple[int, str]]:
    called: dict[str, _Path] = {}
    must: dict[_Path, Any] = {}
    must_not: dict[_Path, list[Any]] = {}
    for statement in statements:
        # Under a `with`, what a path leads to is something else.
        if statement.get("with_mods"):
            continue
        line = statement["span"]["line"]
        why = _false(statement["literal"])
        if why:
            yield line, why
            continue
        _learn(statement["literal"], called)
        for path, value, same in _demands(statement["literal"], called):
            name = ".".join(path)
            if same and path in must and must[path] != value:
                yield line, f"{name} cannot be {_shown(must[path])} and {_shown(value)}"
            elif same and value in must_not.get(path, ()):
                yield line, f"{name} cannot be {_shown(value)} and not be it"
            elif not same and path in must and must[path] == value:
                yield line, f"{name} cannot be {_shown(value)} and not be it"
            elif same:
                must[path] = value
            else:
                must_not.setdefault(path, []).append(value)


def _false(literal: _Tree) -> str:
    """Why a statement is false whatever the input is, "" where it need not be."""
    kind, body = next(iter(literal.items()))
    if kind == "SomeIn":
        name, value = next(iter(body["collection"].items()))
        empty = name in _LISTS and not (value.get("items") or value.get("fields"))
        return "nothing is in an empty collection" if empty else ""
    if kind not in ("Expr", "NotExpr"):
        return ""
    truth = _truth(body["expr"])
    if truth is None or truth == (kind == "Expr"):
        return ""
    return "this is always false"


def _truth(expression: _Tree) -> bool | None:
    """Whether an expression of constants is true; None where it is not one."""
    name, value = next(iter(expression.items()))
    if name == "Bool":
        return bool(value["value"])
    if name != "BoolExpr":
        return None
    left, right = (_constant(value[side]) for side in ("lhs", "rhs"))
    if left is None or right is None or type(left) is not type(right):
        return None
    return _COMPARED[value["op"]](left, right) if value["op"] in _COMPARED else None


def _learn(literal: _Tree, called: dict[str, _Path]) -> None:
    """Note `name := input.a.b`."""
    body = literal.get("Expr", {}).get("expr", {}).get("AssignExpr")
    if body and "Var" in body["lhs"]:
        path = _path(body["rhs"], called)
        if path:
            called[body["lhs"]["Var"]["value"]] = path


def _demands(literal: _Tree, called: dict[str, _Path]) -> Iterator[tuple[_Path, Any, bool]]:
    """(path, constant, whether it must be that or must not) of an equation."""
    if "Expr" not in literal:
        return
    name, body = next(iter(literal["Expr"]["expr"].items()))
    if name != "AssignExpr" and not (name == "BoolExpr" and body["op"] in ("Eq", "Ne")):
        return
    same = name == "AssignExpr" or body["op"] == "Eq"
    for one, other in ((body["lhs"], body["rhs"]), (body["rhs"], body["lhs"])):
        value, path = _constant(one), _path(other, called)
        if value is not None and path:
            yield path, value, same


def _constant(node: _Tree) -> Any:
    name, value = next(iter(node.items()))
    return value["value"] if name in _CONSTANTS else None


def _path(node: _Tree, called: dict[str, _Path]) -> _Path:
    """The steps of a reference to one single value, () where it may be several."""
    name, value = next(iter(node.items()))
    if name == "Var":
        text = str(value["value"])
        return () if text.startswith("_") else called.get(text, (text,))
    if name == "RefDot" and value["field"]:
        above = _path(value["refr"], called)
        return (*above, str(value["field"][1])) if above else ()
    if name == "RefBrack" and "String" in value["index"]:
        above = _path(value["refr"], called)
        return (*above, str(value["index"]["String"]["value"])) if above else ()
    return ()


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()

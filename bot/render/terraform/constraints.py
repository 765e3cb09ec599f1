"""Type constraints of variables: what a value becomes when it is given to one."""

from __future__ import annotations

from bot.render.terraform.evaluate import Scope, evaluate
from bot.render.terraform.syntax import Call, Expr, Literal, Name, Object, Tuple
from bot.render.terraform.values import (
    EvalError,
    Lazy,
    Set,
    Unknown,
    Value,
    boolean,
    number,
    text,
)


def converted(value: Value, kind: Expr, scope: Scope) -> Value:
    """`value` as the type constraint `kind` has it, with the defaults of optional attributes.

    Unknown parts stay. Raises EvalError where the value does not fit.
    """
    scope.budget.spend()
    if value is None or isinstance(value, (Unknown, Lazy)):
        return value
    if isinstance(kind, Literal) and isinstance(kind.value, str):
        # As Terraform 0.11 had it: type = "string".
        kind = Name(name=kind.value)
    if isinstance(kind, Name):
        return _simple(value, kind.name)
    if isinstance(kind, Call) and len(kind.args) == 1:
        return _composed(value, kind.name, kind.args[0], scope)
    raise EvalError("the type of the variable cannot be read")


def _simple(value: Value, name: str) -> Value:
    match name:
        case "string":
            return text(value)
        case "number":
            return number(value)
        case "bool":
            return boolean(value)
        case "list" | "map" | "any" | "set":
            return Set.of(value) if name == "set" and isinstance(value, list) else value
    raise EvalError(f"there is no type {name!r}")


def _composed(value: Value, name: str, inner: Expr, scope: Scope) -> Value:
    if name == "object" and isinstance(inner, Object) and isinstance(value, dict):
        return _object(value, inner, scope)
    if name == "tuple" and isinstance(inner, Tuple) and isinstance(value, list):
        kinds = zip(value, inner.items, strict=False)
        return [converted(item, kind, scope) for item, kind in kinds]
    if name == "map" and isinstance(value, dict):
        return {key: converted(item, inner, scope) for key, item in value.items()}
    if name in ("list", "set") and isinstance(value, list):
        items = [converted(item, inner, scope) for item in value]
        known = name == "set" and not any(isinstance(item, (Unknown, Lazy)) for item in items)
        return Set.of(items) if known else items
    if name == "optional":
        return converted(value, inner, scope)
    raise EvalError(f"the value is no {name}")


def _object(value: dict[str, Value], kinds: Object, scope: Scope) -> dict[str, Value]:
    """The attributes that the type names, and only those, as Terraform has it."""
    found: dict[str, Value] = {}
    for key, kind in kinds.items:
        name = key.value if isinstance(key, Literal) else None
        if not isinstance(name, str):
            raise EvalError("the type of the variable cannot be read")
        given = value.get(name)
        if isinstance(kind, Call) and kind.name == "optional" and kind.args:
            if given is None and len(kind.args) > 1:
                given = evaluate(kind.args[1], scope)
            kind = kind.args[0]
        elif name not in value:
            raise EvalError(f"the attribute {name!r} is missing")
        found[name] = converted(given, kind, scope)
    return found

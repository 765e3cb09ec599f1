"""Which provider makes a resource, and how modules hand providers on."""

from __future__ import annotations

from collections.abc import Mapping

from bot.render.terraform.syntax import Attr, Body, Expr, Literal, Name, Object


def provider_name(expr: Expr | None) -> str:
    """How a reference to a provider is written: "aws", "aws.west"; "" for none."""
    if isinstance(expr, Name):
        return expr.name
    if isinstance(expr, Attr) and isinstance(expr.of, Name):
        return f"{expr.of.name}.{expr.name}"
    return expr.value if isinstance(expr, Literal) and isinstance(expr.value, str) else ""


def handed_on(call: Body) -> Mapping[str, str]:
    """The providers that a module call hands on: their names there → here."""
    given = call.attributes.get("providers")
    if given is None or not isinstance(given.expr, Object):
        return {}
    return {provider_name(key): provider_name(value) for key, value in given.expr.items}

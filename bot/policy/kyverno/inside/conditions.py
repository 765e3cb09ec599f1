"""Conditions: `any`, `all`, and the old list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno.inside import operators
from bot.policy.kyverno.inside.context import Context
from bot.policy.kyverno.inside.faults import Fault


def met(conditions: Any, context: Context) -> tuple[bool, str]:
    """Whether conditions hold, and what those say that decided. Raises Fault."""
    if conditions is None:
        return True, ""
    if isinstance(conditions, list):
        return _old(conditions, context)
    if not isinstance(conditions, dict):
        raise Fault("invalid condition")
    return _any_and_all(conditions, context)


def _old(conditions: list[Any], context: Context) -> tuple[bool, str]:
    said = []
    for one in conditions:
        holds, message = _one(one, context)
        if not holds:
            return False, message
        said.append(message)
    return True, _joined(said, ";")


def _any_and_all(conditions: Mapping[str, Any], context: Context) -> tuple[bool, str]:
    true: list[str] = []
    false: list[str] = []
    one_of, each_of = conditions.get("any"), conditions.get("all")
    any_holds, all_hold = one_of is None, True
    for one in one_of or []:
        any_holds, message = _one(one, context)
        (true if any_holds else false).append(message)
        if any_holds:
            break
    for one in each_of or []:
        all_hold, message = _one(one, context)
        (true if all_hold else false).append(message)
        if not all_hold:
            break
    holds = any_holds and all_hold
    return holds, _joined(true if holds else false, "; ")


def _one(condition: Any, context: Context) -> tuple[bool, str]:
    if not isinstance(condition, dict):
        raise Fault("invalid condition")
    key = _loose(context.substituted(_loose(condition.get("key"))))
    value = _loose(context.substituted(_loose(condition.get("value"))))
    holds = operators.holds(str(condition.get("operator") or ""), key, value)
    return holds, str(condition.get("message") or "")


def _loose(value: Any) -> Any:
    """A number that stands by itself is a float to Kyverno; one in a list stays what it is."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole else value


def _joined(messages: list[str], separator: str) -> str:
    return separator.join(one for one in messages if one)

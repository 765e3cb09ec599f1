"""The operators of conditions: a key, a value, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.policy.kyverno.inside import durations, quantities, scalars, versions
from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.gotext import sprint
from bot.policy.kyverno.inside.jmespath.encodings import strict_json
from bot.policy.kyverno.inside.jmespath.query import same
from bot.policy.kyverno.inside.jmespath.standard import parse_float
from bot.policy.kyverno.wildcard import matches

_Pair = tuple[int, int]


def holds(operator: str, key: Any, value: Any) -> bool:
    """Whether a condition holds. Raises Fault for an operator that there is not."""
    name = operator.lower()
    if name in _SETS:
        return _SETS[name](key, value)
    if name in ("equal", "equals"):
        return _equal(key, value)
    if name in ("notequal", "notequals"):
        return _not_equal(key, value)
    if name in _ORDER:
        # Only in these is the case of the letters looked at once more.
        exact = operator in _EXACT
        return exact and _ordered(name.removeprefix("duration"), name, key, value)
    raise Fault(f"failed to create handler for condition operator: {operator}")


def known(operator: Any) -> bool:
    """Whether there is such an operator."""
    name = str(operator).lower()
    return name in _SETS or name in _ORDER or name in ("equal", "equals", "notequal", "notequals")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _durations(key: Any, value: Any) -> _Pair | None:
    """Both as durations, a number being seconds; None where neither is written as one."""
    pair = [
        durations.parse(one) if isinstance(one, str) and one != "0" else None
        for one in (key, value)
    ]
    if pair[0] is None and pair[1] is None:
        return None
    for at, one in enumerate((key, value)):
        if pair[at] is None:
            if not _number(one):
                return None
            pair[at] = int(one) * durations.SECOND
    return pair[0] or 0, pair[1] or 0


def _equal(key: Any, value: Any) -> bool:
    if isinstance(key, bool):
        return isinstance(value, bool) and key is value
    if _number(key):
        return _equal_number(key, value)
    if isinstance(key, str):
        return _equal_text(key, value)
    if isinstance(key, dict | list):
        return same(key, value)
    return False


def _equal_number(key: int | float, value: Any) -> bool:
    if _number(value):
        return bool(key == value)
    if isinstance(value, str):
        read = scalars.parse_int(value) if isinstance(key, int) else parse_float(value)
        return read is not None and read == key
    return False


def _equal_text(key: str, value: Any) -> bool:
    pair = _durations(key, value)
    if pair is not None:
        return durations.seconds(pair[0]) == durations.seconds(pair[1])
    if not isinstance(value, str):
        return False
    amount = quantities.parse(key)
    if amount is not None:
        other = quantities.parse(value)
        return other is not None and amount.amount == other.amount
    return matches(value, key)


def _not_equal(key: Any, value: Any) -> bool:
    if key is None:
        return False
    if isinstance(key, str) and value == "" and quantities.parse(key) is not None:
        return True
    return not _equal(key, value)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    **{
        prefix + name: compare
        for prefix in ("", "duration")
        for name, compare in (
            ("greaterthanorequals", lambda a, b: a >= b),
            ("greaterthan", lambda a, b: a > b),
            ("lessthanorequals", lambda a, b: a <= b),
            ("lessthan", lambda a, b: a < b),
        )
    }
}
_EXACT = {
    prefix + name
    for prefix in ("", "Duration")
    for name in ("GreaterThanOrEquals", "GreaterThan", "LessThanOrEquals", "LessThan")
}


def _ordered(plain: str, name: str, key: Any, value: Any) -> bool:
    compare = _ORDER[plain]
    if name.startswith("duration"):
        one, other = _as_duration(key), _as_duration(value)
        return one is not None and other is not None and compare(one, other)
    if isinstance(key, bool) or isinstance(value, bool):
        return False
    if isinstance(key, str):
        return _ordered_text(compare, key, value)
    return _number(key) and _ordered_number(compare, key, value)


def _as_duration(value: Any) -> int | None:
    if isinstance(value, str):
        return durations.parse(value)
    return int(value) * durations.SECOND if _number(value) else None


def _ordered_number(compare: Callable[[Any, Any], bool], key: Any, value: Any) -> bool:
    if _number(value):
        return compare(float(key), float(value))
    if not isinstance(value, str):
        return False
    pair = _durations(key, value)
    if pair is not None:
        return compare(durations.seconds(pair[0]), durations.seconds(pair[1]))
    number = parse_float(value)
    return number is not None and compare(float(key), number)


def _ordered_text(compare: Callable[[Any, Any], bool], key: str, value: Any) -> bool:
    pair = _durations(key, value)
    if pair is not None:
        return compare(durations.seconds(pair[0]), durations.seconds(pair[1]))
    one = quantities.parse(key)
    other = quantities.parse(value) if isinstance(value, str) else None
    if one is not None and other is not None:
        return compare(one.amount, other.amount)
    number = parse_float(key)
    if number is not None:
        return _ordered_number(compare, number, value)
    version = versions.parse(key)
    limit = versions.parse(value) if isinstance(value, str) else None
    return (
        version is not None and limit is not None and compare(versions.compare(version, limit), 0)
    )


def _alike(one: str, other: str) -> bool:
    return matches(one, other) or matches(other, one)


def _texts(value: Any) -> list[str] | None:
    """A text as a list: what its JSON is, itself where it is none; None where its JSON is not of
    texts."""
    try:
        found = strict_json(value)
    except ValueError:
        return [value]
    except RecursionError:
        raise Unsupported("a value of a condition that is nested too deep") from None
    if found is None:
        return []
    if isinstance(found, list) and all(one is None or isinstance(one, str) for one in found):
        return [one or "" for one in found]
    return None


def _in_range(value: Any) -> bool:
    return isinstance(value, str) and scalars.operator_of(value) == scalars.IN_RANGE


def _one_in(key: str, value: Any) -> bool | None:
    """Whether a text is among a value; None where the value is of a wrong type."""
    if isinstance(value, list):
        return any(_alike(sprint(one), key) for one in value)
    if not isinstance(value, str):
        return None
    if matches(value, key):
        return True
    if _in_range(value):
        return scalars.fits(key, value)
    texts = _texts(value)
    return None if texts is None else key in texts


def _set(negative: bool, whole: Callable[[Sequence[str], Any], bool | None]) -> Any:
    def test(key: Any, value: Any) -> bool:
        if isinstance(key, list):
            return whole([sprint(one) for one in key], value) is True
        if isinstance(key, str | int | float):
            found = _one_in(sprint(key), value)
            return found is not None and found is not negative
        return False

    return test


def _list_of(value: Any) -> list[str] | None:
    if isinstance(value, list):
        return [sprint(one) for one in value]
    return _texts(value) if isinstance(value, str) else None


def _among(key: str, values: Sequence[str]) -> bool:
    return any(_alike(key, one) for one in values)


def _any_in(keys: Sequence[str], value: Any) -> bool | None:
    if list(keys) == [value]:
        return True
    if _in_range(value):
        return any(scalars.fits(key, value) for key in keys)
    values = [sprint(value)] if _number(value) or isinstance(value, bool) else _list_of(value)
    return None if values is None else any(_among(key, values) for key in keys)


def _any_not_in(keys: Sequence[str], value: Any) -> bool | None:
    if list(keys) == [value]:
        return False
    if _in_range(value):
        return any(scalars.fits(key, value.replace("-", "!-", 1)) for key in keys)
    values = [sprint(value)] if _number(value) or isinstance(value, bool) else _list_of(value)
    return None if values is None else not all(_among(key, values) for key in keys)


def _all_in(keys: Sequence[str], value: Any) -> bool | None:
    if list(keys) == [value]:
        return True
    if _in_range(value):
        return all(scalars.fits(key, value) for key in keys)
    values = _list_of(value)
    return None if values is None else all(_among(key, values) for key in keys)


def _all_not_in(keys: Sequence[str], value: Any) -> bool | None:
    if list(keys) == [value]:
        return False
    if _in_range(value):
        return not any(scalars.fits(key, value) for key in keys)
    values = _list_of(value)
    return None if values is None else not any(_among(key, values) for key in keys)


def _old(negative: bool) -> Any:
    """In and NotIn, which go by equality where both are lists."""

    def test(key: Any, value: Any) -> bool:
        if isinstance(key, list):
            return _old_set(key, value, negative)
        if not isinstance(key, str | int | float):
            return False
        text = sprint(key)
        if isinstance(value, list):
            found = any(_alike(sprint(one), text) for one in value)
        elif isinstance(value, str):
            texts = _json_texts(value)
            found = matches(value, text) or text in (texts or ())
            if texts is None and not found:
                return False
        else:
            return False
        return found is not negative

    return test


def _old_set(key: list[Any], value: Any, negative: bool) -> bool:
    if not all(isinstance(one, str) for one in key):
        # Kyverno itself ends here.
        raise Unsupported("In or NotIn with a key that is a list of other things than texts")
    if isinstance(value, str):
        if key == [value]:
            return True
        values = _json_texts(value)
    else:
        texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
        values = value if texts else None
    if values is None:
        return False
    within = set(key) <= set(values)
    return not within if negative else within


def _json_texts(value: str) -> list[str] | None:
    try:
        strict_json(value)
    except ValueError:
        return None
    return _texts(value)


_SETS: dict[str, Callable[[Any, Any], bool]] = {
    "in": _old(negative=False),
    "notin": _old(negative=True),
    "anyin": _set(False, _any_in),
    "allin": _set(False, _all_in),
    "anynotin": _set(True, _any_not_in),
    "allnotin": _set(True, _all_not_in),
}

"""Functions over texts and numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from bot.render.terraform.values import EvalError, Value, boolean, number, text, tidy

_VERB = re.compile(r"%(?:%|([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z]))")
_LONGEST_PATTERN = 1000
_WIDEST = 1000


def _format(pattern: Value, *args: Value) -> str:
    waiting = list(args)

    def filled(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if not waiting:
            raise EvalError("format() has fewer values than it wants")
        return _formatted(found[1], found[2], found[3], found[4], waiting.pop(0))

    made = _VERB.sub(filled, text(pattern))
    if waiting:
        raise EvalError("format() has more values than it wants")
    return made


def _formatted(flags: str, width: str, precision: str | None, verb: str, value: Value) -> str:
    if int(width or 0) > _WIDEST or int(precision or 0) > _WIDEST:
        raise EvalError("format() makes too long a text")
    if verb == "v":
        verb = "s"
    spec = f"%{flags}{width}" + (f".{precision}" if precision is not None else "")
    if verb in "sq":
        if isinstance(value, (list, dict)):
            raise EvalError("format() cannot show a list or a map")
        shown = f'"{text(value)}"' if verb == "q" else text(value)
        return (spec + "s") % shown
    if verb == "t":
        return text(boolean(value))
    if verb in "doxX":
        return (spec + verb) % int(number(value))
    if verb in "eEfgG":
        return (spec + verb) % number(value)
    if verb == "b":
        return f"{int(number(value)):{flags}{width}b}"
    raise EvalError(f"format() has no %{verb}")


def _formatlist(pattern: Value, *args: Value) -> list[Value]:
    sizes = {len(arg) for arg in args if isinstance(arg, list)}
    if len(sizes) > 1:
        raise EvalError("the lists are of different lengths")
    count = sizes.pop() if sizes else 1
    return [
        _format(pattern, *(arg[at] if isinstance(arg, list) else arg for arg in args))
        for at in range(count)
    ]


def _compiled(pattern: str) -> re.Pattern[str]:
    if len(pattern) > _LONGEST_PATTERN:
        raise EvalError("the pattern is too long")
    try:
        return re.compile(pattern)
    except (re.error, RecursionError) as error:
        raise EvalError("the pattern cannot be read") from error


def _captured(found: re.Match[str]) -> Value:
    if found.groupdict():
        return dict(found.groupdict())
    return list(found.groups()) if found.groups() else found[0]


def _regex(pattern: Value, subject: Value) -> Value:
    found = _compiled(text(pattern)).search(text(subject))
    if found is None:
        raise EvalError("the pattern does not match")
    return _captured(found)


def _regexall(pattern: Value, subject: Value) -> list[Value]:
    return [_captured(found) for found in _compiled(text(pattern)).finditer(text(subject))]


def _replace(subject: Value, old: Value, new: Value) -> str:
    pattern, by = text(old), text(new)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        # $1 and ${1} there, \g<1> here.
        by = re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", by.replace("\\", "\\\\"))
        return _compiled(pattern[1:-1]).sub(by, text(subject))
    return text(subject).replace(pattern, by)


def _substr(subject: Value, offset: Value, length: Value) -> str:
    full, start, size = text(subject), int(number(offset)), int(number(length))
    start = max(0, start + len(full)) if start < 0 else start
    return full[start:] if size < 0 else full[start : start + size]


def _join(separator: Value, *lists: Value) -> str:
    return text(separator).join(text(item) for part in lists for item in part)


def _indent(spaces: Value, subject: Value) -> str:
    return text(subject).replace("\n", "\n" + " " * min(int(number(spaces)), _WIDEST))


def _log(value: Value, base: Value) -> Value:
    return tidy(math.log(number(value), number(base)))


def _pow(value: Value, exponent: Value) -> Value:
    if abs(number(exponent)) > 1000 or abs(number(value)) > 1e9:
        raise EvalError("the number is too large")
    return tidy(number(value) ** number(exponent))


def _sign(value: Value) -> int:
    found = number(value)
    return (found > 0) - (found < 0)


def _tonumber(value: Value) -> Value:
    return None if value is None else number(value)


def _tostring(value: Value) -> Value:
    return None if value is None else text(value)


def _tobool(value: Value) -> Value:
    return None if value is None else boolean(value)


def _most(choose: Callable[[list[int | float]], int | float]) -> Callable[..., Value]:
    return lambda *args: choose([number(arg) for arg in args])


TABLE: Mapping[str, Callable[..., Value]] = {
    "abs": lambda value: abs(number(value)),
    "ceil": lambda value: math.ceil(number(value)),
    "chomp": lambda value: text(value).rstrip("\r\n"),
    "endswith": lambda value, end: text(value).endswith(text(end)),
    "floor": lambda value: math.floor(number(value)),
    "format": _format,
    "formatlist": _formatlist,
    "indent": _indent,
    "join": _join,
    "log": _log,
    "lower": lambda value: text(value).lower(),
    "max": _most(max),
    "min": _most(min),
    "parseint": lambda value, base: int(text(value), int(number(base))),
    "pow": _pow,
    "regex": _regex,
    "regexall": _regexall,
    "replace": _replace,
    "signum": _sign,
    "split": lambda by, value: text(value).split(text(by)),
    "startswith": lambda value, start: text(value).startswith(text(start)),
    "strcontains": lambda value, part: text(part) in text(value),
    "strrev": lambda value: text(value)[::-1],
    "substr": _substr,
    "title": lambda value: re.sub(r"\b[a-z]", lambda m: m[0].upper(), text(value)),
    "tobool": _tobool,
    "tonumber": _tonumber,
    "tostring": _tostring,
    "trim": lambda value, chars: text(value).strip(text(chars)),
    "trimprefix": lambda value, start: text(value).removeprefix(text(start)),
    "trimspace": lambda value: text(value).strip(),
    "trimsuffix": lambda value, end: text(value).removesuffix(text(end)),
    "upper": lambda value: text(value).upper(),
}

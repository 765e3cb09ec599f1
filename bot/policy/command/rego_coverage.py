"""Which definitions of `deny`, `violation` and `warn` a Rego test made object, and which it asked
in vain: read from the lines that something came of.

The line of a definition's head counts only where its body held, if the two do not share a line. So
the modules are covered in a form in which they never do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.engines.program import Module, Rule

_MODERN = re.compile(rb"\A(?P<head>.*?)\bif\b[ \t]*(?P<rest>.*)\Z", re.DOTALL)
_OLD = re.compile(rb"\A(?P<head>\w+(?:\[.*?\])?(?:\s*:?=[^{\n]*)?)\s*(?P<rest>\{.*)\Z", re.DOTALL)
_BARE = re.compile(rb"\w+\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A module with heads and bodies on lines of their own; `places` are [first, after the last]
    line of each definition in `text` that the test asks for."""

    module: Module
    text: str
    places: tuple[tuple[Rule, int, int], ...]


def rule_id(module: Module, rule: Rule) -> str:
    """What findings call a definition's rule."""
    return f"rego/{'.'.join((*module.package, rule.name))}"


def key(rule: str, path: str, line: int) -> str:
    """A definition, where several have one rule's id."""
    return f"{rule} {path}:{line}"


def asks(modules: Sequence[Module], module: Module, rule: Rule) -> bool:
    """Whether another of the modules refers to a rule. The engine evaluates a package as a whole,
    so lines alone would tell too much."""
    whole = (*module.package, rule.name)
    for other in modules:
        if other is module:
            continue
        if any(path == whole[: len(path)] or path[: len(whole)] == whole for path in other.data):
            return True
        local = other.package == module.package
        if local and rule.name in other.names | {path[0] for path in other.calls}:
            return True
    return False


def spread(module: Module, modules: Sequence[Module]) -> Spread:
    """The module as it is covered by a test that needs `modules`."""
    text = module.source.text.encode()
    parts: list[bytes] = []
    places: list[tuple[Rule, int, int]] = []
    at = 0
    for rule in module.entries():
        parts += [text[at : rule.start], _apart(text[rule.start : rule.end], old=module.v0)]
        at = rule.end
        end = b"".join(parts).count(b"\n") + 1
        if asks(modules, module, rule):
            places.append((rule, end - parts[-1].count(b"\n"), end + 1))
    parts.append(text[at:])
    return Spread(module=module, text=b"".join(parts).decode(), places=tuple(places))


def _apart(rule: bytes, *, old: bool) -> bytes:
    found = (_OLD if old else _MODERN).match(rule)
    if found is None:
        return rule
    head, rest = found["head"], found["rest"]
    if _BARE.fullmatch(head):
        # Without a value, a head is on no line at all.
        head += b" = true " if old else b" := true "
    return head + (b"{\n" + rest[1:] if old else b"if\n" + rest)


def exercised(
    spreads: Sequence[Spread], covered: Mapping[str, frozenset[int]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(denied, allowed): the keys of the definitions that objected, and that were asked and did
    not."""
    denied: list[str] = []
    allowed: list[str] = []
    for rule, name, lines in _asked(spreads, covered):
        (denied if rule in lines else allowed).append(name)
    return tuple(denied), tuple(allowed)


def _asked(
    spreads: Sequence[Spread], covered: Mapping[str, frozenset[int]]
) -> Iterator[tuple[int, str, set[int]]]:
    for one in spreads:
        path = one.module.source.path
        for rule, first, after in one.places:
            lines = set(covered.get(path, ())) & set(range(first, after))
            if lines:
                yield first, key(rule_id(one.module, rule), path, rule.line), lines

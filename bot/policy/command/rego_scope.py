"""Which files a Rego test is run with.

OPA loads everything that it is given at once, so that two folders which each have a `package main`
are in each other's way. Here a test is run with the files of the nearest folder that has all that
it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.engines.plan import needed, undefined
from bot.engines.program import Module, Path

_MOCK = re.compile(r"\bwith\s+(?:data\.)?([A-Za-z_][\w.]*)\s+as\b")
# What Gatekeeper gives its policies; without a mock it is undefined there as well.
_GIVEN = (("inventory",),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The modules that a test needs, its own first, and why it cannot be run ("" if it can)."""

    modules: tuple[Module, ...]
    missing: str = ""


def scope(test: Module, below: Callable[[str], Sequence[Module]]) -> Scope:
    """What a test module is run with; `below` gives the modules of a folder and under it."""
    mocked = [tuple(name.split(".")) for name in _MOCK.findall(test.source.text)]
    everything = below("")
    for folder in _upwards(test.source.path):
        near = everything if not folder else below(folder)
        found = needed(near, test)
        absent = [
            path
            for module in found
            for path in undefined(near, module)
            if not any(_overlap(path, other) for other in (*mocked, *_GIVEN))
        ]
        if not folder or not (absent or _elsewhere(test, near, everything)):
            break
    said = _refused(found, mocked)
    if absent:
        name = ".".join(("data", *absent[0]))
        said = f"no Rego file defines {name}, and data files are not read"
    return Scope(modules=tuple(found), missing=said)


def _upwards(path: str) -> Iterator[str]:
    """The folder of a path, and each above it up to the root, which is ""."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _elsewhere(test: Module, near: Sequence[Module], everything: Sequence[Module]) -> bool:
    """Whether the test's own package has what it uses only further away: a function, or all."""
    here, there = (_defined(test, one) - test.defines for one in (near, everything))
    local = test.names | {path[0] for path in test.calls}
    return bool(test.unknown & (there - here)) or bool(local & there and not local & here)


def _defined(test: Module, modules: Sequence[Module]) -> set[str]:
    return {name for one in modules if one.package == test.package for name in one.defines}


def _overlap(path: Path, other: Path) -> bool:
    shorter = min(len(path), len(other))
    return path[:shorter] == other[:shorter]


def _refused(modules: Sequence[Module], mocked: Sequence[Path]) -> str:
    """What the modules call that has no answer here, unless the test answers in its place."""
    for module in modules:
        for name, why in module.refused.items():
            if tuple(name.split(".")) not in mocked:
                line = module.calls.get(tuple(name.split(".")), 0)
                return f"{name} cannot be called: {why} ({module.source.path}:{line})"
    return ""

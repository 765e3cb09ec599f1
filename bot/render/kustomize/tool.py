"""Which kustomize there is: a program of its own, or the one in kubectl."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.render import sandbox

# From these on the origins of objects are told for all kinds of sources, and cycles are found.
_OLDEST = {"kustomize": (5, 0), "kubectl": (1, 27)}
_ASK = {"kustomize": ("version",), "kubectl": ("version", "--client")}
_BUILD = {"kustomize": ("build",), "kubectl": ("kustomize",)}
_NUMBER = re.compile(r"v(\d+)\.(\d+)(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Tool:
    """How to build: `command` and then the directory. `version` is "" where nothing fits, and `why`
    then says what is wrong with what there is."""

    version: str = ""
    command: tuple[str, ...] = ()
    why: str = "there is no kustomize and no kubectl where plumbline runs"


def tool() -> Tool:
    """What is on the PATH now, kustomize before kubectl."""
    return _on(os.environ.get("PATH", os.defpath))


def version() -> str:
    """The tool and its version, "" where there is none that can be used."""
    return tool().version


@cache
def _on(path: str) -> Tool:
    found = Tool()
    for name in _OLDEST:
        program = shutil.which(name, path=path)
        if program is not None:
            found = _asked(name, program)
            if found.version:
                return found
    return found


def _asked(name: str, program: str) -> Tool:
    said = _output((program, *_ASK[name]))
    numbers = _NUMBER.search(said)
    if numbers is None:
        return Tool(why=f"the {name} where plumbline runs does not tell its version")
    oldest = _OLDEST[name]
    if (int(numbers[1]), int(numbers[2])) < oldest:
        wanted = ".".join(map(str, oldest))
        return Tool(why=f"{name} {numbers[0]} is too old: {wanted} is the oldest that is used")
    whole = f"{name} {' '.join(found[0] for found in _NUMBER.finditer(said))}"
    return Tool(version=whole, command=(program, *_BUILD[name]), why="")


def _output(command: Sequence[str]) -> str:
    mib = 1024 * 1024
    ran = sandbox.run(command, cwd=Path("/"), seconds=20, memory_bytes=512 * mib, output_bytes=mib)
    return ran.stdout.decode("utf-8", "replace")

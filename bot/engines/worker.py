"""The worker: the only process that runs Rego. It is told what to do through a pipe, has no
secrets in its environment, and may die at any moment without harm."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import regorus  # type: ignore[import-untyped]

from bot.engines import builtins, frames, unknown
from bot.engines.group import Group
from bot.engines.reader import Reader
from bot.engines.serving import say, serve
from bot.engines.shared import NOTHING, Shared

# What a policy may say about one object, as JSON.
_ANSWER_BYTES = 256 * 1024
# Of what is said in one message: so much is enough for it.
_TOGETHER_BYTES = 1024 * 1024
_LINE_COLUMNS = 100_000
_FILE_LINES = 50_000
# How the engine passes on what `unknown.raising` says.
_OURS = re.compile(rf"^extension '{re.escape(unknown.NAME)}' raises Python error: \w+: ")
_PLACE = re.compile(r"^--> (.+?):(\d+):(\d+)$", re.MULTILINE)
_ERROR = re.compile(r"^error: (.*?)(?=^--> |^Stack backtrace|\Z)", re.MULTILINE | re.DOTALL)


def main(memory_bytes: int, cpu_seconds: int, file_bytes: int, now_ns: int) -> None:
    """Answer what comes in on standard input, until it ends."""
    serve(memory_bytes, cpu_seconds, lambda: Worker(file_bytes, now_ns).answer)


class Worker:
    """The engines of this process, each for the units of one group of modules."""

    def __init__(self, file_bytes: int, now_ns: int) -> None:
        self._file_bytes = file_bytes
        self._now_ns = now_ns
        self._reader = Reader(self.engine)
        # Holds the data once; its clones share it.
        self._base = self.engine()
        self._groups: dict[str, Group] = {}
        self._units: dict[int, tuple[Group, str, str]] = {}
        self._shared: dict[str, Shared] = {}

    def answer(self, request: dict[str, Any]) -> None:
        """Answer one request: with one message, or with one for each unit that is asked."""
        match request["do"]:
            case "ask":
                for unit in request["units"]:
                    say(_tried(self._ask, unit, request["input"]))
            case "survey":
                paths = [tuple(path) for path in request["unknown"]]
                say(_tried(self._reader.survey, request["text"], request["v0"], paths))
            case "data":
                say(_tried(self._hold, request["text"]))
            case "load":
                say(_tried(self._load, request))
            case "share":
                units = {unit["number"]: unit for unit in request["units"]}
                shared = Shared(self.engine, units, request["libraries"])
                self._shared[request["style"]] = shared
                say({"shared": len(shared)})
            case "judge":
                say({"answers": self._judged(request, frames.lines(sys.stdin.buffer))})

    def parsed(self, text: str, v0: bool | None) -> tuple[regorus.Engine, bool]:
        """An engine that holds the module, and whether it is in the old syntax. Raises
        RuntimeError."""
        return self._reader.parsed(text, v0)

    def engine(self) -> regorus.Engine:
        """A new engine with our builtins."""
        engine = regorus.Engine()
        # Prints would go to standard error, which nobody reads.
        engine.set_gather_prints(True)
        engine.set_policy_length_config(
            # What is written out takes more room than what was read.
            max_col=_LINE_COLUMNS,
            max_file_bytes=4 * self._file_bytes,
            max_lines=_FILE_LINES,
        )
        builtins.register(engine, self._now_ns)
        return engine

    def _hold(self, text: str) -> dict[str, Any]:
        self._base = self.engine()
        self._base.add_data_json(text)
        return {"loaded": True}

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["group"]
        if name not in self._groups:
            start = self._base.clone if request["data"] else self.engine
            self._groups[name] = Group(start, request["modules"])
        self._units[request["unit"]] = self._groups[name], request["rule"], request["parameters"]
        return {"loaded": True}

    def _ask(self, unit: int, text: str) -> dict[str, Any]:
        group, rule, parameters = self._units[unit]
        if parameters:
            text = f'{{"review":{text},"parameters":{parameters}}}'
        answer = group.ask(rule, text)
        return {"value": None} if answer is None else _read(answer)

    def _judged(self, request: dict[str, Any], texts: list[str]) -> list[list[Any]]:
        """What is said of each object, for as many as there is time for; one at least."""
        end = time.monotonic() + request["seconds"]
        told: list[list[Any]] = []
        size, styles = 0, request["units"]
        for first in range(0, len(texts), len(styles)):
            said: list[Any] = []
            own = texts[first : first + len(styles)]
            for (style, units), text in zip(styles.items(), own, strict=True):
                said += self._said(style, units, text)
            told.append(said)
            size += sum(len(str(one)) for one in said)
            if size > _TOGETHER_BYTES or time.monotonic() > end:
                break
        return told

    def _said(self, style: str, units: list[int], text: str) -> Iterator[list[Any]]:
        """[unit, its answer] of those that say anything about an input."""
        shared = self._shared.get(style)
        for unit, said in shared.said(units, text) if shared else ((unit, None) for unit in units):
            answer = _tried(self._ask, unit, text) if said is None else _read(said)
            if "error" in answer or answer["value"] not in NOTHING:
                yield [unit, answer]


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > _ANSWER_BYTES:
        return {"error": {"message": f"it says {len(answer):,} bytes about one object"}}
    return {"value": json.loads(answer)}


def _tried(function: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    try:
        return function(*arguments)
    except RuntimeError as error:
        return {"error": explained(error)}


def explained(error: Exception) -> dict[str, Any]:
    """The first place that an error names and what it says, without the excerpt of the source."""
    text = str(error)
    place, said = _PLACE.search(text), _ERROR.search(text)
    message = said[1] if said else _PLACE.sub("", text).partition("Stack backtrace")[0]
    message = _OURS.sub("", " ".join(message.split()))
    found: dict[str, Any] = {"message": message[:500]}
    if place:
        found |= {"module": place[1], "line": int(place[2])}
    return found

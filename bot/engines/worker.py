"""The worker: the only process that runs Rego. It is told what to do through a pipe, has no
secrets in its environment, and may die at any moment without harm."""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from pathlib import Path
from typing import Any

import regorus  # type: ignore[import-untyped]

from bot.engines import builtins, frames
from bot.engines.dialect import as_opa_reads
from bot.engines.doubts import doubts
from bot.engines.exits import NO_MEMORY, PANIC, TOO_DEEP
from bot.engines.negation import arguments_first
from bot.engines.survey import survey
from bot.engines.trial import Trial

# What a policy may say about one object, as JSON.
_ANSWER_BYTES = 256 * 1024
_LINE_COLUMNS = 100_000
_FILE_LINES = 50_000
_PLACE = re.compile(r"^--> (.+?):(\d+):(\d+)$", re.MULTILINE)
_ERROR = re.compile(r"^error: (.*?)(?=^--> |^Stack backtrace|\Z)", re.MULTILINE | re.DOTALL)
_MODERN = re.compile(
    r"^import (rego\.v1|future\.keywords)|\bif\s*\{|\bcontains\b.*\bif\b", re.MULTILINE
)
_NESTED_NEGATIONS = 20
_UNDEFINED = '"<undefined>"'


def main(memory_bytes: int, cpu_seconds: int, file_bytes: int, now_ns: int) -> None:
    """Answer what comes in on standard input, until it ends."""
    _confine(memory_bytes, cpu_seconds)
    worker = _Worker(file_bytes, now_ns)
    _say({"ready": True})
    try:
        while (request := frames.read(sys.stdin.buffer)) is not None:
            worker.answer(request)
    except MemoryError:
        os._exit(NO_MEMORY)
    except RecursionError:
        os._exit(TOO_DEEP)
    except Exception:  # noqa: BLE001 - the boundary: the parent says that the worker ended
        os._exit(1)
    except BaseException:  # noqa: BLE001
        # A panic of the engine arrives as an exception that is none of Python's own.
        os._exit(PANIC)


def _confine(memory_bytes: int, cpu_seconds: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(frames.encoded(message))
    sys.stdout.buffer.flush()


class _Worker:
    """The engines of this process, one for each unit."""

    def __init__(self, file_bytes: int, now_ns: int) -> None:
        self._file_bytes = file_bytes
        self._now_ns = now_ns
        self._known = builtins.known()
        self._engines: dict[int, tuple[regorus.Engine, str]] = {}
        self._trial = Trial(self._engine, _explained)

    def answer(self, request: dict[str, Any]) -> None:
        """Answer one request: with one message, or with one for each unit that is asked."""
        match request["do"]:
            case "survey":
                _say(self._survey(request["text"], request.get("v0")))
            case "load":
                _say(self._load(request))
            case "ask":
                for unit in request["units"]:
                    _say(self._ask(unit, request["input"]))
            case "trial":
                _say(self._trial.answer(request))
            case "doubt":
                _say(self._doubt(request["text"]))

    def _survey(self, text: str, v0: bool | None) -> dict[str, Any]:
        try:
            text, v0 = self._written_out(as_opa_reads(text), v0)
            engine, _ = self._parsed(text, v0)
        except RuntimeError as error:
            return {"error": _explained(error)}
        tree = json.loads(engine.get_ast_as_json())[0]["ast"]
        facts = survey(tree, text.encode())
        calls = [".".join(path) for path in facts.calls]
        missing = [name for name in calls if name not in self._known]
        refused = {name: builtins.REFUSED[name] for name in calls if name in builtins.REFUSED}
        said = {"v0": v0, "text": text, "unknown": missing, "refused": refused}
        return {**facts.as_json(), **said}

    def _written_out(self, text: str, v0: bool | None) -> tuple[str, bool]:
        """The module with the arguments of negations before them, and whether it is in the old
        syntax."""
        for turn in range(_NESTED_NEGATIONS):
            engine, v0 = self._parsed(text, v0)
            tree = json.loads(engine.get_ast_as_json())[0]["ast"]
            new = arguments_first(tree, text.encode(), turn).decode()
            if new == text:
                return text, v0
            text = new
        raise RuntimeError("error: negations are nested too deep")

    def _parsed(self, text: str, v0: bool | None) -> tuple[regorus.Engine, bool]:
        """In the syntax that is asked for; else today's first, then the old one."""
        if v0 is not None:
            engine = self._engine()
            engine.set_rego_v0(v0)
            engine.add_policy("policy", text)
            return engine, v0
        try:
            return self._parsed(text, False)
        except RuntimeError as modern:
            try:
                return self._parsed(text, True)
            except RuntimeError as old:
                raise (old if _is_old(text, modern) else modern) from None

    def _doubt(self, text: str) -> dict[str, Any]:
        try:
            engine, _ = self._parsed(text, None)
        except RuntimeError as error:
            return {"error": _explained(error)}
        return {"doubts": doubts(json.loads(engine.get_ast_as_json())[0]["ast"])}

    def _engine(self) -> regorus.Engine:
        engine = regorus.Engine()
        # Prints would go to standard error, which nobody reads.
        engine.set_gather_prints(True)
        engine.set_policy_length_config(
            max_col=_LINE_COLUMNS, max_file_bytes=4 * self._file_bytes, max_lines=_FILE_LINES
        )
        builtins.register(engine, self._now_ns)
        return engine

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        engine = self._engine()
        try:
            for module in request["modules"]:
                engine.set_rego_v0(module["v0"])
                engine.add_policy(module["name"], module["text"])
        except RuntimeError as error:
            return {"error": _explained(error)}
        self._engines[request["unit"]] = (engine, request["rule"])
        return {"loaded": True}

    def _ask(self, unit: int, text: str) -> dict[str, Any]:
        engine, rule = self._engines[unit]
        try:
            engine.set_input_json(text)
            answer = engine.eval_rule_as_json(rule)
            engine.take_prints()
        except RuntimeError as error:
            return {"error": _explained(error)}
        if len(answer) > _ANSWER_BYTES:
            return {"error": {"message": f"it says {len(answer):,} bytes about one object"}}
        # What is undefined has no JSON; a policy might say the very words that stand for it.
        nothing = answer == _UNDEFINED and engine.eval_rule(rule) is None
        return {"value": None if nothing else json.loads(answer)}


def _explained(error: Exception) -> dict[str, Any]:
    """The first place that an error names and what it says, without the excerpt of the source."""
    text = str(error)
    place, said = _PLACE.search(text), _ERROR.search(text)
    message = said[1] if said else _PLACE.sub("", text).partition("Stack backtrace")[0]
    found: dict[str, Any] = {"message": " ".join(message.split())[:500]}
    if place:
        found |= {"module": place[1], "line": int(place[2])}
    return found


def _is_old(text: str, modern: Exception) -> bool:
    """Whether a file that neither syntax takes is meant for the old one, which has no `if`."""
    return "keyword is required" in str(modern) and not _MODERN.search(text)

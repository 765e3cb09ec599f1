"""The process that reads a stranger's module: a question on standard input, an answer on output."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.render.terraform.plan import MOST_BYTES, plan_rows
from bot.render.terraform.resources import resources_of
from bot.render.terraform.trouble import trouble
from checks.model import RenderFailure

# A name that refers to another takes about ten calls, and the stack has to have room for them.
_DEEPEST = 20_000
_STACK_BYTES = 256 * 1024 * 1024


def main() -> None:
    """Answer the one question."""
    sys.setrecursionlimit(_DEEPEST)
    threading.stack_size(_STACK_BYTES)
    thread = threading.Thread(target=_answer)
    thread.start()
    thread.join()


def _answer() -> None:
    said = json.dumps(answer(json.load(sys.stdin)), ensure_ascii=False)
    # Half a pair is no character, and could not be written anywhere.
    sys.stdout.buffer.write(said.encode("utf-8", "replace"))


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """{"rows", "failures"} for {"root": the module's directory, "files": texts by path, "plan": the
    plan's path here, "" for none}."""
    root, files = asked["root"], asked["files"]
    try:
        rows, failures = (
            _planned(asked, root, files) if asked["plan"] else resources_of(root, files)
        )
    except RecursionError:
        said = "its names refer to each other too deeply"
        rows, failures = [], [trouble("terraform-limits", root, 0, said)]
    return {"rows": rows, "failures": [asdict(failure) for failure in failures]}


def _planned(
    asked: dict[str, Any], root: str, files: dict[str, str]
) -> tuple[list[dict[str, Any]], list[RenderFailure]]:
    with Path(asked["plan"]).open("rb") as plan:
        data = plan.read(MOST_BYTES + 1)
    return plan_rows(data, asked["plan"], before=False, files=files, module=root)

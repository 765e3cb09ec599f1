"""Rego's own tests: rules that are evaluated without an input of ours. Runs in the worker only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

_ANSWER_BYTES = 256 * 1024
_PRINTED = 20
_LONGEST_PRINT = 500
# What stands in the place of JSON for what is undefined.
_UNDEFINED = '"<undefined>"'


class Trial:
    """The modules that are tried now, in an engine of their own."""

    def __init__(
        self, engine: Callable[[], Any], explained: Callable[[Exception], dict[str, Any]]
    ) -> None:
        self._new = engine
        self._explained = explained
        self._engine: Any = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Load `modules`, or evaluate `rule` in those loaded before.

        An evaluation's answer has `value` (None where it is undefined), `prints`, and where lines
        are counted `covered`, the lines of each module that something came of.
        """
        try:
            if "modules" in request:
                return self._load(request["modules"], covering=request["covering"])
            return self._ask(request["rule"], covering=request["covering"])
        except RuntimeError as error:
            return {"error": self._explained(error)}

    def _load(self, modules: list[dict[str, Any]], *, covering: bool) -> dict[str, Any]:
        engine = self._new()
        engine.set_enable_coverage(covering)
        for module in modules:
            engine.set_rego_v0(module["v0"])
            engine.add_policy(module["name"], module["text"])
        self._engine = engine
        return {"loaded": True}

    def _ask(self, rule: str, *, covering: bool) -> dict[str, Any]:
        engine = self._engine
        engine.clear_coverage_data()
        engine.take_prints()
        answer = engine.eval_rule_as_json(rule)
        if len(answer) > _ANSWER_BYTES:
            return {"error": {"message": f"it says {len(answer):,} bytes"}}
        said: dict[str, Any] = {"prints": _printed(engine.take_prints())}
        nothing = answer == _UNDEFINED and engine.eval_rule(rule) is None
        said["value"] = None if nothing else json.loads(answer)
        if covering:
            report = json.loads(engine.get_coverage_report_as_json())
            said["covered"] = {file["path"]: file["covered"] for file in report["files"]}
        return said


def _printed(lines: list[str]) -> list[str]:
    return [line[:_LONGEST_PRINT] for line in lines[:_PRINTED]]

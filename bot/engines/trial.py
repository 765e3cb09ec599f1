"""The worker for Rego's own tests and for doubts about policies: as the one that judges, and rules
can be evaluated without an input of ours."""

from __future__ import annotations

import json
from typing import Any

from bot.engines.doubts import doubts
from bot.engines.group import NOT_HANDED_OVER
from bot.engines.reader import tree_of
from bot.engines.serving import say, serve
from bot.engines.sprintf import sprintf
from bot.engines.worker import Worker, explained

_ANSWER_BYTES = 256 * 1024
_PRINTED = 20
_LONGEST_PRINT = 500
# What stands in the place of JSON for what is undefined.
_UNDEFINED = '"<undefined>"'


def main(memory_bytes: int, cpu_seconds: int, file_bytes: int, now_ns: int) -> None:
    """Answer what comes in on standard input, until it ends."""
    serve(memory_bytes, cpu_seconds, lambda: _Trials(file_bytes, now_ns).answer)


class _Trials(Worker):
    """The modules that are tried now, in an engine with our `sprintf`, which is OPA's, and where a
    value cannot be handed to it (a set of objects), in one with the engine's."""

    def __init__(self, file_bytes: int, now_ns: int) -> None:
        super().__init__(file_bytes, now_ns)
        self._modules: list[dict[str, Any]] = []
        self._covering = False
        self._tried: Any = None
        self._plain: Any = None

    def answer(self, request: dict[str, Any]) -> None:
        """Answer one request. A trial's answer has `value` (None where it is undefined), `prints`,
        and where lines are counted `covered`: those of each module that something came of."""
        try:
            match request["do"]:
                case "try":
                    say(self._try(request["rule"]))
                case "prepare":
                    self._prepare(request["modules"], covering=request["covering"])
                    say({"loaded": True})
                case "doubt":
                    say({"doubts": doubts(tree_of(self.parsed(request["text"], None)[0]))})
                case _:
                    super().answer(request)
        except RuntimeError as error:
            say({"error": explained(error)})

    def _prepare(self, modules: list[dict[str, Any]], *, covering: bool) -> None:
        self._modules, self._covering = modules, covering
        self._plain = None
        self._tried = self._loaded()
        self._tried.add_extension("sprintf", 2, sprintf)

    def _loaded(self) -> Any:
        engine = self.engine()
        engine.set_enable_coverage(self._covering)
        for module in self._modules:
            engine.set_rego_v0(module["v0"])
            engine.add_policy(module["name"], module["text"])
        return engine

    def _try(self, rule: str) -> dict[str, Any]:
        try:
            return self._evaluated(self._tried, rule)
        except RuntimeError as error:
            if not NOT_HANDED_OVER.search(str(error)):
                raise
        self._plain = self._plain or self._loaded()
        return self._evaluated(self._plain, rule)

    def _evaluated(self, engine: Any, rule: str) -> dict[str, Any]:
        engine.clear_coverage_data()
        engine.take_prints()
        answer = engine.eval_rule_as_json(rule)
        if len(answer) > _ANSWER_BYTES:
            return {"error": {"message": f"it says {len(answer):,} bytes"}}
        prints = [line[:_LONGEST_PRINT] for line in engine.take_prints()[:_PRINTED]]
        nothing = answer == _UNDEFINED and engine.eval_rule(rule) is None
        said: dict[str, Any] = {"value": None if nothing else json.loads(answer), "prints": prints}
        if self._covering:
            report = json.loads(engine.get_coverage_report_as_json())
            said["covered"] = {file["path"]: file["covered"] for file in report["files"]}
        return said

"""The worker: the only process that runs Kyverno's rules. It is told what to do through a pipe, has
no secrets in its environment, and may die at any moment without harm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.engines.serving import Answers, say, serve
from bot.policy.kyverno.inside.check import flaws
from bot.policy.kyverno.inside.context import World
from bot.policy.kyverno.inside.jmespath.functions import Functions
from bot.policy.kyverno.inside.jmespath.query import Interpreter, floats
from bot.policy.kyverno.inside.rule import Result, evaluate

_MESSAGE = 4000
# Nothing that Kubernetes accepts is deeper; each level takes a few frames of Python's.
_RECURSION = 5000


def main(memory_bytes: int, cpu_seconds: int, file_bytes: int, now_ns: int) -> None:
    """Answer what comes in on standard input, until it ends."""
    del file_bytes
    serve(memory_bytes, cpu_seconds, lambda: _answers(Worker(now_ns)), _RECURSION)


def _answers(worker: Worker) -> Answers:
    def answer(request: Mapping[str, Any]) -> None:
        for one in worker.answers(request):
            say(one)

    return answer


class Worker:
    """The rules of this process, and the ConfigMaps that they may read."""

    def __init__(self, now_ns: int) -> None:
        self._interpreter = Interpreter(Functions(now_ns))
        self._rules: dict[int, Mapping[str, Any]] = {}
        self._config_maps: dict[tuple[str, str], Mapping[str, Any]] = {}

    def answers(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """One message for what is told, one for each rule that is asked."""
        match request["do"]:
            case "load":
                self._rules[request["number"]] = request["rule"]
                for space, name, data in request["config_maps"]:
                    self._config_maps[space, name] = data
                yield {"loaded": True}
            case "check":
                yield {"flaws": flaws(request["rule"])}
            case "ask":
                seen = {**request["request"]}
                for key in ("object", "oldObject"):
                    if key in seen:
                        seen[key] = floats(seen[key])
                for number, values in request["rules"]:
                    yield _plain(self._ask(number, values, request, seen))

    def _ask(
        self,
        number: int,
        values: Mapping[str, Any],
        request: Mapping[str, Any],
        seen: Mapping[str, Any],
    ) -> Result:
        rule = self._rules[number]
        world = World(
            request=seen,
            unknown=request["unknown"],
            values=values,
            config_maps=self._config_maps,
            policy_namespace=rule.get("policyNamespace") or "",
        )
        return evaluate(rule, request["request"].get("object"), world, self._interpreter)


def _plain(result: Result) -> dict[str, Any]:
    return {"status": result.status, "message": result.message[:_MESSAGE], "path": result.path}

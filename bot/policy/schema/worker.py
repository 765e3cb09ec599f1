"""The worker: the only process that validates. It is told what to do through a pipe, has no
secrets in its environment, and may die at any moment without harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema_rs

from bot.engines.serving import Answers, say, serve
from bot.policy.schema.explain import Explainer, is_of_a_patch, is_placeholder
from bot.policy.schema.kubernetes import BASE, Definitions
from bot.policy.schema.structural import DRAFT, json_schema

# What is said of one object; who makes more mistakes mends these first.
_MOST_FLAWS = 25
_PATTERN_BYTES = 4 * 1024 * 1024
# The reader lets 100 levels through; a schema is as deep, and each takes a few frames.
_RECURSION = 3000


def main(memory_bytes: int, cpu_seconds: int, file_bytes: int, now_ns: int) -> None:
    """Answer what comes in on standard input, until it ends."""
    del file_bytes, now_ns
    serve(memory_bytes, cpu_seconds, _answers, _RECURSION)


def _answers() -> Answers:
    worker = _Worker()
    return lambda request: say(worker.answer(request))


def _refused(uri: str) -> Any:
    raise ValueError(f"{uri} is not here, and nothing is fetched")


class _Worker:
    """The schemas of one version of Kubernetes, and the validators made of them so far."""

    def __init__(self) -> None:
        self._validators: dict[str | tuple[str, str], tuple[Any, dict[str, Any]]] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one request."""
        if request["do"] == "open":
            self._known = Definitions(Path(request["folder"]))
            self._registry = jsonschema_rs.Registry(
                [(BASE, self._known.document)], retriever=_refused
            )
            return {"kinds": self._known.kinds}
        if request["do"] == "define":
            return {"error": self._define(request["name"], request["schema"], request["status"])}
        return {"answers": [self._judged(one) for one in request["objects"]]}

    def _define(self, name: str, schema: dict[str, Any], status: bool) -> str:
        # Whoever writes a definition may put anything anywhere.
        try:
            self._make(name, json_schema(schema, status=status))
        except (TypeError, ValueError, jsonschema_rs.ReferencingError) as error:
            return " ".join(str(error).split())[:500]
        return ""

    def _make(self, key: str | tuple[str, str], schema: dict[str, Any]) -> None:
        validator = jsonschema_rs.Draft202012Validator(
            schema,
            registry=self._registry,
            retriever=_refused,
            # Linear in the text, as the API server's are; the other kind backtracks.
            pattern_options=jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES),
            validate_formats=False,
        )
        self._validators[key] = (validator, schema)

    def _judged(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        body = asked["body"]
        if asked["definitions"]:
            answers = [self._flaws(name, body) for name in asked["definitions"]]
            return min(answers, key=lambda answer: len(answer.get("flaws", ())))
        api_version, kind = body["apiVersion"], body["kind"]
        key = (api_version, kind)
        if key not in self._validators:
            schema = self._known.schema(api_version, kind)
            if schema is None:
                return {"absent": self._known.absent(api_version, kind)}
            self._make(key, {"$schema": DRAFT, **schema})
        return self._flaws(key, body)

    def _flaws(self, key: str | tuple[str, str], body: dict[str, Any]) -> dict[str, Any]:
        validator, schema = self._validators[key]
        body = _without_nulls(body)
        explainer = Explainer(self._known.document, schema, body)
        flaws: list[dict[str, Any]] = []
        held = incomplete = False
        try:
            for error in validator.iter_errors(body):
                # What the API server itself writes is of no account when it is not whole.
                if error.kind.name == "required" and error.instance_path[:1] == ["status"]:
                    continue
                held |= is_placeholder(error)
                incomplete |= is_of_a_patch(error)
                flaws += (asdict(flaw) for flaw in explainer.flaws(error))
                if len(flaws) >= _MOST_FLAWS:
                    break
        except ValueError as error:
            return {"problem": f"it cannot be validated: {' '.join(str(error).split())[:300]}"}
        return {"flaws": flaws, "held": held, "incomplete": incomplete}


def _without_nulls(node: Any) -> Any:
    """The API server takes a field that is null for one that is not there."""
    if isinstance(node, dict):
        return {key: _without_nulls(child) for key, child in node.items() if child is not None}
    if isinstance(node, list):
        return [_without_nulls(child) for child in node]
    return node

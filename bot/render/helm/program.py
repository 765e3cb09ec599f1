"""The `helm` program as an engine, for where its library is not installed."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.render import sandbox
from bot.render.helm.refusal import HelmSaid
from bot.render.yaml_reader import read

_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)
_DOCUMENT = re.compile(r"^---[ \t]*\r?\n", re.MULTILINE)
_CRDS = "/crds/"


class Program:
    """Runs `helm template`. `ended` says which limit the last run went over, "" for none."""

    def __init__(
        self,
        request: Mapping[str, Any],
        private: Path,
        seconds: float,
        memory_bytes: int,
        output_bytes: int,
    ) -> None:
        self._request = request
        self._private = private
        self._limits = (seconds, memory_bytes, output_bytes)
        self._flags: list[str] = []
        self._crds: dict[Path, list[tuple[str, str]]] = {}
        self.ended: sandbox.Ended = ""

    def parse(self, text: str) -> dict[str, Any]:
        documents, failures = read("", text.encode())
        if failures:
            raise HelmSaid(f"line {failures[0].location.line}: {failures[0].error}")
        value = documents[0].value if documents else None
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise HelmSaid("it is not a mapping")
        return value

    def set(
        self, values: Mapping[str, Any], parameters: Sequence[tuple[str, str, bool]]
    ) -> dict[str, Any]:
        for name, value, as_text in parameters:
            is_list = value.startswith("{") and value.endswith("}")
            text = value if is_list else value.replace("\\", "\\\\").replace(",", "\\,")
            self._flags += ["--set-string" if as_text else "--set", f"{name}={text}"]
        return dict(values)

    def satisfies(self, wanted: str, version: str) -> bool:  # noqa: ARG002
        # It asks by itself for Kubernetes; for the rest there is only its silence.
        return True

    def render(self, chart: Path, values: Mapping[str, Any]) -> dict[str, str]:
        (self._private / "values.json").write_text(json.dumps(values), encoding="utf-8")
        outputs: defaultdict[str, str] = defaultdict(str)
        self._crds[chart] = []
        for part in _DOCUMENT.split(self._template(chart)):
            source = _SOURCE.search(part)
            if source and _CRDS in source[1]:
                self._crds[chart].append((source[1], part))
            elif source:
                outputs[source[1]] += f"---\n{_SOURCE.sub('', part, count=1).lstrip()}"
        return dict(outputs)

    def crds(self, chart: Path) -> list[tuple[str, str]]:
        return self._crds[chart]

    def _template(self, chart: Path) -> str:
        request = self._request
        seconds, memory_bytes, output_bytes = self._limits
        values = ("--values", str(self._private / "values.json"))
        ran = sandbox.run(
            (
                *("helm", "template", request["release"], str(chart)),
                *("--namespace", request["namespace"], "--kube-version", request["kube_version"]),
                *(f"--api-versions={version}" for version in request["api_versions"]),
                *(*values, "--include-crds", *self._flags),
            ),
            cwd=self._private,
            seconds=seconds,
            memory_bytes=memory_bytes,
            output_bytes=output_bytes,
        )
        self.ended = ran.ended
        if ran.code != 0 or ran.ended:
            said = ran.stderr.decode("utf-8", "replace").strip().removeprefix("Error: ")
            raise HelmSaid(said.replace(f"{chart}/", "") or f"helm ended with the code {ran.code}")
        return ran.stdout.decode("utf-8", "replace")

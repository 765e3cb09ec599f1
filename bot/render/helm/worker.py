"""The worker: the only process that loads Helm's library. It answers requests over a socket, and
may be killed at any moment without harm."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import helm_python
from helm_python import _native

from bot.engines import frames
from bot.render.helm.installing import answer
from bot.render.helm.limits import IDLE_SECONDS, OUT_OF_TIME
from bot.render.helm.parameters import filled, with_digits
from bot.render.helm.refusal import HelmSaid
from bot.render.helm.values import merged


def main(path: str) -> None:
    """Answer what comes over the socket at `path`, until nobody asks any more."""
    with socket.socket(socket.AF_UNIX) as asked, asked.makefile("rb") as stream:
        asked.connect(path)
        asked.settimeout(IDLE_SECONDS)
        with contextlib.suppress(TimeoutError, OSError):
            while (request := frames.read(stream)) is not None:
                # The library holds no lock of Python's while it works, so this comes through.
                watch = threading.Timer(request["seconds"], os._exit, (OUT_OF_TIME,))
                watch.start()
                said = _answered(request)
                watch.cancel()
                asked.sendall(frames.encoded(said))


def _answered(request: Mapping[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        private = Path(folder)
        return answer(request, _Library(request, private), Path(request["top"]), private)


class _Library:
    """Helm's library as an Engine."""

    def __init__(self, request: Mapping[str, Any], private: Path) -> None:
        self._private = private
        self._options = json.dumps(
            {
                "name": request["release"],
                "namespace": request["namespace"],
                "kube_version": request["kube_version"],
                "api_versions": request["api_versions"],
            }
        )

    def parse(self, text: str) -> dict[str, Any]:
        try:
            return helm_python.values_from_yaml(text)
        except helm_python.HelmError as error:
            raise HelmSaid(str(error)) from None

    def set(
        self, values: Mapping[str, Any], parameters: Sequence[tuple[str, str, bool]]
    ) -> dict[str, Any]:
        result = dict(values)
        for name, value, as_text in parameters:
            # A comma begins another parameter, unless the value is a list as {a,b}.
            is_list = value.startswith("{") and value.endswith("}")
            text = value if is_list else value.replace("\\", "\\\\").replace(",", "\\,")
            parser = "helm_strvals_parse_string" if as_text else "helm_strvals_parse"
            parsed = json.loads(self._call(parser, f"{name}={text}"))
            if "[" in name:
                parsed = filled(parsed, result)
            result = merged(result, with_digits(parsed))
        return result

    def satisfies(self, wanted: str, version: str) -> bool:
        # Helm's own comparison, by a chart that does nothing else.
        said = self.render(self._probe(), {"a": wanted, "b": version})
        return said["probe/templates/a"] == "true"

    def render(self, chart: Path, values: Mapping[str, Any]) -> dict[str, str]:
        with self._load(chart) as loaded:
            # Python's own method has no Kubernetes version, which the C interface has.
            said = self._call("helm_render", loaded._raw(), json.dumps(values), self._options)
        outputs: dict[str, str] = json.loads(said)
        return outputs

    def crds(self, chart: Path) -> list[tuple[str, str]]:
        with self._load(chart) as loaded:
            return [(crd["filename"], crd["data"]) for crd in loaded.crds]

    def _probe(self) -> Path:
        probe = self._private / "probe"
        if not probe.exists():
            (probe / "templates").mkdir(parents=True)
            (probe / "Chart.yaml").write_text("apiVersion: v2\nname: probe\nversion: 1.0.0\n")
            (probe / "templates/a").write_text("{{ semverCompare .Values.a .Values.b }}")
        return probe

    def _load(self, chart: Path) -> helm_python.Chart:
        try:
            return helm_python.Chart.load(chart)
        except helm_python.HelmError as error:
            raise HelmSaid(str(error).replace(f"{chart}/", "")) from None

    def _call(self, function: str, *arguments: Any) -> str:
        try:
            return _native.call_string(function, *arguments)
        except helm_python.HelmError as error:
            raise HelmSaid(str(error)) from None

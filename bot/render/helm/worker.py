"""The worker: the only process that loads Helm's library. It reads one request from standard input,
writes one answer, and may be killed at any moment without harm."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python
from helm_python import _native

from bot.render.helm.marks import marked
from bot.render.helm.staging import Refusal, Staged, stage
from bot.render.helm.values import merged

# The words after which two renderings of a template may differ.
_MORE_RENDERINGS = 3
_NOT_MANIFESTS = ("NOTES.txt",)
# Printed by Helm as 1e+06 from here on, where --set keeps the digits.
_LARGE = 1_000_000


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as private:
        try:
            answer = _Release(request, Path(private)).rendered()
        except Refusal as refusal:
            answer = refusal.answer
        except helm_python.HelmError as error:
            answer = {"error": str(error), "what": type(error).__name__}
    sys.stdout.write(json.dumps(answer, separators=(",", ":")))


def parse(text: str) -> dict[str, Any]:
    """A YAML mapping as Helm reads it. Raises HelmValuesError."""
    return helm_python.values_from_yaml(text)


class _Release:
    """One chart to render."""

    def __init__(self, request: Mapping[str, Any], private: Path) -> None:
        self._request = request
        self._private = private
        self._options = json.dumps(
            {
                "name": request["release"],
                "namespace": request["namespace"],
                "kube_version": request["kube_version"],
                "api_versions": request["api_versions"],
            }
        )

    def rendered(self) -> dict[str, Any]:
        """The outputs with all that is needed to tell where they are from."""
        values = self._values()
        staged = stage(self._request, self._private, values, parse)
        self._check(staged)
        text = json.dumps(values)
        outputs = self._render(staged.chart, text)
        again = [self._again(staged, text, number) for number in range(1)]
        if any(other.get(path) != said for other in again for path, said in outputs.items()):
            again += [self._again(staged, text, number) for number in range(1, _MORE_RENDERINGS)]
        files, with_marks = self._marked(staged, text)
        return {
            "name": staged.name,
            "outputs": [
                {
                    "template": path,
                    "text": said,
                    "marked": with_marks.get(path, ""),
                    "again": [o[path] for o in again if path in o and o[path] != said],
                }
                for path, said in sorted(outputs.items())
                if said.strip() and not path.endswith(_NOT_MANIFESTS)
            ],
            "crds": self._crds(staged.chart) if self._request["crds"] else [],
            "files": files,
            "folders": staged.folders,
        }

    def _values(self) -> dict[str, Any]:
        """What is laid over the chart's own values, in the order of `helm --values --set`."""
        values: dict[str, Any] = {}
        for path in self._request["values_files"]:
            try:
                values = merged(values, parse(Path(path).read_text(encoding="utf-8")))
            except FileNotFoundError:
                raise Refusal("helm-values", path, f"there is no values file {path}") from None
            except (helm_python.HelmError, UnicodeDecodeError) as error:
                raise Refusal("helm-values", path, f"{path} is not readable: {error}") from None
        values = merged(values, self._request["values"])
        for name, value, as_string in self._request["parameters"]:
            values = merged(values, self._parameter(name, value, as_string, values))
        return values

    def _parameter(
        self, name: str, value: str, as_string: bool, below: Mapping[str, Any]
    ) -> dict[str, Any]:
        """One --set. A comma in the value does not begin another; {a,b} is a list, as there."""
        whole = value.startswith("{") and value.endswith("}")
        escaped = value if whole else value.replace(",", "\\,")
        parser = "helm_strvals_parse_string" if as_string else "helm_strvals_parse"
        try:
            parsed = json.loads(_native.call_string(parser, f"{name}={escaped}"))
        except helm_python.HelmError as error:
            said = f"the parameter {name!r} is not understood: {error}"
            raise Refusal("helm-values", "", said) from None
        result: dict[str, Any] = _filled(_digits_kept(parsed), below)
        return result

    def _check(self, staged: Staged) -> None:
        """What the library itself does not ask about before it renders."""
        wanted = staged.metadata.get("kubeVersion")
        if wanted and not self._satisfies(str(wanted)):
            version = self._request["kube_version"]
            said = f"the chart is for Kubernetes {wanted}, and it is rendered for {version}"
            raise Refusal("helm-kube-version", f"{self._request['chart']}/Chart.yaml", said)

    def _satisfies(self, wanted: str) -> bool:
        """Helm's own comparison, by a chart that does nothing else."""
        probe = self._private / "probe"
        (probe / "templates").mkdir(parents=True)
        (probe / "Chart.yaml").write_text("apiVersion: v2\nname: probe\nversion: 1.0.0\n")
        (probe / "templates/a").write_text("{{ semverCompare .Values.a .Values.b }}")
        asked = json.dumps({"a": wanted, "b": self._request["kube_version"]})
        return self._render(probe, asked)["probe/templates/a"].strip() == "true"

    def _render(self, chart: Path, values: str) -> dict[str, str]:
        with helm_python.Chart.load(chart) as loaded:
            # The library's own method leaves out the Kubernetes version, which its C interface has.
            said = _native.call_string("helm_render", loaded._raw(), values, self._options)
        outputs: dict[str, str] = json.loads(said)
        return outputs

    def _again(self, staged: Staged, values: str, number: int) -> dict[str, str]:
        """Another rendering, at another time, to see what is not the same twice."""
        chart = staged.chart
        if staged.tells_time:
            chart = self._private / f"again-{number}"
            shutil.copytree(staged.chart, chart)
            staged.at_another_time(chart)
        return self._render(chart, values)

    def _marked(self, staged: Staged, values: str) -> tuple[list[str], dict[str, str]]:
        """The templates (paths in the chart) by number, and the output with marks; no output where
        the marks get in the template's way."""
        chart = self._private / "marked"
        shutil.copytree(staged.chart, chart)
        files = []
        for number, template in enumerate(staged.templates(chart)):
            files.append(template.relative_to(chart).as_posix())
            text = template.read_bytes().decode("utf-8", "replace")
            template.write_text(marked(text, number), encoding="utf-8", newline="")
        try:
            return files, self._render(chart, values)
        except helm_python.HelmError:
            return files, {}

    @staticmethod
    def _crds(chart: Path) -> list[dict[str, str]]:
        with helm_python.Chart.load(chart) as loaded:
            return [{"file": crd["filename"], "text": crd["data"]} for crd in loaded.crds]


def _digits_kept(node: Any) -> Any:
    """Whole numbers that would lose their digits on the way, as text."""
    if isinstance(node, dict):
        return {key: _digits_kept(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_digits_kept(value) for value in node]
    if isinstance(node, int) and not isinstance(node, bool) and abs(node) >= _LARGE:
        return str(node)
    return node


def _filled(node: Any, below: Any) -> Any:
    """Lists that a parameter sets a part of (a[1]=x), with the rest of what was there."""
    if isinstance(node, dict) and isinstance(below, dict):
        return {key: _filled(value, below.get(key)) for key, value in node.items()}
    if isinstance(node, list) and isinstance(below, list) and None in node[:-1]:
        rest = below[len(node) :]
        kept = [b if n is None else _filled(n, b) for n, b in zip(node, below, strict=False)]
        return [*kept, *node[len(below) :], *rest]
    return node


if __name__ == "__main__":
    main()

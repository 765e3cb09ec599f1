"""One chart installed on paper: rendered, rendered again, and rendered with marks.

The engine is Helm's library or its program. Runs in the worker, so it loads little.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.render.helm.marks import marked, places
from bot.render.helm.refusal import HelmSaid, Refusal
from bot.render.helm.staging import Asks, stage
from bot.render.helm.values import merged

# How often more a chart is rendered whose random text is short, and so may be equal by chance.
_MORE = 5
_NO_MANIFESTS = "/NOTES.txt"


class Engine(Asks, Protocol):
    """Helm."""

    def set(
        self, values: Mapping[str, Any], parameters: Sequence[tuple[str, str, bool]]
    ) -> dict[str, Any]:
        """The values with (name, text, whether it stays text) laid over. Raises HelmSaid."""

    def render(self, chart: Path, values: Mapping[str, Any]) -> dict[str, str]:
        """The output by template ("chart/templates/x.yaml"). Raises HelmSaid."""

    def crds(self, chart: Path) -> list[tuple[str, str]]:
        """(path, text) of the chart's CRDs. Raises HelmSaid."""


def answer(request: Mapping[str, Any], engine: Engine, top: Path, private: Path) -> dict[str, Any]:
    """The rendering that `request` asks for, or why there is none; never raises for a bad chart.

    `top` holds the repository's files, `private` may be filled.
    """
    try:
        installing = _Installing(request, engine, top, private)
        try:
            return installing.rendered()
        except HelmSaid as said:
            return {"said": str(said), "folders": installing.folders}
    except Refusal as refusal:
        return refusal.answer
    except HelmSaid as said:
        return {"said": str(said)}


class _Installing:
    def __init__(
        self, request: Mapping[str, Any], engine: Engine, top: Path, private: Path
    ) -> None:
        self._request = request
        self._engine = engine
        self._top = top
        self._private = private
        self._values = self._given()
        self._staged = stage(request, top, private, self._values, engine)

    @property
    def folders(self) -> Mapping[str, str]:
        """The repository's folders by the prefix that Helm gives to templates."""
        return self._staged.folders

    def rendered(self) -> dict[str, Any]:
        """The outputs with all that is needed to tell where they are from."""
        self._check()
        staged = self._staged
        outputs = self._render(staged.chart)
        again = [self._again(n) for n in range(_MORE if staged.has_short_random else 1)]
        files, with_marks = self._marked()
        crds = self._engine.crds(staged.chart) if self._request["crds"] else []
        return {
            "outputs": [
                {
                    "template": path,
                    "text": text,
                    "places": places(text, with_marks.get(path, "")),
                    "again": [o.get(path, "") for o in again if o.get(path, "") != text],
                }
                for path, text in sorted(outputs.items())
            ],
            "crds": [{"template": path, "text": text} for path, text in crds],
            "files": files,
            "folders": self.folders,
        }

    def _given(self) -> dict[str, Any]:
        """What is laid over the chart's own values, in the order of `helm --values --set`."""
        values: dict[str, Any] = {}
        for path in self._request["values_files"]:
            try:
                text = (self._top / path).read_text(encoding="utf-8")
                values = merged(values, self._engine.parse(text))
            except FileNotFoundError:
                said = f"the values file {path} does not exist"
                raise Refusal("helm-values", path, said) from None
            except (HelmSaid, UnicodeDecodeError) as error:
                raise Refusal("helm-values", path, f"{path} cannot be read: {error}") from None
        return self._engine.set(
            merged(values, self._request["values"]), self._request["parameters"]
        )

    def _check(self) -> None:
        """What Helm's library does not ask about before it renders."""
        wanted = str(self._staged.metadata.get("kubeVersion") or "")
        version = self._request["kube_version"]
        if wanted and not self._engine.satisfies(wanted, version):
            said = f"the chart wants Kubernetes {wanted}, and it is rendered for {version}"
            raise Refusal("helm-kube-version", self._staged.own("Chart.yaml"), said, "kubeVersion")

    def _render(self, chart: Path) -> dict[str, str]:
        outputs = self._engine.render(chart, self._values)
        return {
            path: text
            for path, text in outputs.items()
            if text.strip() and not path.endswith(_NO_MANIFESTS)
        }

    def _again(self, number: int) -> dict[str, str]:
        """Another rendering, at another time, to see what is not the same twice."""
        chart = self._staged.chart
        if self._staged.tells_time:
            chart = self._private / f"again-{number}"
            shutil.copytree(self._staged.chart, chart)
            self._staged.at_another_time(chart)
        return self._render(chart)

    def _marked(self) -> tuple[list[str], dict[str, str]]:
        """The templates by number, and the output with marks; no output where the marks get into
        a template's way."""
        chart = self._private / "marked"
        shutil.copytree(self._staged.chart, chart)
        files = []
        for number, template in enumerate(self._staged.templates(chart)):
            files.append(self._staged.path_of(template.relative_to(chart)))
            text = template.read_bytes().decode("utf-8", "replace")
            template.write_text(marked(text, number), encoding="utf-8", newline="")
        try:
            return files, self._render(chart)
        except HelmSaid:
            return files, {}

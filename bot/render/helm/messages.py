"""What Helm says of a chart, as a failure on the line that it means."""

from __future__ import annotations

import re

from bot.render.helm.layers import Layers
from bot.render.helm.origins import Sources
from bot.render.helm.tree import Tree
from bot.render.helm.trouble import trouble
from checks.model import Location, RenderFailure

# web/templates/x.yaml:12:7, in every form that Helm gives to it.
_PLACE = re.compile(r"([\w.-]+(?:/[\w.-]+)*/templates/[\w./-]+):(\d+)(?::\d+)?")
_POINTER = re.compile(r"at '(/[^']*)'")
_SCHEMA = "specifications of the schema"
_LONGEST = 400


def explained(said: str, sources: Sources, layers: Layers, at: Location) -> RenderFailure:
    """The failure that Helm's words mean; `at` is the root's own place."""
    words = re.sub(r"\s+", " ", said).strip()
    short = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    if _SCHEMA in said:
        pointer = _POINTER.search(said)
        steps = tuple(step for step in pointer[1].split("/") if step) if pointer else ()
        where = layers.where(steps) or at
        return trouble("helm-values", where, f"the values do not fit the chart's schema: {short}")
    places = _PLACE.findall(said)
    if not places:
        code = "helm-chart" if "chart" in words.lower() else "helm-render"
        return trouble(code, at, f"Helm refuses the chart: {short}")
    # The last one is where it happened, those before include it.
    name, line = places[-1]
    where = sources.shown(Location(path=sources.path_of(name), line=int(line)))
    return trouble("helm-render", where, f"Helm says: {short}")


def near(tree: Tree, path: str, word: str) -> int:
    """The line of a file with that key or name, 0 where none has it; of two the last, since what a
    chart depends on stands below its own name."""
    text = (tree.read(path) or b"").decode("utf-8", "replace")
    line_of = re.compile(rf"""\s*(-\s+)?(name:\s*)?["']?{re.escape(word)}["']?\s*(:|#|$)""")
    found = (n for n, line in enumerate(text.splitlines(), 1) if word and line_of.match(line))
    return max(found, default=0)

"""A chart made ready to render: a private copy with its dependencies in place, and nothing in it
that leads elsewhere."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Protocol

from bot.render.helm.dependencies import Wanted, wanted
from bot.render.helm.refusal import HelmSaid, Refusal
from bot.render.helm.values import at, merged
from bot.render.remote.places import CHARTS

_TEMPLATES = (".yaml", ".yml", ".tpl", ".txt", ".json")
# A schema that names another one by its address makes Helm ask for it.
_FOREIGN_SCHEMA = re.compile(rb'"\$ref"\s*:\s*"[A-Za-z][A-Za-z0-9+.-]*:')
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NOW = re.compile(r"(?<![\w.$\"'`-])now(?![\w\"'`-])")
# A time of no meaning, other than the one it is.
_THEN = '(toDate "2006-01-02" "2001-02-03")'
_SHORT_RANDOM = re.compile(rb"randInt|shuffle|rand[A-Z]\w+\s+[1-4]\b")
_MAX_DEPTH = 8

_PACKED = re.compile(r"-v?([0-9].*)\.tgz$")


class Asks(Protocol):
    """What staging needs of Helm."""

    def parse(self, text: str) -> dict[str, Any]:
        """A YAML mapping. Raises HelmSaid."""

    def satisfies(self, wanted: str, version: str) -> bool:
        """Whether a version is one of those wanted (">=1.2"). Raises HelmSaid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A copy of a chart that can be loaded. `folders` are the repository's folders by the prefix
    that Helm gives to their templates; `sources` by the folder in the copy."""

    chart: Path
    metadata: Mapping[str, Any]
    folders: Mapping[str, str]
    sources: Mapping[PurePath, str]
    tells_time: bool
    has_short_random: bool

    def own(self, name: str) -> str:
        """The repository's path of a file of the chart."""
        return self.path_of(PurePath(name))

    def path_of(self, path: PurePath) -> str:
        """The repository's path of a file that is at `path` in a copy of the chart."""
        folder = next(parent for parent in path.parents if parent in self.sources)
        return (PurePath(self.sources[folder]) / path.relative_to(folder)).as_posix()

    @staticmethod
    def templates(chart: Path) -> Iterator[Path]:
        """The template files of a copy, those of subcharts in folders too, in a fixed order."""
        found = (p for p in chart.rglob("*") if "templates" in p.relative_to(chart).parts[:-1])
        yield from sorted(p for p in found if p.suffix in _TEMPLATES and p.is_file())

    def at_another_time(self, chart: Path) -> None:
        """Let the templates of a copy believe that it is another time."""
        for template in self.templates(chart):
            text = template.read_bytes().decode("utf-8", "replace")
            moved = _ACTION.sub(lambda found: _NOW.sub(_THEN, found.group()), text)
            template.write_text(moved, encoding="utf-8", newline="")


def stage(
    request: Mapping[str, Any], top: Path, private: Path, values: Mapping[str, Any], helm: Asks
) -> Staged:
    """Copy the chart and put what it depends on into its charts/. Raises Refusal.

    `request["chart"]` is a path below `top`, which holds the repository's files and, at CHARTS,
    says which charts were fetched for which.
    """
    source = PurePath(request["chart"])
    target = private / "chart"
    _copy(top / source, source, target)
    staging = _Staging(top, target, helm)
    metadata = staging.metadata(target, source)
    if metadata.get("type") == "library":
        said = "it is a library chart: it declares nothing by itself, other charts include it"
        raise Refusal("helm-library", f"{source}/Chart.yaml", said, "type")
    staging.add(target, source, "", values, 0)
    _refuse_foreign_schemas(target, source)
    text = b"\n".join(p.read_bytes() for p in Staged.templates(target))
    return Staged(
        chart=target,
        metadata=metadata,
        folders=staging.folders,
        sources=staging.sources,
        tells_time=b"now" in text,
        has_short_random=bool(_SHORT_RANDOM.search(text)),
    )


class _Staging:
    """Goes through a chart and its subcharts."""

    def __init__(self, top: Path, root: Path, helm: Asks) -> None:
        self._top = top
        self._root = root
        index = top / CHARTS
        self._fetched = json.loads(index.read_text()) if index.is_file() else {}
        self._helm = helm
        self.folders: dict[str, str] = {}
        self.sources: dict[PurePath, str] = {}

    def add(
        self, target: Path, source: PurePath, prefix: str, values: Mapping[str, Any], depth: int
    ) -> None:
        """Complete the copy at `target` of the chart at `source`; `prefix` is its name to Helm,
        where that is known, and `values` those that it gets."""
        if depth > _MAX_DEPTH:
            said = f"its dependencies are nested deeper than {_MAX_DEPTH} levels, or in a circle"
            raise Refusal("helm-dependency", f"{source}/Chart.yaml", said)
        metadata = self.metadata(target, source)
        prefix = prefix or str(metadata.get("name"))
        self.folders[prefix] = source.as_posix()
        self.sources[target.relative_to(self._root)] = source.as_posix()
        values = merged(self._read(target / "values.yaml", source / "values.yaml"), values)
        lock = self._read(target / "Chart.lock", source / "Chart.lock")
        deps = wanted(metadata, lock, values, f"{source}/Chart.yaml")
        placed = {dep.name: self._place(dep, target, source) for dep in deps}
        for inner in sorted(p.parent for p in (target / "charts").glob("*/Chart.yaml")):
            name = str(self.metadata(inner, source / "charts" / inner.name).get("name"))
            origin = placed.get(name) or source / "charts" / inner.name
            for called in sorted({dep.called for dep in deps if dep.name == name} or {name}):
                given = at(values, called)
                given = given if isinstance(given, dict) else {}
                self.add(inner, origin, f"{prefix}/charts/{called}", given, depth + 1)

    def _place(self, dep: Wanted, target: Path, source: PurePath) -> PurePath | None:
        """Have the dependency in the copy's charts/; the folder it is from where that is another
        one of the repository."""
        charts = target / "charts"
        if found := self._there(dep, charts):
            self._fits(dep, found, source)
            return None
        if dep.folder:
            folder = self._inside(source, dep)
            if (self._top / folder / "Chart.yaml").is_file():
                _copy(self._top / folder, folder, charts / dep.name)
                self._fits(dep, self._there(dep, charts), source)
                return folder
        known = self._fetched.get(source.as_posix(), {}).get(dep.name, {})
        if "folder" in known:
            _copy(self._top / known["folder"], PurePath(known["folder"]), charts / dep.name)
            return PurePath(known["folder"])
        if dep.enabled:
            why = f": {known['error']}" if "error" in known else ""
            said = f"{dep.missing}{why}"
            raise Refusal("helm-dependency", f"{source}/Chart.yaml", said, dep.name)
        return None

    def _there(self, dep: Wanted, charts: Path) -> list[str]:
        """The versions of the dependency that are in charts/."""
        packed = charts.glob(f"{_literal(dep.name)}-[0-9v]*.tgz")
        found = [match[1] for path in sorted(packed) if (match := _PACKED.search(path.name))]
        for path in sorted(charts.glob("*/Chart.yaml")):
            metadata = self.metadata(path.parent, path.parent)
            if metadata.get("name") == dep.name:
                found.append(str(metadata.get("version")))
        return found

    def _fits(self, dep: Wanted, found: list[str], source: PurePath) -> None:
        """Helm leaves out a dependency of another version without a word; so say it."""
        if not dep.asked or any(self._is(dep.asked, version) for version in found):
            return
        said = f"the chart asks for {dep.name} {dep.asked}, and what is there is {found[0]}"
        raise Refusal("helm-dependency", f"{source}/Chart.yaml", said, dep.name)

    def _is(self, asked: str, version: str) -> bool:
        try:
            return asked in ("*", version) or self._helm.satisfies(asked, version)
        except HelmSaid:
            return False

    def _inside(self, source: PurePath, dep: Wanted) -> PurePath:
        """The repository's folder that a file:// dependency means. Raises Refusal."""
        top = self._top.resolve()
        folder = (top / source / dep.folder).resolve()
        if dep.folder.startswith("/") or not folder.is_relative_to(top):
            said = f"the dependency {dep.name} is at {dep.folder}, outside of the repository"
            raise Refusal("helm-dependency", f"{source}/Chart.yaml", said, dep.name)
        return folder.relative_to(top)

    def metadata(self, target: Path, source: PurePath) -> dict[str, Any]:
        """Chart.yaml. Raises Refusal where it is none."""
        return self._read(target / "Chart.yaml", source / "Chart.yaml")

    def _read(self, path: Path, shown: PurePath) -> dict[str, Any]:
        try:
            return self._helm.parse(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (HelmSaid, UnicodeDecodeError) as error:
            said = f"{shown} cannot be read: {error}"
            raise Refusal("helm-chart", shown.as_posix(), said) from None


def _literal(name: str) -> str:
    """A name as a glob that finds nothing but itself."""
    return re.sub(r"([*?\[])", r"[\1]", name)


def _copy(folder: Path, source: PurePath, target: Path) -> None:
    """Copy the chart `source`. Raises Refusal for what is none, or leads out of it."""
    if not (folder / "Chart.yaml").is_file():
        raise Refusal("helm-chart", source.as_posix(), f"there is no Chart.yaml in {source}")
    for path in folder.rglob("*"):
        if path.is_symlink():
            shown = (source / path.relative_to(folder)).as_posix()
            said = f"{shown} is a symbolic link, which Helm would follow out of the repository"
            raise Refusal("helm-symlink", shown, said)
    shutil.copytree(folder, target)


def _refuse_foreign_schemas(target: Path, source: PurePath) -> None:
    for schema in target.rglob("values.schema.json"):
        if _FOREIGN_SCHEMA.search(schema.read_bytes()):
            shown = (source / schema.relative_to(target)).as_posix()
            said = f"{shown} refers to another schema by its address, which is not fetched"
            raise Refusal("helm-values", shown, said, "$ref")

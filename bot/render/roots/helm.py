"""The Helm charts of a commit: what each is made of, and which of them are installed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.render.roots import graph
from bot.render.roots.files import Files
from bot.render.roots.graph import Link
from bot.render.roots.made import Draft, Made, draft
from bot.render.roots.model import HelmOptions, RootKind
from bot.render.roots.paths import above, join, parent
from bot.render.roots.reading import At, documents
from bot.render.roots.trouble import shown, trouble
from checks.model import Location, RenderFailure

_FILE = "Chart.yaml"
# Before Helm 3 a chart's dependencies stood in a file of their own.
_OLD_FILE = "requirements.yaml"
_ENVIRONMENTS = frozenset(
    word
    for words in (
        ("dev", "develop", "development", "sandbox", "demo", "preview"),
        ("test", "testing", "tst", "qa", "uat", "int", "integration", "acc", "acceptance", "perf"),
        ("stage", "staging", "stg", "preprod", "canary"),
        ("prod", "production", "prd", "live", "dr"),
    )
    for word in words
)
_VALUES = re.compile(r"values[-._]([\w.-]+)\.ya?ml|([\w.-]+)[-._]values\.ya?ml")
_YAML = re.compile(r"([\w.-]+)\.ya?ml")
_WORD = re.compile(r"[a-z]+")
# Folders of a chart whose files are values of the environment that they are named after.
_FOLDERS = ("env", "envs", "environments")
# From so many environments on, values.yaml is what they have in common, not one more of them.
_SEVERAL = 2
_INSIDE = ("templates/", "crds/", "charts/")


@dataclass(slots=True)
class Chart:
    """One chart. `links` lead to charts in other folders that it depends on (file://)."""

    directory: str
    name: str = ""
    library: bool = False
    links: list[Link[Location]] = field(default_factory=list)
    remote: list[tuple[str, Location]] = field(default_factory=list)
    failures: list[RenderFailure] = field(default_factory=list)


class Charts:
    """All charts of a commit, by directory."""

    def __init__(self, files: Files) -> None:
        self._files = files
        found = {
            directory: path
            for directory in files.below
            if files.is_regular(path := f"{directory}/{_FILE}" if directory else _FILE)
        }
        self.all = {directory: Chart(directory) for directory in sorted(found)}
        old = (f"{directory}/{_OLD_FILE}".lstrip("/") for directory in found)
        parsed = documents(files, [*found.values(), *(p for p in old if files.is_regular(p))])
        for path, one in sorted(parsed.items()):
            chart = self.all[parent(path)]
            body = one.documents[0] if one.documents else None
            if one.failures:
                chart.failures += one.failures
            elif body is None or not isinstance(body.value, dict):
                said = "expected one YAML mapping"
                chart.failures.append(trouble("helm-invalid", Location(path=path), said))
            else:
                self._fill(chart, At(path, body.value, body.lines))
        for directory, edges in graph.circles(self._links).items():
            for to, at in edges:
                said = f"this leads back to {to or 'the top directory'}, which depends on it"
                self.all[directory].failures.append(trouble("helm-cycle", at, said))

    def _fill(self, chart: Chart, at: At) -> None:
        if at.path.endswith(_FILE):
            chart.name = at.text("name")
            chart.library = at.text("type") == "library"
            if not chart.name:
                chart.failures.append(trouble("helm-invalid", at.place(), "the chart has no name"))
        for index in range(len(at.items("dependencies"))):
            failure = self._depend(chart, at.inside("dependencies", index))
            if failure is not None:
                chart.failures.append(failure)

    def _depend(self, chart: Chart, at: At) -> RenderFailure | None:
        """Find a dependency: committed in charts/, in another folder, or somewhere else."""
        name, repository = at.text("name"), at.text("repository")
        home = f"{chart.directory}/charts" if chart.directory else "charts"
        if not name or f"{home}/{name}" in self.all or self._packed(home, name):
            return None
        place = at.place("repository") if repository else at.place("name")
        if repository.startswith("file://"):
            path = join(chart.directory, repository.removeprefix("file://"))
            if path is None or path not in self.all:
                said = f"there is no chart in {shown(repository)}"
                return trouble("helm-dependency-missing", place, said)
            chart.links.append(Link(path, place))
            return None
        if repository.startswith(("https://", "http://", "oci://")):
            chart.remote.append((repository, place))
            return None
        where = f" of {shown(repository)}" if repository else ""
        said = f"the chart {shown(name)}{where} is not in charts/"
        return trouble("helm-dependency-missing", place, said)

    def _packed(self, home: str, name: str) -> bool:
        prefix = f"{home}/{name}-"
        return any(
            path.startswith(prefix) and path.endswith(".tgz")
            for path in self._files.below.get(home, ())
        )

    @property
    def _links(self) -> Mapping[str, Sequence[Link[Location]]]:
        return {directory: chart.links for directory, chart in self.all.items()}

    @cached_property
    def nested(self) -> frozenset[str]:
        """Charts in another chart's charts/."""
        return frozenset(
            directory
            for directory in self.all
            for outer in above(directory)
            if outer in self.all and directory[len(outer) :].lstrip("/").startswith("charts/")
        )

    def is_template(self, path: str) -> bool:
        """Whether a file is in some chart's templates/, and so no YAML before Helm has seen it."""
        return any(
            directory.rpartition("/")[2] == "templates" and parent(directory) in self.all
            for directory in above(path)
        )

    def tops(self, built_on: Collection[str] = ()) -> list[str]:
        """The charts that are installed by themselves; `built_on` are used by others."""
        return [
            directory
            for directory in graph.tops(self._links)
            if directory not in built_on
            and directory not in self.nested
            and not self.all[directory].library
        ]

    def made(self, directory: str) -> Made:
        """All that a chart is made of: its whole folder, and those of the charts it depends on."""
        found = Made()
        for name in graph.reach(self._links, directory):
            chart = self.all[name]
            found.reads.update(self._files.under(name))
            found.remote += chart.remote
            found.failures += chart.failures
            for path in self._files.under(name):
                inner = parent(path)
                if path.endswith(f"/{_FILE}") and inner in self.nested:
                    found.remote += self.all[inner].remote
                    found.failures += self.all[inner].failures
        return found

    def taken(self, directory: str) -> Iterator[str]:
        """What of a chart's folder only Helm reads: templates, CRDs, subcharts, the files of its
        own directory that are no manifests, values of environments."""
        for name in graph.reach(self._links, directory):
            start = len(name) + 1 if name else 0
            own = {path for _, path in self.environments(name)}
            for path in self._files.under(name):
                inside = path[start:]
                if inside.startswith(_INSIDE) or path in own or _is_own(inside):
                    yield path

    def environments(self, directory: str) -> list[tuple[str, str]]:
        """(environment, values file) of a chart, sorted: `values-prod.yaml`, `values.prod.yaml`,
        `prod-values.yaml` and `values/prod.yaml` where the name has the word of an environment;
        `env/NAME.yaml`, `envs/NAME.yaml` and `environments/NAME.yaml` whatever the name."""
        start = f"{directory}/" if directory else ""
        found: dict[str, str] = {}
        for path in self._files.below.get(directory, ()):
            match = _VALUES.fullmatch(path[len(start) :])
            name = (match[1] or match[2]) if match else ""
            if name and _is_environment(name):
                found.setdefault(name, path)
        for folder in ("values", *_FOLDERS):
            for path in self._files.below.get(f"{start}{folder}", ()):
                match = _YAML.fullmatch(path.rpartition("/")[2])
                if match and (folder in _FOLDERS or _is_environment(match[1])):
                    found.setdefault(match[1], path)
        return sorted((n, p) for n, p in found.items() if self._files.is_regular(p))


def _is_own(inside: str) -> bool:
    return inside in (_FILE, _OLD_FILE) or (
        "/" not in inside and inside.startswith("values") and inside.endswith((".yaml", ".yml"))
    )


def _is_environment(name: str) -> bool:
    return any(word in _ENVIRONMENTS for word in _WORD.findall(name.lower()))


def chart_drafts(
    charts: Charts, built_on: Collection[str], hosts: Sequence[str]
) -> Iterator[Draft]:
    """The charts that nothing points at: each installed once for each of its environments. Where it
    has fewer than two values files of environments, `values.yaml` alone stands for one as well;
    where it has more, that is what they have in common."""
    for directory in charts.tops(built_on):
        yield from own_drafts(charts, directory, hosts)


def own_drafts(charts: Charts, directory: str, hosts: Sequence[str]) -> Iterator[Draft]:
    """A chart as it is installed when nothing says how."""
    environments = charts.environments(directory)
    options = HelmOptions(release=charts.all[directory].name or directory.rpartition("/")[2])
    name = directory or "."
    made, taken = charts.made(directory), charts.taken(directory)
    own = draft(RootKind.HELM, directory, name, made, taken=taken, hosts=hosts, helm=options)
    if len(environments) < _SEVERAL:
        yield own
    for environment, values in environments:
        helm = replace(options, values_files=(values,))
        root = replace(own.root, key=f"{name} as {environment}", helm=helm)
        yield replace(own, root=root)

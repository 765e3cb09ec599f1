"""The parameters that an ApplicationSet's generators make, as far as the repository tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.render.roots import gotemplate
from bot.render.roots.gotemplate import Unsupported, as_text, normalized
from bot.render.roots.ground import Ground
from bot.render.roots.paths import parent
from bot.render.roots.reading import At, documents
from bot.render.roots.trouble import shown, trouble
from bot.render.roots.wildcards import Unmatchable, across, within
from checks.model import Location, Node, RenderFailure

# What is deployed from one set in a repository is some tens; a product of two lists can explode.
MOST = 1_000
_KNOWN = ("list", "git", "matrix", "merge")
_OUTSIDE = {
    "clusters": "the clusters are known to Argo CD only",
    "clusterDecisionResource": "the clusters are known to Argo CD only",
    "scmProvider": "the repositories are known to the forge only",
    "pullRequest": "the pull requests are known to the forge only",
    "plugin": "the plugin is asked by Argo CD only",
}
_BESIDE = ("template", "selector", "values", "pathParamPrefix")

Params = dict[str, Any]


class Untold(Exception):  # noqa: N818 - a verdict on a generator, not a fault
    """What a generator makes cannot be told."""

    def __init__(self, failure: RenderFailure) -> None:
        super().__init__(failure.error)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Generators:
    """The generators of one set over one commit. Everything raises Untold. With `go` parameters
    are nested, else flat by dotted names."""

    ground: Ground
    go: bool

    def text(self, text: str, params: Params, at: Location) -> str:
        """A template's text with its parameters."""
        try:
            return gotemplate.go(text, params) if self.go else gotemplate.fast(text, params)
        except Unsupported as no:
            raise Untold(trouble("applicationset-template", at, str(no))) from None

    def made(self, at: At, given: Params | None = None, depth: int = 0) -> list[Params]:
        """The parameters of one generator, each set once; `given` are those of the one before in a
        matrix, which it may use itself."""
        kinds = [name for name in (*_KNOWN, *_OUTSIDE) if name in at.body]
        if len(kinds) != 1 or depth > 2:
            said = f"expected one generator of {', '.join(_KNOWN)}; there is {shown([*at.body])}"
            raise Untold(trouble("applicationset-invalid", at.place(), said))
        kind = kinds[0]
        if kind in _OUTSIDE:
            raise Untold(trouble("applicationset-unknown", at.place(kind), _OUTSIDE[kind]))
        inside = at.inside(kind)
        if kind == "list":
            found = list(islice(self._list(inside), MOST + 1))
        elif kind == "git":
            found = list(islice(self._git(inside, given or {}), MOST + 1))
        else:
            product = self._matrix if kind == "matrix" else self._merge
            found = product(inside, depth)
        return [one for one in self._bounded(found, at) if _selected(at, one)]

    def _bounded(self, found: list[Params], at: At) -> list[Params]:
        if len(found) > MOST:
            said = f"the generator makes more than {MOST:,} Applications"
            raise Untold(trouble("too-many", at.place(), said))
        return found

    def _list(self, at: At) -> Iterator[Params]:
        if at.get("elementsYaml") is not None:
            said = "elementsYaml is not evaluated here"
            raise Untold(trouble("applicationset-template", at.place("elementsYaml"), said))
        for index, element in enumerate(at.items("elements")):
            if not isinstance(element, dict):
                said = f"the element {shown(element)} is no mapping"
                place = at.place("elements", index)
                raise Untold(trouble("applicationset-invalid", place, said))
            yield self._own(element)

    def _own(self, value: Mapping[str, Node]) -> Params:
        """A mapping as parameters."""
        return dict(value) if self.go else dict(_flat(value, ""))

    def _git(self, at: At, given: Params) -> Iterator[Params]:
        url = at.text("repoURL")
        if self.ground.is_foreign(self.text(url, given, at.place("repoURL"))):
            said = f"it goes over another repository, {shown(url)}"
            raise Untold(trouble("applicationset-unknown", at.place("repoURL"), said))
        prefix = at.text("pathParamPrefix")
        if at.get("directories") is not None:
            for directory in self._chosen(at, "directories", given):
                yield self._with_values(at, self._path(directory, prefix))
            return
        for path in self._chosen(at, "files", given):
            for element in self._file(path, at):
                params = {**self._own(element), **self._path(parent(path), prefix, path)}
                yield self._with_values(at, params)

    def _chosen(self, at: At, name: str, given: Params) -> list[str]:
        """The directories or files that the generator's patterns choose, sorted."""
        patterns: list[tuple[Callable[[str], bool], bool]] = []
        for index in range(len(at.items(name))):
            place = at.place(name, index, "path")
            pattern = self.text(at.text(name, index, "path"), given, place).removeprefix("./")
            try:
                matches = (within if name == "directories" else across)(pattern)
            except Unmatchable as no:
                raise Untold(trouble("applicationset-invalid", place, str(no))) from None
            patterns.append((matches, at.get(name, index, "exclude") is True))
            self.ground.work.spend(len(pattern) * self.ground.files.size_of_paths)
        files = self.ground.files
        return [
            path
            for path in (files.directories if name == "directories" else files.paths)
            if path
            and any(matches(path) for matches, excluded in patterns if not excluded)
            and not any(matches(path) for matches, excluded in patterns if excluded)
            and not (name == "directories" and _is_hidden(path))
        ]

    def _path(self, directory: str, prefix: str, file: str = "") -> Params:
        """The parameters of a directory, and of a file in it."""
        parts = directory.split("/") if directory else []
        base, name = (parts[-1] if parts else ""), file.rpartition("/")[2]
        said: Params = {
            "path": directory,
            "basename": base,
            "basenameNormalized": normalized(base),
        }
        if file:
            said |= {"filename": name, "filenameNormalized": normalized(name)}
        if self.go:
            inner = {**said, "segments": parts}
            return {prefix: {"path": inner}} if prefix else {"path": inner}
        start = f"{prefix}.path" if prefix else "path"
        flat = {f"{start}.{key}" if key != "path" else start: text for key, text in said.items()}
        return flat | {f"{start}[{number}]": part for number, part in enumerate(parts)}

    def _file(self, path: str, at: At) -> list[Mapping[str, Node]]:
        parsed = documents(self.ground.files, [path]).get(path)
        value = parsed.documents[0].value if parsed and parsed.documents else None
        if parsed is None or parsed.failures or value is None:
            said = f"the file {path} cannot be read"
            raise Untold(trouble("applicationset-invalid", at.place("files"), said))
        elements = value if isinstance(value, list) else [value]
        return [element for element in elements if isinstance(element, dict)]

    def _with_values(self, at: At, params: Params) -> Params:
        """With the generator's own `values`, which may use the other parameters."""
        values = {
            key: self.text(text, params, at.place("values", key))
            for key, text in at.mapping("values").items()
            if isinstance(text, str)
        }
        if not values:
            return params
        if self.go:
            return {**params, "values": values}
        return {**params, **{f"values.{key}": text for key, text in values.items()}}

    def _matrix(self, at: At, depth: int) -> list[Params]:
        if len(at.items("generators")) != 2:
            said = "a matrix has two generators"
            raise Untold(trouble("applicationset-invalid", at.place("generators"), said))
        found: list[Params] = []
        for one in self.made(at.inside("generators", 0), None, depth + 1):
            for other in self.made(at.inside("generators", 1), one, depth + 1):
                found.append(_merged(one, other))
                self._bounded(found, at)
        return found

    def _merge(self, at: At, depth: int) -> list[Params]:
        keys = [key for key, _ in at.strings("mergeKeys")]
        first, *others = [
            self.made(at.inside("generators", index), None, depth + 1)
            for index in range(len(at.items("generators")))
        ] or [[]]
        found = {_key(one, keys): one for one in first}
        for other in others:
            for one in other:
                key = _key(one, keys)
                if key in found:
                    found[key] = _merged(found[key], one)
        return list(found.values())


def _key(params: Params, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(repr(params.get(key)) for key in keys)


def _merged(one: Params, other: Params) -> Params:
    """Two sets of parameters; the second wins, deep down."""
    found = dict(one)
    for key, value in other.items():
        before = found.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        found[key] = _merged(before, value) if both else value  # type: ignore[arg-type]
    return found


def _flat(value: Node | Mapping[str, Node], name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{index}]")
    elif value is not None:
        yield name, as_text(value)


def _is_hidden(directory: str) -> bool:
    return any(part.startswith(".") for part in directory.split("/"))


def _selected(at: At, params: Params) -> bool:
    """Whether the generator's selector takes these parameters."""
    if at.get("selector", "matchExpressions") is not None:
        place = at.place("selector", "matchExpressions")
        raise Untold(trouble("applicationset-template", place, "matchExpressions is not evaluated"))
    flat = dict(_flat(params, ""))
    return all(
        flat.get(key) == value for key, value in at.mapping("selector", "matchLabels").items()
    )

"""An Application's Helm options: values files, inline values and parameters, in Argo CD's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.render.roots.ground import Ground
from bot.render.roots.made import Made
from bot.render.roots.model import HelmOptions
from bot.render.roots.paths import from_top, join
from bot.render.roots.reading import At
from bot.render.roots.trouble import shown, trouble
from bot.render.yaml_reader import read
from checks.model import Location


@dataclass(frozen=True, slots=True)
class HelmSource:
    """The `helm` section of a source whose chart is in the directory `path`, None where it is not
    in the repository. What is wrong with it, and the files that it reads, go into `made`. `refs`
    are the repositories of the sources that values files may name, by "$name"."""

    at: At
    path: str | None
    ground: Ground
    made: Made
    refs: Mapping[str, str]

    def options(self) -> HelmOptions:
        """The options as they are written; release "" where it names none."""
        at = self.at
        entries = (self._values_file(*entry) for entry in at.strings("valueFiles"))
        files = tuple(path for path in entries if path is not None)
        self.made.reads.update(files)
        parameters = [at.inside("parameters", i) for i in range(len(at.items("parameters")))]
        for index in range(len(at.items("fileParameters"))):
            said = "fileParameters are not read here"
            place = at.place("fileParameters", index)
            self.made.notes.append(trouble("argocd-unread", place, said))
        return HelmOptions(
            release=at.text("releaseName"),
            values_files=files,
            values=self._values(),
            parameters={one.text("name"): _text(one.get("value")) for one in parameters},
            string_parameters=frozenset(
                one.text("name") for one in parameters if one.get("forceString") is True
            ),
            include_crds=at.get("skipCrds") is not True,
        )

    def _values_file(self, entry: str, place: Location) -> str | None:
        """The path of a values file: in the chart's directory, from the top ("/…"), or in the
        repository of another source ("$ref/…"). None where it is not here."""
        if "://" in entry:
            self.made.remote.append((entry, place))
            return None
        if entry.startswith("$"):
            ref, _, rest = entry.partition("/")
            if not self._is_here(ref, entry, place):
                return None
            path = from_top(rest)
        elif entry.startswith("/"):
            path = from_top(entry)
        else:
            path = join(self.path, entry) if self.path is not None else None
        if path is not None and self.ground.files.is_regular(path):
            return path
        if self.at.get("ignoreMissingValueFiles") is not True:
            said = f"there is no values file {shown(entry)} in this commit"
            self.made.failures.append(trouble("helm-values-missing", place, said))
        return None

    def _is_here(self, ref: str, entry: str, place: Location) -> bool:
        """Whether the source of that name is this repository, as far as can be told."""
        url = self.refs.get(ref)
        if url is None:
            said = f"there is no source with ref: {ref.removeprefix('$')[:80]}"
            self.made.failures.append(trouble("argocd-invalid", place, said))
        elif self.ground.is_foreign(url):
            said = f"the values file {shown(entry)} is in another repository, {shown(url)}"
            self.made.failures.append(trouble("remote-repository", place, said))
        return url is not None and not self.ground.is_foreign(url)

    def _values(self) -> Mapping[str, Any]:
        """The inline values: the object, or where there is none the text."""
        if self.at.mapping("valuesObject"):
            return self.at.mapping("valuesObject")
        text = self.at.text("values")
        documents, failures = read("", text.encode(), self.ground.files.limits)
        value = documents[0].value if documents else None
        if not failures and (value is None or isinstance(value, dict)):
            return value or {}
        why = failures[0].error if failures else "they are no mapping"
        place = self.at.place("values")
        said = f"the values cannot be read: {why}"
        self.made.failures.append(trouble("argocd-invalid", place, said))
        return {}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)

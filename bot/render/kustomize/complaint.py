"""What kustomize complains of, as a failure on the line that it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.render.failures import failure
from bot.render.kustomize.sources import Sources
from bot.render.roots.paths import join
from bot.render.roots.reading import At
from bot.render.roots.trouble import trouble
from checks.model import Location, Node, RenderFailure

_KLOG = re.compile(r'^E\d{4} .*?\] "command failed" err=', re.MULTILINE)
_WARNING = re.compile(r"^# Warning:.*\n?", re.MULTILINE)
# Each step down into another kustomization.
_DEEPER = re.compile(
    r"recursed accumulation of path '(?P<a>[^']*)': |couldn't make target for path '(?P<b>[^']*)': "
)
_BROKEN_FILE = re.compile(r"MalformedYAMLError: (?P<said>.*?) in File: (?P<file>\S+)", re.DOTALL)
_LINE = re.compile(r"\bline (\d+)")
# The entry that was being read, and the field that has the wrong shape.
_ENTRY = re.compile(r"(?:accumulating|merging) resources from '([^']*)'")
_GONE = re.compile(r"lstat (\S+): no such file or directory")
_CIRCLE = re.compile(r"contains visited root '([^']*)'")
_FIELD = re.compile(r"Go struct field \w+\.(\w+)\b")
_QUOTED = re.compile(r"'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"|\[([^\[\]\n]{1,300})\]")
# An object as kustomize names it: kind.version.group/name.namespace.
_ID = re.compile(r"/([\w.-]{1,253})\.(?:\[noNs\]|\w)")
# What is said, and what it means; the first that fits counts.
_MEANINGS: tuple[tuple[str, str], ...] = (
    ("cycle detected", "kustomize-cycle"),
    ("must specify --enable-helm", "kustomize-helm"),
    ("external plugin", "kustomize-plugin"),
    ("alpha plugins", "kustomize-plugin"),
    ("transport '", "remote-refused"),
    ("proxyconnect", "remote-refused"),
    ("failed to run '/", "remote-refused"),
    ("security; file", "kustomize-outside"),
    ("MalformedYAMLError", "yaml-syntax"),
    ("already registered id", "kustomize-clash"),
    ("no resource matches strategic merge patch", "kustomize-patch"),
    ("failed to find unique target for patch", "kustomize-patch"),
    ("operation does not apply", "kustomize-patch"),
    ("unable to parse SM or JSON patch", "kustomize-patch"),
    ("PatchTransformer", "kustomize-patch"),
    ("PatchStrategicMergeTransformer", "kustomize-patch"),
    ("PatchJson6902Transformer", "kustomize-patch"),
    ("invalid Kustomization", "kustomize-invalid"),
    ("is empty", "kustomize-invalid"),
    ("no such file or directory", "kustomize-missing"),
    ("unable to find one of 'kustomization", "kustomize-missing"),
)
_OUTSIDE = (
    "Move the file below the kustomization's directory, or make it a base there: kustomize reads "
    "no file from outside of the directory that names it."
)
# The fields that a complaint without any name in it can only be about.
_ABOUT: Mapping[str, tuple[str, ...]] = {
    "kustomize-helm": ("helmCharts", "helmChartInflationGenerator"),
    "kustomize-plugin": ("generators", "transformers", "validators"),
}
_OWN = frozenset({"kustomize-helm", "kustomize-plugin", "yaml-syntax", "kustomize-clash"})
_OWN |= {"kustomize-patch", "kustomize-build"}
_LONGEST = 400


def complaint(stderr: bytes, directory: str, folder: Path, sources: Sources) -> RenderFailure:
    """The failure that kustomize's error output is about; `directory` is the root's."""
    text = _shown(stderr.decode("utf-8", "replace"), str(folder))
    where, cause = directory, text
    for found in _DEEPER.finditer(text):
        where, cause = join("", found["a"] or found["b"] or "") or "", text[found.end() :]
    code = next((code for words, code in _MEANINGS if words in cause), "kustomize-build")
    at = sources.kustomization(where)
    broken = _BROKEN_FILE.search(cause)
    if broken is not None:
        path = join(where, broken["file"]) or where
        line = _LINE.search(broken["said"])
        return failure("yaml-syntax", path, int(line[1]) if line else 0, _short(broken["said"]))
    place = _place(code, cause, at, sources) if at else Location(path=where)
    said = _plainly(code, cause) or _short(_said(cause))
    if code in _OWN:
        return failure(code, place.path, place.line, said)
    return trouble(code, place, said, _OUTSIDE if code == "kustomize-outside" else "")


def _shown(text: str, folder: str) -> str:
    """The message alone, in one line, with paths as they are in the repository."""
    text = _KLOG.sub("", _WARNING.sub("", text)).strip()
    if text.startswith('"'):
        try:
            text = json.loads(text.partition("\n")[0])
        except ValueError:
            text = text.strip('"')
    text = text.removeprefix("Error: ").removeprefix("<\n").removesuffix("\n >")
    text = text.replace(f"{folder}/", "").replace(folder, ".")
    return re.sub(r"\s+", " ", text).strip()


def _said(cause: str) -> str:
    """The cause without what kustomize tried next and why that failed too."""
    inner = re.search(r"accumulation err='\w+ resources from '[^']*': (.*)", cause)
    if inner is not None:
        cause = inner[1]
    cause = re.split(r"': must build at directory: ", cause)[0]
    return re.sub(r"^(loading KV pairs: |accumulating resources: )+", "", cause)


def _plainly(code: str, cause: str) -> str:
    """The cause in our own words where kustomize's are hard to read, "" where they will do."""
    entry, gone, circle = (p.search(cause) for p in (_ENTRY, _GONE, _CIRCLE))
    if code == "remote-refused" and entry is not None:
        return f"{entry[1][:100]!r} is not in the repository, and nothing is fetched for it"
    if code == "kustomize-missing" and gone is not None:
        return f"{gone[1][:200]} cannot be found: there is no such file in this commit"
    if code == "kustomize-cycle" and circle is not None:
        return f"this leads back to {circle[1] or 'the top directory'}, which is built on it"
    return ""


def _short(text: str) -> str:
    text = f"kustomize says: {text.rstrip('.')}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _place(code: str, cause: str, at: At, sources: Sources) -> Location:
    if code == "kustomize-invalid":
        found = _LINE.search(cause)
        if found is not None:
            return Location(path=at.path, line=int(found[1]))
    if code == "kustomize-patch":
        place = _of_patch(cause, at, sources)
        if place is not None:
            return place
    for key in _ABOUT.get(code, ()):
        if key in at.body:
            return at.place(key)
    places = dict(_scalars(at))
    named = [one for found in _QUOTED.finditer(cause) for one in found.groups() if one]
    named += _FIELD.findall(cause)
    named += _ENTRY.findall(cause)
    for name in reversed(named):
        place = places.get(name) or places.get(name.rpartition("/")[2])
        if place is not None:
            return place
    return Location(path=at.path)


def _of_patch(cause: str, at: At, sources: Sources) -> Location | None:
    """The entry of the patch whose target is missing, or the only patch there is."""
    entries = [
        (name, index)
        for name in ("patches", "patchesStrategicMerge", "patchesJson6902")
        for index in range(len(at.items(name)))
    ]
    missing = _ID.search(cause)
    if missing is not None:
        for pointer in entries:
            if missing[1] in _patch_text(at, pointer, sources):
                return at.place(*pointer)
    return at.place(*entries[0]) if len(entries) == 1 else None


def _patch_text(at: At, pointer: tuple[str, int], sources: Sources) -> str:
    entry = at.get(*pointer)
    path = entry.get("path") if isinstance(entry, dict) else entry
    if isinstance(path, str) and "\n" not in path:
        found = join(at.path.rpartition("/")[0], path)
        return sources.content(found).decode("utf-8", "replace") if found else ""
    return json.dumps(entry)


def _scalars(at: At) -> Iterator[tuple[str, Location]]:
    """Every key and text of a kustomization with its line."""
    waiting: list[tuple[tuple[str | int, ...], Node]] = [((), dict(at.body))]
    while waiting:
        pointer, node = waiting.pop()
        if isinstance(node, str):
            yield node, at.place(*pointer)
        elif isinstance(node, Mapping):
            yield from ((key, at.place(*pointer, key)) for key in node)
            waiting += (((*pointer, key), value) for key, value in node.items())
        elif isinstance(node, list):
            waiting += (((*pointer, index), value) for index, value in enumerate(node))

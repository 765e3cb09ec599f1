"""Gather what a commit carries to show that its models are aligned: ML-BOMs and fairness counts.

Read from the tree of a commit, never from anywhere else. Whatever is wrong with a file is told with
its line; nothing that cannot be read is left out in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bot import evidence_bom, evidence_counts
from bot.evidence_file import Limits, refused
from bot.model import TooLarge, TreeEntry
from bot.render.limits import Limits as ReaderLimits
from bot.render.select import Trees
from bot.render.yaml_reader import read
from checks.alignment.workload import folder, named_paths, workload
from checks.model import (
    Evidence,
    GroupCounts,
    Input,
    Lines,
    ModelBom,
    Node,
    RenderFailure,
    Resource,
)

__all__ = ["DEFAULT", "Limits", "gather"]

DEFAULT = Limits()
_REGULAR = ("100644", "100755")
_SYMLINK = "120000"
_LFS = b"version https://git-lfs.github.com/spec/"
_LONGEST_PATH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What one file says, or why it cannot be read."""

    boms: Sequence[ModelBom] = ()
    counts: Sequence[GroupCounts] = ()
    unreadable: Sequence[RenderFailure] = ()


def gather(
    repo: Trees,
    sha: str,
    resources: Iterable[Resource],
    limits: Limits = DEFAULT,
    label_domain: str = "apexlogic.com",
) -> Evidence:
    """The evidence of the AI workloads among `resources` (those of one side, context included) in
    the tree of the commit `sha`: what their annotations name, else what is in their folders.

    Never raises for what a repository holds; raises what `repo` raises.
    """
    named, folders, unreadable = _wanted(resources, label_domain)
    if not named and not folders:
        return Evidence(unreadable=tuple(unreadable))
    listed = repo.tree(sha, folders | {folder(path) for path in named})
    entries = {entry.path: entry for entry in sorted(listed, key=lambda entry: entry.path)}
    chosen: list[TreeEntry] = []
    for path, said in sorted(named.items()):
        problem = _unfit(path, entries.get(path), said)
        if problem is not None:
            unreadable.append(problem)
        else:
            chosen.append(entries[path])
    for path, entry in entries.items():
        if path in named or folder(path) not in folders or not _is_evidence(path):
            continue
        if entry.mode in _REGULAR:
            chosen.append(entry)
        else:
            unreadable.append(refused(path, 0, "symlink", "it is a symbolic link or a submodule"))
    unreadable += (
        refused(entry.path, 0, "too-many", f"there are more than {limits.max_files} evidence files")
        for entry in chosen[limits.max_files :]
    )
    found = _read(repo, chosen[: limits.max_files], named.keys(), limits)
    unreadable += (failure for one in found for failure in one.unreadable)
    unreadable.sort(key=lambda f: (f.location.path, f.location.line, f.code, f.error))
    return Evidence(
        boms=tuple(bom for one in found for bom in one.boms),
        counts=tuple(row for one in found for row in one.counts),
        unreadable=tuple(unreadable),
    )


def _wanted(
    resources: Iterable[Resource], domain: str
) -> tuple[dict[str, Input], set[str], list[RenderFailure]]:
    """The paths that annotations name, the folders of workloads that name none, and the paths that
    cannot be meant."""
    named: dict[str, Input] = {}
    folders: set[str] = set()
    refusals: list[RenderFailure] = []
    for resource in resources:
        one = workload(resource, domain)
        if one is None or not one.signs:
            continue
        paths = named_paths(resource, domain)
        if not paths:
            folders.add(folder(resource.source.path))
        for path, said in paths:
            problem = _misnamed(path)
            if problem:
                refusals.append(_at(said, path, "path", problem))
            else:
                named.setdefault(path, said)
    return named, folders, refusals


def _misnamed(path: str) -> str:
    """Why a path of an annotation is none of a file of the repository, "" for one that may be."""
    parts = path.split("/")
    if path.startswith("/"):
        return "is absolute; write it from the root of the repository, without a slash before it"
    if ".." in parts or "." in parts or "" in parts:
        return "has '.', '..' or an empty part in it; write it from the root of the repository"
    if "\\" in path or not path.isprintable() or len(path) > _LONGEST_PATH:
        return "holds a backslash or a control character, or is too long"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "is no UTF-8"
    return ""


def _unfit(path: str, entry: TreeEntry | None, said: Input) -> RenderFailure | None:
    if entry is None:
        return _at(said, path, "missing", "is not in the repository at this commit")
    if entry.mode == _SYMLINK:
        return _at(said, path, "symlink", "is a symbolic link, which is not followed")
    if entry.mode not in _REGULAR:
        return _at(said, path, "missing", "is no file")
    return None


def _at(said: Input, path: str, code: str, problem: str) -> RenderFailure:
    """Something wrong with a path, on the line of the annotation that names it."""
    shown = path if len(path) <= 120 else path[:119] + "…"
    return refused(
        said.location.path, said.location.line, code, f"the evidence {shown!r} {problem}"
    )


def _is_evidence(path: str) -> bool:
    name = path.rpartition("/")[2].casefold()
    return name.endswith(".cdx.json") or ("counts" in name and name.endswith(".csv"))


def _read(
    repo: Trees, chosen: Sequence[TreeEntry], named: Collection[str], limits: Limits
) -> list[_Found]:
    ids = list(dict.fromkeys(entry.blob for entry in chosen))
    contents = repo.blobs(ids, limits.max_file_bytes, limits.max_total_bytes) if ids else {}
    return [
        _of_file(entry.path, contents.get(entry.blob), limits, is_named=entry.path in named)
        for entry in chosen
    ]


def _of_file(path: str, data: bytes | TooLarge | None, limits: Limits, *, is_named: bool) -> _Found:
    if data is None:
        return _no(refused(path, 0, "missing", "its content is missing in the object store"))
    if isinstance(data, TooLarge):
        most = f"{limits.max_file_bytes:,} are read of a file, {limits.max_total_bytes:,} of all"
        return _no(refused(path, 0, "too-large", f"it has {data.size:,} bytes; at most {most}"))
    if data.startswith(_LFS):
        return _no(refused(path, 1, "git-lfs", "its content is in Git LFS, here is only a pointer"))
    name = path.casefold()
    if name.endswith(".csv"):
        counts, problems = evidence_counts.of_csv(path, data, limits)
        return _Found(counts=counts, unreadable=problems)
    if name.endswith(".json"):
        return _of_json(path, data, limits, is_named=is_named)
    return _no(refused(path, 0, "format", "its name ends in neither .json nor .csv"))


def _of_json(path: str, data: bytes, limits: Limits, *, is_named: bool) -> _Found:
    """JSON is read with the reader of manifests: that one knows lines, and stops at any depth."""
    caps = replace(
        ReaderLimits(),
        max_file_bytes=limits.max_file_bytes,
        max_depth=limits.max_depth,
        max_alias_nodes=0,
        max_failures_per_file=1,
    )
    documents, failures = read(path, data, caps)
    if failures:
        worst = failures[0]
        return _no(refused(path, worst.location.line, worst.code, worst.error))
    if len(documents) != 1 or not isinstance(documents[0].value, dict | list):
        return _no(refused(path, 1, "format", "it is not one JSON object or list"))
    value: Node = documents[0].value
    lines: Lines = documents[0].lines
    if isinstance(value, dict) and "bomFormat" in value:
        boms, problems = evidence_bom.of_json(path, value, lines, limits)
        if is_named and not boms and not problems:
            problems = [refused(path, 1, "bom", "it lists no model (machine-learning-model)")]
        return _Found(boms=boms, unreadable=problems)
    if path.casefold().endswith(".cdx.json"):
        return _no(refused(path, 1, "format", "it has no bomFormat, so it is no CycloneDX BOM"))
    counts, problems = evidence_counts.of_json(path, value, lines, limits)
    return _Found(counts=counts, unreadable=problems)


def _no(failure: RenderFailure) -> _Found:
    return _Found(unreadable=(failure,))

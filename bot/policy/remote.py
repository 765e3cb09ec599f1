"""Policies of other repositories: those of one exact commit, from a host that is allowed.

What is fetched is what its commit's id says it is, as git checks every object that it takes in. So
a policy from elsewhere changes only when the base branch's config names another commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.policy.files import Files, documents_of, is_policy
from bot.policy.model import Document, Limits, Problem, Source
from bot.policy.origins import Origin
from bot.render.remote.address import Repository
from bot.render.remote.store import Store
from bot.render.remote.trouble import REMEDIES, NotFetched

_MAX_FILES = 500
_MAX_TOTAL_BYTES = 4 * 1024 * 1024
_YAML = (".yaml", ".yml", ".json")


def remote_files(origins: Sequence[Origin], store: Store | None, limits: Limits) -> Files:
    """The policies of all of them, in order; what cannot be had is a problem that names it."""
    found = Files()
    for origin in origins:
        found = together(found, _files(origin, store, limits))
    return found


def together(first: Files, second: Files) -> Files:
    """The files of both."""
    return Files(
        sources=(*first.sources, *second.sources),
        documents=(*first.documents, *second.documents),
        problems=(*first.problems, *second.problems),
    )


def _files(origin: Origin, store: Store | None, limits: Limits) -> Files:
    if store is None:
        said = "nothing is fetched here: a maintainer has to allow its host in render.hosts"
        return _failed(origin, said)
    try:
        meant = Repository(url=origin.url, path="", ref=origin.commit)
        fetched = store.repository(meant)
    except NotFetched as error:
        return _failed(origin, f"{error.error}. {REMEDIES[error.code]}")
    except OSError as error:
        return _failed(origin, f"it cannot be kept: {error.strerror}")
    if fetched.pin != origin.commit:
        return _failed(origin, f"it is the commit {fetched.pin}")
    return _read(origin, fetched.path, limits)


def _failed(origin: Origin, said: str) -> Files:
    message = f"the policies of this repository are not here: {said}"
    return Files(problems=(Problem(path=origin.label, line=0, message=message),))


def _read(origin: Origin, root: Path, limits: Limits) -> Files:
    sources: list[Source] = []
    documents: list[Document] = []
    problems: list[Problem] = []
    left = _MAX_TOTAL_BYTES
    paths = sorted(path for path in _paths(root) if is_policy(path, origin.patterns))
    if not paths:
        return _failed(origin, f"no policy file matches {', '.join(origin.patterns)}")
    for number, path in enumerate(paths):
        name = f"{origin.label}/{path}"
        size = (root / path).stat().st_size
        if number >= _MAX_FILES:
            said = f"is one of more than {_MAX_FILES} policy files"
        elif size > min(limits.file_bytes, left):
            said = f"has {size:,} bytes, more than policies may have"
        else:
            left -= size
            data = (root / path).read_bytes()
            if path.endswith(_YAML):
                found, failed = documents_of(name, data)
                documents += found
                problems += failed
                continue
            try:
                sources.append(Source(path=name, text=data.decode("utf-8-sig")))
                continue
            except UnicodeDecodeError:
                said = "is not UTF-8"
        problems.append(Problem(path=name, line=0, message=said))
    return Files(sources=tuple(sources), documents=tuple(documents), problems=tuple(problems))


def _paths(root: Path) -> Iterator[str]:
    """The regular files below a folder, from it."""
    for folder, _, names in os.walk(root, followlinks=False):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()

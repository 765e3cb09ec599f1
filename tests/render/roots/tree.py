"""Roots of a small repository that is written down in a test."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from bot.render.limits import DEFAULT, Limits
from bot.render.roots.files import Files
from bot.render.roots.find import find_roots, reached
from bot.render.roots.model import Rendering, Roots
from bot.repo import Repository
from checks.model import RenderFailure
from tests.repo.builder import Builder

KUSTOMIZE = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def roots_of(
    path: Path,
    files: Mapping[str, str | bytes],
    rendering: Rendering | None = None,
    own: Collection[str] = (),
    limits: Limits = DEFAULT,
) -> Roots:
    """The roots of one commit with these files, in a new repository at `path`."""
    origin = Builder(path)
    sha = origin.commit(files)
    with Repository.local(origin.path) as repo:
        return find_roots(Files.of(repo, sha, limits), rendering or Rendering(), own)


def roots_of_many(path: Path, files: Mapping[str, str]) -> Roots:
    """As `roots_of`, for thousands of files: no work tree is written."""
    origin = Builder(path)
    sha = origin.many("main", files)
    with Repository.local(origin.path) as repo:
        return find_roots(Files.of(repo, sha, DEFAULT), Rendering())


def reached_by(origin: Builder, base: str, head: str) -> set[str]:
    """The keys of the roots that a change reaches."""
    with Repository.local(origin.path) as repo:
        sides = [Files.of(repo, sha, DEFAULT) for sha in (base, head)]
        found = [find_roots(files, Rendering()) for files in sides]
        changed = [file.path for file in repo.changed_files(base, head)]
        return set(reached(found[0], found[1], sides[0], sides[1], changed))


def said(failures: Collection[RenderFailure | None]) -> list[tuple[str, str, int]]:
    """(code, path, line) of each."""
    return [(f.code, f.location.path, f.location.line) for f in failures if f is not None]


def failures_of(roots: Roots) -> dict[str, tuple[str, str, int]]:
    """The failure of each root that has one, by its key."""
    return {key: said([root.failure])[0] for key, root in roots.roots.items() if root.failure}


def manifest(name: str, kind: str = "Deployment") -> str:
    """A small object."""
    return f"apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n"

"""The tree of a commit, what the config decides about roots, and which of them a change reaches."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

import pytest

from bot.model import TooLarge, TreeEntry
from bot.render.limits import DEFAULT, Limits
from bot.render.roots.files import Files
from bot.render.roots.find import find_roots
from bot.render.roots.model import Rendering, RootKind
from bot.render.roots.paths import host_of, is_remote, join, same_repository
from bot.render.roots.wildcards import Unmatchable, across, within
from bot.repo import Repository
from tests.render.roots.tree import failures_of, manifest, reached_by, roots_of
from tests.repo.builder import Builder

APPS = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec: {source: {repoURL: u, path: web, kustomize: {namePrefix: a-}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: db}
spec: {source: {repoURL: u, path: db}}
"""
TREE: dict[str, str | bytes] = {
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": manifest("a"),
    "prod/kustomization.yaml": "resources: [../base]\n",
    "dev/kustomization.yaml": "resources: [../base]\n",
    "web/kustomization.yaml": "resources: [b.yaml]\n",
    "web/b.yaml": manifest("b"),
    "db/kustomization.yaml": "resources: [c.yaml]\n",
    "db/c.yaml": manifest("c"),
    "argo/apps.yaml": APPS,
    "chart/Chart.yaml": "name: chart\n",
    "chart/README.md": "x",
    "tf/main.tf": "",
    "plain.yaml": manifest("plain"),
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"plain.yaml": manifest("other")}, set()),
        ({"base/a.yaml": manifest("other")}, {"prod", "dev"}),
        ({"base/unused.yaml": manifest("x")}, set()),
        ({"prod/kustomization.yaml": "resources: [../base]\nnamePrefix: x\n"}, {"prod"}),
        ({"chart/README.md": "y"}, {"chart"}),
        ({"chart/new.txt": "y"}, {"chart"}),
        ({"tf/new.tf": ""}, {"tf"}),
        ({"argo/apps.yaml": APPS.replace("a-", "b-")}, {"web as web"}),
        ({"argo/apps.yaml": f"# one line more\n{APPS}"}, set()),
        (
            {"argo/apps.yaml": APPS.replace("path: db", "path: dev")},
            {"db as db", "db", "dev as db", "dev"},
        ),
        ({"web/b.yaml": manifest("x"), "new/kustomization.yaml": "{}\n"}, {"web as web", "new"}),
        ({"base/kustomization.yaml": "resources: [a.yaml, gone]\n"}, {"prod", "dev"}),
    ],
)
def test_what_a_change_reaches(
    tmp_path: Path, change: dict[str, str | bytes], expected: set[str]
) -> None:
    origin = Builder(tmp_path)
    base = origin.commit(TREE)
    head = origin.commit(change)
    assert reached_by(origin, base, head) == expected
    assert reached_by(origin, head, base) == expected


def test_the_config_decides(tmp_path: Path) -> None:
    config = Rendering(
        roots=("base",),
        ignore=("dev", "{d,e}*"),
        enabled=frozenset((RootKind.KUSTOMIZE, RootKind.TERRAFORM)),
    )
    found = roots_of(tmp_path, TREE, config)
    assert list(found.roots) == ["base", "prod", "tf", "web as web"]
    assert "db/c.yaml" in found.taken, "what is not deployed is no plain manifest either"
    assert "chart/Chart.yaml" not in found.taken


def test_order_and_bytes_do_not_depend_on_anything(tmp_path: Path) -> None:
    one, other = (roots_of(tmp_path / name, TREE) for name in ("a", "b"))
    assert one == other
    assert repr(sorted(one.roots)) == repr(list(one.roots))


def test_broken_files_beside_good_ones(tmp_path: Path) -> None:
    broken: dict[str, str | bytes] = {
        "x/kustomization.yaml": b"\xff\xfe\0",
        "y/Chart.yaml": b"a: &a [*a]\n",
        "z/kustomization.yaml": b"[" * 200_000,
        "argo/broken.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: [\n",
        "argo/odd.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: 3}\n",
        "flux.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: x\n",
        "w/main.tf": b"\0" * 1000,
        "w/b.tf.json": b"[1, {",
    }
    found = roots_of(tmp_path, {**TREE, **broken})
    assert {"prod", "dev", "web as web", "chart", "tf"} <= found.roots.keys()
    assert {"x", "y", "z"} <= failures_of(found).keys()


class Counting:
    """A repository that counts what is asked of it."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self.trees = 0
        self.asked: list[str] = []

    def tree(
        self, sha: str, directories: Collection[str], recursive: bool = False
    ) -> tuple[TreeEntry, ...]:
        self.trees += 1
        return self._repo.tree(sha, directories, recursive)

    def blobs(
        self, ids: Collection[str], max_bytes: int, max_total_bytes: int
    ) -> dict[str, bytes | TooLarge]:
        self.asked += ids
        return self._repo.blobs(ids, max_bytes, max_total_bytes)


def test_each_content_is_read_once_for_both_sides(tmp_path: Path) -> None:
    origin = Builder(tmp_path)
    base = origin.commit(TREE)
    head = origin.commit({"base/a.yaml": manifest("new")})
    with Repository.local(origin.path) as repo:
        counting = Counting(repo)
        files = [Files.of(counting, sha, DEFAULT) for sha in (base, head)]
        find_roots(files[0], Rendering())
        before = len(counting.asked)
        find_roots(files[1], Rendering())
        assert counting.trees == 2
        assert counting.asked[before:] == [files[1].blob("base/a.yaml")]


def test_reading_keeps_to_its_limits(tmp_path: Path) -> None:
    origin = Builder(tmp_path)
    (tmp_path / "link").symlink_to("a")
    contents = {f"f{n}": bytes([65 + n]) * 100 for n in range(10)}
    sha = origin.commit({**contents, "large": b"x" * 101, "/".join("d" * 70): "deep"})
    limits = Limits(max_file_bytes=100, max_total_bytes=450)
    with Repository.local(origin.path) as repo:
        files = Files.of(repo, sha, limits)
        assert set(files.entries) == {*contents, "large", "link"}
        assert files.read(["link", "large", "gone", "f0"]) == {"f0": contents["f0"]}
        assert set(files.read([*contents])) == {"f0", "f1", "f2", "f3"}
        assert files.made("size", [*contents], len) == dict.fromkeys(contents, 100)
        assert files.blob("gone") == ""


def test_many_files_are_looked_through_quickly(tmp_path: Path) -> None:
    origin = Builder(tmp_path)
    files = {f"d{n % 300}/{n}.yaml": manifest(f"x{n}") * 20 for n in range(5_000)}
    files |= {f"d{n}/kustomization.yaml": f"resources: [{n}.yaml]\n" for n in range(300)}
    sha = origin.many("main", files)
    with Repository.local(origin.path) as repo:
        started = time.monotonic()
        found = find_roots(Files.of(repo, sha, DEFAULT), Rendering())
        assert time.monotonic() - started < 5
        assert len(found.roots) == 300


@pytest.mark.parametrize(
    ("directory", "entry", "expected"),
    [
        ("a/b", "../c.yaml", "a/c.yaml"),
        ("", "./x/./y/", "x/y"),
        ("a", "..", ""),
        ("a", "../..", None),
        ("", "/etc", None),
        ("a", "b/../../../c", None),
    ],
)
def test_joining(directory: str, entry: str, expected: str | None) -> None:
    assert join(directory, entry) == expected


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("https://Example.com:8443/a", "example.com:8443"),
        ("git@example.com:a/b.git", "example.com"),
        ("git::https://example.com/a.git//x?ref=1", "example.com"),
        ("ssh://git@example.com/a/b", "example.com"),
        ("oci://example.com/a", "example.com"),
        ("example.com/owner/name//dir?ref=v1", "example.com"),
        ("https://user:secret@evil.example@example.com/a", "example.com"),
    ],
)
def test_remote_references(entry: str, host: str) -> None:
    assert is_remote(entry)
    assert host_of(entry) == host


def test_one_repository_in_many_forms() -> None:
    forms = [
        *(
            "https://example.com/Team/Repo.git",
            "git@example.com:team/repo",
            "example.com/team/repo/",
        ),
        *("ssh://git@example.com/team/repo.git", "https://token@example.com/team/repo"),
    ]
    assert {same_repository(form) for form in forms} == {"example.com/team/repo"}
    assert not is_remote("../base")
    assert not is_remote("some/dir.v1/x")


def test_wildcards() -> None:
    assert across("{*.yml,a*}")("sub/x.yml")
    assert across("**/config.json")("a/b/config.json")
    assert not across("a?c")("abbc")
    assert within("apps/*")("apps/x")
    assert not within("apps/*")("apps/x/y")
    assert within("a[^b]")("ac")
    started = time.monotonic()
    assert not across("*a" * 140)("a" * 1_000 + "b")
    assert not across("{a,b}" * 6)("x")
    for pattern in ("{a,b}" * 20, "x" * 301):
        with pytest.raises(Unmatchable):
            across(pattern)
    assert time.monotonic() - started < 2

"""A user's own repository: what is read, whatever things are called, and that nothing changes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bot.model import TooLarge
from bot.repo import GitError, Repository
from tests.repo.builder import Builder

ODD_NAMES = (
    "with space.yaml",
    'quo"te.yaml',
    "new\nline.yaml",
    "tab\there.yaml",
    "-dash.yaml",
    ":(glob)*.yaml",
    "*.yaml",
    "ümläut/ø.yaml",
    "not-utf8-\udcff.yaml",
    "back\\slash.yaml",
    "@@ -1 +1 @@.yaml",
)


def test_odd_names_come_through(origin: Builder) -> None:
    base = origin.commit(dict.fromkeys(ODD_NAMES, "a: 1\n"))
    head = origin.commit(dict.fromkeys(ODD_NAMES, "a: 1\nb: 2\n"))
    with Repository.local(origin.path) as repo:
        changes = repo.changed_files(base, head)
        assert {change.path for change in changes} == set(ODD_NAMES)
        lines = repo.changed_lines(base, head, [change.path for change in changes])
        assert lines == dict.fromkeys(ODD_NAMES, ((2, 2),))
        for name in ODD_NAMES:
            assert repo.file(head, name) == b"a: 1\nb: 2\n"
        assert {e.path for e in repo.tree(head, ["", "ümläut"])} == {"README", *ODD_NAMES}
        assert [e.path for e in repo.tree(head, ["*.yaml", ":(glob)*"])] == []


def test_what_happens_to_files(origin: Builder) -> None:
    base = origin.commit({"gone": "1\n", "kept": "1\n", "moved": "long enough\n", "mode": "1\n"})
    (origin.path / "gone").unlink()
    (origin.path / "moved").rename(origin.path / "renamed")
    (origin.path / "mode").chmod(0o755)
    (origin.path / "link").symlink_to("kept")
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{base},vendor")
    origin.git("add", "--all", "gone", "moved", "renamed", "mode", "link")
    origin.git("commit", "--quiet", "-m", "x")
    with Repository.local(origin.path) as repo:
        head = repo.resolve("HEAD")
        found = {c.path: (c.old_mode, c.new_mode) for c in repo.changed_files(base, head)}
        assert repo.file(head, "link") is None
        assert repo.file(head, "vendor") is None
        assert repo.file(head, "gone") is None
        assert repo.changed_lines(base, head, ["link", "vendor", "mode", "renamed"]) == {
            "mode": (),
            "renamed": ((1, 1),),
        }
    assert found == {
        "gone": ("100644", ""),
        "link": ("", "120000"),
        "mode": ("100644", "100755"),
        "moved": ("100644", ""),
        "renamed": ("", "100644"),
        "vendor": ("", "160000"),
    }


def test_changed_lines_of_content_that_looks_like_a_diff(origin: Builder) -> None:
    before = "diff --git a/x b/x\n--- a/x\n+++ b/x\nlast"
    after = "++ b/y\n@@ -1,3 +9,9 @@\nindex 1..2 100644\ndiff --git a/x b/x\nkept no more\nlast\n"
    base = origin.commit({"a.yaml": before, "b.yaml": "1\n2\n3\n4\n"})
    head = origin.commit({"a.yaml": after, "b.yaml": "1\n3\n4\n5\n"})
    with Repository.local(origin.path) as repo:
        assert repo.changed_lines(base, head, ["a.yaml", "b.yaml"]) == {
            "a.yaml": ((1, 3), (5, 6)),
            "b.yaml": ((4, 4),),
        }


def test_no_program_of_the_repository_runs(origin: Builder, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    attributes = "*.yaml filter=evil diff=evil\n*.txt -diff\n"
    base = origin.commit({".gitattributes": attributes, "a.yaml": "a: 1\n", "b.txt": "1\n"})
    for key in ("filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "core.fsmonitor"):
        origin.git("config", key, f"touch {ran}; cat")
    origin.git("config", "filter.evil.required", "true")
    origin.git("config", "diff.external", f"touch {ran}")
    hook = origin.path / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    origin.write({"a.yaml": "a: 2\n", "b.txt": "2\n"})
    with Repository.local(origin.path) as repo:
        head = repo.worktree_tree()
        assert repo.changed_lines(base, head, ["a.yaml", "b.txt"]) == {
            "a.yaml": ((1, 1),),
            "b.txt": ((1, 1),),
        }
        assert repo.file(head, "a.yaml") == b"a: 2\n"
    assert not ran.exists()


def test_the_work_tree_is_read_without_a_trace(origin: Builder) -> None:
    base = origin.commit({"prod/a.yaml": "a: 1\n", ".gitignore": "*.log\n", "gone.yaml": "1\n"})
    origin.write({"prod/a.yaml": "a: 2\n", "new.yaml": "n: 1\n", "x.log": "noise\n"})
    origin.write({"staged.yaml": "s: 1\n"})
    origin.git("add", "staged.yaml")
    (origin.path / "gone.yaml").unlink()
    before = _contents(origin.path / ".git")
    with Repository.local(origin.path / "prod") as repo:
        tree = repo.worktree_tree()
        assert repo.merge_base(base, tree) == base
        changed = [change.path for change in repo.changed_files(base, tree)]
        assert changed == ["gone.yaml", "new.yaml", "prod/a.yaml", "staged.yaml"]
        assert repo.file(tree, "prod/a.yaml") == b"a: 2\n"
        assert repo.file(base, "prod/a.yaml") == b"a: 1\n"
        origin.write({"prod/a.yaml": "a: 3\n"})
        assert repo.file(repo.worktree_tree(), "prod/a.yaml") == b"a: 3\n"
    assert _contents(origin.path / ".git") == before


def test_the_surroundings_do_not_matter(
    origin: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a git hook, where git says through the environment where it is."""
    other = Builder(tmp_path / "other")
    other.commit({"elsewhere": "1\n"})
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    with Repository.local(origin.path) as repo:
        assert [entry.path for entry in repo.tree(repo.worktree_tree(), [""])] == ["README"]
    assert not (tmp_path / "trace").exists()


def test_replaced_objects_are_not_believed(origin: Builder) -> None:
    first = origin.commit({"a.yaml": "a: 1\n"})
    second = origin.commit({"a.yaml": "a: 2\n"})
    origin.git("replace", second, first)
    with Repository.local(origin.path) as repo:
        assert repo.file(second, "a.yaml") == b"a: 2\n"


def test_a_bare_repository(origin: Builder, tmp_path: Path) -> None:
    head = origin.git("rev-parse", "HEAD")
    origin.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    with Repository.local(tmp_path / "bare.git") as repo:
        assert repo.resolve("main") == head
        with pytest.raises(GitError, match="no work tree"):
            repo.worktree_tree()


@pytest.mark.parametrize("rev", ["nope", "", "--all", "-h", "a\0b", "HEAD:README"])
def test_a_rev_that_names_no_commit(origin: Builder, rev: str) -> None:
    with Repository.local(origin.path) as repo, pytest.raises(GitError, match="git fetch"):
        repo.resolve(rev)


def test_a_shallow_clone_says_what_to_do(origin: Builder, tmp_path: Path) -> None:
    start = origin.git("rev-parse", "HEAD")
    origin.history("side", 2, start)
    origin.history("main", 2, start)
    clone = Builder(tmp_path / "clone")
    clone.git("fetch", "--quiet", "--depth=1", f"file://{origin.path}", "main:a", "side:b")
    with Repository.local(clone.path) as repo:
        with pytest.raises(GitError, match="--unshallow"):
            repo.merge_base(repo.resolve("a"), repo.resolve("b"))
        with pytest.raises(GitError, match="--unshallow"):
            repo.resolve(start)


def test_places_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not in a git repository"):
        Repository.local(tmp_path)
    with pytest.raises(GitError, match="no directory"):
        Repository.local(tmp_path / "nowhere")


def test_trees_of_directories(origin: Builder) -> None:
    sha = origin.commit({"a/x": "1", "a/b/y": "2", "c/z": "3", "top": "4", "ab/w": "5"})
    with Repository.local(origin.path) as repo:

        def paths(directories: list[str], recursive: bool = False) -> list[str]:
            return sorted(entry.path for entry in repo.tree(sha, directories, recursive))

        assert paths([""]) == ["README", "top"]
        assert paths(["a"]) == ["a/x"]
        assert paths(["a", "", "nope", "top"]) == ["README", "a/x", "top"]
        assert paths(["a"], recursive=True) == ["a/b/y", "a/x"]
        assert paths(["", "a"], recursive=True) == ["README", "a/b/y", "a/x", "ab/w", "c/z", "top"]
        assert paths([]) == []


def test_blobs_over_a_size_are_not_read(origin: Builder) -> None:
    sha = origin.commit({"small": "12345", "large": "x" * 100, "medium": "y" * 50})
    with Repository.local(origin.path) as repo:
        ids = {entry.path: entry.blob for entry in repo.tree(sha, [""])}
        found = repo.blobs([ids["small"], ids["large"], "12" * 20, sha, ids["small"]], 99)
        assert found == {ids["small"]: b"12345", ids["large"]: TooLarge(size=100)}
        together = repo.blobs([ids["medium"], ids["large"], ids["small"]], 1000, 60)
        assert together[ids["large"]] == TooLarge(size=100)
        assert together[ids["small"]] == b"12345"
        assert repo.blobs([], 99) == {}
        with pytest.raises(GitError, match="no full object id"):
            repo.blobs(["HEAD"], 99)


def test_three_thousand_files_are_quick(origin: Builder) -> None:
    names = [f"apps/team-{n % 60}/app-{n}/deploy.yaml" for n in range(3000)]
    base = origin.many("many", dict.fromkeys(names, "a: 1\n"))
    head = origin.many("many", {name: f"a: {name}\n" for name in names}, base)
    began = time.monotonic()
    with Repository.local(origin.path) as repo:
        changes = repo.changed_files(base, head)
        assert len(repo.blobs([change.new_blob for change in changes], 1000)) == 3000
        assert len(repo.changed_lines(base, head, names)) == 3000
        assert len(repo.tree(head, {name.rpartition("/")[0] for name in names})) == 3000
    assert time.monotonic() - began < 5


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        os.fspath(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

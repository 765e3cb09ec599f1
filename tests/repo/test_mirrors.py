"""Mirrors: what is fetched and how often, what is thrown away, and where the token never is."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from bot.forges import Remote
from bot.repo import GitError, Mirrors, TooBig, Vanished
from tests.repo.builder import Builder
from tests.repo.server import TOKEN, GitServer, processes

_GIB = 1024**3


@pytest.fixture
def mirrors(tmp_path: Path) -> Mirrors:
    return Mirrors(tmp_path / "mirrors", max_total_bytes=_GIB, max_repo_bytes=_GIB // 4, timeout=60)


def branched(origin: Builder, files: int = 1) -> tuple[str, str]:
    """(base, head): main went on by one commit, and so did a branch."""
    start = origin.git("rev-parse", "HEAD")
    names = [f"prod/app{number}.yaml" for number in range(files)]
    head = origin.many("topic", {name: f"head: {name}\n" for name in names}, start)
    base = origin.commit({"main.yaml": "a: 1\n"})
    return base, head


def test_a_fetched_project_can_be_compared(
    mirrors: Mirrors, origin: Builder, server: GitServer
) -> None:
    start = origin.git("rev-parse", "HEAD")
    base, head = branched(origin)
    with mirrors.fetch("org/infra", server.remote, base, head) as repo:
        assert repo.merge_base(base, head) == start
        (change,) = repo.changed_files(start, head)
        assert change.path == "prod/app0.yaml"
        assert repo.blobs([change.new_blob], 100) == {change.new_blob: b"head: prod/app0.yaml\n"}
        assert repo.file(base, "main.yaml") == b"a: 1\n"
        assert repo.changed_lines(start, head, ["prod/app0.yaml"]) == {"prod/app0.yaml": ((1, 1),)}


def test_missing_blobs_come_in_one_request(
    mirrors: Mirrors, origin: Builder, server: GitServer
) -> None:
    base, head = branched(origin, files=300)
    with mirrors.fetch("org/infra", server.remote, base, head) as repo:
        before = len(server.fetches)
        changes = repo.changed_files(repo.merge_base(base, head), head)
        found = repo.blobs([change.new_blob for change in changes], 100)
        assert len(found) == 300
        assert len(server.fetches) == before + 1
        repo.blobs([change.new_blob for change in changes], 100)
        assert len(server.fetches) == before + 1, "what is here is not fetched again"


def test_the_same_commits_again_need_no_request(
    mirrors: Mirrors, origin: Builder, server: GitServer
) -> None:
    base, head = branched(origin)
    mirrors.fetch("org/infra", server.remote, base, head).close()
    before = len(server.requests)
    mirrors.fetch("org/infra", server.remote, base, head).close()
    assert len(server.requests) == before


@pytest.mark.parametrize("apart", [60, 700])
def test_history_is_deepened_until_the_merge_base(
    mirrors: Mirrors, origin: Builder, server: GitServer, apart: int
) -> None:
    origin.history("main", 40, origin.git("rev-parse", "HEAD"))
    start = origin.git("rev-parse", "main")
    base = origin.history("main", apart, start)
    head = origin.history("topic", apart, start)
    with mirrors.fetch("org/infra", server.remote, base, head) as repo:
        assert repo.merge_base(base, head) == start
    newer = origin.history("topic", 1, head)
    before = len(server.fetches)
    with mirrors.fetch("org/infra", server.remote, base, newer) as repo:
        assert repo.merge_base(base, newer) == start
    assert len(server.fetches) <= before + 2, "the depth that was needed is remembered"


def test_a_nearer_common_commit_that_is_cut_off_is_not_missed(
    mirrors: Mirrors, origin: Builder, server: GitServer
) -> None:
    """A short way to an old common commit is seen first; the newer one is 80 commits down."""
    old = origin.git("rev-parse", "HEAD")
    newer = origin.history("main", 1, old)
    base = origin.history("main", 80, newer)
    long = origin.history("topic", 80, newer)
    tree = origin.git("rev-parse", f"{long}^{{tree}}")
    head = origin.git("commit-tree", tree, "-p", long, "-p", old, "-m", "merge")
    base = origin.git("commit-tree", tree, "-p", base, "-p", old, "-m", "merge")
    origin.git("update-ref", "refs/heads/a", head)
    origin.git("update-ref", "refs/heads/b", base)
    with mirrors.fetch("org/infra", server.remote, base, head) as repo:
        assert repo.merge_base(base, head) == newer


def test_histories_with_nothing_in_common(
    mirrors: Mirrors, origin: Builder, server: GitServer
) -> None:
    base = origin.git("rev-parse", "HEAD")
    head = origin.history("orphan", 2)
    with pytest.raises(GitError, match="no commit in common"):
        mirrors.fetch("org/infra", server.remote, base, head)


def test_a_head_that_is_gone(mirrors: Mirrors, origin: Builder, server: GitServer) -> None:
    base = origin.git("rev-parse", "HEAD")
    gone = "12" * 20
    with pytest.raises(Vanished, match=gone[:12]):
        mirrors.fetch("org/infra", server.remote, base, gone)


@pytest.mark.parametrize("version_2", [True, False])
def test_servers_without_partial_clones_or_wants_by_id(
    mirrors: Mirrors, origin: Builder, server: GitServer, version_2: bool
) -> None:
    server.protocol_2 = version_2
    server.configure("uploadpack.allowFilter", "false")
    server.configure("uploadpack.allowAnySHA1InWant", "false")
    start = origin.git("rev-parse", "HEAD")
    head = origin.many("topic", {"a.yaml": "a: 1\n"}, start)
    origin.many("topic", {"a.yaml": "a: 2\n"}, head)
    with mirrors.fetch("org/infra", server.remote, start, head) as repo:
        assert repo.merge_base(start, head) == start
        assert repo.file(head, "a.yaml") == b"a: 1\n"


def test_a_server_with_partial_clones_but_not_by_id(
    mirrors: Mirrors, origin: Builder, server: GitServer
) -> None:
    server.protocol_2 = False
    server.configure("uploadpack.allowAnySHA1InWant", "false")
    base, head = branched(origin)
    with mirrors.fetch("org/infra", server.remote, base, head) as repo:
        assert repo.file(head, "prod/app0.yaml") == b"head: prod/app0.yaml\n"
    with pytest.raises(Vanished):
        mirrors.fetch("org/infra", server.remote, base, "12" * 20)


def test_the_token_is_nowhere_to_be_seen(
    mirrors: Mirrors, origin: Builder, server: GitServer, tmp_path: Path
) -> None:
    seen: list[bytes] = []
    server.on_request = lambda: seen.append(processes())
    base, head = branched(origin)
    with mirrors.fetch("org/infra", server.remote, base, head) as repo:
        repo.file(head, "prod/app0.yaml")
    listed = b"\n".join(seen)
    assert b"remote-http" in listed, "git's helper was at work when the processes were listed"
    assert TOKEN.encode() not in listed
    written = [path for path in (tmp_path / "mirrors").rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if TOKEN.encode() in path.read_bytes()] == []
    assert TOKEN not in repr(server.remote)


def test_a_refused_token_is_an_error_without_the_token(
    mirrors: Mirrors, origin: Builder, server: GitServer
) -> None:
    base, head = branched(origin)
    wrong = Remote(url=server.url, header="Authorization: Bearer ghs_anothersecret")
    with pytest.raises(GitError, match="check that the app is installed") as caught:
        mirrors.fetch("org/infra", wrong, base, head)
    assert "ghs_anothersecret" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ssh://git@example.com/x.git", "https"),
        ("file:///etc", "https"),
        ("ext::sh -c true", "https"),
        ("https://user:pw@example.com/x.git", "no user name"),
        ("http://example.com/x.git", "plain http"),
    ],
)
def test_urls_that_are_refused(mirrors: Mirrors, url: str, said: str) -> None:
    with pytest.raises(GitError, match=said) as caught:
        mirrors.fetch("org/infra", Remote(url=url, header=f"A: {TOKEN}"), "1" * 40, "2" * 40)
    assert TOKEN not in str(caught.value)
    assert "pw" not in str(caught.value)


def test_two_at_once_for_one_project(
    mirrors: Mirrors, origin: Builder, server: GitServer, tmp_path: Path
) -> None:
    base, head = branched(origin, files=20)
    other = Mirrors(
        tmp_path / "mirrors", max_total_bytes=_GIB, max_repo_bytes=_GIB // 4, timeout=60
    )
    counts: list[int] = []

    def work(pool: Mirrors) -> None:
        with pool.fetch("org/infra", server.remote, base, head) as repo:
            changes = repo.changed_files(repo.merge_base(base, head), head)
            counts.append(len(repo.blobs([c.new_blob for c in changes], 100)))

    threads = [threading.Thread(target=work, args=(pool,)) for pool in (mirrors, other) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert counts == [20] * 6


def test_the_least_recently_used_mirror_goes_and_none_that_is_in_use(
    origin: Builder, server: GitServer, tmp_path: Path
) -> None:
    base, head = branched(origin)
    root = tmp_path / "mirrors"
    tight = Mirrors(root, max_total_bytes=1, max_repo_bytes=_GIB, timeout=60)

    def kept() -> set[str]:
        return {path.name.split("-")[0] for path in root.glob("*.git")}

    with tight.fetch("first", server.remote, base, head) as first:
        tight.fetch("second", server.remote, base, head).close()
        assert kept() == {"first", "second"}, "the one just fetched and the one in use stay"
        tight.fetch("third", server.remote, base, head).close()
        assert kept() == {"first", "third"}
        assert first.file(head, "prod/app0.yaml") == b"head: prod/app0.yaml\n"
    roomy = Mirrors(root, max_total_bytes=_GIB, max_repo_bytes=_GIB, timeout=60)
    roomy.fetch("fourth", server.remote, base, head).close()
    assert kept() == {"first", "third", "fourth"}
    for age, name in enumerate(("fourth", "third", "first")):
        (used,) = root.glob(f"{name}-*.use")
        os.utime(used, (time.time() - age * 100, time.time() - age * 100))
    size = sum(path.stat().st_size for path in root.glob("*.git/**/*") if path.is_file())
    almost = Mirrors(root, max_total_bytes=size - 1, max_repo_bytes=_GIB, timeout=60)
    almost.fetch("third", server.remote, base, head).close()
    assert kept() == {"third", "fourth"}, "the longest unused one makes room"


def test_a_project_over_its_limit(origin: Builder, server: GitServer, tmp_path: Path) -> None:
    start = origin.git("rev-parse", "HEAD")
    head = origin.commit({"big.yaml": os.urandom(3_000_000)})
    small = Mirrors(
        tmp_path / "mirrors", max_total_bytes=_GIB, max_repo_bytes=1024 * 1024, timeout=60
    )
    with small.fetch("org/infra", server.remote, start, head) as repo:
        (change,) = repo.changed_files(start, head)
        with pytest.raises(TooBig, match="PLUMBLINE_MIRROR_MAX_MIB"):
            repo.blobs([change.new_blob], 10**9)
        assert list((tmp_path / "mirrors").rglob("tmp_pack*")) == []


@pytest.mark.parametrize("project", ["../../etc", "a/../../b", "ö\udcff", "-x", "", "a" * 5000])
def test_hostile_project_names_stay_inside(
    origin: Builder, server: GitServer, tmp_path: Path, project: str
) -> None:
    base, head = branched(origin)
    root = tmp_path / "below" / "mirrors"
    outside = sorted(tmp_path.iterdir())
    pool = Mirrors(root, max_total_bytes=_GIB, max_repo_bytes=_GIB, timeout=60)
    pool.fetch(project, server.remote, base, head).close()
    (folder,) = root.glob("*.git")
    assert folder.parent == root
    assert sorted(set(tmp_path.iterdir()) - set(outside)) == [tmp_path / "below"]


def test_what_a_killed_git_left_behind_is_no_obstacle(
    mirrors: Mirrors, origin: Builder, server: GitServer, tmp_path: Path
) -> None:
    base, head = branched(origin)
    mirrors.fetch("org/infra", server.remote, base, head).close()
    (folder,) = (tmp_path / "mirrors").glob("*.git")
    (folder / "shallow.lock").touch()
    (folder / "refs" / "held" / f"{base}.lock").touch()
    newer = origin.commit({"more.yaml": "a: 1\n"})
    with mirrors.fetch("org/infra", server.remote, newer, head) as repo:
        assert repo.file(newer, "more.yaml") == b"a: 1\n"


def test_a_mirror_of_too_many_packs_is_fetched_anew(
    mirrors: Mirrors, origin: Builder, server: GitServer, tmp_path: Path
) -> None:
    base, head = branched(origin)
    first = mirrors.fetch("org/infra", server.remote, base, head)
    (folder,) = (tmp_path / "mirrors").glob("*.git")
    packs = folder / "objects" / "pack"
    for number in range(201):
        (packs / f"pack-{number:040}.pack").touch()
    mirrors.fetch("org/infra", server.remote, base, head).close()
    assert len(list(packs.glob("*.pack"))) > 200, "not while somebody reads it"
    first.close()
    with mirrors.fetch("org/infra", server.remote, base, head) as repo:
        assert len(list(packs.glob("*.pack"))) < 10
        assert repo.file(head, "prod/app0.yaml") == b"head: prod/app0.yaml\n"


def test_a_server_that_hangs(origin: Builder, server: GitServer, tmp_path: Path) -> None:
    released = threading.Event()
    server.on_request = lambda: [released.wait(20)].clear()
    hasty = Mirrors(tmp_path / "mirrors", max_total_bytes=_GIB, max_repo_bytes=_GIB, timeout=1)
    base, head = branched(origin)
    began = time.monotonic()
    with pytest.raises(GitError, match="PLUMBLINE_GIT_TIMEOUT"):
        hasty.fetch("org/infra", server.remote, base, head)
    assert time.monotonic() - began < 10
    released.set()
    while server.url.encode() in processes():
        assert time.monotonic() - began < 10, "git's helpers are gone as well"
        time.sleep(0.05)

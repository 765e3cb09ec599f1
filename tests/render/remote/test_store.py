"""What is fetched, from whom, and what is made of it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.render.remote.address import Allowed, Repository, understood
from bot.render.remote.archive import extract
from bot.render.remote.store import Store
from bot.render.remote.trouble import NotFetched
from tests.render.remote.servers import Server, folder_of, index, link, packed
from tests.repo.builder import Builder

CHART = "apiVersion: v2\nname: db\nversion: 1.2.3\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        yield one


@pytest.fixture
def store(tmp_path: Path, server: Server) -> Store:
    allowed = Allowed(hosts=(server.host,), schemes=("http", "https"))
    return Store(tmp_path / "store", allowed, seconds=10)


def refused(store: Store, entry: str) -> NotFetched:
    with pytest.raises(NotFetched) as caught:
        store.reference(entry)
    return caught.value


@pytest.mark.parametrize(
    ("entry", "url", "path", "ref"),
    [
        ("https://e.org/a/b//c/d?ref=v1", "https://e.org/a/b", "c/d", "v1"),
        ("https://e.org/a/b.git//c?ref=v1&timeout=9", "https://e.org/a/b.git", "c", "v1"),
        ("https://e.org/a/b.git/c?version=v1", "https://e.org/a/b.git", "c", "v1"),
        ("e.org/a/b/c/d?ref=main", "https://e.org/a/b", "c/d", "main"),
        ("git::https://e.org/a/b", "https://e.org/a/b", "", ""),
        ("https://e.org/a/b/", "https://e.org/a/b", "", ""),
    ],
)
def test_references_mean_what_kustomize_takes_them_for(
    entry: str, url: str, path: str, ref: str
) -> None:
    assert understood(entry) == Repository(url=url, path=path, ref=ref)


@pytest.mark.parametrize(
    "entry",
    [
        "git@e.org:a/b",
        "ssh://git@e.org/a/b",
        "file:///etc",
        "ext::sh -c id",
        "git::ext::sh",
        "https://e.org/a/b?ref=--upload-pack=id",
        "https://e.org/a/b?ref=a..b",
        "https://e.org/a/b//../../c?ref=v1",
        "https://e.org/a/b//%2e%2e/c?ref=v1",
        "https://e.org/a b",
        "https://e.org\\@f.org/a/b",
    ],
)
def test_other_ways_are_refused(store: Store, entry: str) -> None:
    assert refused(store, entry).code == "remote-unsupported"


def test_only_allowed_hosts_are_asked(store: Store, server: Server) -> None:
    for url in (
        "https://evil.example/a/b?ref=v1",
        "http://127.0.0.1.evil.example/a/b?ref=v1",
        "http://127.0.0.1/a/b?ref=v1",
        "http://2130706433/a/b?ref=v1",
    ):
        assert refused(store, url).code == "remote-refused"
    assert refused(store, f"http://user@{server.host}/a/b").code == "remote-unsupported"
    assert server.asked == []


def test_plain_http_is_not_for_production(server: Server, tmp_path: Path) -> None:
    store = Store(tmp_path, Allowed(hosts=(server.host,)))
    assert refused(store, f"{server.url}/a/b.git?ref=v1").code == "remote-unsupported"
    assert server.asked == []


def test_a_name_that_leads_to_this_machine_is_refused() -> None:
    with pytest.raises(NotFetched) as caught:
        Allowed(hosts=("127.1",)).check("https://127.1/a")
    assert caught.value.code == "remote-hostile"


def test_a_branch_is_resolved_once_and_a_tag_is_no_branch(tmp_path: Path, server: Server) -> None:
    allowed = Allowed(hosts=(server.host,), schemes=("http",))
    now = [1000.0]
    store = Store(tmp_path / "store", allowed, clock=lambda: now[0])
    builder = server.repositories["org/base"] = Builder(tmp_path / "base")
    first = builder.commit({"app/kustomization.yaml": "resources: [a.yaml]\n", "top": "1"})
    builder.git("tag", "-a", "v1", "-m", "x")
    (builder.path / "app/link").symlink_to("/etc/passwd")
    second = builder.commit({"top": "2"})
    url = f"{server.url}/org/base.git"

    branch = store.reference(f"{url}//app?ref=main")
    assert (branch.pin, branch.moves) == (second, True)
    assert folder_of(branch.path) == {"app/kustomization.yaml": "resources: [a.yaml]\n", "top": "2"}
    tag = store.reference(f"{url}//app?ref=v1")
    assert (tag.pin, tag.moves) == (first, False)
    assert folder_of(tag.path)["top"] == "1"
    commit = store.reference(f"{url}?ref={first}")
    assert commit == tag
    assert store.reference(url).pin == second

    third = builder.commit({"top": "3"})
    asked = len(server.asked)
    assert store.reference(f"{url}//app?ref=main").pin == second
    assert len(server.asked) == asked
    now[0] += 3600
    assert store.reference(f"{url}//app?ref=main").pin == third
    gone = refused(store, f"{url}?ref=nothing")
    assert gone.code == "remote-failed"
    assert "'nothing'" in gone.error


def test_a_repository_that_is_redirected_elsewhere_is_not_followed(
    store: Store, server: Server
) -> None:
    server.redirects["/org/base.git/info/refs"] = "http://evil.example/info/refs"
    assert refused(store, f"{server.url}/org/base.git?ref=v1").code == "remote-failed"


def test_files_and_their_redirects(store: Store, server: Server) -> None:
    server.files["/a/crd.yaml"] = b"kind: X\n"
    server.redirects["/b/crd.yaml"] = "/a/crd.yaml"
    server.redirects["/evil.yaml"] = "http://evil.example/x.yaml"
    server.redirects["/local.yaml"] = "file:///etc/passwd"
    server.redirects["/loop.yaml"] = "/loop.yaml"
    server.files["/huge.yaml"] = b"x" * (9 * 1024 * 1024)
    found = store.reference(f"{server.url}/b/crd.yaml")
    assert found.path.read_bytes() == b"kind: X\n"
    assert refused(store, f"{server.url}/evil.yaml").code == "remote-refused"
    assert refused(store, f"{server.url}/local.yaml").code == "remote-unsupported"
    assert refused(store, f"{server.url}/loop.yaml").code == "remote-failed"
    assert refused(store, f"{server.url}/huge.yaml").code == "remote-too-large"
    assert refused(store, f"{server.url}/none.yaml").code == "remote-failed"


def test_a_chart_is_fetched_once(store: Store, server: Server) -> None:
    archive = packed({"db/Chart.yaml": CHART, "db/templates/x.yaml": "kind: X\n"})
    server.files["/charts/db-1.2.3.tgz"] = archive
    server.files["/charts/index.yaml"] = index("db", "1.2.3", archive, "db-1.2.3.tgz")
    for _ in range(2):
        found = store.chart(f"{server.url}/charts", "db", "1.2.3")
        assert folder_of(found.path) == {"Chart.yaml": CHART, "templates/x.yaml": "kind: X\n"}
        assert found.path.name == "db"
    assert server.asked == ["/charts/index.yaml", "/charts/db-1.2.3.tgz"]


@pytest.mark.parametrize(
    ("version", "digest", "code"),
    [
        ("^1.2.0", "", "remote-unpinned"),
        ("1.2", "", "remote-unpinned"),
        ("", "", "remote-unpinned"),
        ("9.9.9", "", "remote-failed"),
        ("1.2.3", "0" * 64, "remote-hostile"),
    ],
)
def test_a_chart_that_is_not_pinned_or_another_one_is_refused(
    store: Store, server: Server, version: str, digest: str, code: str
) -> None:
    archive = packed({"db/Chart.yaml": CHART})
    server.files["/db.tgz"] = archive
    server.files["/index.yaml"] = index("db", "1.2.3", archive, "db.tgz", digest)
    with pytest.raises(NotFetched) as caught:
        store.chart(server.url, "db", version)
    assert caught.value.code == code


@pytest.fixture
def plain(tmp_path: Path, server: Server) -> Store:
    """A store that asks registries over http."""
    return Store(tmp_path / "store", Allowed(hosts=(server.host,), schemes=("http",)), seconds=10)


def test_a_chart_of_a_registry_is_what_its_digests_say(plain: Store, server: Server) -> None:
    archive = packed({"db/Chart.yaml": CHART})
    digest = server.registry("charts/db", "1.2.3", archive)
    by_tag = plain.chart(f"oci://{server.host}/charts/db", "db", "1.2.3")
    by_digest = plain.chart(f"oci://{server.host}/charts/db", "db", digest)
    of_dependency = plain.chart(f"oci://{server.host}/charts", "db", "1.2.3")
    for found in (by_tag, by_digest, of_dependency):
        assert folder_of(found.path) == {"Chart.yaml": CHART}
    assert "/token" in server.asked
    for path in list(server.files):
        if "/blobs/" in path:
            server.files[path] = packed({"db/Chart.yaml": "other"})
    with pytest.raises(NotFetched) as caught:
        plain.chart(f"oci://{server.host}/charts/db", "other", "1.2.3")
    assert caught.value.code == "remote-failed"
    server.registry("charts/db", "1.2.4", archive)
    blob = next(path for path in server.files if "/blobs/" in path)
    server.files[blob] = packed({"db/Chart.yaml": "other"})
    with pytest.raises(NotFetched) as caught:
        plain.chart(f"oci://{server.host}/charts/db", "db", "1.2.4")
    assert caught.value.code == "remote-hostile"


def test_a_registry_is_asked_only_where_it_may_be(plain: Store, server: Server) -> None:
    for version, url, code in (
        ("latest", f"oci://{server.host}/charts/db", "remote-unpinned"),
        ("1.2.3", "oci://evil.example/charts/db", "remote-refused"),
        ("1.2.3", f"oci://{server.host}/charts/../db", "remote-failed"),
    ):
        with pytest.raises(NotFetched) as caught:
            plain.chart(url, "db", version)
        assert caught.value.code == code
    server.registry("charts/db", "1.2.3", packed({"db/Chart.yaml": CHART}))
    server.realm = "http://evil.example/token"
    with pytest.raises(NotFetched) as caught:
        plain.chart(f"oci://{server.host}/charts/db", "db", "1.2.3")
    assert caught.value.code == "remote-refused"


@pytest.mark.parametrize(
    "files",
    [
        {"db/Chart.yaml": CHART, "../evil": "x"},
        {"db/Chart.yaml": CHART, "/evil": "x"},
        {"db/Chart.yaml": CHART, "db/../../evil": "x"},
        {"db/Chart.yaml": CHART, "db/link": link("db/link")},
        {"db/Chart.yaml": CHART, "other/Chart.yaml": CHART},
        {"db/values.yaml": "a: b"},
        {},
    ],
)
def test_hostile_archives_are_refused(
    tmp_path: Path, files: dict[str, str | tarfile.TarInfo]
) -> None:
    with pytest.raises(NotFetched) as caught:
        extract(packed(files), tmp_path / "into", "it")
    assert caught.value.code == "remote-hostile"
    assert not (tmp_path / "evil").exists()


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = packed({"db/Chart.yaml": CHART, "db/zeros": "0" * (65 * 1024 * 1024)})
    assert len(bomb) < 100_000
    for data, code in ((bomb, "remote-too-large"), (packed({"db/a": "b"})[:30], "remote-hostile")):
        with pytest.raises(NotFetched) as caught:
            extract(data, tmp_path / code, "it")
        assert caught.value.code == code
    many = packed({f"db/{number}": "" for number in range(10_001)})
    with pytest.raises(NotFetched) as caught:
        extract(many, tmp_path / "many", "it")
    assert caught.value.code == "remote-too-large"


def test_room_is_made_for_what_is_new(tmp_path: Path, server: Server) -> None:
    now = [0.0]
    allowed = Allowed(hosts=(server.host,), schemes=("http",))
    store = Store(tmp_path / "store", allowed, max_bytes=100, clock=lambda: now[0])
    for name in ("a", "b"):
        server.files[f"/{name}.yaml"] = b"x" * 80
    first = store.reference(f"{server.url}/a.yaml").path
    # All that is here was used long ago, as this clock goes.
    now[0] = 1e12
    second = store.reference(f"{server.url}/b.yaml").path
    assert not first.exists() or not second.exists()

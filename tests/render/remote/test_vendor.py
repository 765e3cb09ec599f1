"""Roots that need what is elsewhere, made to need nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.render import helm
from bot.render.remote.address import Allowed
from bot.render.remote.places import FETCHED
from bot.render.remote.store import Store
from bot.render.remote.vendor import Vendored, vendor
from bot.render.roots.model import HelmOptions, Rendering, Root, RootKind
from checks.model import Location
from tests.render.helm.charts import at, config_map, names, one, written
from tests.render.remote.servers import Server, index, packed
from tests.repo.builder import Builder

DB = "apiVersion: v2\nname: db\nversion: 1.2.3\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        yield one


@pytest.fixture
def store(tmp_path: Path, server: Server) -> Store:
    allowed = Allowed(hosts=(server.host,), schemes=("http", "https"))
    return Store(tmp_path / "store", allowed, seconds=10)


def kustomize(store: Store, folder: Path, files: Mapping[str, str], path: str = "prod") -> Vendored:
    written(folder, files)
    root = Root(kind=RootKind.KUSTOMIZE, path=path, key=path, reads=frozenset(files), remote=("x",))
    return vendor(root, folder, store)


def chart_repository(server: Server, files: Mapping[str, str]) -> str:
    archive = packed({f"db/{name}": text for name, text in files.items()})
    server.files["/charts/db.tgz"] = archive
    server.files["/charts/index.yaml"] = index("db", "1.2.3", archive, "db.tgz")
    return f"{server.url}/charts"


def test_a_remote_base_becomes_a_local_one(tmp_path: Path, server: Server, store: Store) -> None:
    base = server.repositories["org/base"] = Builder(tmp_path / "base")
    commit = base.commit(
        {"app/kustomization.yaml": "resources: [../x.yaml]\n", "x.yaml": "kind: X\n"}
    )
    base.git("tag", "v1")
    server.files["/crd.yaml"] = b"kind: CRD\n"
    url = f"{server.url}/org/base.git"
    done = kustomize(
        store,
        tmp_path / "repo",
        {
            "prod/kustomization.yaml": f'# Prod\nresources:\n- "{url}//app?ref=v1"\n'
            f"- ../mid\n- own.yaml\n- {server.url}/crd.yaml\n",
            "prod/own.yaml": "kind: Y\n",
            "mid/kustomization.yaml": f"bases:\n- {url}//app?ref=main\n",
        },
    )
    assert done.failure is None
    assert done.root.remote == ()
    lines = (tmp_path / "repo/prod/kustomization.yaml").read_text().split("\n")
    assert lines[:2] == ["# Prod", "resources:"]
    name = f"base-{commit[:12]}"
    assert lines[2] == f'- "../{FETCHED}/{name}/app"'
    assert lines[3:5] == ["- ../mid", "- own.yaml"]
    # A single file is a kustomization of its own: no other place outside of a root is read.
    file = tmp_path / "repo/prod" / lines[5].removeprefix("- ")
    assert (file / "crd.yaml").read_text() == "kind: CRD\n"
    assert json.loads((file / "kustomization.yaml").read_text()) == {"resources": ["crd.yaml"]}
    assert (tmp_path / "repo/mid/kustomization.yaml").read_text() == (
        f"bases:\n- ../{FETCHED}/{name}/app\n"
    )
    assert (tmp_path / "repo" / FETCHED / name / "x.yaml").read_text() == "kind: X\n"
    assert len(done.pins) == 3
    assert [(n.code, n.location.line, n.broken) for n in done.notes] == [
        ("remote-unpinned", 2, False),
        ("remote-unpinned", 6, False),
    ]
    assert commit[:12] in done.notes[0].error


def test_a_remote_base_of_a_remote_base_is_fetched_too(
    tmp_path: Path, server: Server, store: Store
) -> None:
    inner = server.repositories["org/inner"] = Builder(tmp_path / "inner")
    inner.commit({"kustomization.yaml": "resources: [x.yaml]\n"})
    inner.git("tag", "v1")
    outer = server.repositories["org/outer"] = Builder(tmp_path / "outer")
    outer.commit(
        {
            "deploy/kustomization.yaml": "resources:\n- ../shared\n",
            "shared/kustomization.yaml": f"resources:\n- {server.url}/org/inner.git?ref=v1\n",
        }
    )
    outer.git("tag", "v2")
    done = kustomize(
        store,
        tmp_path / "repo",
        {"prod/kustomization.yaml": f"resources: ['{server.url}/org/outer.git//deploy?ref=v2']\n"},
    )
    assert done.failure is None
    assert len(done.pins) == 2
    assert sorted(p.name.split("-")[0] for p in (tmp_path / "repo" / FETCHED).iterdir()) == [
        "inner",
        "outer",
    ]


def test_what_is_not_fetched_is_on_the_line_that_asks_for_it(
    tmp_path: Path, server: Server, store: Store
) -> None:
    done = kustomize(
        store,
        tmp_path / "repo",
        {"prod/kustomization.yaml": "resources:\n- https://evil.example/a/b?ref=v1\n"},
    )
    assert done.failure is not None
    assert done.failure.code == "remote-refused"
    assert done.failure.location == Location(path="prod/kustomization.yaml", line=2)
    assert server.asked == []


def test_bases_that_lead_to_each_other_come_to_an_end(
    tmp_path: Path, server: Server, store: Store
) -> None:
    base = server.repositories["org/base"] = Builder(tmp_path / "base")
    url = f"{server.url}/org/base.git?ref=main"
    base.commit({"kustomization.yaml": f"resources:\n- {url}\n"})
    done = kustomize(store, tmp_path / "repo", {"prod/kustomization.yaml": f"resources: ['{url}']"})
    assert done.failure is None
    assert len(done.pins) == 1


def test_a_chart_of_a_repository_is_rendered(tmp_path: Path, server: Server, store: Store) -> None:
    url = chart_repository(
        server,
        {
            "Chart.yaml": DB,
            "values.yaml": "size: 1\nkind: small\n",
            "templates/x.yaml": config_map("size: {{ .Values.size }}\nkind: {{ .Values.kind }}"),
        },
    )
    release = """\
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        spec:
          values:
            size: 7
        """
    folder = written(tmp_path / "repo", {"apps/db.yaml": release})
    root = Root(
        kind=RootKind.HELM,
        path="",
        key="db",
        reads=frozenset({"apps/db.yaml"}),
        by=Location(path="apps/db.yaml", line=2),
        helm=HelmOptions(release="demo", values={"size": 7}, chart="db", version="1.2.3"),
        remote=(url,),
    )
    done = vendor(root, folder, store)
    assert done.failure is None
    assert done.pins == (f"{url} db 1.2.3",)
    item = one(helm.render(done.root, folder, Rendering()))
    assert item.body["data"] == {"size": 7, "kind": "small"}
    assert item.source == Location(path="apps/db.yaml", line=2)
    assert at(item, "data", "size") == ("apps/db.yaml", 5)
    assert at(item, "data", "kind") == ("apps/db.yaml", 2)

    ranged = replace(root, helm=HelmOptions(release="demo", chart="db", version="1.x"))
    refused = vendor(ranged, folder, store).failure
    assert refused is not None
    assert (refused.code, refused.location) == ("remote-unpinned", root.by)


def test_a_chart_that_another_depends_on_is_rendered_with_it(
    tmp_path: Path, server: Server, store: Store
) -> None:
    url = chart_repository(
        server,
        {"Chart.yaml": DB, "templates/x.yaml": config_map("size: {{ .Values.size }}", "db")},
    )
    files = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies:\n"
        f"- {{name: db, version: ^1.0.0, repository: '{url}'}}\n",
        "web/Chart.lock": f"dependencies:\n- {{name: db, version: 1.2.3, repository: '{url}'}}\n",
        "web/values.yaml": "db:\n  size: 3\n",
        "web/templates/x.yaml": config_map("a: b", "web"),
    }
    folder = written(tmp_path / "repo", files)
    root = Root(
        kind=RootKind.HELM,
        path="web",
        key="web",
        reads=frozenset(files),
        helm=HelmOptions(release="demo"),
        remote=(url,),
    )
    done = vendor(root, folder, store)
    rendered = helm.render(done.root, folder, Rendering())
    assert names(rendered) == ["ConfigMap/db", "ConfigMap/web"]
    assert at(rendered.objects[0], "data", "size") == ("web/values.yaml", 2)
    assert rendered.objects[0].source == Location(path="web/Chart.yaml")

    (folder / "web/Chart.lock").unlink()
    done = vendor(root, folder, store)
    assert done.failure is None
    (failure,) = helm.render(done.root, folder, Rendering()).failures
    assert failure.code == "helm-dependency"
    assert "may be another one tomorrow" in failure.error

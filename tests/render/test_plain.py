"""From a change in a real repository to its two snapshots."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

import pytest

from bot.model import Change, TooLarge, TreeEntry
from bot.render.compose import Everywhere, snapshots
from bot.render.limits import DEFAULT, Limits
from bot.repo import Repository
from checks.model import Resource, Snapshot, Tier
from tests.render.test_yaml_reader import HOSTILE
from tests.repo.builder import Builder


@pytest.fixture
def origin(tmp_path: Path) -> Builder:
    """An empty repository."""
    return Builder(tmp_path / "origin")


def manifest(name: str, replicas: int = 1, kind: str = "Deployment") -> str:
    return (
        f'apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: "{name}"\n'
        f"spec:\n  replicas: {replicas}\n"
    )


class ByFolder(Everywhere):
    """Production is what stands in prod/."""

    def tier_of(self, *paths: str, of: Resource | None = None) -> Tier:
        return Tier.PRODUCTION if paths[0].startswith("prod/") else self.tier


LAW = ByFolder(tier=Tier.STAGING)


def between(
    origin: Builder, base: str, head: str, limits: Limits = DEFAULT
) -> tuple[Snapshot, Snapshot]:
    """The snapshots of what `head` changes."""
    with Repository.local(origin.path) as repo:
        files = repo.changed_files(base, head)
        change = Change(base_sha=base, merge_base=base, head_sha=head, files=files)
        return snapshots(repo, change, LAW, limits=limits)


def said(snapshot: Snapshot) -> list[tuple[str, str, int]]:
    return [(f.code, f.location.path, f.location.line) for f in snapshot.unreadable]


def test_both_sides_of_a_change(origin: Builder) -> None:
    base = origin.commit(
        {"prod/app.yaml": manifest("app"), "prod/gone.yml": manifest("gone"), "README.md": "x"}
    )
    (origin.path / "prod/gone.yml").unlink()
    head = origin.commit(
        {
            "prod/app.yaml": "# x\n" + manifest("app", 3),
            "new.YAML": manifest("new"),
            "b.txt": "a: [",
        }
    )
    before, after = between(origin, base, head)
    assert (before.sha, after.sha) == (base, head)
    assert list(before.resources) == [
        "prod/app.yaml#apps/Deployment//app",
        "prod/gone.yml#apps/Deployment//gone",
    ]
    assert list(after.resources) == [
        "new.YAML#apps/Deployment//new",
        "prod/app.yaml#apps/Deployment//app",
    ]
    old = before.resources["prod/app.yaml#apps/Deployment//app"]
    new = after.resources["prod/app.yaml#apps/Deployment//app"]
    assert (old.get("spec", "replicas"), new.get("spec", "replicas")) == (1, 3)
    assert (old.locate("spec", "replicas").line, new.locate("spec", "replicas").line) == (6, 7)
    assert (new.tier, new.changed, new.namespace) == (Tier.PRODUCTION, True, "")
    assert after.unreadable == ()


def test_every_kind_of_hostile_file_beside_a_good_one(origin: Builder) -> None:
    base = origin.commit({"README": "x"})
    files: dict[str, str | bytes] = {
        f"bad/{name}.yaml": data for name, (data, *_) in HOSTILE.items()
    }
    head = origin.commit({**files, "bad/good.yaml": manifest("good")})
    _, after = between(origin, base, head)
    assert sorted(said(after)) == sorted(
        (code, f"bad/{name}.yaml", line) for name, (_, code, line, _) in HOSTILE.items()
    )
    assert list(after.resources) == ["bad/good.yaml#apps/Deployment//good"]


def test_links_and_submodules_are_not_followed(origin: Builder, tmp_path: Path) -> None:
    base = origin.commit({"README": "x"})
    (tmp_path / "secret.yaml").write_text(manifest("secret"))
    (origin.path / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (origin.path / "link.txt").symlink_to("README")
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{base},vendor/lib")
    origin.git("add", "link.yaml", "link.txt")
    origin.git("commit", "--quiet", "-m", "x")
    head = origin.git("rev-parse", "HEAD")
    _, after = between(origin, base, head)
    assert said(after) == [("symlink", "link.yaml", 0), ("submodule", "vendor/lib", 0)]
    assert [f.broken for f in after.unreadable] == [True, False]
    assert after.resources == {}
    before, nothing = between(origin, head, base)
    assert said(before) == said(after), "what could not be read before belongs to the base side"
    assert said(nothing) == []


def test_odd_file_names(origin: Builder) -> None:
    names = ["with space.yaml", "new\nline.yaml", 'quo"te.yaml', "\udcff.yaml", "a#b.yaml"]
    base = origin.commit({"README": "x"})
    head = origin.commit({**{n: manifest(str(i)) for i, n in enumerate(names)}, "-.yaml": "a: ["})
    _, after = between(origin, base, head)
    assert sorted(r.source.path for r in after.resources.values()) == sorted(names)
    assert said(after) == [("yaml-syntax", "-.yaml", 1)]


def test_neighbours_are_read_for_context(origin: Builder) -> None:
    base = origin.commit(
        {
            "prod/app.yaml": manifest("app"),
            "prod/hpa.yaml": manifest("hpa", kind="HorizontalPodAutoscaler"),
            "prod/broken.yaml": "a: [",
            "prod/sub/far.yaml": manifest("far"),
            "other/far.yaml": manifest("far"),
        }
    )
    (origin.path / "prod/link.yaml").symlink_to("/etc/passwd")
    base = origin.commit()
    head = origin.commit({"prod/app.yaml": manifest("app", 2)})
    before, after = between(origin, base, head)
    for side in (before, after):
        assert {r.name: r.changed for r in side.resources.values()} == {"app": True, "hpa": False}
        assert side.unreadable == ()


def test_neighbours_of_a_new_file_are_on_both_sides(origin: Builder) -> None:
    """Else they would look as new as the file is."""
    base = origin.commit({"prod/app.yaml": manifest("app"), "gone/app.yaml": manifest("left")})
    head = origin.commit({"prod/new.yaml": manifest("new")})
    before, after = between(origin, base, head)
    assert [r.name for r in before.resources.values()] == ["app"]
    assert [r.name for r in after.resources.values()] == ["app", "new"]


def test_context_is_capped_in_the_order_of_names(origin: Builder) -> None:
    files = {f"prod/n{n}.yaml": manifest(f"n{n}") for n in range(9)}
    base = origin.commit({**files, "prod/z.yaml": manifest("z"), "dev/y.yaml": manifest("y")})
    head = origin.commit({"prod/z.yaml": manifest("z", 2), "dev/y.yaml": manifest("y", 2)})
    _, after = between(origin, base, head, Limits(max_context_files=3))
    assert sorted(r.name for r in after.resources.values()) == ["n0", "n1", "n2", "y", "z"]
    _, after = between(origin, base, head, Limits(max_context_total=1))
    assert sorted(r.name for r in after.resources.values()) == ["n0", "y", "z"]


def test_a_renamed_file_keeps_its_objects(origin: Builder) -> None:
    base = origin.commit({"prod/old.yaml": manifest("a") + "---\n" + manifest("b")})
    (origin.path / "prod/old.yaml").unlink()
    head = origin.commit({"prod/new.yaml": manifest("a", 5), "moved/b.yaml": manifest("b", 5)})
    before, after = between(origin, base, head)
    assert list(before.resources) == [
        "prod/new.yaml#apps/Deployment//a",
        "moved/b.yaml#apps/Deployment//b",
    ]
    assert before.resources.keys() == after.resources.keys()
    assert {r.source.path for r in before.resources.values()} == {"prod/old.yaml"}


def test_what_only_helm_can_read(origin: Builder) -> None:
    template = "{{- if .Values.on }}\na: 1\n{{- end }}\n"
    base = origin.commit({"README": "x"})
    head = origin.commit(
        {
            "app/Chart.yaml": "apiVersion: v2\nname: app\n",
            "app/templates/deploy.yaml": template,
            "app/templates/sub/svc.yaml": template,
            "app/templates/_helpers.tpl": "{{ x }}",
            "app/values.yaml": "replicas: 1\n",
            "app/values-prod.yaml": "replicas: 9\n",
            "app/crds/crd.yaml": manifest("crd", kind="CustomResourceDefinition"),
            "app/charts/redis/values.yaml": "a: 1\n",
            "plain/templates/ok.yaml": manifest("ok"),
            "plain/values.yaml": manifest("values"),
            "charts/ok.yaml": manifest("charts"),
            "plain/bad.yaml": template,
            "plain/tmpl.yaml.tmpl": template,
            "plain/j.yaml.j2": template,
        }
    )
    _, after = between(origin, base, head)
    assert said(after) == [
        ("helm-template", "app/charts/redis/values.yaml", 0),
        ("helm-template", "app/templates/deploy.yaml", 0),
        ("helm-template", "app/templates/sub/svc.yaml", 0),
        ("helm-template", "app/values-prod.yaml", 0),
        ("helm-template", "app/values.yaml", 0),
        ("yaml-syntax", "plain/bad.yaml", 1),
    ]
    assert [f.broken for f in after.unreadable] == [False] * 5 + [True]
    names = sorted(r.name for r in after.resources.values())
    assert names == ["charts", "crd", "ok", "values"]


def test_a_chart_at_the_top_of_the_repository(origin: Builder) -> None:
    base = origin.commit({"Chart.yaml": "name: x\n", "templates/a.yaml": "{{ x }}"})
    head = origin.commit({"templates/a.yaml": "{{ y }}"})
    before, after = between(origin, base, head)
    assert said(before) == said(after) == [("helm-template", "templates/a.yaml", 0)]


def test_json_is_read_where_it_looks_like_an_object(origin: Builder) -> None:
    pod = (
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","annotations":'
        '{"a":"\\ud83d\\ude00 \\\\ud83d\\u00e9 \\/"}},\n\t"spec":{"x":1e3}}'
    )
    base = origin.commit({"README": "x"})
    head = origin.commit(
        {
            "pod.json": pod,
            "tsconfig.json": '{"a": 1, // comment\n}',
            "list.JSON": '{"apiVersion":"v1","kind":"List","items":[' + pod + "]}",
            "bad.json": '{"apiVersion":"v1",\n"kind":"Pod"',
        }
    )
    _, after = between(origin, base, head)
    first, second = after.resources.values()
    assert first.annotations() == second.annotations() == {"a": "😀 \\ud83dé /"}
    assert first.get("spec", "x") == 1000
    assert said(after) == [("yaml-syntax", "bad.json", 1)]


def test_a_kustomization_is_an_object_too(origin: Builder) -> None:
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
    base = origin.commit({"README": "x"})
    head = origin.commit({"Kustomization": text, "a/kustomization.yaml": "resources: [a.yaml]\n"})
    _, after = between(origin, base, head)
    assert [r.kind for r in after.resources.values()] == ["Kustomization"]


def test_git_lfs_pointers_are_told(origin: Builder) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    base = origin.commit({"README": "x"})
    _, after = between(origin, base, origin.commit({"a.yaml": pointer}))
    assert said(after) == [("git-lfs", "a.yaml", 1)]


def test_a_change_that_is_too_large_as_a_whole(origin: Builder) -> None:
    base = origin.commit({"README": "x", "prod/context.yaml": manifest("context")})
    head = origin.commit({f"prod/{n}.yaml": manifest(f"n{n}", n) for n in range(5)})
    room = 3 * len(manifest("n0"))
    _, after = between(origin, base, head, Limits(max_total_bytes=room))
    assert [r.name for r in after.resources.values()] == ["n0", "n1", "n2"]
    assert said(after) == [("too-large", "prod/3.yaml", 0), ("too-large", "prod/4.yaml", 0)]
    assert "together" in after.unreadable[0].error


def test_missing_content_is_a_failure_of_that_file(origin: Builder) -> None:
    base = origin.commit({"README": "x"})
    head = origin.commit({"a.yaml": manifest("a"), "b.yaml": manifest("b", 7)})
    blob = origin.git("rev-parse", "HEAD:b.yaml")
    (origin.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    _, after = between(origin, base, head)
    assert said(after) == [("missing-content", "b.yaml", 0)]
    assert [r.name for r in after.resources.values()] == ["a"]


class CountingTrees:
    """A repository that counts what is asked of it."""

    def __init__(self, repo: Repository) -> None:
        self.repo = repo
        self.batches: list[list[str]] = []

    def tree(
        self, sha: str, directories: Collection[str], recursive: bool = False
    ) -> tuple[TreeEntry, ...]:
        return self.repo.tree(sha, directories, recursive)

    def blobs(
        self, ids: Collection[str], max_bytes: int, max_total_bytes: int | None = None
    ) -> dict[str, bytes | TooLarge]:
        self.batches.append(list(ids))
        return self.repo.blobs(ids, max_bytes, max_total_bytes)


def test_each_blob_is_asked_for_once_and_parsed_once(origin: Builder) -> None:
    base = origin.commit({"a/x.yaml": manifest("x"), "a/y.yaml": manifest("y")})
    head = origin.commit({"a/x.yaml": manifest("x", 2), "b/copy.yaml": manifest("y")})
    with Repository.local(origin.path) as repo:
        trees = CountingTrees(repo)
        files = repo.changed_files(base, head)
        change = Change(base_sha=base, merge_base=base, head_sha=head, files=files)
        before, after = snapshots(trees, change, LAW)
    (ids,) = trees.batches
    assert len(ids) == len(set(ids)) == 3
    (context,) = [r for r in before.resources.values() if not r.changed]
    assert after.resources[context.id].body is context.body


def test_a_change_without_manifests_asks_for_nothing(origin: Builder) -> None:
    base = origin.commit({"README": "x", "a.yaml": manifest("a")})
    head = origin.commit({"README": "y"})
    with Repository.local(origin.path) as repo:
        trees = CountingTrees(repo)
        files = repo.changed_files(base, head)
        change = Change(base_sha=base, merge_base=base, head_sha=head, files=files)
        before, after = snapshots(trees, change, LAW)
    assert trees.batches == []
    assert before.resources == after.resources == {}


def test_three_thousand_files(origin: Builder) -> None:
    names = [f"apps/team-{n % 60}/app-{n}/deploy.yaml" for n in range(3000)]
    base = origin.many("main", {name: manifest(name[-20:-12], 1) for name in names})
    head = origin.many("main", {name: manifest(name[-20:-12], 2) for name in names}, base)
    began = time.monotonic()
    before, after = between(origin, base, head)
    assert len(before.resources) == len(after.resources) == 3000
    assert time.monotonic() - began < 10

"""What Flux's Kustomizations and HelmReleases deploy of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.render.roots.model import HelmOptions, Rendering
from tests.render.roots.tree import failures_of, manifest, roots_of, said

GIT = "kind: GitRepository, name: flux-system"


def kustomization(name: str, path: str, more: str = "", source: str = GIT) -> str:
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec:\n  path: {path}\n  sourceRef: {{{source}}}\n{more}"
    )


def release(name: str, chart: str, more: str = "", namespace: str = "") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: {name}{where}}}\nspec:\n  chart: {{spec: {{{chart}}}}}\n{more}"
    )


def source(kind: str, name: str, url: str, **spec: object) -> str:
    body = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"url": url, **spec},
    }
    return yaml.safe_dump(body, sort_keys=False)


def test_a_kustomization_with_options(tmp_path: Path) -> None:
    more = """\
  targetNamespace: prod
  patches: [{patch: x}]
  components: [../extra]
  commonMetadata: {labels: {a: b}}
  postBuild:
    substitute: {size: 3, flag: true}
    substituteFrom:
    - {kind: ConfigMap, name: vars}
    - {kind: Secret, name: hidden}
    - {kind: Secret, name: maybe, optional: true}
"""
    found = roots_of(
        tmp_path,
        {
            "clusters/ks.yaml": kustomization("web", "./apps/web", more),
            "clusters/vars.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars}\n"
            "data: {size: '1', region: eu}\n",
            "apps/web/kustomization.yaml": "resources: [a.yaml]\n",
            "apps/web/a.yaml": manifest("a"),
            "apps/extra/kustomization.yaml": "kind: Component\nresources: [b.yaml]\n",
            "apps/extra/b.yaml": manifest("b"),
        },
    )
    (key,) = found.roots
    root = found.roots[key]
    assert (key, root.path, root.failure) == ("apps/web as web", "apps/web", None)
    assert root.kustomize is not None
    assert root.kustomize.overlay == {
        "namespace": "prod",
        "patches": [{"patch": "x"}],
        "components": ["../extra"],
        "labels": [{"pairs": {"a": "b"}}],
    }
    assert root.kustomize.substitute == {"size": "3", "flag": "true", "region": "eu"}
    assert not root.kustomize.generated
    assert {"clusters/ks.yaml", "clusters/vars.yaml", "apps/extra/b.yaml"} <= root.reads
    assert said(root.notes) == [("flux-substitute-unknown", "clusters/ks.yaml", 15)]


def test_a_directory_without_a_kustomization(tmp_path: Path) -> None:
    found = roots_of(
        tmp_path,
        {
            "clusters/ks.yaml": kustomization("all", "./apps"),
            "apps/a.yaml": manifest("a"),
            "apps/sub/b.yaml": manifest("b"),
            "apps/web/kustomization.yaml": "resources: [c.yaml, ../../base]\n",
            "apps/web/c.yaml": manifest("c"),
            "apps/web/unused.yaml": manifest("unused"),
            "base/kustomization.yaml": "resources: [d.yaml]\n",
            "base/d.yaml": manifest("d"),
        },
    )
    assert list(found.roots) == ["apps as all"]
    root = found.roots["apps as all"]
    assert root.kustomize is not None
    assert root.kustomize.generated
    assert root.reads == found.taken | {"clusters/ks.yaml"}
    assert root.reads == {
        *("clusters/ks.yaml", "apps/a.yaml", "apps/sub/b.yaml", "apps/web/kustomization.yaml"),
        *("apps/web/c.yaml", "base/kustomization.yaml", "base/d.yaml"),
    }


@pytest.mark.parametrize(
    ("own", "path", "url", "key", "code"),
    [
        ([], "./gone", "https://example.com/us", "gone as x", "flux-path-missing"),
        (["git@example.com:us"], "./apps", "https://example.com/us", "apps as x", None),
        (
            ["git@example.com:us"],
            "./apps",
            "https://example.com/a",
            "apps as x",
            "remote-repository",
        ),
        (
            ["git@example.com:us"],
            "./gone",
            "https://example.com/us",
            "gone as x",
            "flux-path-missing",
        ),
    ],
)
def test_whose_repository_it_is(
    tmp_path: Path, own: list[str], path: str, url: str, key: str, code: str | None
) -> None:
    files = {
        "ks.yaml": kustomization("x", path),
        "src.yaml": source("GitRepository", "flux-system", url),
        "apps/a.yaml": manifest("a"),
    }
    found = roots_of(tmp_path, files, own=own)
    line = 6 if code == "remote-repository" else 5
    assert list(found.roots) == [key]
    assert failures_of(found) == ({key: (code, "ks.yaml", line)} if code else {})


def test_two_repositories_none_of_them_the_bootstrapped_one(tmp_path: Path) -> None:
    files = {
        "ks.yaml": kustomization("x", "./", source="kind: GitRepository, name: a"),
        "ks2.yaml": kustomization("w", "./apps", source="kind: GitRepository, name: b"),
        "ks3.yaml": kustomization("z", "./apps", source="kind: OCIRepository, name: c"),
        "a.yaml": source("GitRepository", "a", "https://example.com/a"),
        "b.yaml": source("GitRepository", "b", "https://example.com/b"),
        "apps/a.yaml": manifest("a"),
    }
    found = roots_of(tmp_path, files)
    assert {key: code for key, (code, *_) in failures_of(found).items()} == {
        ". as x": "remote-repository",
        "apps as z": "remote-repository",
    }
    assert found.roots["apps as w"].failure is None


CHART: dict[str, str | bytes] = {
    "charts/web/Chart.yaml": "name: web\n",
    "charts/web/values-prod.yaml": "a: 1\n",
}


def test_a_release_of_a_local_chart(tmp_path: Path) -> None:
    chart = f"chart: ./charts/web, valuesFiles: [charts/web/values-prod.yaml], sourceRef: {{{GIT}}}"
    more = """\
  targetNamespace: prod
  valuesFrom:
  - {kind: ConfigMap, name: plain}
  - {kind: ConfigMap, name: made, valuesKey: v.yaml}
  - {kind: ConfigMap, name: plain, valuesKey: one, targetPath: deep.one}
  - {kind: Secret, name: hidden}
  values: {own: {a: 1}}
"""
    found = roots_of(
        tmp_path,
        {
            **CHART,
            "hr.yaml": release("web", chart, more),
            "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"
            "data: {one: '7', values.yaml: 'own: {a: 0, b: 2}'}\n",
            "gen/kustomization.yaml": "configMapGenerator:\n"
            "- {name: made, files: [v.yaml=x.yaml]}\n",
            "gen/x.yaml": "own: {b: 3, c: 4}\n",
        },
    )
    root = found.roots["charts/web as prod-web"]
    assert root.failure is None
    assert root.helm == HelmOptions(
        release="prod-web",
        namespace="prod",
        values_files=("charts/web/values-prod.yaml",),
        values={"own": {"a": 1, "b": 3, "c": 4}},
        parameters={"deep.one": "7"},
    )
    assert said(root.notes) == [("flux-values-unknown", "hr.yaml", 11)]
    assert {"hr.yaml", "cm.yaml", "gen/x.yaml", *CHART} <= root.reads
    assert [key for key in found.roots if key.startswith("charts")] == ["charts/web as prod-web"]


def test_releases_of_remote_charts(tmp_path: Path) -> None:
    helm_repository = "kind: HelmRepository, name: stable"
    by_reference = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: c}\n"
        "spec: {chartRef: {kind: OCIRepository, name: oci}}\n"
    )
    files = {
        "a.yaml": release("a", f"chart: db, version: 1.x, sourceRef: {{{helm_repository}}}"),
        "b.yaml": release("b", "chart: db, sourceRef: {kind: HelmRepository, name: gone}"),
        "c.yaml": by_reference,
        "src.yaml": source("HelmRepository", "stable", "https://charts.example.com/s"),
        "oci.yaml": source("OCIRepository", "oci", "oci://example.org/x/app", ref={"tag": "5.1"}),
    }
    found = roots_of(tmp_path / "1", files)
    assert failures_of(found) == {
        "db as a": ("remote-refused", "src.yaml", 6),
        "db as b": ("remote-repository", "b.yaml", 5),
        "app as c": ("remote-refused", "oci.yaml", 6),
    }
    hosts = ("charts.example.com", "example.org")
    allowed = roots_of(tmp_path / "2", files, Rendering(hosts=hosts)).roots
    assert allowed["db as a"].helm == HelmOptions(release="a", chart="db", version="1.x")
    assert allowed["app as c"].helm == HelmOptions(release="c", chart="app", version="5.1")
    assert allowed["app as c"].remote == ("oci://example.org/x/app",)
    assert allowed["app as c"].reads == {"c.yaml", "oci.yaml"}


def test_a_release_goes_where_its_kustomization_puts_it(tmp_path: Path) -> None:
    variables = "  targetNamespace: prod\n  postBuild: {substitute: {SIZE: '3'}}\n"
    text = release(
        "web", f"chart: ./charts/web, sourceRef: {{{GIT}}}", "  values: {a: '${SIZE}'}\n"
    )
    found = roots_of(
        tmp_path,
        {
            **CHART,
            "ks.yaml": kustomization("apps", "./apps", variables),
            "apps/kustomization.yaml": "namespace: other\nresources: [hr.yaml]\n",
            "apps/hr.yaml": text,
        },
    )
    helm = found.roots["charts/web as web"].helm
    assert helm is not None
    assert (helm.namespace, helm.values) == ("prod", {"a": 3})


def test_a_patch_of_a_release_is_no_release(tmp_path: Path) -> None:
    patch = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
    found = roots_of(
        tmp_path,
        {
            "kustomization.yaml": "patches: [{path: patch.yaml}]\n",
            "patch.yaml": f"{patch}spec: {{values: {{a: 1}}}}\n",
        },
    )
    assert list(found.roots) == ["."]


def test_a_release_that_is_patched_is_said_to_be(tmp_path: Path) -> None:
    patch = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
    found = roots_of(
        tmp_path,
        {
            **CHART,
            "base/kustomization.yaml": "resources: [hr.yaml]\n",
            "base/hr.yaml": release("web", f"chart: ./charts/web, sourceRef: {{{GIT}}}"),
            "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
            "prod/patch.yaml": f"{patch}spec: {{values: {{a: 1}}}}\n",
        },
    )
    assert said(found.roots["charts/web as web"].notes) == [("flux-patched", "base/hr.yaml", 1)]


def test_what_cannot_be_read_is_left_to_where_it_is_read(tmp_path: Path) -> None:
    files = {"ks.yaml": kustomization("x", "./apps") + "a: [\n", "apps/a.yaml": manifest("a")}
    found = roots_of(tmp_path, files)
    assert (found.roots, found.failures) == ({}, ())

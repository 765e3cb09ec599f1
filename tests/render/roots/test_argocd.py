"""What Argo CD's Applications and ApplicationSets deploy of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.render.roots.argocd import image
from bot.render.roots.model import HelmOptions, Rendering, RootKind
from tests.render.roots.tree import failures_of, manifest, roots_of, said

OWN = "https://example.com/team/config.git"
APP = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {0}}}\n"
DEPLOYED: dict[str, str | bytes] = {
    "kust/kustomization.yaml": "resources: [a.yaml]\n",
    "kust/a.yaml": manifest("a"),
    "extra/kustomization.yaml": "kind: Component\n",
    "chart/Chart.yaml": "name: web\n",
    "chart/templates/a.yaml": "",
    "chart/values-eu.yaml": "a: 1\n",
    "values/prod.yaml": "a: 2\n",
    "dir/a.yaml": manifest("a"),
    "dir/b.json": '{"apiVersion": "v1", "kind": "ConfigMap"}',
    "dir/sub/c.yml": manifest("c"),
    "dir/skip-d.yaml": manifest("d"),
    "dir/values.yaml": "a: 1\n",
}


def app(source: str, name: str = "web", **spec: object) -> str:
    body = {"source": yaml.safe_load(source), **spec}
    return APP.format(name) + yaml.safe_dump({"spec": body}, sort_keys=False)


def test_a_kustomization_with_an_overlay(tmp_path: Path) -> None:
    source = f"""\
repoURL: {OWN}
path: ./kust/
kustomize:
  namePrefix: my-
  images: [a=b:1, c]
  commonLabels: {{a: b}}
  labelWithoutSelector: true
  components: [../extra]
"""
    text = app(source, destination={"namespace": "prod"})
    found = roots_of(tmp_path, {**DEPLOYED, "apps/web.yaml": text}, own=[OWN])
    root = found.roots["kust as web"]
    assert (root.kind, root.path, root.failure) == (RootKind.KUSTOMIZE, "kust", None)
    assert root.by is not None
    assert root.by.path == "apps/web.yaml"
    assert root.reads == {
        *("kust/kustomization.yaml", "kust/a.yaml", "extra/kustomization.yaml", "apps/web.yaml")
    }
    assert root.kustomize is not None
    assert root.kustomize.default_namespace == "prod"
    assert root.kustomize.overlay == {
        "namePrefix": "my-",
        "components": ["../extra"],
        "images": [{"name": "a", "newName": "b", "newTag": "1"}, {"name": "c"}],
        "labels": [{"pairs": {"a": "b"}, "includeTemplates": False}],
    }
    assert "kust" not in found.roots, "it is deployed by the Application only"
    assert "apps/web.yaml" not in found.taken


def test_a_local_chart_with_values(tmp_path: Path) -> None:
    source = """\
repoURL: git@EXAMPLE.com:team/config
path: chart
helm:
  releaseName: site
  valueFiles: [values-eu.yaml, /values/prod.yaml]
  values: "a: 1"
  valuesObject: {b: {c: 2}}
  parameters:
  - {name: d.e, value: '1'}
  - {name: f, value: 'true', forceString: true}
"""
    text = app(source, destination={"namespace": "prod"})
    found = roots_of(tmp_path, {**DEPLOYED, "web.yaml": text}, own=[OWN])
    root = found.roots["chart as web"]
    assert root.failure is None
    assert root.helm == HelmOptions(
        release="site",
        namespace="prod",
        values_files=("chart/values-eu.yaml", "values/prod.yaml"),
        values={"b": {"c": 2}},
        parameters={"d.e": "1", "f": "true"},
        string_parameters=frozenset(("f",)),
    )
    assert {"values/prod.yaml", "chart/templates/a.yaml", "web.yaml"} <= root.reads
    assert {"values/prod.yaml", "chart/values-eu.yaml"} <= found.taken
    assert [key for key in found.roots if key.startswith("chart")] == ["chart as web"]


def test_a_remote_chart_with_values_of_this_repository(tmp_path: Path) -> None:
    text = (
        APP.format("db")
        + f"""\
spec:
  sources:
  - repoURL: https://charts.example.com/stable
    chart: postgres
    targetRevision: 1.2.3
    helm: {{valueFiles: [$mine/values/prod.yaml], values: 'a: 1'}}
  - {{repoURL: {OWN}, ref: mine}}
"""
    )
    files = {**DEPLOYED, "db.yaml": text}
    found = roots_of(tmp_path / "a", files, own=[OWN])
    root = found.roots["postgres as db"]
    assert failures_of(found) == {"postgres as db": ("remote-refused", "db.yaml", 6)}
    assert root.remote == ("https://charts.example.com/stable",)
    assert root.helm == HelmOptions(
        release="db",
        chart="postgres",
        version="1.2.3",
        values={"a": 1},
        values_files=("values/prod.yaml",),
    )
    assert root.reads == {"db.yaml", "values/prod.yaml"}
    allowed = roots_of(tmp_path / "b", files, Rendering(hosts=("charts.example.com",)), own=[OWN])
    assert failures_of(allowed) == {}


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("{}", {"dir/a.yaml", "dir/b.json", "dir/skip-d.yaml"}),
        ("{recurse: true, exclude: 'skip-*'}", {"dir/a.yaml", "dir/b.json", "dir/sub/c.yml"}),
        ("{recurse: true, include: '{*.yml,a*}'}", {"dir/a.yaml", "dir/sub/c.yml"}),
    ],
)
def test_a_directory(tmp_path: Path, directory: str, expected: set[str]) -> None:
    text = app(f"{{repoURL: {OWN}, path: dir, directory: {directory}}}")
    found = roots_of(tmp_path, {**DEPLOYED, "web.yaml": text})
    root = found.roots["dir as web"]
    assert root.reads - {"web.yaml"} == expected
    assert expected <= found.taken
    assert root.kustomize is not None
    assert root.kustomize.generated


@pytest.mark.parametrize(
    ("source", "key", "code", "line"),
    [
        ("{repoURL: U, path: gone}", "gone as web", "argocd-path-missing", 7),
        ("{repoURL: U, path: dir, plugin: {name: x}}", "dir as web", "argocd-plugin", 8),
        ("{repoURL: U, path: dir, helm: {}}", "dir as web", "argocd-path-missing", 7),
        (
            "{repoURL: U, path: chart, helm: {valueFiles: [gone.yaml]}}",
            "chart as web",
            "helm-values-missing",
            10,
        ),
        (
            "{repoURL: U, path: chart, helm: {valueFiles: [$no/a.yaml]}}",
            "chart as web",
            "argocd-invalid",
            10,
        ),
        ("{repoURL: U, path: chart, helm: {values: '- a'}}", "chart as web", "argocd-invalid", 9),
        (
            "{repoURL: 'https://example.com/other', path: dir}",
            "example.com/other//dir as web",
            "remote-repository",
            6,
        ),
        (
            "{repoURL: 'https://example.com/other', path: gone}",
            "example.com/other//gone as web",
            "remote-repository",
            6,
        ),
    ],
)
def test_what_is_wrong_with_an_application(
    tmp_path: Path, source: str, key: str, code: str, line: int
) -> None:
    text = app(source.replace("U,", f"'{OWN}',"))
    found = roots_of(tmp_path, {**DEPLOYED, "web.yaml": text}, own=[OWN])
    assert failures_of(found) == {key: (code, "web.yaml", line)}


def test_without_being_told_a_path_that_exists_is_meant_here(tmp_path: Path) -> None:
    text = app("{repoURL: 'https://example.com/any', path: kust, targetRevision: v1.2}")
    gone = app("{repoURL: 'https://example.com/any', path: gone}", name="gone")
    found = roots_of(tmp_path, {**DEPLOYED, "a.yaml": f"{text}---\n{gone}"})
    assert found.roots["kust as web"].failure is None
    assert said(found.roots["kust as web"].notes) == [("argocd-revision", "a.yaml", 8)]
    assert failures_of(found) == {
        "example.com/any//gone as gone": ("remote-repository", "a.yaml", 15)
    }


def test_missing_values_files_may_be_ignored(tmp_path: Path) -> None:
    helm = "{valueFiles: [gone.yaml, values-eu.yaml], ignoreMissingValueFiles: true}"
    text = app(f"{{repoURL: u, path: chart, helm: {helm}}}")
    found = roots_of(tmp_path, {**DEPLOYED, "web.yaml": text})
    root = found.roots["chart as web"]
    assert root.failure is None
    assert root.helm is not None
    assert root.helm.values_files == ("chart/values-eu.yaml",)


def test_the_same_name_twice(tmp_path: Path) -> None:
    text = app("{repoURL: u, path: kust}")
    found = roots_of(tmp_path, {**DEPLOYED, "a.yaml": text, "b.yaml": f"{text}---\n{text}"})
    assert [key for key in found.roots if key.startswith("kust")] == [
        "kust as web",
        "kust as web from b.yaml",
        "kust as web from b.yaml ~2",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", {"name": "nginx"}),
        ("nginx:1.2", {"name": "nginx", "newTag": "1.2"}),
        ("a=host:5000/b:1@sha256:f", {"name": "a", "newName": "host:5000/b", "newTag": "1"}),
    ],
)
def test_images(text: str, expected: dict[str, str]) -> None:
    digest = {"digest": "sha256:f"} if "@" in text else {}
    assert image(text) == {**expected, **digest}

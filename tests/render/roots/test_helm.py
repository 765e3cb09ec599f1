"""Which charts are installed, with which values, and what they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.render.roots.model import HelmOptions, Rendering
from tests.render.roots.tree import failures_of, manifest, roots_of


def chart(name: str, more: str = "") -> str:
    return f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n{more}"


def test_a_chart_with_subcharts_and_a_library(tmp_path: Path) -> None:
    dependencies = """\
dependencies:
- name: inner
  version: 1.0.0
- name: packed
  version: 1.x
  repository: https://charts.example.com
- name: db
  repository: file://../db
- name: common
  repository: file://../common
"""
    found = roots_of(
        tmp_path,
        {
            "charts/web/Chart.yaml": chart("web", dependencies),
            "charts/web/templates/a.yaml": "{{ if }}",
            "charts/web/templates/kustomization.yaml": "{{ if }}",
            "charts/web/values.yaml": "a: 1\n",
            "charts/web/files/data.txt": "x",
            "charts/web/ci/argo.yaml": manifest("x"),
            "charts/web/charts/inner/Chart.yaml": chart("inner"),
            "charts/web/charts/inner/templates/b.yaml": "",
            "charts/web/charts/packed-1.2.3.tgz": b"\0",
            "charts/db/Chart.yaml": chart("db"),
            "charts/db/templates/c.yaml": "",
            "charts/common/Chart.yaml": chart("common", "type: library\n"),
            "other/app.yaml": manifest("app"),
        },
    )
    assert list(found.roots) == ["charts/web"]
    root = found.roots["charts/web"]
    assert root.failure is None
    assert root.helm == HelmOptions(release="web")
    assert root.reads == {
        *("charts/web/Chart.yaml", "charts/web/values.yaml", "charts/web/files/data.txt"),
        *("charts/web/templates/a.yaml", "charts/web/templates/kustomization.yaml"),
        *("charts/web/charts/inner/Chart.yaml", "charts/web/charts/inner/templates/b.yaml"),
        *("charts/web/charts/packed-1.2.3.tgz", "charts/web/ci/argo.yaml"),
        *("charts/db/Chart.yaml", "charts/db/templates/c.yaml", "charts/common/Chart.yaml"),
    }
    assert root.reads - found.taken == {"charts/web/ci/argo.yaml", "charts/web/files/data.txt"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["values.yaml"], {"web": ()}),
        (
            ["values.yaml", "values-prod.yaml"],
            {"web": (), "web as prod": ("web/values-prod.yaml",)},
        ),
        (
            ["values.yaml", "values-prod.yaml", "values.dev.yml", "values-nomaria.yaml"],
            {"web as prod": ("web/values-prod.yaml",), "web as dev": ("web/values.dev.yml",)},
        ),
        (
            ["values/prod-eu.yaml", "values/images.yaml", "env/blue.yaml"],
            {
                "web as prod-eu": ("web/values/prod-eu.yaml",),
                "web as blue": ("web/env/blue.yaml",),
            },
        ),
    ],
)
def test_values_of_environments(
    tmp_path: Path, names: list[str], expected: dict[str, tuple[str, ...]]
) -> None:
    files = {f"web/{name}": "a: 1\n" for name in names}
    found = roots_of(tmp_path, {"web/Chart.yaml": chart("web"), **files})
    assert {k: r.helm.values_files for k, r in found.roots.items() if r.helm} == expected
    assert all(f"web/{name}" in found.taken for name in names if "images" not in name)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: [\n", "yaml-syntax", 1),
        ("- a\n", "helm-invalid", 0),
        ("version: 1\n", "helm-invalid", 1),
        (chart("web", "dependencies:\n- name: x\n"), "helm-dependency-missing", 5),
        (
            chart("web", "dependencies:\n- name: x\n  repository: '@stable'\n"),
            "helm-dependency-missing",
            6,
        ),
        (
            chart("web", "dependencies:\n- name: x\n  repository: file://../gone\n"),
            "helm-dependency-missing",
            6,
        ),
        (
            chart("web", "dependencies:\n- name: x\n  repository: https://example.com/a\n"),
            "remote-refused",
            6,
        ),
        (
            chart("web", "dependencies:\n- name: x\n  repository: file://../web\n"),
            "helm-cycle",
            6,
        ),
    ],
)
def test_what_is_wrong_with_a_chart(tmp_path: Path, text: str, code: str, line: int) -> None:
    found = roots_of(tmp_path, {"web/Chart.yaml": text, "good/Chart.yaml": chart("good")})
    assert failures_of(found) == {"web": (code, "web/Chart.yaml", line)}


def test_old_requirements_and_an_allowed_host(tmp_path: Path) -> None:
    files = {
        "web/Chart.yaml": chart("web"),
        "web/requirements.yaml": "dependencies: [{name: x, repository: 'oci://example.com/c'}]\n",
    }
    found = roots_of(tmp_path, files, Rendering(hosts=("example.com",)))
    assert found.roots["web"].failure is None
    assert found.roots["web"].remote == ("oci://example.com/c",)


def test_a_chart_at_the_top_leaves_other_manifests_alone(tmp_path: Path) -> None:
    found = roots_of(
        tmp_path,
        {
            "Chart.yaml": chart("top"),
            "templates/a.yaml": "",
            "values.yaml": "a: 1\n",
            "deploy/app.yaml": manifest("app"),
            "app.yaml": manifest("app"),
        },
    )
    assert list(found.roots) == ["."]
    assert found.taken == {"Chart.yaml", "templates/a.yaml", "values.yaml"}

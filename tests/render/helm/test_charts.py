"""What of a chart is rendered: subcharts, CRDs, hooks, and what keeps it from being rendered."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from bot.render.roots.model import HelmOptions, Rendering
from checks.model import Location
from tests.render.helm.charts import CHART, config_map, installed, names, written

DB = "apiVersion: v2\nname: db\nversion: 1.2.3\n"


def depending(*lines: str) -> str:
    return CHART + "dependencies:\n" + "".join(f"{line}\n" for line in lines)


def test_subcharts_follow_their_conditions_and_tags(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": depending(
                "- {name: db, version: 1.x.x, condition: db.enabled}",
                "- {name: db, version: 1.x.x, alias: cache, tags: [fast]}",
            ),
            "web/charts/db/Chart.yaml": DB,
            "web/charts/db/templates/x.yaml": config_map("a: b", "{{ .Chart.Name }}"),
            "web/templates/x.yaml": config_map("a: b", "web"),
        },
    )
    assert names(installed(folder)) == ["ConfigMap/cache", "ConfigMap/db", "ConfigMap/web"]
    off = HelmOptions(release="demo", values={"db": {"enabled": False}, "tags": {"fast": False}})
    assert names(installed(folder, options=off)) == ["ConfigMap/web"]


def test_a_missing_dependency_is_never_left_out_silently(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": depending(
                "- name: db",
                "  version: 1.2.3",
                "  repository: https://charts.example.com",
                "  condition: db.enabled",
            ),
            "web/templates/x.yaml": config_map("a: b"),
        },
    )
    (failure,) = installed(folder).failures
    assert failure.code == "helm-dependency"
    assert failure.location == Location(path="web/Chart.yaml", line=5)
    assert "db 1.2.3 of https://charts.example.com" in failure.error
    assert not failure.broken
    off = HelmOptions(release="demo", values={"db": {"enabled": False}})
    assert names(installed(folder, options=off)) == ["ConfigMap/x"]


def test_a_dependency_of_another_version_is_refused(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": depending("- name: db", "  version: ^2.0.0"),
            "web/charts/db/Chart.yaml": DB,
            "web/charts/db/templates/x.yaml": config_map("a: b"),
        },
    )
    (failure,) = installed(folder).failures
    assert failure.code == "helm-dependency"
    assert "1.2.3" in failure.error
    assert "^2.0.0" in failure.error


def test_charts_beside_it_are_taken_in(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "charts/web/Chart.yaml": depending(
                '- {name: common, version: "*", repository: "file://../common"}',
                '- {name: db, version: 1.2.3, repository: "file://../../db"}',
            ),
            "charts/web/templates/x.yaml": '{{ include "common.map" . }}\n',
            "charts/common/Chart.yaml": "apiVersion: v2\nname: common\nversion: 0.1.0\n"
            "type: library\n",
            "charts/common/templates/_map.tpl": '{{ define "common.map" -}}\n'
            + config_map("a: b", "{{ .Release.Name }}")
            + "{{- end }}\n",
            "db/Chart.yaml": DB,
            "db/templates/x.yaml": config_map("a: {{ .Values.a }}", "db"),
            "db/values.yaml": "a: 5\n",
        },
    )
    rendered = installed(folder, "charts/web")
    assert names(rendered) == ["ConfigMap/db", "ConfigMap/demo"]
    assert [item.source.path for item in rendered.objects] == [
        "db/templates/x.yaml",
        "charts/common/templates/_map.tpl",
    ]
    assert rendered.objects[0].origins["data", "a"] == Location(path="db/values.yaml", line=1)


def test_a_dependency_outside_of_the_repository_is_refused(tmp_path: Path) -> None:
    outside = written(tmp_path / "outside", {"Chart.yaml": DB})
    folder = written(
        tmp_path / "repo",
        {"web/Chart.yaml": depending(f'- {{name: db, repository: "file://../../{outside.name}"}}')},
    )
    (failure,) = installed(folder).failures
    assert failure.code == "helm-dependency"
    assert "outside of the repository" in failure.error


def test_charts_that_depend_on_each_other_come_to_an_end(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": depending('- {name: db, repository: "file://../db"}'),
            "db/Chart.yaml": DB + 'dependencies: [{name: web, repository: "file://../web"}]\n',
        },
    )
    (failure,) = installed(folder).failures
    assert failure.code == "helm-dependency"
    assert "in a circle" in failure.error


def test_packed_subcharts_are_rendered(tmp_path: Path) -> None:
    packed = written(
        tmp_path / "packed",
        {"db/Chart.yaml": DB, "db/templates/x.yaml": config_map("a: b", "db")},
    )
    folder = written(
        tmp_path / "repo", {"web/Chart.yaml": depending("- name: db", "  version: 1.2.3")}
    )
    (folder / "web/charts").mkdir()
    with tarfile.open(folder / "web/charts/db-1.2.3.tgz", "w:gz") as archive:
        archive.add(packed / "db", "db")
    rendered = installed(folder)
    assert names(rendered) == ["ConfigMap/db"]
    assert rendered.objects[0].source.path == "web/Chart.yaml"


def test_crds_hooks_and_notes(tmp_path: Path) -> None:
    crd = """\
    # The kind
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata:
      name: things.example.com
    spec:
      scope: Cluster
      names: {kind: Thing}
    """
    hook = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  annotations: {helm.sh/hook: "%s"}\n'
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/crds/x.yaml": crd,
            "web/templates/NOTES.txt": "Thank you",
            "web/templates/test.yaml": hook % ("test", "test"),
            "web/templates/both.yaml": hook % ("both", "test,post-install"),
            "web/templates/job.yaml": hook % ("job", "pre-install"),
            "web/templates/thing.yaml": "apiVersion: example.com/v1\nkind: Thing\n"
            "metadata: {name: one}\n",
        },
    )
    rendered = installed(folder, options=HelmOptions(release="demo", namespace="prod"))
    assert names(rendered) == [
        "CustomResourceDefinition/things.example.com",
        "Pod/both",
        "Pod/job",
        "Thing/one",
    ]
    assert rendered.objects[0].source == Location(path="web/crds/x.yaml", line=2)
    assert rendered.objects[3].body["metadata"] == {"name": "one"}
    without = HelmOptions(release="demo", include_crds=False)
    assert names(installed(folder, options=without))[0] == "Pod/both"


def test_a_chart_for_another_kubernetes_is_not_rendered_for_this_one(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART + 'kubeVersion: ">=1.33.0-0"\n',
            "web/templates/x.yaml": config_map("a: b"),
        },
    )
    assert names(installed(folder)) == ["ConfigMap/x"]
    (failure,) = installed(folder, rendering=Rendering(kube_version="1.32.0")).failures
    assert failure.code == "helm-kube-version"
    assert failure.location == Location(path="web/Chart.yaml", line=4)
    assert ">=1.33.0-0" in failure.error
    assert "render.kube_version" in failure.remedy


def test_a_library_declares_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path, {"web/Chart.yaml": CHART + "type: library\n"})
    (failure,) = installed(folder).failures
    assert (failure.code, failure.location.line, failure.broken) == ("helm-library", 4, False)


def test_a_key_that_is_printed_twice_counts_as_the_last(tmp_path: Path) -> None:
    body = "a: one\nb:\n- x\n- y\na: two\nb: z"
    folder = written(tmp_path, {"web/Chart.yaml": CHART, "web/templates/x.yaml": config_map(body)})
    (item,) = installed(folder).objects
    assert item.body["data"] == {"a": "two", "b": "z"}
    assert item.origins["data", "b"].line == 11


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        ("a: {{ .Values.a.b.c }}", 6, "nil pointer"),
        ('a: {{ fail "no way" }}', 6, "no way"),
        ('a: {{ required "a is needed" .Values.a }}', 6, "a is needed"),
        ("a: b\n{{ if }}", 7, "missing value for if"),
        ("a: b\nb: {{ nothing }}", 7, "not defined"),
        ('a: {{ include "deep" . }}', 2, "nil pointer"),
        ('a: {{ env "HOME" }}', 6, "not defined"),
    ],
)
def test_what_helm_refuses_is_on_its_line(
    tmp_path: Path, template: str, line: int, words: str
) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/templates/x.yaml": config_map(template),
            "web/templates/_deep.tpl": '{{ define "deep" }}\n{{ .Values.a.b.c }}{{ end }}\n',
        },
    )
    (failure,) = installed(folder).failures
    assert failure.code == "helm-render"
    assert failure.location.line == line
    assert words in failure.error


def test_output_that_is_no_yaml_is_on_the_line_that_prints_it(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/templates/x.yaml": config_map("a: b\nbad: [{{ .Release.Name }}"),
            "web/templates/y.yaml": config_map("a: b", "other"),
        },
    )
    rendered = installed(folder)
    assert names(rendered) == ["ConfigMap/other"]
    (failure,) = rendered.failures
    assert failure.code == "helm-output"
    assert failure.location.path == "web/templates/x.yaml"
    assert failure.location.line in (7, 8)


def test_a_broken_chart_is_told(tmp_path: Path) -> None:
    for text, words in (("name: [", "cannot be read"), ("name: web\n", "Helm refuses the chart")):
        folder = written(tmp_path, {"web/Chart.yaml": text})
        (failure,) = installed(folder).failures
        assert failure.code == "helm-chart"
        assert words in failure.error
    (failure,) = installed(folder, "nowhere").failures
    assert failure.code == "helm-chart"

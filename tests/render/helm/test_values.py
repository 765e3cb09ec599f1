"""How a chart gets its values, and what it is told of its release."""

from __future__ import annotations

from pathlib import Path

from bot.render.roots.model import HelmOptions, Rendering
from tests.render.helm.charts import CHART, config_map, data, installed, one, written


def test_later_values_win(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/values.yaml": "a: 1\nb: 1\nc: 1\nd: 1\nnested: {p: 1, q: 1, r: 1}\ngone: 1\n",
            "env/base.yaml": "b: 2\nc: 2\nd: 2\nnested: {q: 2}\ngone: null\n",
            "env/prod.yaml": "c: 3\nd: 3\n",
            "web/templates/x.yaml": config_map("""
                all: {{ .Values | toJson | quote }}
                """),
        },
    )
    options = HelmOptions(
        release="demo",
        values_files=("env/base.yaml", "env/prod.yaml"),
        values={"d": 4, "nested": {"r": 4}},
        parameters={"nested.p": "5"},
    )
    said = data(installed(folder, options=options))["all"]
    assert said == '{"a":1,"b":2,"c":3,"d":4,"nested":{"p":5,"q":2,"r":4}}'


def test_parameters_are_read_as_set_does(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/values.yaml": "list: [{name: a, port: 1}, {name: b, port: 2}]\n",
            "web/templates/x.yaml": config_map("""
                list: {{ .Values.list | toJson | quote }}
                rest: {{ omit .Values "list" | toJson | quote }}
                tag: {{ .Values.tag }}
                """),
        },
    )
    options = HelmOptions(
        release="demo",
        values={"list": [{"name": "a", "port": 1}, {"name": "b", "port": 2}]},
        parameters={
            "list[1].port": "8080",
            "text": "80",
            "yes": "true",
            "comma": "a,b",
            "set": "{a,b}",
            r"dotted\.key": "1",
            "tag": "20260101",
        },
        string_parameters=frozenset({"text"}),
    )
    said = data(installed(folder, options=options))
    assert said["list"] == '[{"name":"a","port":1},{"name":"b","port":8080}]'
    assert said["rest"] == (
        '{"comma":"a,b","dotted.key":1,"set":["a","b"],"tag":"20260101","text":"80","yes":true}'
    )
    assert said["tag"] == 20260101


def test_the_release_and_the_cluster_are_those_asked_for(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/templates/x.yaml": config_map("""
                release: {{ .Release.Name }} in {{ .Release.Namespace }}
                kube: {{ .Capabilities.KubeVersion.Version }}
                has: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" | quote }}
                hasnt: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
                lookup: {{ lookup "v1" "Secret" "default" "x" | toJson | quote }}
                """),
        },
    )
    rendered = installed(
        folder,
        options=HelmOptions(release="shop", namespace="prod"),
        rendering=Rendering(kube_version="1.31.2", api_versions=("monitoring.coreos.com/v1",)),
    )
    assert data(rendered) == {
        "release": "shop in prod",
        "kube": "v1.31.2",
        "has": "true",
        "hasnt": "false",
        "lookup": "{}",
    }
    assert one(rendered).body["metadata"] == {"name": "x", "namespace": "prod"}


def test_a_values_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    files = {"web/Chart.yaml": CHART, "bad.yaml": "a: [\n", "list.yaml": "- a\n"}
    folder = written(tmp_path, files)
    for path, words in (
        ("no.yaml", "does not exist"),
        ("bad.yaml", "cannot be read"),
        ("list.yaml", "cannot be read"),
    ):
        options = HelmOptions(release="demo", values_files=(path,))
        (failure,) = installed(folder, options=options).failures
        assert failure.code == "helm-values"
        assert path in failure.error
        assert words in failure.error


def test_values_that_the_schema_refuses_are_shown_on_their_line(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/values.yaml": "replicas: 1\n",
            "web/values.schema.json": '{"properties": {"replicas": {"type": "integer"}}}',
            "web/templates/x.yaml": config_map("a: b"),
            "prod.yaml": "# Production\nreplicas: many\n",
        },
    )
    options = HelmOptions(release="demo", values_files=("prod.yaml",))
    (failure,) = installed(folder, options=options).failures
    assert (failure.code, failure.location.path, failure.location.line) == (
        "helm-values",
        "prod.yaml",
        2,
    )
    assert "got string, want integer" in failure.error


def test_a_schema_elsewhere_is_not_asked_for(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/values.schema.json": '{\n  "$ref": "http://127.0.0.1:1/schema.json"\n}',
        },
    )
    (failure,) = installed(folder).failures
    assert failure.code == "helm-values"
    assert failure.location.line == 2

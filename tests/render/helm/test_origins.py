"""Every field of a rendered object is shown where it can be changed."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from bot.render.roots.model import HelmOptions
from checks.model import Location
from tests.render.helm.charts import CHART, at, config_map, installed, one, written

DEPLOYMENT = """\
{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.name" . }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas | default 2 }}
  template:
    spec:
      {{- with .Values.pod }}
      priorityClassName: {{ .priority }}
      {{- end }}
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
            {{- toYaml .Values.env | nindent 12 }}
            - name: FIXED
              value: "1"
{{- end }}
"""
HELPERS = """\
{{- define "web.name" -}}
{{ .Release.Name | trunc 63 }}
{{- end }}
{{- define "web.labels" -}}
app: {{ include "web.name" . }}
team: {{ .Values.team }}
{{- end }}
"""
VALUES = """\
enabled: true
replicas: 3
team: shop
image:
  repository: example.com/web
  tag: v1
pod:
  priority: high
env:
- name: A
  value: a
- name: B
  value: b
"""
PROD = """\
# Production
resources:
  limits:
    memory: 1Gi
  requests: {cpu: 500m}
image:
  tag: v2
"""
CONTAINER = ("spec", "template", "spec", "containers", 0)


def chart(tmp_path: Path, **files: str) -> Path:
    return written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/values.yaml": VALUES,
            "web/templates/app.yaml": DEPLOYMENT,
            "web/templates/_helpers.tpl": HELPERS,
            **files,
        },
    )


def test_a_field_is_where_its_value_was_set_last(tmp_path: Path) -> None:
    folder = chart(tmp_path, **{"prod.yaml": PROD})
    item = one(installed(folder, options=HelmOptions(release="demo", values_files=("prod.yaml",))))
    assert item.source == Location(path="web/templates/app.yaml", line=3)
    assert at(item, "spec", "replicas") == ("web/values.yaml", 2)
    assert at(item, *CONTAINER, "resources", "limits", "memory") == ("prod.yaml", 4)
    assert at(item, *CONTAINER, "resources", "requests", "cpu") == ("prod.yaml", 5)
    assert at(item, *CONTAINER, "image") == ("prod.yaml", 7)
    assert at(item, *CONTAINER, "env", 1, "value") == ("web/values.yaml", 13)
    assert at(item, "spec", "template", "spec", "priorityClassName") == ("web/values.yaml", 8)
    assert at(item, "metadata", "labels", "team") == ("web/values.yaml", 3)


def test_what_is_of_the_template_is_on_its_line(tmp_path: Path) -> None:
    item = one(installed(chart(tmp_path)))
    template = "web/templates/app.yaml"
    assert at(item, "metadata", "name") == (template, 5)
    assert at(item, "metadata", "labels", "app") == ("web/templates/_helpers.tpl", 5)
    assert at(item, "spec") == (template, 8)
    assert at(item, *CONTAINER, "name") == (template, 16)
    assert at(item, *CONTAINER, "env", 2, "value") == (template, 25)


def test_a_value_that_is_computed_stays_with_the_template(tmp_path: Path) -> None:
    text = config_map("""
        twice: {{ mul .Values.replicas 2 }}
        same: {{ .Values.replicas }}
        """)
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/values.yaml": "replicas: 3\n",
            "web/templates/x.yaml": text,
        },
    )
    item = one(installed(folder))
    assert at(item, "data", "twice") == ("web/templates/x.yaml", 6)
    assert at(item, "data", "same") == ("web/values.yaml", 1)


def test_inline_values_are_where_they_stand(tmp_path: Path) -> None:
    release = """\
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
        ---
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: web}
        spec:
          values:
            replicas: 7
        """
    folder = chart(tmp_path, **{"apps/web.yaml": release})
    options = HelmOptions(release="demo", values={"replicas": 7})
    item = one(installed(folder, options=options, by=Location(path="apps/web.yaml", line=6)))
    assert at(item, "spec", "replicas") == ("apps/web.yaml", 10)


def test_values_that_are_text_of_an_application_too(tmp_path: Path) -> None:
    application = """\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: web}
        spec:
          source:
            helm:
              values: |
                # More of them
                replicas: 7
        """
    folder = chart(tmp_path, **{"apps/web.yaml": application})
    options = HelmOptions(release="demo", values={"replicas": 7})
    item = one(installed(folder, options=options, by=Location(path="apps/web.yaml", line=2)))
    assert at(item, "spec", "replicas") == ("apps/web.yaml", 9)


def test_values_of_a_template_of_applications_are_at_its_line(tmp_path: Path) -> None:
    folder = chart(tmp_path, **{"apps/set.yaml": "apiVersion: v1\nkind: ApplicationSet\n"})
    options = HelmOptions(release="demo", values={"replicas": 7})
    item = one(installed(folder, options=options, by=Location(path="apps/set.yaml", line=2)))
    assert at(item, "spec", "replicas") == ("apps/set.yaml", 2)


def test_subcharts_see_the_values_of_their_parents(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/values.yaml": "db:\n  size: 2\nglobal:\n  region: eu\n",
            "web/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
            "web/charts/db/values.yaml": "size: 1\nkind: small\n",
            "web/charts/db/templates/x.yaml": config_map("""
                size: {{ .Values.size }}
                kind: {{ .Values.kind }}
                region: {{ .Values.global.region }}
                """),
        },
    )
    item = one(installed(folder))
    assert item.source == Location(path="web/charts/db/templates/x.yaml", line=2)
    assert at(item, "data", "size") == ("web/values.yaml", 2)
    assert at(item, "data", "kind") == ("web/charts/db/values.yaml", 2)
    assert at(item, "data", "region") == ("web/values.yaml", 4)


def test_objects_of_one_template_are_told_apart(tmp_path: Path) -> None:
    text = dedent("""\
        {{- range $name := list "a" "b" }}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: {{ $name }}
        {{- end }}
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: c
        """)
    folder = written(tmp_path, {"web/Chart.yaml": CHART, "web/templates/x.yaml": text})
    assert [item.source.line for item in installed(folder).objects] == [4, 4, 10]


def test_marks_that_get_in_the_way_cost_only_lines(tmp_path: Path) -> None:
    """Here the marks make the template fail, and then say so in no line of the output."""
    text = config_map("""
        a: b
        {{- if ne (include "text" .) "key: value" }}{{ fail "marked" }}{{ end }}
        """)
    folder = written(
        tmp_path,
        {
            "web/Chart.yaml": CHART,
            "web/templates/x.yaml": text,
            "web/templates/_text.tpl": '{{ define "text" -}}\nkey: value\n{{- end }}\n',
        },
    )
    item = one(installed(folder))
    assert item.body["data"] == {"a": "b"}
    assert item.source == Location(path="web/templates/x.yaml", line=2)

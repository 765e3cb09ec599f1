"""The Applications that ApplicationSets make, and what cannot be told of them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.render.roots.gotemplate import Unsupported, fast, go
from tests.render.roots.tree import failures_of, manifest, roots_of, said

HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n"
DEPLOYED: dict[str, str | bytes] = {
    **{f"apps/{name}/a.yaml": manifest(name) for name in ("web", "db", "old_One")},
    "apps/.hidden/a.yaml": manifest("hidden"),
    "charts/web/Chart.yaml": "name: web\n",
    "charts/web/values/eu.yaml": "a: 1\n",
    "charts/web/values/us.yaml": "a: 1\n",
    "clusters/eu/config.json": '{"cluster": {"name": "eu", "size": 3}}',
    "clusters/us/config.json": '{"cluster": {"name": "us", "size": 5}}',
}


def fast_set(generators: str, path: str = "'{{path}}'", name: str = "'{{path.basename}}'") -> str:
    return f"""{HEAD}  generators:
{generators}
  template:
    metadata: {{name: {name}}}
    spec:
      source: {{repoURL: u, path: {path}}}
      destination: {{namespace: {name}}}
"""


def keys(tmp_path: Path, text: str) -> list[str]:
    found = roots_of(tmp_path, {**DEPLOYED, "set.yaml": text})
    assert found.failures == ()
    return [key for key, root in found.roots.items() if root.by is not None]


def test_a_list(tmp_path: Path) -> None:
    text = fast_set(
        "  - list: {elements: [{dir: web, env: {name: p}}, {dir: db, env: {name: q}}]}",
        "'apps/{{ dir }}'",
        "'{{dir}}-{{env.name}}'",
    )
    assert keys(tmp_path, text) == ["apps/db as db-q", "apps/web as web-p"]


def test_directories(tmp_path: Path) -> None:
    text = fast_set(
        "  - git: {repoURL: u, directories: [{path: apps/*}, {path: apps/db, exclude: true}]}",
        name="'{{path[0]}}-{{path.basenameNormalized}}'",
    )
    assert keys(tmp_path, text) == ["apps/old_One as apps-old-one", "apps/web as apps-web"]


def test_files_in_a_matrix_with_directories(tmp_path: Path) -> None:
    text = fast_set(
        """\
  - matrix:
      generators:
      - git: {repoURL: u, files: [{path: 'clusters/**/config.json'}]}
      - git: {repoURL: u, directories: [{path: 'apps/w*'}], values: {x: '{{path.basename}}'}}
""",
        name="'{{cluster.name}}-{{cluster.size}}-{{values.x}}'",
    )
    assert keys(tmp_path, text) == ["apps/web as eu-3-web", "apps/web as us-5-web"]


def test_merged_lists_and_a_selector(tmp_path: Path) -> None:
    text = fast_set(
        """\
  - merge:
      mergeKeys: [dir]
      generators:
      - list: {elements: [{dir: web, env: a}, {dir: db, env: a}, {dir: old_One, env: z}]}
      - list: {elements: [{dir: db, env: b}, {dir: unknown, env: c}]}
    selector: {matchLabels: {env: b}}
""",
        "'apps/{{dir}}'",
        "'{{dir}}-{{env}}'",
    )
    assert keys(tmp_path, text) == ["apps/db as db-b"]


def test_go_templates(tmp_path: Path) -> None:
    text = f"""{HEAD}  goTemplate: true
  generators:
  - git:
      repoURL: u
      files: [{{path: clusters/*/config.json}}]
      values: {{short: '{{{{ .cluster.name | upper }}}}'}}
  template:
    metadata: {{name: '{{{{ index .path.segments 1 }}}}-{{{{ .values.short }}}}'}}
    spec:
      source:
        repoURL: u
        path: charts/web
        helm:
          valueFiles: ['values/{{{{ .path.basename }}}}.yaml']
          values: |
            size: {{{{ .cluster.size }}}}
            kind: {{{{ default "small" .cluster.kind }}}}
"""
    found = roots_of(tmp_path, {**DEPLOYED, "set.yaml": text})
    assert failures_of(found) == {}
    assert {
        key: (root.helm.values_files, root.helm.values)
        for key, root in found.roots.items()
        if root.helm
    } == {
        "charts/web as eu-EU": (("charts/web/values/eu.yaml",), {"size": 3, "kind": "small"}),
        "charts/web as us-US": (("charts/web/values/us.yaml",), {"size": 5, "kind": "small"}),
    }


def test_the_generator_has_a_template_of_its_own(tmp_path: Path) -> None:
    text = fast_set(
        """\
  - list:
      elements: [{dir: web}]
      template: {spec: {source: {kustomize: {namePrefix: '{{dir}}-'}}}}
""",
        "clusters/eu",
        "'{{dir}}'",
    )
    assert keys(tmp_path, text) == ["clusters/eu as web"]


@pytest.mark.parametrize(
    ("generators", "code", "line", "words"),
    [
        ("  - clusters: {}", "applicationset-unknown", 6, "clusters are known to Argo CD"),
        ("  - pullRequest: {}", "applicationset-unknown", 6, "pull requests"),
        ("  - {}", "applicationset-invalid", 6, "expected one generator"),
        ("  - list: {elements: [x]}", "applicationset-invalid", 6, "'x' is no mapping"),
        ("  - list: {elements: [{a: b}]}", "applicationset-template", 8, "{{path.basename}}"),
        (
            "  - list: {elements: [{a: b}]}\n    selector: {matchExpressions: []}",
            "applicationset-template",
            7,
            "matchExpressions",
        ),
        (
            "  - matrix:\n      generators:\n      - clusters: {}\n      - list: {elements: []}",
            "applicationset-unknown",
            8,
            "clusters",
        ),
    ],
)
def test_what_cannot_be_told(
    tmp_path: Path, generators: str, code: str, line: int, words: str
) -> None:
    text = fast_set(f"{generators}\n  - git: {{repoURL: u, directories: [{{path: apps/web}}]}}")
    found = roots_of(tmp_path, {**DEPLOYED, "set.yaml": text})
    assert said(found.failures) == [(code, "set.yaml", line)]
    assert words in found.failures[0].error
    assert "apps/web as web" in found.roots, "the other generator goes on"


def test_a_product_that_explodes(tmp_path: Path) -> None:
    elements = ", ".join(f"{{n{{0}}: a{n}}}" for n in range(900))
    many = "\n".join(
        f"      - list: {{elements: [{elements.replace('{0}', str(i))}]}}" for i in range(2)
    )
    text = fast_set(f"  - matrix:\n      generators:\n{many}", "apps/web", "'{{n0}}-{{n1}}'")
    started = time.monotonic()
    found = roots_of(tmp_path, {**DEPLOYED, "set.yaml": text})
    assert said(found.failures) == [("too-many", "set.yaml", 6)]
    assert time.monotonic() - started < 10


PARAMS = {"a": {"b": "x", "n": 3, "t": True}, "list": ["p", "q"], "s": "Some_Name"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ .a.b }}", "x"),
        ("{{.a.n}}-{{ .a.t -}}  end", "3-trueend"),
        ("{{ $.a.b | upper | quote }}", '"X"'),
        ('{{ index .list 1 }}{{ index .a "b" }}', "qx"),
        ("{{ .missing.deep | default `d` }}", "d"),
        ("{{ normalize (lower .s) }}", "some-name"),
        ('{{ trimSuffix "_Name" .s }}{{ replace "_" "." .s }}', "SomeSome.Name"),
        ("no {{ end", "no {{ end"),
    ],
)
def test_expressions(text: str, expected: str) -> None:
    assert go(text, PARAMS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ if .a }}x{{ end }}",
        "{{ range .list }}",
        "{{ .gone }}",
        "{{ index .list 9 }}",
        "{{ .a }}",
        "{{ unknown .s }}",
        "{{ upper }}",
        "{{ .a.b | }}",
        "{{ (((((((((((((( .a.b",
        "{{ (((((((((((((( .a.b )))))))))))))) }}",
        "{{ '' }}",
        "{{}}",
        "{{ upper .a }}",
        '{{ replace "" "xxxxxxxx" .a.b | replace 1 2 }}',
    ],
)
def test_expressions_that_are_not_guessed_at(text: str) -> None:
    if "}}" not in text:
        assert go(text, PARAMS) == text
        return
    with pytest.raises(Unsupported):
        go(text, PARAMS)


def test_fasttemplate_names_what_is_unknown() -> None:
    assert fast("{{ a }}-{{b.c}}", {"a": "1", "b.c": "2"}) == "1-2"
    with pytest.raises(Unsupported, match=r"\{\{x\}\}"):
        fast("{{x}}", {})


def test_templates_take_linear_time() -> None:
    started = time.monotonic()
    assert go("{{" * 200_000, {}) == "{{" * 200_000
    with pytest.raises(Unsupported):
        go("{{ " + "a" * 200_000 + " }}", {})
    with pytest.raises(Unsupported):
        go("{{ .a }}" * 200_000, {"a": "x" * 10})
    assert time.monotonic() - started < 5

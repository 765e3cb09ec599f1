"""Charts that mean harm, and those that are never the same twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.render.helm import backends
from bot.render.helm.differing import DIFFERING
from checks.model import Location
from tests.render.helm.charts import CHART, config_map, data, installed, names, one, written


def chart(tmp_path: Path, template: str, **files: str) -> Path:
    return written(
        tmp_path,
        {"web/Chart.yaml": CHART, "web/templates/x.yaml": config_map(template), **files},
    )


@pytest.mark.parametrize(
    ("template", "codes"),
    [
        ("a: {{ range $i := until 1000000000 }}x{{ end }}", {"render-memory", "render-timeout"}),
        ("a: {{ range untilStep 0 2000000 1 }}{{ range until 2000000 }}{{ end }}{{ end }}", {"*"}),
        ('a: {{ repeat 10000000000 "x" }}', {"render-memory"}),
        ('a: {{ include "again" . }}', {"helm-render"}),
        ("a: {{ tpl .Values.again . }}", {"*"}),
        ('a: {{ repeat 20000000 "x" }}', {"render-output"}),
    ],
)
def test_what_has_no_end_is_ended(tmp_path: Path, template: str, codes: set[str]) -> None:
    folder = chart(
        tmp_path,
        template,
        **{
            "web/templates/_again.tpl": '{{ define "again" }}{{ include "again" . }}{{ end }}',
            "web/values.yaml": "again: '{{ tpl .Values.again . }}{{ tpl .Values.again . }}'\n",
        },
    )
    rendered = installed(folder, seconds=4)
    assert rendered.objects == ()
    (failure,) = rendered.failures
    ended = {"render-timeout", "render-memory", "render-output", "helm-render", "render-crashed"}
    assert failure.code in (ended if codes == {"*"} else codes)
    assert failure.location == Location(path="web/templates/x.yaml", line=6) or (
        failure.location.path == "web/Chart.yaml" or failure.location.path.endswith("_again.tpl")
    )


def test_others_go_on_after_one_was_ended(tmp_path: Path) -> None:
    bad = chart(tmp_path / "bad", '{{ repeat 10000000000 "x" }}')
    good = chart(tmp_path / "good", "a: b")
    assert installed(bad).failures
    assert names(installed(good)) == ["ConfigMap/x"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    folder = chart(tmp_path / "repo", 'a: {{ .Files.Get "link" | quote }}')
    (folder / "web/link").symlink_to(secret)
    rendered = installed(folder)
    assert rendered.objects == ()
    (failure,) = rendered.failures
    assert failure.code == "helm-symlink"
    assert "web/link" in failure.error


def test_files_outside_of_the_chart_are_not_read(tmp_path: Path) -> None:
    folder = chart(
        tmp_path,
        'a: {{ .Files.Get "../secret" | quote }}\nb: {{ .Files.Get "/etc/passwd" | quote }}\n'
        'c: {{ .Files.Get "own" | quote }}',
        **{"secret": "hidden", "web/own": "mine"},
    )
    assert data(installed(folder)) == {"a": "", "b": "", "c": "mine"}


def test_no_name_is_looked_up(tmp_path: Path) -> None:
    folder = chart(tmp_path, 'a: {{ getHostByName "localhost" | quote }}')
    assert data(installed(folder)) == {"a": ""}


def test_the_worker_sees_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMBLINE_SECRET", "hidden")
    folder = chart(tmp_path, 'a: {{ expandenv "x$PLUMBLINE_SECRET" }}')
    (failure,) = installed(folder).failures
    assert "hidden" not in failure.error


def test_what_is_random_is_no_change(tmp_path: Path) -> None:
    folder = chart(
        tmp_path,
        "\n".join(
            (
                "password: {{ randAlphaNum 20 | quote }}",
                'key: {{ genPrivateKey "ecdsa" | b64enc }}',
                'date: {{ now | date "2006-01-02" | quote }}',
                "id: {{ uuidv4 }}",
                'same: {{ "now" | upper }}',
                "sum: {{ randAlphaNum 5 | sha256sum }}",
                "short: {{ randNumeric 1 | quote }}",
            )
        ),
    )
    first, second = data(installed(folder)), data(installed(folder))
    assert first == second
    assert first == {
        **dict.fromkeys(("password", "key", "date", "id", "sum", "short"), DIFFERING),
        "same": "NOW",
    }


def test_an_amount_that_is_random_is_no_amount(tmp_path: Path) -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n"
    text += "spec: {replicas: {{ randInt 1 1000000 }}}\n"
    folder = written(tmp_path, {"web/Chart.yaml": CHART, "web/templates/x.yaml": text})
    spec: Any = one(installed(folder)).body["spec"]
    assert spec == {"replicas": DIFFERING}


def test_other_objects_every_time_are_no_output(tmp_path: Path) -> None:
    template = "{{ range until (mod (randInt 1 1000000) 50 | int) }}\n---\n"
    template += config_map("a: b", "m{{ . }}") + "{{ end }}\n"
    folder = written(tmp_path, {"web/Chart.yaml": CHART, "web/templates/x.yaml": template})
    rendered = installed(folder)
    assert rendered.objects == ()
    assert [failure.code for failure in rendered.failures] == ["helm-random"]


def test_deep_or_huge_output_is_refused_as_in_any_file(tmp_path: Path) -> None:
    folder = chart(tmp_path, 'a: {{ repeat 200000 "[" }}')
    (failure,) = installed(folder).failures
    assert failure.code == "helm-output"
    assert "nested deeper" in failure.error


def test_it_says_which_helm_it_is() -> None:
    assert backends.version().startswith("helm-python-sdk 0.2.2")

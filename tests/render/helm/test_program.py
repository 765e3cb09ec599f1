"""The `helm` program in the library's place. It is not installed where tests run, so a stand-in of
a few lines prints what `helm template` does: this shows how it is called and how it is read."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bot.render import sandbox
from bot.render.helm.installing import answer
from bot.render.helm.program import Program
from tests.render.helm.charts import CHART, config_map, written

SCRIPT = """\
    #!/bin/sh
    echo "$@" >> "$LOG"
    case "$*" in *fails*) echo "Error: template: web/templates/x.yaml:3:4: no" >&2; exit 1;; esac
    cat "$OUT"
    """
OUTPUT = """\
    ---
    # Source: web/crds/c.yaml
    kind: CRD
    ---
    # Source: web/templates/x.yaml
    kind: A
    ---
    # Source: web/templates/x.yaml
    kind: B
    ---
    # Source: web/templates/y.yaml
    kind: C
    """


@pytest.fixture
def request_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    binary = tmp_path / "bin/helm"
    binary.parent.mkdir()
    script = SCRIPT.replace("$LOG", str(tmp_path / "log")).replace("$OUT", str(tmp_path / "out"))
    binary.write_text(dedent(script))
    binary.chmod(0o755)
    (tmp_path / "out").write_text(dedent(OUTPUT))
    monkeypatch.setenv("PATH", f"{binary.parent}{os.pathsep}{os.environ['PATH']}")
    files = {
        "web/Chart.yaml": CHART,
        "web/templates/x.yaml": config_map("a: b"),
        "prod.yaml": "a: 1\n",
    }
    written(tmp_path / "repo", files)
    return {
        "chart": "web",
        "values_files": ["prod.yaml"],
        "values": {"b": 2},
        "parameters": [("c", "x,y", True), ("d", "{1,2}", False)],
        "release": "demo",
        "namespace": "prod",
        "kube_version": "1.31.0",
        "api_versions": ["example.com/v1"],
        "crds": True,
    }


def asked(request: dict[str, Any], tmp_path: Path) -> tuple[dict[str, Any], Program]:
    private = tmp_path / "private"
    private.mkdir()
    program = Program(request, private, 10, 1 << 30, 1 << 20)
    return answer(request, program, tmp_path / "repo", private), program


def test_it_is_called_and_read_as_the_library_is(
    request_of: dict[str, Any], tmp_path: Path
) -> None:
    said, _ = asked(request_of, tmp_path)
    outputs = {output["template"]: output["text"].split() for output in said["outputs"]}
    assert outputs == {
        "web/templates/x.yaml": ["---", "kind:", "A", "---", "kind:", "B"],
        "web/templates/y.yaml": ["---", "kind:", "C"],
    }
    assert [crd["template"] for crd in said["crds"]] == ["web/crds/c.yaml"]
    call = (tmp_path / "log").read_text().splitlines()[0]
    assert call.startswith("template demo ")
    assert "--namespace prod --kube-version 1.31.0 --api-versions=example.com/v1" in call
    assert call.endswith("--include-crds --set-string c=x\\,y --set d={1,2}")
    assert (tmp_path / "private/values.json").read_text() == '{"a": 1, "b": 2}'


def test_what_it_says_is_told(request_of: dict[str, Any], tmp_path: Path) -> None:
    said, _ = asked({**request_of, "release": "fails"}, tmp_path)
    assert said["said"] == "template: web/templates/x.yaml:3:4: no"
    assert said["folders"] == {"web": "web"}


def test_it_runs_in_the_sandbox(request_of: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "bin/helm").write_text("#!/bin/sh\nsleep 60\n")
    private = tmp_path / "private"
    private.mkdir()
    program = Program(request_of, private, 0.3, 1 << 30, 1 << 20)
    answer(request_of, program, tmp_path / "repo", private)
    ended: sandbox.Ended = program.ended
    assert ended == "time"

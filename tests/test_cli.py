"""`plumbline check` as people and pipelines call it, on real repositories."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bot.cli import main
from checks.registry import CHECKS
from tests.demo.story import change, sample
from tests.forge.gitrepo import ENVIRONMENT

SCHEMA = json.loads(
    (Path(__file__).parent.parent / "config" / "schema" / "report-1.json").read_text()
)


def git(repo: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repo), *arguments], env=ENVIRONMENT, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def write(repo: Path, files: Mapping[str, bytes | str | None]) -> None:
    for name, content in files.items():
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """The sample repository: `main`, and a branch `change` that is checked out."""
    where = tmp_path / "repo"
    where.mkdir()
    git(where, "init", "-q", "-b", "main")
    write(where, sample())
    git(where, "add", "-A")
    git(where, "commit", "-q", "-m", "base")
    git(where, "checkout", "-q", "-b", "change")
    return where


def commit(repo: Path, files: Mapping[str, bytes | str | None]) -> None:
    write(repo, files)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "change")


def check(
    repo: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, dict[str, Any]]:
    status = main(["check", str(repo), "--base", "main", "--format", "json", *arguments])
    report = json.loads(capsys.readouterr().out)
    jsonschema_rs.validate(SCHEMA, report)
    return status, report


def test_a_costlier_change_with_a_moving_tag_fails(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repo, change())
    status, report = check(repo, capsys, "--head", "change")
    assert status == 1
    assert report["verdict"] == "fail"
    rules = {f["rule"] for o in report["outcomes"] for f in o["findings"]}
    assert {"cost-increase", "image-tag-latest", "cpu-request-missing"} <= rules
    # 3 pods, each with one more of the 4 GPUs of a machine of 3.912 an hour, for 730 hours.
    lines = {line["resource"]["name"]: line for line in report["cost"]["lines"]}
    assert lines["sentiment-analyzer"]["delta"]["expected"] == "2141.82"
    assert [u["resource"]["name"] for u in report["cost"]["unknown"]] == ["speech-warm-up"]


def test_the_working_tree_is_judged_without_a_trace_in_the_repository(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(repo, change())
    before = sorted(p.relative_to(repo) for p in (repo / ".git").rglob("*") if p.is_file())
    status, report = check(repo, capsys)
    assert status == 1
    assert report["stats"]["files_changed"] == len(change())
    after = sorted(p.relative_to(repo) for p in (repo / ".git").rglob("*") if p.is_file())
    assert after == before


def test_nothing_changed_passes(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = check(repo, capsys)
    assert (status, report["verdict"]) == (0, "pass")
    assert report["cost"]["delta"]["expected"] == "0.00"


def test_the_law_is_the_base_branchs_and_a_changed_one_is_tried(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repo, change())
    switched_off = ", ".join(f"{check.id}: false" for check in CHECKS)
    lax = f"version: 1\nchecks: {{{switched_off}}}\npolicies: []\n"
    commit(repo, {".github/plumbline.yml": lax})
    status, report = check(repo, capsys, "--head", "change")
    assert status == 1
    said = next(o for o in report["outcomes"] if o["check"] == "config")
    assert "the verdict would go from fail to pass" in said["findings"][0]["message"]


def test_an_invalid_config_in_the_change_fails_on_its_line(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repo, {".github/plumbline.yml": "version: 1\nchekcs: {}\n"})
    status, report = check(repo, capsys, "--head", "change")
    finding = report["outcomes"][-1]["findings"][0]
    assert (status, finding["rule"], finding["line"]) == (1, "config-invalid", 2)


def test_another_config_can_be_tried(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repo, change())
    lax = tmp_path / "lax.yml"
    lax.write_text("version: 1\nchecks: {cost_delta: false, image_tag: false}\n")
    _, report = check(repo, capsys, "--head", "change", "--config", str(lax))
    states = {o["check"]: o["state"] for o in report["outcomes"]}
    assert (states["cost_delta"], states["image_tag"]) == ("skipped", "skipped")


def test_what_stood_there_before_does_not_gate(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repo, "checkout", "-q", "main")
    commit(repo, change())
    git(repo, "checkout", "-q", "-B", "change")
    path = "prod/sentiment-analyzer/deployment.yaml"
    commit(repo, {path: (repo / path).read_text().replace("8080", "8081")})
    status, report = check(repo, capsys, "--head", "change")
    assert (status, report["verdict"]) == (0, "pass")
    old = [f for o in report["outcomes"] for f in o["findings"]]
    assert old
    assert all(f["preexisting"] for f in old)


def test_the_neighbours_of_a_new_file_are_not_new(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repo, {"prod/speech-to-text/extra.yaml": "apiVersion: v1\nkind: ConfigMap\n"})
    _, report = check(repo, capsys, "--head", "change")
    assert report["cost"]["lines"] == []
    assert report["cost"]["unknown"] == []


@pytest.mark.parametrize("form", ["text", "markdown", "sarif"])
def test_every_format_is_written_to_a_file(repo: Path, tmp_path: Path, form: str) -> None:
    commit(repo, change())
    out = tmp_path / "out"
    arguments = ["check", str(repo), "--base", "main", "--head", "change", "--format", form]
    assert main([*arguments, "--output", str(out)]) == 1
    text = out.read_text()
    assert "image-tag-latest" in text
    if form == "sarif":
        run = json.loads(text)["runs"][0]
        assert {"prod/sentiment-analyzer/deployment.yaml"} < {
            r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]
        }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "nowhere"], "nowhere"),
        (["--base", "main", "--config", "/no/such/file"], "/no/such/file"),
        (["--base", "main", "--output", "/no/such/folder/file"], "/no/such/folder/file"),
    ],
)
def test_wrong_use_is_2_and_says_what(
    repo: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["check", str(repo), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_no_repository_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path), "--base", "main"]) == 2
    assert "git" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom bot.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'pydantic', 'yaml', 'fastapi', 'dbos', 'github', 'rich', 'structlog'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.endswith(b"loaded: []\n")

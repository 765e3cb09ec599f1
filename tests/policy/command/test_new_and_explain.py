"""`plumbline policy new` and `plumbline policy explain`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.policy.command.arguments import KINDS
from tests.policy.command.calling import call, written

POLICY = """# METADATA
# title: Teams
# description: Who owns what.
# custom: {remedy: Name a team.}
package main

import rego.v1

deny contains "no team" if {
  input.kind == "Deployment"
  not input.metadata.labels.team
}
"""
WAIVERS = """version: 1
waivers:
  - rule: rego/main.deny
    resources: ["old/**"]
    owner: shop
    reason: it goes away
    expires: 2026-12-31
"""


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_begun_passes_its_tests(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("new", "require-team-label", "--kind", kind) == 0
    capsys.readouterr()
    status = call("test", "--coverage", "--format", "json")
    said = json.loads(capsys.readouterr().out)
    assert (status, said["summary"]["passed"], said["coverage"]["percent"]) == (0, 2, 100), said
    assert call("lint") == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Team",), "is no name"),
        (("a/b",), "is no name"),
        (("../a",), "is no name"),
        (("import",), "is no name"),
        (("a" * 61,), "is no name"),
        (("there",), "is there already"),
        (("a", "--folder", "../out"), "leads out of the repository"),
        (("a", "--folder", "/tmp"), "leads out of the repository"),
        (("a", "--folder", "link"), "a link is not followed"),
        (("a", "--repo", "nowhere"), "no such file or folder"),
    ],
)
def test_what_is_not_begun(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    root = tmp_path / "repo"
    written(root, {".plumbline/policies/there.policytest.yaml": "mine", ".git/config": ""})
    (root / "link").symlink_to(tmp_path)
    monkeypatch.chdir(root)
    before = sorted(tmp_path.rglob("*"))
    assert call("new", *arguments) == 2
    assert said in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def explained(root: Path, capsys: pytest.CaptureFixture[str], name: str) -> tuple[int, str]:
    status = call("explain", name, "--repo", str(root))
    said = capsys.readouterr()
    return status, said.out or said.err


def test_a_rule_of_a_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = 'test_a if deny["no team"] with input as {"kind": "Deployment"}'
    test = f"package main\nimport rego.v1\n{body}\n"
    files = {
        ".git/config": "",
        ".plumbline/policies/a.rego": POLICY,
        ".plumbline/policies/a_test.rego": test,
        ".plumbline/waivers.yml": WAIVERS,
    }
    written(tmp_path, files)
    status, said = explained(tmp_path, capsys, "rego/main.deny")
    assert status == 0
    assert said.splitlines() == [
        "rego/main.deny: Teams",
        "  at .plumbline/policies/a.rego:9, where it objects it is: deny",
        "  about: Who owns what.",
        "  severity: experiment fail, staging fail, production fail",
        "  what to do: Name a team.",
        "  page: docs/policies.md",
        "  waived until 2026-12-31 by shop: it goes away (old/**; .plumbline/waivers.yml:3)",
        "  tested at .plumbline/policies/a_test.rego:3: it objects",
        "  it asks:",
        '       9 | deny contains "no team" if {',
        '      10 |   input.kind == "Deployment"',
        "      11 |   not input.metadata.labels.team",
        "      12 | }",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("image-tag-latest", "a rule of the check image_tag"),
        ("image_tag", "page: docs/checks/image_tag.md"),
        ("image-tag-*", "image-tag-missing"),
        ("readable", "severity: experiment fail, staging fail, production fail"),
    ],
)
def test_a_rule_of_a_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    status, text = explained(tmp_path, capsys, name)
    assert (status, said in text) == (0, True), text


def test_a_rule_that_nobody_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = explained(tmp_path, capsys, "rego/no.such")
    assert (status, "there is no rule rego/no.such" in said) == (1, True)


def test_a_config_that_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, {".plumbline.yml": "version: 2\n"})
    status, said = explained(tmp_path, capsys, "image_tag")
    assert (status, ".plumbline.yml:1" in said) == (2, True)


def test_help_is_quick() -> None:
    code = (
        "import argparse, sys; from bot.policy.command.arguments import add_parser; "
        "parser = argparse.ArgumentParser(); add_parser(parser.add_subparsers()); "
        "heavy = {'yaml', 'pydantic', 'regorus'} & set(sys.modules); print(sorted(heavy)); "
        "parser.parse_args(['policy', '--help'])"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.startswith("[]\n")
    # Measured as 0.04 s; a busy machine takes longer.
    assert time.monotonic() - started < 2

"""`*.policytest.yaml`: what is expected, what is said, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.policy.command import run
from bot.policy.command.case import Case
from tests.policy.command.calling import NOW, cases, written

POLICY = """package main
import rego.v1

deny contains {"msg": "no team", "path": ["metadata", "labels"]} if {
  input.kind == "Deployment"
  not input.metadata.labels.team
}

deny contains "no owner" if {
  input.kind == "Deployment"
  not input.metadata.labels.owner
}

warn contains msg if {
  input.request.operation == "UPDATE"
  input.request.oldObject.spec.replicas > input.request.object.spec.replicas
  msg := sprintf("fewer than %d", [input.request.oldObject.spec.replicas])
}
"""
TEAM = 'rego/main.deny (deny): "no team" at metadata.labels'
OWNER = 'rego/main.deny (deny): "no owner"'
WEB = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}"
OWNED = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {owner: a}}}"
FINE = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {owner: a, team: b}}}"


def one(case: str, policy: str = POLICY, head: str = "", **files: str) -> Case:
    """The only case of a fixture."""
    text = f"version: 1\n{head}cases:\n  - name: it\n" + "".join(
        f"    {line}\n" for line in case.splitlines()
    )
    (found,) = cases({"p/main.rego": policy, "p/it.policytest.yaml": text, **files})
    assert (found.file, found.name) == ("p/it.policytest.yaml", "it")
    return found


@pytest.mark.parametrize(
    "case",
    [
        f"object: {FINE}\npass: true",
        f"object: {OWNED}\nexpect: [{{message: team}}]",
        f"object: {OWNED}\nexpect: [{{rule: rego/main.deny}}]",
        f"object: {OWNED}\nexpect: [{{rule: 'rego/**', effect: deny, path: metadata.labels}}]",
        f"object: {WEB}\nexpect: [{{message: team}}, {{message: owner}}]",
        f"object: {WEB}\nexpect: [{{message: 'no ', count: 2}}]",
        f"object: {WEB}\nexpect: [{{message: team}}]\nextra: true",
    ],
)
def test_what_is_as_expected_passes(case: str) -> None:
    found = one(case)
    assert (found.outcome, found.message) == ("passed", "")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            f"object: {OWNED}\npass: true",
            f"nothing else was to object: {TEAM}",
        ),
        (
            f"object: {WEB}\nexpect: [{{message: team}}]",
            f"nothing else was to object: {OWNER}",
        ),
        (
            f"object: {FINE}\nexpect: [{{rule: rego/main.deny, effect: deny}}]",
            "expected rego/main.deny to deny. Said: nothing objects",
        ),
        (
            f"object: {OWNED}\nexpect: [{{message: team, path: spec}}]\nextra: true",
            'expected ** to object with "team" at spec. Said: ' + TEAM,
        ),
        (
            f"object: {WEB}\nexpect: [{{message: 'no ', count: 3}}]",
            f'expected ** to object with "no " 3 times, not 2. Said: {TEAM}; {OWNER}',
        ),
    ],
)
def test_what_is_not_as_expected_fails(case: str, said: str) -> None:
    found = one(case)
    assert (found.outcome, found.message, found.line) == ("failed", said, 3)


def test_an_object_that_replaces_another() -> None:
    was = FINE.replace("}}}", "}}, spec: {replicas: 3}}")
    now = was.replace("replicas: 3", "replicas: 1")
    case = f"object: {now}\nbefore: {was}\nexpect: [{{effect: warn, message: fewer than 3}}]"
    assert one(case).outcome == "passed"
    assert one(case.replace("message: fewer than 3", "message: many")).outcome == "failed"


def test_objects_of_files() -> None:
    files = {"p/objects/web.yaml": f"{WEB}\n---\n{FINE}\n"}
    case = "file: objects/web.yaml\nexpect: [{message: 'no ', count: 2}]"
    assert one(case, **files).outcome == "passed"


def test_rules_of_others_can_be_left_out() -> None:
    head = "rules: ['rego/main.warn']\n"
    assert one(f"object: {WEB}\npass: true", head=head).outcome == "passed"


def test_policies_from_elsewhere_in_the_repository() -> None:
    other = 'package other\nimport rego.v1\ndeny contains "other"\n'
    head = "policies: [../shared/*.rego]\n"
    case = f"object: {WEB}\nexpect: [{{rule: rego/other.deny}}]"
    assert one(case, head=head, **{"shared/other.rego": other}).outcome == "passed"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("package main\nimport rego.v1\ndeny contains msg if {\n", "p/main.rego:"),
        ('package main\nimport rego.v1\ndeny contains "x" if data.no.where\n', "data.no.where"),
        (
            'package main\nimport rego.v1\ndeny contains "x" if count(numbers.range(1, 4e8)) > 1\n',
            "memory",
        ),
    ],
)
def test_a_policy_that_cannot_judge_is_never_a_pass(policy: str, said: str) -> None:
    found = one(f"object: {WEB}\npass: true", policy)
    assert found.outcome == "unsupported"
    assert said in found.message


def test_what_objects_where_nothing_should_is_wrong_whatever_else_is_broken() -> None:
    broken = {"p/broken.rego": "package broken\n}"}
    assert one(f"object: {WEB}\npass: true", **broken).outcome == "failed"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("version: 1\ncases: []\n", 2, "cases: List should have at least 1 item"),
        ("version: 2\ncases: [{name: a, file: b, pass: true}]\n", 1, "version"),
        ("version: 1\ncases:\n  - {name: a, file: b, pass: false}\n", 3, "cases.0.pass"),
        ("version: 1\ncases:\n  - {name: a, pass: true}\n", 3, "give either object or file"),
        ("version: 1\ncases:\n  - {name: a, file: b}\n", 3, "give either expect or pass: true"),
        ("version: 1\nwhat: 1\ncases: [{name: a, file: b, pass: true}]\n", 2, "no such setting"),
        ("version: [\n", 1, "did not find"),
    ],
)
def test_a_fixture_that_is_wrong_fails_on_its_line(text: str, line: int, said: str) -> None:
    (case,) = cases({"p/main.rego": POLICY, "p/it.policytest.yaml": text})
    assert (case.outcome, case.line) == ("failed", line)
    assert said in case.message


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("file: no.yaml\npass: true", "p/no.yaml: there is no such file"),
        ("file: ../../etc/passwd\npass: true", "leads out of the repository"),
        ("file: /etc/passwd\npass: true", "leads out of the repository"),
        ("file: main.rego\npass: true", "p/main.rego:"),
        ("object: {a: 1}\npass: true", "there is no object with apiVersion and kind"),
    ],
)
def test_objects_that_are_none(case: str, said: str) -> None:
    found = one(case)
    assert found.outcome == "failed"
    assert said in found.message


def test_policies_that_are_none() -> None:
    found = one(f"object: {WEB}\npass: true", head="policies: [no/*.rego]\n")
    assert (found.outcome, found.message) == ("failed", "no policy file matches p/no/*.rego")


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(WEB)
    root = tmp_path / "repo"
    root.mkdir()
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    text = "version: 1\ncases: [{name: a, file: link.yaml, pass: true}]\n"
    folder = written(root, {"main.rego": POLICY, "it.policytest.yaml": text})
    (case,) = run.run(run.Plan(folder=folder, now=NOW), run.found(folder, [""]))
    assert case.outcome == "failed"
    assert "is not followed" in case.message


def test_what_a_case_has_seen() -> None:
    text = f"version: 1\ncases: [{{name: a, object: {OWNED}, expect: [{{message: team}}]}}]\n"
    (case,) = cases({"main.rego": POLICY, "it.policytest.yaml": text}, covering=True)
    assert case.denied == ("rego/main.deny main.rego:4",)
    assert case.allowed == ("rego/main.deny main.rego:9", "rego/main.warn main.rego:14")

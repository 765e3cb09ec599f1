"""`plumbline policy lint`: each mistake, on its line, and none where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config import defaults
from bot.engines.doubts import doubts
from bot.policy.command import lint_said
from bot.policy.command.lint import CODES, Level, Lint, lint
from tests.policy.command.calling import call, written

META = "# METADATA\n# title: A\n# description: B\n# custom: {remedy: C}\n"
HEAD = f"{META}package a\nimport rego.v1\n"
FINE = f'{HEAD}deny contains "x" if input.kind == "Job"\n'


def found(root: Path, files: dict[str, str]) -> list[Lint]:
    return lint(written(root, files).policies(lambda _: True), defaults())


def codes(root: Path, files: dict[str, str]) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in found(root, files)]


def test_nothing_is_wrong_with_a_fine_policy(tmp_path: Path) -> None:
    assert found(tmp_path, {"a.rego": FINE}) == []


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (f"{HEAD}deny contains msg if {{\n", "syntax", 8),
        (f'{HEAD}deny contains "x" if data.no.such\n', "undefined-reference", 7),
        (f'{HEAD}deny contains "x" if no_such(1)\n', "undefined-function", 7),
        (f'{HEAD}deny contains "x" if data.lib.no_such(1)\n', "undefined-function", 7),
        (f'{HEAD}deny contains "x" if http.send({{}})\n', "unsafe-builtin", 7),
        (f'{HEAD}deny contains "x" if input.request.userInfo\n', "unusable", 7),
        (f'{HEAD}allow if input.kind == "A"\n', "judges-nothing", 0),
        (f'{META}package a\ndeny["x"] {{ input.a }}\n', "old-syntax", 1),
        ('package a\nimport rego.v1\ndeny contains {"remedy": "y"}\n', "missing-metadata", 3),
        (
            '# METADATA\n# title: A\n# description: B\npackage a\ndeny := "x"\n',
            "missing-remedy",
            5,
        ),
    ],
)
def test_each_mistake_of_rego(tmp_path: Path, text: str, code: str, line: int) -> None:
    assert codes(tmp_path, {"a.rego": text}) == [(code, line)]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('input.kind == "A"\n  input.kind == "B"', 9),
        ('k := input.kind\n  k == "A"\n  "B" == input["kind"]', 10),
        ('input.kind == "A"\n  input.kind != "A"', 9),
        ('input.kind != "A"\n  input.kind = "A"', 9),
        ("false", 8),
        ("not true", 8),
        ("1 > 2", 8),
        ('"a" == "b"', 8),
        ("some x in []", 8),
    ],
)
def test_a_body_that_never_holds(tmp_path: Path, body: str, line: int) -> None:
    text = f'{HEAD}deny contains "x" if {{\n  {body}\n}}\n'
    assert codes(tmp_path, {"a.rego": text}) == [("never-fires", line)]


@pytest.mark.parametrize(
    "body",
    [
        'input.c[_] == "A"\n  input.c[_] == "B"',
        'some c in input.c\n  some d in input.c\n  c == "A"\n  d == "B"',
        'input.kind == "A"\n  other with input as {"kind": "B"}',
        'input.kind == "A" with input as {"kind": "A"}\n  input.kind == "B"',
        'input.kind != "A"\n  input.kind != "B"',
        'not input.kind == "A"\n  input.kind == "B"',
        'x := {"A", "B"}\n  input.kind in x',
        "true",
        "1 < 2",
        "not false",
    ],
)
def test_a_body_that_may_hold(tmp_path: Path, body: str) -> None:
    text = f'{HEAD}deny contains "x" if {{\n  {body}\n}}\nother if input.kind == "B"\n'
    assert found(tmp_path, {"a.rego": text}) == []


def test_what_another_file_defines_is_defined(tmp_path: Path) -> None:
    library = "package lib\nimport rego.v1\nteams := {1}\nis_new(x) if x > 1\n"
    text = f'{HEAD}deny contains "x" if {{ data.lib.is_new(2)\n data.lib.teams[1]\n local(1) }}\n'
    other = "package a\nimport rego.v1\nlocal(x) if x > 0\n"
    assert found(tmp_path, {"a.rego": text, "lib/lib.rego": library, "b.rego": other}) == []


TEMPLATE = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: a, annotations: {description: it}}
spec: {crd: {spec: {names: {kind: A}}}, targets: []}
"""
CONSTRAINT = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: A\nmetadata: {name: a}\n"
VAP = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: a}
spec:
  matchConstraints: {resourceRules: []}
  validations:
  - expression: "true"
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEMPLATE, [("template-without-constraint", 1)]),
        (
            TEMPLATE.replace(", annotations: {description: it}", ""),
            [("template-without-constraint", 1), ("missing-metadata", 3)],
        ),
        (
            VAP,
            [("policy-without-binding", 1), ("matches-nothing", 5), ("missing-message", 7)],
        ),
        (
            VAP.replace("  matchConstraints: {resourceRules: []}\n", ""),
            [("policy-without-binding", 1), ("matches-nothing", 4), ("missing-message", 6)],
        ),
        (
            f"{CONSTRAINT}spec: {{match: {{kinds: [{{kinds: []}}]}}}}\n",
            [("matches-nothing", 4)],
        ),
        (
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata:\n  name: a\n",
            [("missing-metadata", 3)],
        ),
    ],
)
def test_each_mistake_of_kubernetes_policies(
    tmp_path: Path, text: str, expected: list[tuple[str, int]]
) -> None:
    said = [one for one in codes(tmp_path, {"a.yaml": text}) if one[0] != "unusable"]
    assert sorted(said) == sorted(expected)


def test_partners_may_stand_in_other_files(tmp_path: Path) -> None:
    binding = (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
        "metadata: {name: b}\nspec: {policyName: a, validationActions: [Deny]}\n"
    )
    said = codes(
        tmp_path, {"a.yaml": f"{TEMPLATE}---\n{VAP}", "b.yaml": f"{binding}---\n{CONSTRAINT}"}
    )
    assert not {"template-without-constraint", "policy-without-binding"} & {
        code for code, _ in said
    }


def test_yaml_that_does_not_parse(tmp_path: Path) -> None:
    assert codes(tmp_path, {"a.yaml": "a: [\n"}) == [("unusable", 1)]


def test_the_formats(tmp_path: Path) -> None:
    said = found(tmp_path, {"a.rego": f'{HEAD}deny contains "x" if data.no.such\n'})
    assert lint_said.text(said).splitlines() == [
        "a.rego:7: error: no policy file defines data.no.such (undefined-reference)",
        "  Define it in a policy file, or write the value itself.",
        "1 error, 0 warnings, 0 notes",
    ]
    (one,) = json.loads(lint_said.as_json(said))["findings"]
    assert (one["path"], one["line"], one["level"]) == ("a.rego", 7, "error")
    (result,) = json.loads(lint_said.as_sarif(said))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a.rego"}, "region": {"startLine": 7}}


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"a.rego": FINE}, 0),
        ({"a.rego": 'package a\nimport rego.v1\ndeny contains "x"\n'}, 0),
        ({"a.rego": f'{HEAD}deny contains "x" if false\n'}, 1),
        ({"a.rego": "package"}, 1),
        ({"readme.md": ""}, 2),
    ],
)
def test_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], status: int
) -> None:
    written(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    assert call("lint") == status


def test_every_code_says_what_to_do() -> None:
    assert all(remedy.endswith(".") and level in Level for level, remedy in CODES.values())


def test_else_and_default_are_understood() -> None:
    query = {
        "stmts": [{"span": {"line": 3}, "literal": {"Expr": {"expr": {"Bool": {"value": False}}}}}]
    }
    rules = [{"Default": {}}, {"Spec": {"bodies": [{"query": None}, {"query": query}]}}]
    assert doubts({"rules": rules}) == [[3, "this is always false"]]

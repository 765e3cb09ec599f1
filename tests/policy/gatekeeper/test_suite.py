"""Gatekeeper's own tests, run."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.policy.command.case import Case
from bot.policy.gatekeeper.suite import run_suite
from tests.policy.gatekeeper.judging import LABELS, constraint, template

OWNER = constraint("K8sLabels", "owner", "{parameters: {labels: [owner, team]}}")
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: x, labels: {}}\n"
OWNED = POD.replace("labels: {}", "labels: {owner: me, team: us}")

BROKEN = constraint("K8sLabels", spec="{parameters: {labels: 1}}")
OPEN = "x-kubernetes-preserve-unknown-fields: true"
UNREADABLE = template("package t\nviolation[", kind="K8sLabels", schema=OPEN)


def run(path: Path, cases: str, *, test: str = "", **files: str) -> list[Case]:
    """The cases of a suite with one test, over these files."""
    found = {"template": LABELS, "constraint": OWNER, "bad": POD, "good": OWNED} | files
    for name, text in found.items():
        (path / f"{name}.yaml").write_text(text)
    suite = path / "suite.yaml"
    suite.write_text(
        f"""kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
metadata: {{name: labels}}
tests:
  - name: labels
    template: template.yaml
    constraint: constraint.yaml
{test}    cases:
{cases}"""
    )
    return run_suite(suite)


def case(assertion: str, thing: str = "bad", more: str = "") -> str:
    """A case with one assertion."""
    return f"      - {{name: c, object: {thing}.yaml, assertions: [{{{assertion}}}]{more}}}\n"


@pytest.mark.parametrize(
    ("assertion", "thing", "failure"),
    [
        ("violations: yes", "bad", ""),
        ("violations: no", "good", ""),
        ("violations: 2", "bad", ""),
        ("message: has no label", "bad", ""),
        ("message: owner$, violations: 1", "bad", ""),
        ("message: other, violations: no", "bad", ""),
        (
            "violations: 1",
            "bad",
            "expected 1 violations, found 2 among: web has no label owner; web",
        ),
        ("violations: no", "bad", "expected no violation, found 2"),
        ("violations: yes", "good", "expected at least one violation, found 0 among: none"),
        ("message: ^no", "bad", 'expected at least one violation with a message like "^no"'),
        ("message: (, violations: 1", "bad", "the pattern '(' cannot be tried"),
        ("violations: many", "bad", 'violations is a number, "yes" or "no"'),
    ],
)
def test_what_a_case_expects(tmp_path: Path, assertion: str, thing: str, failure: str) -> None:
    (one,) = run(tmp_path, case(assertion, thing))
    assert one.outcome == ("failed" if failure else "passed")
    assert one.message.startswith(failure)
    assert (one.file, one.line, one.name) == ("suite.yaml", 9, "labels/c")
    rule = ("gatekeeper/K8sLabels/owner",)
    if not one.message.startswith(("the pattern", "violations")):
        assert (one.denied, one.allowed) == ((rule, ()) if thing == "bad" else ((), rule))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"bad": "not: [yaml"}, "bad.yaml:"),
        ({"bad": f"{POD}---\n{POD}"}, "bad.yaml holds 2 objects, not one"),
        ({"bad": "# nothing\n"}, "bad.yaml holds no object"),
        ({"template": OWNER}, "template.yaml begins with no ConstraintTemplate"),
        ({"constraint": POD}, "constraint.yaml begins with no constraint"),
        ({"constraint": BROKEN}, "constraint.yaml:4: spec.parameters"),
        ({"template": UNREADABLE}, "template.yaml:16: expecting"),
        (
            {"bad": "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\n"},
            "the AdmissionReview has no request",
        ),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, files: dict[str, str], said: str) -> None:
    (one,) = run(tmp_path, case("violations: yes"), **files)
    assert one.outcome == "failed"
    assert one.message.startswith(said)


def test_a_file_outside_the_folder_of_the_tests_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (tmp_path / "out.yaml").write_text(POD)
    (one,) = run(folder, case("violations: yes", "../out"))
    assert (one.outcome, one.message) == (
        "failed",
        "../out.yaml leads out of the folder of the tests",
    )
    (folder / "link.yaml").symlink_to(tmp_path / "out.yaml")
    (one,) = run(folder, case("violations: yes", "link"))
    assert one.outcome == "failed"


def test_what_is_skipped_or_not_supported_is_no_pass(tmp_path: Path) -> None:
    first, second = run(
        tmp_path, case("violations: yes", more=", skip: true") + case("violations: yes")
    )
    assert (first.outcome, first.message) == ("unsupported", "skipped by the suite")
    assert second.outcome == "passed"
    (one,) = run(tmp_path, case("violations: yes"), test="    skip: true\n")
    assert one.outcome == "unsupported"
    (one,) = run(tmp_path, case("violations: yes"), test="    expansion: e.yaml\n")
    assert (one.outcome, "ExpansionTemplate" in one.message) == ("unsupported", True)
    asking = template(
        'package t\nviolation[{"msg": "m"}] { external_data({}) }',
        kind="K8sLabels",
        schema=OPEN,
    )
    (one,) = run(tmp_path, case("violations: yes"), template=asking)
    assert (one.outcome, "external_data cannot" in one.message) == ("unsupported", True)


def test_a_constraint_that_must_break_its_schema(tmp_path: Path) -> None:
    (one,) = run(tmp_path, "", test="    invalid: true\n", constraint=BROKEN)
    assert (one.outcome, one.name) == ("passed", "labels")
    (one,) = run(tmp_path, "", test="    invalid: true\n")
    assert one.outcome == "failed"


REVIEWED = template(
    """package t
violation[{"msg": "updated"}] { input.review.operation == "UPDATE" }
violation[{"msg": "deleted"}] { input.review.operation == "DELETE"; input.review.object.kind }
violation[{"msg": "by me"}] { input.review.userInfo.username == "me" }
violation[{"msg": "by nobody"}] { not input.review.userInfo.username }
violation[{"msg": "gold"}] { input.review.namespaceObject.metadata.labels.tier == "gold" }
violation[{"msg": m}] { m := data.inventory.cluster.v1.Namespace[_].metadata.name }
""",
    kind="K8sLabels",
    schema=OPEN,
)
REVIEW = """apiVersion: admission.k8s.io/v1
kind: AdmissionReview
request:
  operation: UPDATE
  namespace: x
  userInfo: {username: me}
  object: {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: x}}
  oldObject: {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: x}}
"""
SPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: {tier: gold}}\n"


def test_reviews_and_inventory(tmp_path: Path) -> None:
    listed = ", inventory: [space.yaml]"
    cases = (
        case("violations: 2", "review")
        + case("message: ^updated$", "review")
        + case("message: ^by me$", "review")
        + case("message: ^gold$", "review", listed)
        + case("message: ^x$", "review", listed)
        + case("message: ^deleted$", "gone")
        + case("message: ^by nobody$, violations: 1", "bad")
    )
    gone = REVIEW.replace("UPDATE", "DELETE").replace("  object:", "  unused:")
    found = run(tmp_path, cases, template=REVIEWED, review=REVIEW, space=SPACE, gone=gone)
    assert [(one.outcome, one.message) for one in found] == [("passed", "")] * 7


def test_what_cannot_be_matched_is_refused(tmp_path: Path) -> None:
    by = "{parameters: {labels: []}, match: {namespaceSelector: {matchLabels: {a: b}}}}"
    found = run(
        tmp_path,
        case("violations: 1") + case("violations: no", more=", inventory: [space.yaml]"),
        constraint=constraint("K8sLabels", spec=by),
        space=SPACE,
    )
    assert [one.outcome for one in found] == ["passed", "passed"]


def test_a_file_that_is_no_suite_has_no_cases(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    assert run_suite(tmp_path / "a.yaml") == []

from pathlib import Path
from textwrap import dedent

from bot.policy.kyverno.suite import EXCLUDED, NOT_VALIDATION, run_suite
from tests.policy.kyverno.making import rule

POLICY = rule(
    """
    message: not above {{ limit }}
    deny: {conditions: {any: [{key: "{{ request.object.spec.a }}", operator: GreaterThan,
      value: "{{ limit }}"}]}}
    """,
    kinds="[Thing]",
    extra="context: [{name: limit, apiCall: {urlPath: /x}}]",
)
THINGS = """\
apiVersion: example.com/v1
kind: Thing
metadata: {name: small}
spec: {a: 1}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: big, namespace: shop}
spec: {a: 9}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: none}
"""
VALUES = """\
apiVersion: cli.kyverno.io/v1alpha1
kind: Values
policies: [{name: p, rules: [{name: r, values: {limit: 5}}]}]
"""


def suite(folder: Path, results: str, *, more: str = "variables: values.yaml") -> Path:
    for name, text in (("policy.yaml", POLICY), ("things.yaml", THINGS), ("values.yaml", VALUES)):
        (folder / name).write_text(text)
    path = folder / "kyverno-test.yaml"
    path.write_text(
        "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\n"
        f"policies: [policy.yaml]\nresources: [things.yaml]\n{more}\nresults:\n{dedent(results)}"
    )
    return path


def test_each_row_and_object_is_a_case(tmp_path: Path) -> None:
    cases = run_suite(
        suite(
            tmp_path,
            """\
            - {policy: p, rule: r, kind: Thing, resources: [small], result: pass}
            - {policy: p, rule: r, kind: Thing, resources: [shop/big, none], result: fail}
            - {policy: p, rule: r, kind: Thing, resources: [big], result: pass}
            - {policy: p, rule: r, resources: [small], result: pass, patchedResources: x.yaml}
            - {policy: gone, rule: r, resources: [small], result: pass}
            """,
        )
    )
    assert [(one.line, one.outcome) for one in cases] == [
        (8, "passed"),
        (9, "passed"),
        (9, "passed"),
        (10, "failed"),
        (11, "unsupported"),
        (12, "failed"),
    ]
    assert cases[2].message == EXCLUDED
    assert cases[3].message == "expected pass, got fail: not above 5"
    assert cases[4].message.startswith(NOT_VALIDATION)
    assert all(one.file == "kyverno-test.yaml" and one.seconds >= 0 for one in cases)


def test_what_is_not_known_is_unsupported(tmp_path: Path) -> None:
    row = "- {policy: p, rule: r, kind: Thing, resources: [small], result: pass}\n"
    (case,) = run_suite(suite(tmp_path, row, more=""))
    assert case.outcome == "unsupported"
    assert "limit (apiCall)" in case.message
    (case,) = run_suite(suite(tmp_path, row, more="userinfo: user.yaml"))
    assert (case.outcome, case.message) == ("unsupported", "userinfo is not supported")


def test_a_test_that_cannot_be_read_fails(tmp_path: Path) -> None:
    path = tmp_path / "kyverno-test.yaml"
    path.write_text("policies: [missing.yaml]\nresults: []\n")
    (case,) = run_suite(path)
    assert (case.outcome, case.message) == ("failed", "missing.yaml: No such file or directory")

"""Policies of another shape than the API server would take: a problem each, and no more."""

from __future__ import annotations

import pytest

from bot.policy.model import Question
from tests.policy.kyverno.making import compiled, pod, resources, rule

GOOD = rule("""
    message: a tag is needed
    pattern: {spec: {containers: [{image: "*:*"}]}}
""")
VALIDATING = """\
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: v}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "false"}]
"""


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("kinds: [Pod]", "kinds: 7", "spec.rules.0.match.any.0.resources.kinds"),
        ("kinds: [Pod]", "kinds: [{a: b}]", "spec.rules.0.match.any.0.resources.kinds.0"),
        ("{any: [{", "{all: 7, any: [{", "spec.rules.0.match.all"),
        ("kinds: [Pod]", "kinds: [Pod], selector: [7]", "spec.rules.0.match.any.0.resources.sel"),
        ("kinds: [Pod]", "names: 7, kinds: [Pod]", "spec.rules.0.match.any.0.resources.names"),
        (
            "  rules:",
            "  validationFailureActionOverrides: [7]\n  rules:",
            "spec.validationFailureActionOverrides.0",
        ),
    ],
)
def test_a_cluster_policy(old: str, new: str, where: str) -> None:
    bad = GOOD.replace(old, new).replace("{name: p}", "{name: bad}")
    _only(bad, where)


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ("evaluation: [a]", "spec.evaluation"),
        ("validationActions: 7", "spec.validationActions"),
        ("autogen: {podControllers: 7}", "spec.autogen.podControllers"),
        ("variables: 7", "spec.variables"),
        ("matchConditions: a", "spec.matchConditions"),
    ],
)
def test_a_validating_policy(field: str, where: str) -> None:
    _only(VALIDATING.replace("  validations:", f"  {field}\n  validations:"), where)


def test_what_a_validating_policy_matches() -> None:
    _only(VALIDATING.replace("[{apiGroups", "[7, {apiGroups"), "resourceRules.0 ")
    _only(
        VALIDATING.replace("resourceRules: [", "resourceRules: {a: [").replace("]}]", "]}]}"),
        "resourceRules",
    )


def _only(bad: str, where: str) -> None:
    """The policy has a problem there, and the one beside it objects all the same."""
    (one,) = resources(pod("containers: [{name: c, image: nginx}]"))
    with compiled(bad + "---\n" + GOOD) as ready:
        assert any(where in problem.message and problem.line for problem in ready.problems)
        (answer,) = ready.judge([Question(resource=one)])
    assert [violation.rule.id for violation in answer.violations] == ["kyverno/p/r"]

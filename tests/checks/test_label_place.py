"""Labels of our domain in wrong places, under wrong names, with values that cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.config import defaults
from checks.label_place import CHECK, Config
from checks.labelling.labels import canonical, meant, value_fault
from checks.model import AttributionRules, Outcome, Patch, Resource, Severity, State, Tier
from checks.patches import patched
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject

_D = "apexlogic.com"
_CC = f"finops.{_D}/cost-center"
_SHIPPED: Config = defaults().checks["label_place"]


def _judge(after: Resource, before: Resource | None = None, config: Config = _SHIPPED) -> Outcome:
    return CHECK.judge(subject([before] if before else [], [after]), config)


def _deployment(text: str = "", **metadata: Any) -> Resource:
    """A Deployment with more fields (YAML) below its spec."""
    body: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", **metadata},
        "spec": yaml.safe_load(text) or {},
    }
    return resource(body)


def _rules(one: Resource, config: Config = _SHIPPED) -> list[str]:
    return [finding.rule for finding in _judge(one, config=config).findings]


@pytest.mark.parametrize(
    ("key", "is_meant"),
    [
        (_CC, _CC),
        ("finops.apexlogic.io/cost-center", _CC),
        ("finops.apexlogc.com/cost-center", _CC),
        ("finop.apexlogic.com/cost-center", _CC),
        ("Finops.ApexLogic.com/Cost_Center", _CC),
        (f"finops.{_D}/cost-centre", _CC),
        (f"finops.{_D}/cost-centr", _CC),
        (f"finops.{_D}.cost-center", _CC),
        (f"{_D}/cost-center", _CC),
        (f"ai.{_D}/cost-center", _CC),
        ("finops/cost-center", _CC),
        ("finops_cost_center", _CC),
        (f"finops.{_D}/owner", f"ai.{_D}/owner"),
        (f"finops.{_D}/gpu-optimisation-policy", f"finops.{_D}/gpu-optimization-policy"),
        # Nobody's business.
        ("cost-center", ""),
        ("cost_center", ""),
        ("finops.acme.com/cost-center", ""),
        (f"api.{_D}/owner", ""),
        (f"{_D}/owner", ""),
        (f"finops.{_D}/teams", ""),
        (f"finops.{_D}/anything", ""),
        (f"ai.{_D}/temperature", ""),
        ("app.kubernetes.io/part-of", ""),
        ("finops", ""),
        ("/", ""),
        ("", ""),
    ],
)
def test_what_is_meant_by_a_name(key: str, is_meant: str) -> None:
    assert meant(key, _D) == is_meant


@pytest.mark.parametrize("key", canonical(_D))
def test_our_own_names_mean_themselves(key: str) -> None:
    assert meant(key, _D) == key


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_name_means_one_of_ours_or_none(prefix: str, name: str) -> None:
    assert meant(f"{prefix}/{name}", _D) in (*canonical(_D), "")


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", ""),
        ("a", ""),
        ("customer-insights_2.0", ""),
        ("x" * 63, ""),
        ("x" * 64, "64 characters"),
        ("a@b", "characters that a label may not have"),
        ("-a", "characters that a label may not have"),
        ("two words", "characters that a label may not have"),
        ("ümlaut", "characters that a label may not have"),
        ("a\n", "characters that a label may not have"),
    ],
)
def test_what_fits_into_a_label(value: str, fault: str) -> None:
    found = value_fault(value)
    assert fault in found
    assert bool(found) == bool(fault)


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("selector: {matchLabels: {KEY: pay}}", "label-selector"),
        ("labels: {KEY: pay}", "label-place"),
        ("template: {labels: {KEY: pay}}", "label-place"),
        ("template: {annotations: {KEY: pay}}", "label-place"),
        ("template: {spec: {labels: {KEY: pay}}}", "label-place"),
        ("template: {metadata: {KEY: pay}}", "label-place"),
        ("{KEY: pay}", "label-place"),
        ("template: {spec: {containers: [{env: [{name: KEY, value: pay}]}]}}", "label-place"),
        (
            "template: {spec: {containers: [{env: [{name: FINOPS_COST_CENTER, value: p}]}]}}",
            "label-place",
        ),
        ("template: {metadata: {labels: {KEY: pay}}}", None),
        ("template: {metadata: {annotations: {KEY: pay}}}", None),
        # The application's own business.
        ("template: {spec: {containers: [{env: [{name: COST_CENTER, value: p}]}]}}", None),
        (
            "template: {spec: {containers: [{env: [{name: FINOPS_TEAM, valueFrom: {}}]}]}}",
            None,
        ),
        # What selects pods by our labels may.
        ("template: {spec: {affinity: {podAffinity: {matchLabels: {KEY: pay}}}}}", None),
    ],
)
def test_places(spec: str, rule: str | None) -> None:
    assert _rules(_deployment(spec.replace("KEY", _CC))) == ([rule] if rule else [])


@pytest.mark.parametrize(
    "body",
    [
        {"labels": {_CC: "pay"}},
        {"annotations": {_CC: "pay"}},
        {_CC: "pay"},
        {"metadata": {"name": "x", _CC: "pay"}},
    ],
)
def test_any_kind_has_a_top_level(body: dict[str, Any]) -> None:
    one = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, **body}
    assert _rules(resource(one)) == ["label-place"]


@pytest.mark.parametrize(
    "body",
    [
        # A kustomization puts its labels where they belong itself.
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
        | {"commonLabels": {_CC: "pay"}, "labels": {_CC: "pay"}},
        {"apiVersion": "v1", "kind": "Service", "spec": {"selector": {_CC: "pay"}}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
        | {"spec": {"podSelector": {"matchLabels": {_CC: "pay"}}}},
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {_CC: "pay"}},
    ],
    ids=lambda body: body["kind"],
)
def test_what_is_no_label_or_selects_by_one(body: dict[str, Any]) -> None:
    assert _rules(resource({**body, "metadata": {"name": "x"}})) == []


def test_a_variable_may_say_what_a_label_says_too() -> None:
    spec = f"template: {{spec: {{containers: [{{env: [{{name: {_CC}, value: pay}}]}}]}}}}"
    assert _rules(_deployment(spec, labels={_CC: "pay"})) == []


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("pay", []),
        (4711, ["label-type"]),
        (True, ["label-type"]),
        (["pay"], ["label-type"]),
        ({"a": "b"}, ["label-type"]),
        ("x" * 64, ["label-value"]),
        ("pay@example.com", ["label-value"]),
        ("${CENTER}", []),
        (None, []),
    ],
)
def test_values(value: Any, rules: list[str]) -> None:
    assert _rules(_deployment(labels={_CC: value})) == rules
    # Annotations take any text.
    only_types = [rule for rule in rules if rule == "label-type"]
    assert _rules(_deployment(annotations={_CC: value})) == only_types


def test_unknown_values_of_what_has_known_ones() -> None:
    one = _deployment(
        labels={f"finops.{_D}/tier": "prd"},
        annotations={f"finops.{_D}/gpu-optimization-policy": "max", _CC: "anything"},
    )
    outcome = _judge(one)
    assert [f.rule for f in outcome.findings] == ["label-unknown"] * 2
    assert {f.severity for f in outcome.findings} == {Severity.INFO}
    assert outcome.state is State.PASS
    assert _rules(one, replace(_SHIPPED, values={"tier": ("prd",)})) == []


@pytest.mark.parametrize(
    "one",
    [
        _deployment(labels={f"finops.{_D}/cost_center": "pay"}),
        _deployment(labels={"app": "x"}, annotations={"finops.apexlogic.io/team": "red"}),
        _deployment(labels={f"ai.{_D}/owner": "ml@example.com"}),
        _deployment(f"template: {{labels: {{{_CC}: pay}}}}"),
        _deployment(f"labels: {{{_CC}: pay}}"),
        _deployment(f"template: {{spec: {{containers: [{{env: [{{name: {_CC}, value: p}}]}}]}}}}"),
    ],
)
def test_its_patches_make_it_pass(one: Resource) -> None:
    (finding,) = _judge(one).findings
    assert finding.patches
    assert _judge(patched(one, finding.patches)).findings == ()


@pytest.mark.parametrize(
    "one",
    [
        # What is there already is not overwritten.
        _deployment(labels={f"finops.{_D}/cost_center": "a", _CC: "b"}),
        # Another tool or the API has the last word on what this is.
        _deployment(labels={_CC: 4711}),
        _deployment(f"template: {{labels: {{{_CC}: two words}}}}"),
        # A selector goes by it, and selectors cannot be changed.
        _deployment(
            "{selector: {matchLabels: {finops_team: a}},"
            " template: {metadata: {labels: {finops_team: a}}}}"
        ),
    ],
)
def test_no_patch_where_it_could_do_harm(one: Resource) -> None:
    findings = _judge(one).findings
    assert findings
    assert all(not finding.patches for finding in findings)


def test_a_patch_keeps_the_value() -> None:
    (finding,) = _judge(_deployment(labels={"finops_cost_center": "pay"})).findings
    assert finding.patches == (
        Patch(pointer=("metadata", "labels", _CC), value="pay"),
        Patch(pointer=("metadata", "labels", "finops_cost_center"), value=None),
    )


def test_a_name_that_the_config_reads_is_no_slip() -> None:
    one = _deployment(labels={"finops/cost-center": "pay"})
    asked = subject([], [one])
    rules = AttributionRules(cost_center=("finops/cost-center",))
    facts = replace(asked.facts, attribution=rules)
    assert CHECK.judge(replace(asked, facts=facts), _SHIPPED).findings == ()
    assert _rules(one) == ["label-name"]


def test_another_domain() -> None:
    asked = subject([], [_deployment(labels={"finops.acme.org/cost_center": "pay", _CC: 3})])
    facts = replace(asked.facts, label_domain="acme.org")
    (finding,) = CHECK.judge(replace(asked, facts=facts), _SHIPPED).findings
    assert "finops.acme.org/cost-center is meant" in finding.message


@pytest.mark.parametrize(
    ("tier", "severity"),
    [(Tier.EXPERIMENT, Severity.INFO), (Tier.PRODUCTION, Severity.WARN)],
)
def test_how_hard_it_is(tier: Tier, severity: Severity) -> None:
    one = replace(_deployment(f"labels: {{{_CC}: pay}}"), tier=tier)
    assert [f.severity for f in _judge(one).findings] == [severity]


def test_what_was_there_before_does_not_gate_and_what_is_mended_is_credited() -> None:
    bad, good = _deployment(f"labels: {{{_CC}: pay}}"), _deployment(labels={_CC: "pay"})
    assert _judge(bad, before=bad).state is State.PASS
    assert [f.rule for f in _judge(good, before=bad).fixed] == ["label-place"]


def test_the_example() -> None:
    assert_golden(CHECK)

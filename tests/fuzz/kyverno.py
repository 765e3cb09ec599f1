"""Kyverno's ClusterPolicies and ValidatingPolicies."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.cel import BROKEN as BROKEN_CEL
from tests.fuzz.cel import expressions
from tests.fuzz.piece import Body, Piece, mutated, odd, of_bodies, values

_MATCH: Body = {"any": [{"resources": {"kinds": ["*"]}}]}
_FULL_MATCH: Body = {
    "any": [
        {
            "resources": {
                "kinds": ["Pod", "apps/v1/Deployment", "*"],
                "names": ["*"],
                "namespaces": ["canary", "*"],
                "operations": ["CREATE", "UPDATE"],
                "annotations": {"a": "*"},
                "selector": {"matchLabels": {"a": "*"}},
                "namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
            },
            "subjects": [{"kind": "User", "name": "root"}],
        },
        {"resources": {"kinds": ["*"]}},
    ]
}


def _deny(key: Any, operator: str = "Equals", value: Any = "x") -> Body:
    conditions = {"any": [{"key": key, "operator": operator, "value": value}]}
    return {"message": "said", "deny": {"conditions": conditions}}


_BROKEN: dict[str, Body] = {
    "operator": _deny("a", "SurelyNot"),
    "variable": _deny("{{ request.object.surely.not.there }}"),
    "syntax": _deny("{{ request.object.[ }}"),
    "no function": _deny("{{ surely_not_there(`1`) }}"),
    "function fails": _deny("{{ to_number('16Gi') | add(@, 'x') }}"),
    "no handler": {"message": "said"},
    "manifests": {"message": "said", "manifests": {"attestors": []}},
    "no map": {"message": "said", "cel": {"expressions": [{"expression": 7}]}},
    **{
        f"cel: {what}": {"message": "said", "cel": {"expressions": [{"expression": text}]}}
        for what, text in BROKEN_CEL.items()
    },
}
_OPERATORS = ["Equals", "NotEquals", "In", "AnyIn", "AllNotIn", "GreaterThan", "DurationLessThan"]
_KEYS = [
    "{{ request.object.metadata.labels }}",
    "{{ request.object.spec.replicas || `0` }}",
    "{{ request.object.** }}",
    "{{ length(request.object.spec.template.spec.containers[]) }}",
    "{{ {{ request.object.metadata.name }} }}",
    "{{ request.object.metadata.annotations.\"a\" || '' }}",
    "{{ regex_match('(a+)+$', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab') }}",
    "{{ to_string(@) }}",
    "{{ range(`0`, `100000000`) }}",
    "{{ parse_yaml('a: [') }}",
    "{{ random('[a-z]{1000000}') }}",
    "{{ images.containers.*.registry }}",
    "{{ request.userInfo.username }}",
    "{{ base64_decode('%%') }}",
    "{{ semver_compare('1', '>x') }}",
    "{{ time_since('', 'yesterday', '') }}",
    "{{ element.name }}",
    "$(./../../metadata/name)",
]
_ANCHORS = [
    "(name)",
    "=(spec)",
    "X(spec)",
    "^(containers)",
    "<(image)",
    "+(a)",
    "(=a)",
    "name",
    "*",
    "(",
]
_LEAVES = [
    "*",
    "?*",
    "!a",
    ">1",
    "<16Gi",
    "1-3",
    "1!-3",
    "a|b",
    "a & b",
    "!*:latest",
    "$(a)",
    "!",
    "|",
    ">",
]
_patterns: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.sampled_from(_LEAVES), st.sampled_from(_KEYS), values),
    lambda inner: st.one_of(
        st.dictionaries(
            st.sampled_from([*_ANCHORS, "metadata", "spec", "template"]), inner, max_size=3
        ),
        st.lists(inner, min_size=1, max_size=2),
    ),
    max_leaves=6,
)


@st.composite
def _validate(draw: st.DrawFn) -> Body:
    way = draw(st.integers(0, 5))
    condition = _deny(
        draw(st.sampled_from(_KEYS)),
        draw(st.sampled_from(_OPERATORS)),
        draw(st.sampled_from(_KEYS) | odd),
    )
    if way == 0:
        return {"message": draw(st.sampled_from(_KEYS)), "pattern": draw(_patterns)}
    if way == 1:
        return {"anyPattern": draw(st.lists(_patterns, max_size=3))}
    if way == 2:
        loop = {"list": "request.object.spec.template.spec.containers", **condition}
        return {
            "foreach": [
                loop,
                {"list": draw(st.sampled_from(_KEYS))[3:-3], "pattern": draw(_patterns)},
            ]
        }
    if way == 3:
        security = {
            "level": "restricted",
            "version": "latest",
            "exclude": [{"controlName": "Seccomp"}],
        }
        return {"podSecurity": security}
    if way == 4:
        return {"cel": {"expressions": [{"expression": draw(expressions())}]}}
    return condition


def policy(name: str, validate: Any, match: Any = _MATCH, **rule: Any) -> Body:
    """A ClusterPolicy with one rule."""
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": name, "annotations": {"policies.kyverno.io/title": name}},
        "spec": {
            "validationFailureAction": "Enforce",
            "rules": [{"name": "one", "match": match, **rule, "validate": validate}],
        },
    }


def validating(name: str, expression: str, kind: str = "deployments") -> Body:
    """A ValidatingPolicy."""
    rule = {
        "apiGroups": ["" if kind == "pods" else "apps"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [kind],
    }
    return {
        "apiVersion": "policies.kyverno.io/v1alpha1",
        "kind": "ValidatingPolicy",
        "metadata": {"name": name, "annotations": {}},
        "spec": {
            "validationActions": ["Deny"],
            "evaluation": {"admission": {"enabled": True}},
            "autogen": {"podControllers": {"controllers": ["deployments", "cronjobs"]}},
            "matchConstraints": {
                "resourceRules": [rule],
                "namespaceSelector": {"matchLabels": {"team": "canary"}},
                "objectSelector": {"matchExpressions": []},
            },
            "variables": [{"name": "a", "expression": "object.metadata"}],
            "validations": [{"expression": expression, "message": "said"}],
        },
    }


@st.composite
def kyverno(draw: st.DrawFn, number: int) -> Piece:
    """One policy."""
    path, name = f"policy/kyverno{number}.yaml", f"fuzz{number}"
    way = draw(st.integers(0, 5))
    if way == 0:
        what = draw(st.sampled_from(sorted(_BROKEN)))
        return of_bodies("kyverno", path, policy(name, _BROKEN[what]), broken=what)
    if way == 1:
        what = draw(st.sampled_from(sorted(BROKEN_CEL)))
        bad = validating(name, BROKEN_CEL[what])
        return of_bodies("kyverno", path, bad, broken=f"validating: {what}")
    if way == 2:
        kind = draw(st.sampled_from(["pods", "deployments"]))
        return of_bodies(
            "kyverno", path, draw(mutated(validating(name, draw(expressions()), kind)))
        )
    more: Body = {
        "exclude": {"any": [{"resources": {"kinds": ["Secret"], "names": ["a"]}}]},
        "context": [
            {
                "name": "v",
                "variable": {"jmesPath": draw(st.sampled_from(_KEYS))[3:-3], "default": 1},
            }
        ],
        "preconditions": {
            "all": [{"key": "{{ request.operation }}", "operator": "NotEquals", "value": "D"}]
        },
    }
    kept = draw(st.sets(st.sampled_from(sorted(more))))
    match = draw(st.sampled_from([_MATCH, _FULL_MATCH]))
    made = policy(name, draw(_validate()), match, **{key: more[key] for key in sorted(kept)})
    made["spec"]["validationFailureActionOverrides"] = [
        {"action": "audit", "namespaces": ["kube-*"]}
    ]
    return of_bodies("kyverno", path, draw(mutated(made)) if way == 3 else made)

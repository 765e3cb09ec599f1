"""ValidatingAdmissionPolicies and their bindings."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.cel import BROKEN, expressions
from tests.fuzz.piece import Body, Piece, mutated, of_bodies

_ALL: Body = {
    "resourceRules": [
        {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
    ]
}


def policy(name: str, expression: str, **spec: Any) -> Body:
    """A policy about everything."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": _ALL,
            "validations": [{"expression": expression, "message": "said"}],
            **spec,
        },
    }


def binding(name: str, **spec: Any) -> Body:
    """What puts it to work."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": f"{name}-binding"},
        "spec": {"policyName": name, "validationActions": ["Deny"], **spec},
    }


_FULL_BINDING: Body = {
    "matchResources": {
        **_ALL,
        "namespaceSelector": {"matchLabels": {"team": "canary"}},
        "objectSelector": {
            "matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]
        },
    },
    "paramRef": {"name": "limits", "namespace": "canary", "parameterNotFoundAction": "Deny"},
}


@st.composite
def vap(draw: st.DrawFn, number: int) -> Piece:
    """A policy with a binding, or less."""
    path, name = f"policy/vap{number}.yaml", f"fuzz{number}"
    way = draw(st.integers(0, 4))
    if way == 0:
        return of_bodies("vap", path, binding(name), broken="no policy")
    if way == 1:
        what = draw(st.sampled_from(sorted(BROKEN)))
        bad = policy(name, BROKEN[what])
        return of_bodies("vap", path, bad, binding(name), broken=what)
    if way == 2:
        what = draw(st.sampled_from(sorted(BROKEN)))
        condition = {"matchConditions": [{"name": "c", "expression": BROKEN[what]}]}
        bad = policy(name, "true", **condition)
        return of_bodies("vap", path, bad, binding(name), broken=f"condition: {what}")
    texts = draw(st.lists(expressions(), min_size=5, max_size=5))
    full = policy(
        name,
        texts[0],
        failurePolicy=draw(st.sampled_from(["Fail", "Ignore"])),
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "a", "expression": texts[1]}],
        matchConditions=[{"name": "c", "expression": texts[2]}],
        auditAnnotations=[{"key": "k", "valueExpression": texts[3]}],
    )
    full["spec"]["validations"].append({"expression": "false", "messageExpression": texts[4]})
    parameters = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "limits"},
        "data": {},
    }
    bodies = [full, binding(name, **_FULL_BINDING), parameters]
    return of_bodies("vap", path, *(draw(mutated(bodies)) if way == 3 else bodies))

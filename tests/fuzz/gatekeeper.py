"""ConstraintTemplates and constraints."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.cel import BROKEN as BROKEN_CEL
from tests.fuzz.cel import expressions
from tests.fuzz.piece import Body, Piece, mutated, odd, of_bodies

_BODIES = {
    "syntax": 'violation[{"msg": m}] { m := }',
    "endless loop": (
        'violation[{"msg": "x"}] { n := numbers.range(1, 3000); '
        "count([1 | a := n[_]; b := n[_]; c := n[_]; a + b + c < 0]) > 0 }"
    ),
    "huge range": 'violation[{"msg": "x"}] { count(numbers.range(1, 2000000000)) > 0 }',
    "http.send": 'violation[{"msg": "x"}] { http.send({"url": "http://127.0.0.1:1"}) }',
    "to_number": 'violation[{"msg": "x"}] { to_number("16Gi") > 1 }',
    "no rule": 'deny[{"msg": "x"}] { true }',
    "no msg": 'violation[{"text": "x"}] { true }',
    "not text": 'violation[{"msg": 7}] { true }',
    "undefined data": 'violation[{"msg": "x"}] { data.nowhere.at.all }',
    "who asks": 'violation[{"msg": "x"}] { input.review.userInfo.username == "root" }',
}
_SOUND = (
    'violation[{"msg": m}] { m := sprintf("%v", [input.parameters]) }',
    'violation[{"msg": m}] { input.review.object.metadata.labels[k]; m := k }',
    'violation[{"msg": "x"}] { data.inventory.cluster[_][_][_] }',
    'violation[{"msg": "x"}] { count(input.parameters.list) > 0 }',
)


def template(kind: str, code: Body, schema: Any = None) -> Body:
    """A ConstraintTemplate."""
    validation = {"validation": {"openAPIV3Schema": schema}} if schema is not None else {}
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower()},
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}, **validation}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", **code}],
        },
    }


def constraint(kind: str, spec: Any, name: str = "one") -> Body:
    """A constraint of a template."""
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


_SCHEMA: Body = {
    "type": "object",
    "properties": {
        "list": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
        "most": {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2},
        "text": {"type": "string", "pattern": "^a+$", "enum": ["a", "aa"]},
        "any": {"anyOf": [{"type": "string"}, {"not": {"type": "object"}}]},
    },
}
_SPEC: Body = {
    "enforcementAction": "scoped",
    "scopedEnforcementActions": [
        {"action": "deny", "enforcementPoints": [{"name": "validation.gatekeeper.sh"}]}
    ],
    "match": {
        "kinds": [{"apiGroups": ["*"], "kinds": ["*"]}],
        "scope": "*",
        "namespaces": ["canary", "*"],
        "excludedNamespaces": ["kube-*"],
        "labelSelector": {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]},
        "namespaceSelector": {"matchLabels": {"team": "canary"}},
        "name": "*",
    },
    "parameters": {"list": ["a"], "most": 4, "text": "aa", "any": "a"},
}


@st.composite
def gatekeeper(draw: st.DrawFn, number: int) -> Piece:
    """A template with a constraint, or less."""
    path, kind = f"policy/gatekeeper{number}.yaml", f"Fuzz{number}"
    way = draw(st.integers(0, 7))
    if way == 7:
        text = {"type": "string", "pattern": "^(a+)+$"}
        schema = {"type": "object", "properties": {"text": text}}
        made = template(kind, {"rego": f"package fuzz\n\n{_SOUND[0]}\n"}, schema)
        spec = {"parameters": {"text": "a" * 64 + "!"}}
        return of_bodies("gatekeeper", path, made, constraint(kind, spec), broken="pattern")
    if way == 0:
        lonely = constraint(kind, {"match": {}})
        return of_bodies("gatekeeper", path, lonely, broken="no template")
    if way == 1:
        what = draw(st.sampled_from(sorted(_BODIES)))
        made = template(kind, {"rego": f"package fuzz\n\n{_BODIES[what]}\n"})
        return of_bodies("gatekeeper", path, made, constraint(kind, {}), broken=what)
    if way == 2:
        made = template(kind, {"rego": f"package fuzz\n\n{_SOUND[0]}\n"}, _SCHEMA)
        spec = {"parameters": draw(st.sampled_from([{"list": 7}, {"most": "x"}, {"nope": 1}, 7]))}
        broken = constraint(kind, spec)
        return of_bodies("gatekeeper", path, made, broken, broken="parameters")
    if way == 3:
        what = draw(st.sampled_from(sorted(BROKEN_CEL)))
        made = template(kind, _native(BROKEN_CEL[what]))
        return of_bodies("gatekeeper", path, made, constraint(kind, {}), broken=what)
    if way == 4:
        made = template(kind, _native(draw(expressions())), draw(st.none() | odd))
        return of_bodies("gatekeeper", path, made, constraint(kind, _SPEC))
    made = template(kind, {"rego": f"package fuzz\n\n{draw(st.sampled_from(_SOUND))}\n"}, _SCHEMA)
    bodies = [made, constraint(kind, _SPEC)]
    return of_bodies("gatekeeper", path, *draw(mutated(bodies)))


def _native(expression: str) -> Body:
    source = {"validations": [{"expression": expression, "message": "said"}]}
    return {"code": [{"engine": "K8sNativeValidation", "source": source}]}

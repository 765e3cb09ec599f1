"""Manifests as text: of people, and of nobody."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.engines.mission import deployment
from tests.fuzz.piece import deep, mutated, odd

_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd, namespace: canary}\n"
_TEXTS = [
    _HEAD + "data: {a: 12:30, b: 1e3, c: 0o17, d: .inf, e: -.inf, f: .nan, g: =, h: 2020-01-01}\n",
    _HEAD + "data: &a {x: !!binary aGk=, y: !!set {a, b}, z: !!timestamp 2020-01-01}\n",
    _HEAD + "data: {1: 2, true: false, null: null, ? [a] : b}\n",
    _HEAD + "a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n",
    _HEAD + "a: &a {b: *a}\n",
    _HEAD + "data: {<<: {a: b}, a: c, '\\ud800': d}\n",
    _HEAD + 'data: {a: "\\ud800\\U0001f600\\0"}\n',
    _HEAD + f"data: {{a: {'9' * 400}, b: -0, c: 0x{'f' * 64}, d: 1e999}}\n",
    "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: null\n",
    "apiVersion: apps/v1/x/y\nkind: ''\nmetadata: {name: a}\n",
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: other, labels: {a: 1, b: null}}\n",
]


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """One file."""
    way = draw(st.integers(0, 4))
    if way == 0:
        return draw(st.sampled_from(_TEXTS))
    kind = draw(
        st.sampled_from(["Deployment", "StatefulSet", "CronJob", "Pod", "Service", "Widget"])
    )
    body = deployment(draw(st.sampled_from([None, 8, 32, "16Gi", 1e300])), kind=kind, name="some")
    if kind in ("Pod", "Service"):
        body["apiVersion"] = "v1"
    if way == 1:
        return json.dumps(body)
    if way == 2:
        body["spec"] = draw(odd)
    if way == 3:
        body["metadata"]["annotations"] = {"huge": "x" * draw(st.integers(1, 400_000))}
        body["spec"]["deep"] = deep(draw(st.integers(1, 90)))
    # A file that nobody can read is of no interest here; one object that is odd is.
    return json.dumps(draw(mutated(body)))

"""Kinds that the repository defines itself; and definitions that mean no good."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest
import yaml

from bot.policy.model import Context, Limits, Question
from bot.policy.schema.engine import CompiledSchemas, SchemaEngine
from checks.model import Resource
from tests.policy.schema.objects import LIMITS, NOW, answers, resources

SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["size", "mode"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "exclusiveMaximum": True},
        "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
        "port": {
            "x-kubernetes-int-or-string": True,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "name": {"type": "string", "pattern": "^[a-z]+$", "nullable": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "empty": {"type": "object"},
        "pod": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "properties": {"spec": {"type": "object", "properties": {"x": {"type": "integer"}}}},
        },
    },
    "oneOf": [{"required": ["port"]}, {"required": ["free"]}],
}


def crd(schema: dict[str, Any], path: str = "crds/thing.yaml", **version: Any) -> Resource:
    names = {"kind": "Thing", "plural": "things"}
    one = {"name": "v1", "served": True, "storage": True, **version}
    one["schema"] = {"openAPIV3Schema": schema}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [one]}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": spec,
    }
    (found,) = resources(yaml.safe_dump(body), path)
    return found


def of(spec: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"spec": spec}}


def thing(spec: str, rest: str = "") -> Resource:
    text = f"apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec: {spec}\n{rest}"
    (found,) = resources(text, "things/a.yaml")
    return found


def judged(spec: str, definition: Resource | None = None, rest: str = "") -> list[str]:
    (answer,) = answers([thing(spec, rest)], [definition or crd(of(SPEC))])
    assert answer.problems == ()
    return [one.message for one in answer.violations]


@pytest.mark.parametrize(
    "spec",
    [
        "{size: 1, port: 80}",
        "{size: 1, port: http, mode: slow}",
        "{size: 8, free: {anything: [1, {x: y}]}, labels: {a: b}, name: null}",
        "{size: 8, port: 1, pod: {apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {x: 1}}}",
        "{size: 8, port: 1, mode: null, empty: {}}",
    ],
)
def test_what_the_definition_allows_passes(spec: str) -> None:
    assert judged(spec) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{port: 1}", "spec.size is missing"),
        ("{size: 9, port: 1}", "spec.size: expected less than 9, not the number 9"),
        ("{size: 1, port: 1.5}", "spec.port: "),
        ("{size: 1, port: 1, Mode: slow}", "spec.Mode: there is no such field"),
        ("{size: 1, port: 1, mode: quick}", "spec.mode: expected one of fast, slow"),
        ("{size: 1, port: 1, labels: {a: 1}}", "spec.labels.a: expected a text, not the number 1"),
        ("{size: 1, port: 1, empty: {a: 1}}", "spec.empty: expected an empty mapping"),
        ("{size: 1, port: 1, name: A}", "spec.name: expected a text like ^[a-z]+$"),
        ("{size: 1, port: 1, pod: {spec: {z: 1}}}", "spec.pod.spec.z: there is no such field"),
        ("{size: 1}", "spec: "),
    ],
)
def test_what_it_does_not_allow_is_said(spec: str, message: str) -> None:
    found = judged(spec)
    assert found
    assert found[0].startswith(message)


def test_the_metadata_of_every_object_are_kubernetes_own() -> None:
    definition = crd(of(SPEC))
    wrong = resources(
        "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, label: {a: b}}\n"
        "spec: {size: 1, port: 1}\n"
    )
    (answer,) = answers(wrong, [definition])
    assert [one.message for one in answer.violations] == ["metadata.label: there is no such field"]
    assert answer.violations[0].remedy == "Did you mean labels?"
    assert answer.violations[0].rule.location.path == "crds/thing.yaml"


def test_a_status_that_is_a_subresource_is_nobodys_business() -> None:
    definition = crd(of(SPEC), subresources={"status": {}})
    assert judged("{size: 1, port: 1}", definition, "status: {x: 1}\n") == []
    assert judged("{size: 1, port: 1}", None, "status: {x: 1}\n") != []


def test_of_several_definitions_one_has_to_fit() -> None:
    other = crd(
        of({"type": "object", "properties": {"size": {"type": "string"}}}), "old/thing.yaml"
    )
    ours = thing("{size: big}")
    (answer,) = answers([ours], [crd(of(SPEC)), other])
    assert answer.violations == ()


def test_rules_in_cel_are_a_note() -> None:
    definition = crd(of({**SPEC, "x-kubernetes-validations": [{"rule": "self.size > 1"}]}))
    (said,) = judged("{size: 1, port: 1}", definition)
    assert "x-kubernetes-validations" in said


def test_a_gatekeeper_constraint_is_not_judged_by_a_definition() -> None:
    text = yaml.safe_dump(dict(crd(of(SPEC)).body)).replace(
        "example.com", "constraints.gatekeeper.sh"
    )
    own = resources(
        "apiVersion: constraints.gatekeeper.sh/v1\nkind: Thing\nmetadata: {name: a}\nspec: {x: 1}\n"
    )
    (answer,) = answers(own, resources(text, "crds/x.yaml"))
    assert [one.rule.id for one in answer.violations] == ["schema/not-judged"]


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "(?=x)"}}},
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "(a{1000}){1000}"}}},
        {"type": "object", "properties": {"a": {"type": "nothing"}}},
        {"type": "object", "required": [1], "properties": {"a": {"minLength": "x"}}},
    ],
)
def test_a_definition_that_cannot_be_used_is_a_problem_of_its_objects_only(
    bad: dict[str, Any],
) -> None:
    (pod,) = resources("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {container: []}\n")
    wrong, fine = answers([thing("{a: x}"), pod], [crd(of(bad))])
    (problem,) = wrong.problems
    assert problem.path == "crds/thing.yaml"
    assert problem.line > 1
    assert "the schema of Thing cannot be used" in problem.message
    assert wrong.violations == ()
    assert {one.message for one in fine.violations} == {
        "spec.container: there is no such field",
        "spec.containers is missing",
    }


def test_a_pattern_that_backtracks_elsewhere_takes_no_time() -> None:
    slow = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    began = time.monotonic()
    assert len(judged(f"{{a: {'a' * 50_000}b}}", crd(of(slow)))) == 1
    assert time.monotonic() - began < 5


def test_a_reference_goes_nowhere() -> None:
    away = {
        "type": "object",
        "$ref": "http://127.0.0.1:9/x",
        "properties": {"a": {"type": "string"}},
    }
    assert judged("{a: x}", crd(of(away))) == []


def test_what_kills_the_worker_is_a_problem_and_the_others_are_judged() -> None:
    found = [thing("{size: 1, port: 1}"), thing("{size: x, port: 1}")]
    definition = crd(of(SPEC))
    with _compiled(LIMITS, [*found, definition]) as compiled:
        assert compiled.judge([Question(resource=found[0])])[0].violations == ()
        _kill(compiled)
        answer, other = compiled.judge([Question(resource=one) for one in found])
        # The worker was gone, which is nobody's fault: it was started again.
        assert (answer.problems, answer.violations) == ((), ())
        assert "expected a whole number" in other.violations[0].message


def test_no_time_left_is_a_problem_of_every_object() -> None:
    limits = Limits(evaluation_seconds=3.0, total_seconds=1.0)
    found = [thing("{size: 1, port: 1}")]
    with _compiled(limits, found) as compiled:
        time.sleep(1.1)
        (answer,) = compiled.judge([Question(resource=found[0])])
    assert "took longer than 1 s" in answer.problems[0].message
    assert answer.violations == ()


def _compiled(limits: Limits, inventory: list[Resource]) -> CompiledSchemas:
    context = Context(now=NOW, limits=limits, inventory=lambda: inventory)
    return SchemaEngine().compile((), (), context)


def _kill(compiled: CompiledSchemas) -> None:
    pid = compiled._talk.pid if compiled._talk else None
    assert pid
    os.kill(pid, signal.SIGKILL)

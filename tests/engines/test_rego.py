"""What policies say: the forms of rules, of input and of messages, in both syntaxes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from checks.model import Severity
from tests.engines.asking import ask, found, messages, sources
from tests.engines.mission import MISSION, NO_LABEL, TOO_MUCH, deployment

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (deployment(label=True), []),
        (deployment(), [NO_LABEL]),
        (deployment("24", label=True), [TOO_MUCH]),
        (deployment(24), [NO_LABEL, TOO_MUCH]),
        (deployment("16", label=True), []),
        (deployment(16.5, label=True), [TOO_MUCH]),
        (deployment(24, kind="StatefulSet"), []),
    ],
)
def test_the_missions_rules_run_unchanged(body: dict[str, Any], said: list[str]) -> None:
    assert messages(sources(MISSION), body) == said


def test_a_finding_says_which_line_of_which_policy_made_it() -> None:
    label, gpu = found(sources(mission=MISSION), deployment(24))
    assert label.rule == gpu.rule == "rego/kubernetes.admission.deny"
    assert label.trace.predicate == "kubernetes.admission.deny at mission.rego:3 finds nothing"
    assert gpu.trace.predicate == "kubernetes.admission.deny at mission.rego:9 finds nothing"
    assert (label.severity, str(label.resource)) == (Severity.FAIL, "Deployment web")
    assert label.fingerprint != gpu.fingerprint


def test_an_error_in_one_definition_leaves_the_other_to_speak() -> None:
    _, (answer,), _ = ask(sources(mission=MISSION), deployment("16Gi"))
    assert [value for _, value in answer.said] == [[NO_LABEL]]
    assert [str(p) for p in answer.problems] == [
        "mission.rego:13: could not parse string as number"
    ]


def test_an_object_with_a_request_of_its_own_hides_nothing() -> None:
    hostile = deployment(24) | {
        "request": {"kind": {"kind": "Pod"}, "object": {}},
        "review": {"object": {}},
    }
    assert messages(sources(MISSION), hostile) == [NO_LABEL, TOO_MUCH]
    reviewed = 'package k\ndeny[m] { input.review.object.kind == "Deployment"; m := "seen" }'
    assert messages(sources(reviewed), hostile) == ["seen"]


def test_a_policy_for_the_bare_object_sees_the_object_alone() -> None:
    rules = """package main
import rego.v1
deny contains msg if { not input.metadata.labels.team; msg := "no team" }
deny contains msg if { input.request; msg := "a request" }
"""
    bare = rules.replace("input.request", "input.other")
    labelled = POD | {"metadata": {"name": "web", "labels": {"team": "a"}}}
    assert messages(sources(bare), POD) == ["no team"]
    assert messages(sources(bare), labelled) == []
    # A file that asks for both forms gets both.
    assert messages(sources(rules), labelled) == ["a request"]


def test_a_policy_that_wants_an_admission_review_gets_one() -> None:
    review = """package k
deny[m] { input.kind == "AdmissionReview"; input.request.object.kind == "Pod"; m := "a pod" }
"""
    assert messages(sources(review), POD) == ["a pod"]


def test_what_a_request_holds() -> None:
    policy = """package k
import input.request as r
deny[m] { m := sprintf("%s %s/%s %s %s", [r.operation, r.kind.group, r.resource.resource, r.name, \
r.namespace]) }
deny[m] { r.oldObject.spec.replicas < r.object.spec.replicas; m := "grows" }
deny[m] { r.oldObject == null; m := "new" }
"""
    old = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "n", "namespace": "x"},
        "spec": {"replicas": 1},
    }
    new = old | {"spec": {"replicas": 2}}
    said = "UPDATE networking.k8s.io/networkpolicies n x"
    assert messages(sources(policy), new, before=old) == [said, "grows"]
    assert "new" in messages(sources(policy), new)


def test_both_syntaxes_live_in_one_repository() -> None:
    old = 'package main\ndeny[msg] { input.kind == "Pod"; msg := "old" }'
    new = 'package main\nimport data.lib\ndeny contains "new" if lib.pod'
    library = 'package lib\npod { input.kind == "Pod" }'
    assert messages(sources(old, new, library), POD) == ["old", "new"]


def test_a_helper_in_another_file_of_the_package() -> None:
    rule = "package main\ndeny contains msg if { some msg in problems }"
    helpers = [f'package main\nproblems contains "{name}" if true' for name in "ab"]
    assert messages(sources(rule, *helpers), POD) == ["a", "b"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('deny contains "text"', ["text"]),
        ('deny contains {"msg": "object", "x": 1}', ["object"]),
        ('violation contains {"msg": "v", "details": {}}', ["v"]),
        ('deny_privileged_pods contains "named"', ["named"]),
        ('deny := "whole"', ["whole"]),
        ("deny if true", ["main.deny is true"]),
        ("default deny := false", []),
        ("default deny := true\ndeny := false if input.kind", []),
        ('deny := ["a", "b"]', ["a", "b"]),
        ('deny := {"msg": "one"}', ["one"]),
        ('deny[x] := y if { x := "k"; y := "value" }', ["value"]),
        ('deny contains ""', ["main.deny objects"]),
        ("deny contains 7", ["7"]),
        ('deny contains {"code": 7}', ['{"code": 7}']),
        ('deny contains "<undefined>"', ["<undefined>"]),
        ('deny := "<undefined>"', ["<undefined>"]),
        ('deny contains "x" if input.nothing', []),
        ('deny contains "x" if false\nhelper := 1', []),
    ],
)
def test_forms_of_a_denial(rule: str, said: list[str]) -> None:
    assert messages(sources(f"package main\n{rule}\n"), POD) == said


def test_a_warning_warns() -> None:
    policy = 'package main\nwarn contains "w"\nwarn_old contains "o"\ndeny contains "d"'
    severities = {f.message: f.severity for f in found(sources(policy), POD)}
    assert severities == {"w": Severity.WARN, "o": Severity.WARN, "d": Severity.FAIL}


def test_the_same_said_twice_is_one_finding() -> None:
    again = 'package main\ndeny[m] { data.a.deny[m] }\ndeny[m] { m := "x" }'
    assert messages(sources('package a\ndeny[m] { m := "x" }', again), POD) == ["x"]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ('"spec.containers[0].image"', "spec.containers.0.image"),
        ('"/spec/containers/0/image"', "spec.containers.0.image"),
        ('["spec", "containers", 0, "image"]', "spec.containers.0.image"),
        ('"metadata.labels[\\"a.b/c\\"]"', "metadata.labels.a.b/c"),
    ],
)
def test_a_message_can_name_its_place_and_its_remedy(path: str, pointer: str) -> None:
    rule = f'deny contains {{"msg": "m", "path": {path}, "remedy": "do"}}'
    (finding,) = found(sources(f"package main\n{rule}"), POD)
    assert (finding.trace.inputs[0].pointer, finding.remedy) == (pointer, "do")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('re_match("^a+$", "aaa")', ["x"]),
        ('re_match("^a+$", "b")', []),
        ("any([false, true])", ["x"]),
        ("all({true})", ["x"]),
        ("all([true, false])", []),
        ('cast_array({"b", "a"}) == ["a", "b"]', ["x"]),
        ('net.cidr_intersects("10.0.0.0/8", "10.1.2.3/32")', ["x"]),
        ('net.cidr_intersects("10.0.0.0/8", "192.168.0.0/16")', []),
        ('crypto.md5("a") == "0cc175b9c0f1b6a831c399e269772661"', ["x"]),
        # 2026-11-01: the time is the judgement's, so that it can be replayed.
        ("time.now_ns() == 1793491200000000000", ["x"]),
    ],
)
def test_builtins_that_the_engine_lacks(call: str, said: list[str]) -> None:
    assert messages(sources(f'package main\ndeny[m] {{ {call}; m := "x" }}'), POD) == said


def test_a_function_of_a_builtins_name_is_the_policys_own() -> None:
    policy = 'package main\nany(x) { x == 1 }\ndeny[m] { any(1); m := "own" }'
    assert messages(sources(policy), POD) == ["own"]


@pytest.mark.parametrize(
    "value", [math.inf, 1e300, 2**64 - 1, ".inf"], ids=["inf", "float", "uint64", "text"]
)
def test_what_is_no_number_of_json_is_over_every_limit(value: Any) -> None:
    policy = 'package main\ndeny[m] { input.spec.x > 16; m := "over" }'
    assert messages(sources(policy), POD | {"spec": {"x": value}}) == ["over"]


def test_half_a_surrogate_is_no_way_out() -> None:
    policy = 'package main\ndeny[m] { not input.metadata.labels.team; m := "no team" }'
    body = POD | {"metadata": {"name": "web", "annotations": {"a": "\ud800"}}}
    assert messages(sources(policy), body) == ["no team"]


def test_a_byte_order_mark_or_windows_lines_or_accents_change_no_place() -> None:
    policy = (
        'package main\r\ndeny[m] {\r\n  m := "é"\r\n}\r\ndeny[m] {\r\n  to_number("ü") > 1\r\n'
        '  m := ""\r\n}'
    )
    _, (answer,), _ = ask(sources(policy), POD)
    assert [value for _, value in answer.said] == [["é"]]
    assert [p.line for p in answer.problems] == [6]


def test_files_that_judge_nothing_are_named() -> None:
    program, _, _ = ask(
        sources(
            used="package lib\nf(x) := x",
            unused="package other\nallow := true",
            rule="package main\ndeny contains data.lib.f(1)",
        )
    )
    assert program.idle == ("unused.rego",)

"""Many objects at once say what each of them says alone, whatever goes wrong with one."""

from __future__ import annotations

import time
from typing import Any

from bot.engines.admission import question
from bot.engines.rego import Answer, Limits, RegoEngine, Source
from tests.checks.manifests import NOW, resource
from tests.engines.asking import ask, sources
from tests.engines.mission import MISSION, deployment

LIMITS = Limits(evaluation_seconds=5, total_seconds=50)
QUICK = Limits(evaluation_seconds=0.5, total_seconds=30)
LIBRARY = "package lib\nimport rego.v1\nnamed(o, n) if o.metadata.name == n\n"
POLICIES = {
    "mission": MISSION,
    "lib": LIBRARY,
    "own": 'package own\nimport data.lib\ndeny[m] { lib.named(input, "d3"); m := {"msg": "3"} }',
    "two": 'package main\ndeny[m] { helper[m] }\nwarn[m] { count(deny) > 0; m := "denied" }',
    "helper": 'package main\nhelper[m] { input.metadata.name == "d5"; m := "five" }',
    "self": 'package again\nx { input.metadata.name == "d7" }\ndeny[m] { data.again.x; m := 7 }',
    "whole": 'package w\nimport rego.v1\ndeny := "nine" if input.metadata.name == "d9"',
    "both": 'package b\ndeny[m] { input.request.name == input.metadata.name; m := "both" }',
    "error": 'package e\ndeny[m] { input.metadata.name == "d11"; to_number("x") > 1; m := "no" }',
    "with": 'package v\nf { input.a }\ndeny[m] { f with input as {"a": 1}; input.a; m := "a" }',
}
OBJECTS = [deployment(n, name=f"d{n}", label=n % 2 == 0) for n in range(150)]


def alone(policies: list[Source], bodies: list[dict[str, Any]]) -> list[Answer]:
    with RegoEngine(now=NOW, limits=LIMITS) as engine:
        program = engine.compile(policies)
        return [engine.judge(program, [question(resource(b), None)])[0] for b in bodies]


def shown(answers: list[Answer]) -> list[tuple[list[tuple[str, Any]], list[str]]]:
    return [
        ([(unit.rule, value) for unit, value in one.said], [str(p) for p in one.problems])
        for one in answers
    ]


def test_together_as_alone() -> None:
    policies = sources(**POLICIES)
    program, answers, _ = ask(policies, *OBJECTS, limits=LIMITS)
    assert program.problems == ()
    assert shown(answers) == shown(alone(policies, OBJECTS))
    said = [unit.rule for one in answers for unit, _ in one.said]
    assert {rule: said.count(rule) for rule in set(said)} == {
        "kubernetes.admission.deny": 75 + 133,
        "own.deny": 1,
        "main.deny": 1,
        "main.warn": 1,
        "again.deny": 1,
        "w.deny": 1,
        "b.deny": 150,
    }
    assert [n for n, one in enumerate(answers) if one.problems] == [11]


def test_one_that_hangs_on_one_object_is_alone_in_it() -> None:
    hang = """package bad
deny[m] {
  input.metadata.name == "d100"
  n := numbers.range(1, 3000)
  count([1 | a := n[_]; b := n[_]; c := n[_]; a + b + c < 0]) > 0
  m := "never"
}
"""
    started = time.monotonic()
    _, answers, _ = ask(sources(bad=hang, mission=MISSION), *OBJECTS, limits=QUICK)
    assert time.monotonic() - started < 15
    assert [n for n, one in enumerate(answers) if one.problems] == [100]
    assert [str(p) for p in answers[100].problems] == [
        "bad.rego:2: it took longer than 0.5 s, on Deployment d100"
    ]
    assert sum(len(one.said) for one in answers) == 75 + 133


def test_what_cannot_be_analysed_is_in_nobodys_way() -> None:
    bad = "package bad\ndeny[m] { x > 1; m := 1 }"
    _, answers, _ = ask(sources(bad=bad, mission=MISSION), *OBJECTS, limits=LIMITS)
    assert all("undefined variable" in str(p) for one in answers for p in one.problems)
    assert [len(one.problems) for one in answers] == [1] * 150
    assert sum(len(one.said) for one in answers) == 75 + 133


def test_what_is_slow_is_told_all_the_same() -> None:
    slow = "package s\ndeny[m] { x := sum(numbers.range(1, 200000)); x < 0; m := 1 }"
    _, answers, _ = ask(sources(slow=slow, mission=MISSION), *OBJECTS[:80], limits=QUICK)
    assert not any(one.problems for one in answers)
    assert sum(len(one.said) for one in answers) == 40 + 63

"""`*_test.rego`: what passes, what fails and where, and what is not judged."""

from __future__ import annotations

import pytest

from tests.policy.command.calling import cases

POLICY = """package main
import rego.v1

deny contains msg if {
  input.kind == "Deployment"
  not input.metadata.labels.team
  msg := "no team"
}
"""
HEAD = "package main_test\nimport data.main\nimport rego.v1\n"


def one(body: str, policy: str = POLICY) -> tuple[str, str]:
    """The outcome and the message of the only test."""
    (case,) = cases({"p/a.rego": policy, "p/a_test.rego": HEAD + body})
    return case.outcome, case.message


@pytest.mark.parametrize(
    "body",
    [
        'test_a if { count(main.deny) == 1 with input as {"kind": "Deployment"} }',
        'test_a if { main.deny["no team"] with input as {"kind": "Deployment"} }',
        'test_a if { main.deny == set() with input as {"kind": "Job"} }',
        'test_a if { main.deny == {"x"} with data.main.deny as {"x"} }',
        "test_a := true",
        'test_a if { print("seen"); true }',
        "test_a if { data.other == 1 with data.other as 1 }",
    ],
)
def test_what_is_true_passes(body: str) -> None:
    assert one(body) == ("passed", "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "test_a if {\n  count(main.deny) == 1 with input as {}\n}",
            "it is undefined; it stopped at line 5: count(main.deny) == 1 with input as {}",
        ),
        ("test_a := false", "it is false"),
        (
            'test_a if {\n  print("seen", 1)\n  1 == 2\n}',
            "it is undefined; it printed seen 1; it stopped at line 6: 1 == 2",
        ),
        ("test_a[name] if { some name in [] }", "it has no case that holds"),
    ],
)
def test_what_is_not_true_fails_and_says_where_it_stopped(body: str, said: str) -> None:
    assert one(body) == ("failed", said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("todo_test_a if { false }", "it is still to be written, as its name says"),
        ('test_a contains "x"', "its value is neither true nor false"),
        ("test_a := 5", "its value is neither true nor false"),
        (
            "test_a if { data.teams.shop }",
            "no Rego file defines data.teams.shop, and data files are not read",
        ),
        (
            'test_a if { http.send({"method": "get", "url": "x"}) }',
            "http.send cannot be called: policies have no network here (p/a_test.rego:4)",
        ),
    ],
)
def test_what_cannot_be_judged_is_unsupported(body: str, said: str) -> None:
    assert one(body) == ("unsupported", said)


def test_a_function_in_the_place_of_the_network_is_fine() -> None:
    policy = 'package main\nimport rego.v1\nup if http.send({"method": "get", "url": "x"}).ok\n'
    body = 'test_a if { main.up with http.send as answer }\nanswer(_) := {"ok": true}'
    assert one(body, policy) == ("passed", "")


def test_cases_of_one_rule_and_rules_of_one_name() -> None:
    body = """test_a[name] if {
  some name, kind in {"one": "Deployment", "two": "Deployment"}
  count(main.deny) == 1 with input as {"kind": kind}
}
test_b if { true }
test_b if { false }
"""
    found = cases({"a.rego": POLICY, "a_test.rego": HEAD + body})
    assert [(case.name, case.line, case.outcome) for case in found] == [
        ("main_test.test_a/one", 4, "passed"),
        ("main_test.test_a/two", 4, "passed"),
        ("main_test.test_b", 8, "passed"),
        ("main_test.test_b#02", 9, "failed"),
    ]


def test_old_syntax() -> None:
    policy = 'package main\ndeny[msg] { input.kind == "Job"; msg := "a job" }\n'
    test = 'package main\ntest_a { deny["a job"] with input as {"kind": "Job"} }\n'
    assert [c.outcome for c in cases({"a.rego": policy, "a_test.rego": test})] == ["passed"]


def test_folders_with_the_same_package_are_not_in_each_others_way() -> None:
    other = 'package main\nimport rego.v1\ndeny contains "always"\n'
    body = 'test_a if { main.deny == {"no team"} with input as {"kind": "Deployment"} }'
    found = cases({"a/p.rego": POLICY, "a/p_test.rego": HEAD + body, "b/p.rego": other})
    assert [case.outcome for case in found] == ["passed"]


@pytest.mark.parametrize("package", ["main", "main_test"])
def test_policies_may_stand_further_away_than_their_tests(package: str) -> None:
    head = HEAD.replace("main_test", package)
    body = 'test_a if { count(data.main.deny) == 1 with input as {"kind": "Deployment"} }'
    if package == "main":
        head = "package main\nimport rego.v1\n"
        body = 'test_a if { count(deny) == 1 with input as {"kind": "Deployment"} }'
    found = cases({"policy/p.rego": POLICY, "tests/p_test.rego": head + body})
    assert [case.outcome for case in found] == ["passed"]


def test_a_library_far_away_and_a_policy_nearby() -> None:
    library = 'package lib.k\nimport rego.v1\nis_job if input.kind == "Job"\n'
    policy = 'package main\nimport rego.v1\ndeny contains "no jobs" if data.lib.k.is_job\n'
    body = 'test_a if { main.deny["no jobs"] with input as {"kind": "Job"} }'
    files = {"lib/k.rego": library, "a/p.rego": policy, "a/p_test.rego": HEAD + body}
    assert [case.outcome for case in cases(files)] == ["passed"]


def test_a_file_that_does_not_parse_fails_on_its_line() -> None:
    (case,) = cases({"a_test.rego": "package a\nimport rego.v1\ntest_a if {\n  x ==\n}\n"})
    assert (case.outcome, case.line, case.file) == ("failed", 5, "a_test.rego")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("test_a if { count(numbers.range(1, 400000000)) > 1 }", "memory"),
        ("test_a if { f(100000000) }\nf(n) if { f(n - 1) }", "recursion"),
        (
            "test_a if count([1 | r[_]; r[_]; r[_]])\nr := numbers.range(1, 2000)",
            "took longer than 1 s",
        ),
    ],
)
def test_what_ends_the_worker_fails_and_the_others_go_on(body: str, said: str) -> None:
    found = cases({"a_test.rego": f"package a\nimport rego.v1\n{body}\ntest_b := true\n"})
    by_name = {case.name: case for case in found}
    assert by_name["a.test_a"].outcome != "passed"
    assert said in by_name["a.test_a"].message
    assert by_name["a.test_b"].outcome == "passed"


@pytest.mark.parametrize(
    "rule",
    [
        'deny contains "x" if {\n  input.kind == "A"\n}',
        'deny contains "x" if { input.kind == "A" }',
        'deny contains "x" if input.kind == "A"',
        'deny if input.kind == "A"',
        'deny if {\n  input.kind == "A" }',
        'deny := "x" if input.kind == "A"',
        'deny contains {"msg": msg} if { input.kind == "A"; msg := "x" }',
    ],
)
@pytest.mark.parametrize(("kind", "denies"), [("A", True), ("B", False)])
def test_what_a_test_has_seen_of_a_rule(rule: str, kind: str, *, denies: bool) -> None:
    other = '\nwarn contains "never asked" if input.kind == "C"\n'
    policy = f"package main\nimport rego.v1\n\n{rule}{other}"
    body = f'test_a if {{ x := [1 | main.deny] with input as {{"kind": "{kind}"}}; is_array(x) }}'
    (case,) = cases({"a.rego": policy, "a_test.rego": HEAD + body}, covering=True)
    seen = ("rego/main.deny a.rego:4",)
    assert (case.outcome, case.denied, case.allowed) == (
        "passed",
        seen if denies else (),
        () if denies else seen,
    )


@pytest.mark.parametrize(
    "rule", ['deny[msg] { input.kind == "A"; msg := "x" }', "deny { input.a }"]
)
@pytest.mark.parametrize("denies", [True, False])
def test_what_a_test_has_seen_of_an_old_rule(rule: str, *, denies: bool) -> None:
    given = '{"kind": "A", "a": true}' if denies else '{"kind": "B"}'
    test = f"package main\ntest_a {{ x := [1 | deny] with input as {given}; is_array(x) }}\n"
    (case,) = cases({"a.rego": f"package main\n{rule}\n", "a_test.rego": test}, covering=True)
    seen = ("rego/main.deny a.rego:2",)
    assert (case.denied, case.allowed) == ((seen, ()) if denies else ((), seen))

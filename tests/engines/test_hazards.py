"""Nothing that goes wrong in a policy is a pass, takes others with it, or takes long."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.engines.process import Box, Process, WorkerDied
from bot.engines.rego import Limits, RegoEngine
from tests.checks.manifests import NOW
from tests.engines.asking import ask, problems, sources
from tests.engines.mission import deployment

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
GOOD = 'package good\ndeny[m] { m := "the others are judged" }\n'
QUICK = Limits(evaluation_seconds=0.4, total_seconds=20, memory_bytes=128 * 1024 * 1024)
BOX = Box(memory_bytes=128 * 1024 * 1024, cpu_seconds=10, file_bytes=100_000, now_ns=0)

HANG = """package bad
deny[m] {
  n := numbers.range(1, 3000)
  count([1 | a := n[_]; b := n[_]; c := n[_]; a + b + c < 0]) > 0
  m := "never"
}
"""
FLOOD = """package bad
deny[m] {
  m := concat("", [s | numbers.range(1, 9999)[_] = i; s := sprintf("%090d", [i])])
}
"""


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (HANG, "bad.rego:2: it took longer than 0.4 s, on Pod web"),
        (
            "package bad\ndeny[m] { m := count(numbers.range(1, 2000000000)) }",
            "bad.rego:2: it needs more than the 128 MiB of memory that it may use, on Pod web",
        ),
        (
            "package bad\nf(x) = y { y := f(x + 1) }\ndeny[m] { m := f(1) }",
            "bad.rego:3: the engine crashed: its recursion or its nesting is too deep, on Pod web",
        ),
        (
            f"package bad\ndeny[m] {{ m := {'[' * 40_000}{']' * 40_000} }}",
            "bad.rego: the engine crashed: its recursion or its nesting is too deep",
        ),
        (FLOOD, "bad.rego:2: it says 899,918 bytes about one object"),
    ],
    ids=["hang", "memory", "recursion", "nesting", "flood"],
)
def test_a_policy_that_kills_its_worker_is_alone_in_it(policy: str, said: str) -> None:
    started = time.monotonic()
    for files in (sources(bad=policy, good=GOOD), sources(good=GOOD, bad=policy)):
        program, (first, second), _ = ask(files, POD, POD, limits=QUICK)
        for answer in (first, second):
            assert [value for _, value in answer.said] == [["the others are judged"]]
        # Once is enough: what killed a worker is not asked about the next object.
        found = [*program.problems, *first.problems]
        assert [str(p) for p in found] == [said]
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("package bad\ndeny[m] {\n  m := \n}", "bad.rego:2: expecting }"),
        ("package bad\n\ndeny contains m if {\n  m := \n}", "bad.rego:4: "),
        ("", "bad.rego:1: expecting `package`"),
        (
            'package bad\ndeny[m] { to_number("16Gi") > 16; m := "x" }',
            "bad.rego:2: could not parse",
        ),
        (
            'package bad\ndeny[m] {\n  m := sprintf("%[2]d", [1])\n}',
            "bad.rego:3: ",
        ),
        (
            'package bad\ndeny[m] {\n  http.send({"url": "http://a"})\n  m := "x" }',
            "bad.rego:3: http.send cannot be called: policies have no network here",
        ),
        (
            'package bad\ndeny[m] { not http.send({}); m := "x" }',
            "bad.rego:2: http.send cannot be called",
        ),
        ("package bad\ndeny[m] { m := opa.runtime() }", "bad.rego:2: opa.runtime cannot be called"),
        ('package bad\ndeny[m] { m := rand.intn("a", 9) }', "bad.rego:2: rand.intn cannot"),
        (
            'package bad\ndeny[m] { input.nothing; io.jwt.verify_rs256("x", "y"); m := "x" }',
            "bad.rego:2: there is no function io.jwt.verify_rs256 in this engine",
        ),
        (
            'package bad\nimport data.lib as l\ndeny[m] { l.f(1); m := "x" }',
            "bad.rego:3: there is no function data.lib.f in this engine",
        ),
        (
            'package bad\ndeny[m] { data.inventory.namespace[_]; m := "x" }',
            "bad.rego:2: no policy file defines data.inventory.namespace, and there is no other",
        ),
        (
            'package bad\ndeny[m] { data.good.nothing; m := "x" }',
            "bad.rego:2: no policy file defines data.good.nothing",
        ),
        (
            'package bad\ndeny[m] { input.request.userInfo.username == "a"; m := "x" }',
            "bad.rego:2: input.request.userInfo is not known before the merge",
        ),
        (
            "package bad\nviolation[m] {\n  input.review.object\n  input.parameters.x\n  m := 1 }",
            "bad.rego:4: input.parameters is not known here",
        ),
        (
            'package bad\ndeny[m] { input[i].contents.kind == "Pod"; m := "x" }',
            "bad.rego:2: this is written for conftest --combine",
        ),
        ("package bad\ndeny.a contains 1 if true", "bad.rego:2: write 'deny contains …'"),
        ('package bad\ndeny["key"] := true', "bad.rego:2: write 'deny contains …'"),
        (
            "package bad\ndeny[1]\ndeny = 2 { false }",
            "bad.rego:2: deny is defined in different forms (set, value)",
        ),
        ("package bad\ndeny[m] { deny[m] }", "bad.rego:2: recursion detected"),
        ("package bad\ndeny[m] { x > 1; m := 1 }", "bad.rego:2: use of undefined variable `x`"),
        (
            "package bad\na = 1 { true }\na = 2 { true }\ndeny[m] { m := a }",
            "bad.rego:3: rule conflicts",
        ),
        ('package bad\ndeny[m] { any("x"); m := 1 }', "bad.rego:2: extension 'any' raises"),
        ('package bad\ndeny[m] { re_match("(", "x"); m := 1 }', "bad.rego:2: extension 're_match'"),
    ],
)
def test_an_error_says_where_and_is_never_a_pass(policy: str, said: str) -> None:
    program, (answer,), _ = ask(sources(bad=policy, good=GOOD), POD)
    found = [str(p) for p in (*program.problems, *answer.problems)]
    assert found
    assert found[0].startswith(said)
    assert [value for _, value in answer.said] == [["the others are judged"]]


def test_a_rule_and_a_package_of_one_name() -> None:
    both = sources("package p\ndeny[m] { m := 1 }", "package p.deny\nx := 1")
    assert problems(both, POD) == ["p0.rego:2: p.deny is both a rule and a package"]


def test_what_rests_on_a_broken_file_is_not_judged() -> None:
    library = "package lib\nexempt { http.send({}) }"
    rule = 'package main\nimport data.lib\ndeny[m] { not lib.exempt; m := "x" }'
    program, (answer,), _ = ask(sources(lib=library, rule=rule), POD)
    assert answer.said == ()
    assert [p.path for p in program.problems] == ["lib.rego"]


def test_the_time_of_all_policies_together_is_bounded() -> None:
    started = time.monotonic()
    limits = Limits(evaluation_seconds=5, total_seconds=1)
    found = problems(sources(*[HANG] * 4), POD, POD, limits=limits)
    assert time.monotonic() - started < 3
    assert [text.partition(": ")[0] for text in found] == [f"p{n}.rego:2" for n in range(4)]
    assert all("the policies together took longer than 1 s" in text for text in found)


def test_the_worker_sees_nothing_of_its_parents_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    process = Process.start(BOX, 10)
    try:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert b"secret" not in environment
        assert {name.split(b"=")[0] for name in environment.split(b"\0") if name} <= {
            b"LC_ALL",
            b"MIMALLOC_ARENA_RESERVE",
        }
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert "Max core file size        0 " in limits
        assert "Max file size             0 " in limits
        # Standard streams only: no socket, no database, no repository.
        opened = {int(fd) for fd in os.listdir(f"/proc/{process.pid}/fd")}  # noqa: PTH208
        assert opened == {0, 1, 2}
    finally:
        process.close()


def test_a_worker_that_was_killed_is_gone() -> None:
    process = Process.start(BOX, 10)
    process.send({"do": "survey", "text": "package p", "v0": None, "unknown": []}, 5)
    assert process.receive(5)["package"] == ["p"]
    os.kill(process.pid, 9)
    with pytest.raises(WorkerDied, match="processor time, or the system"):
        process.receive(5)
    assert not Path(f"/proc/{process.pid}").exists()
    process.close()


def test_a_worker_ends_when_its_parent_does() -> None:
    script = (
        "from bot.engines.process import *\n"
        "box = Box(memory_bytes=1 << 27, cpu_seconds=5, file_bytes=999, now_ns=0)\n"
        "print(Process.start(box, 10).pid, flush=True)\n"
        "import os; os._exit(0)\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", script), capture_output=True, text=True, check=True, timeout=20
    )
    pid = Path("/proc") / done.stdout.strip()
    end = time.monotonic() + 5
    while pid.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not pid.exists()


def test_no_worker_is_started_before_one_is_needed() -> None:
    with RegoEngine(now=NOW, limits=QUICK) as engine:
        program = engine.compile([])
        assert engine.judge(program, []) == ()
        assert engine.pid is None


def test_many_objects_and_policies_are_quick() -> None:
    rule = 'package main\ndeny[m] {{ input.kind == "None{0}"; m := "x" }}'
    policies = sources(*(rule.format(n) for n in range(30)))
    ask(policies[:1], deployment())
    started = time.monotonic()
    _, answers, _ = ask(policies, *(deployment(24, name=f"d{n}") for n in range(100)))
    assert len(answers) == 100
    assert time.monotonic() - started < 5
    print(f"30 policies, 100 objects: {time.monotonic() - started:.3f} s")

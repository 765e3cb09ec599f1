"""The check `policy` over a real repository: whose policies, over what, and what comes of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.assess import change_between
from bot.config import defaults
from bot.engines.builtins import ADDED, REFUSED
from bot.engines.program import Limits
from bot.policies import Settings, evaluate
from bot.policy.findings import Severities
from bot.render.compose import Everywhere, snapshots
from bot.repo import Repository
from checks.model import Facts, Outcome, Severity, State, Subject, Tier
from tests.checks.manifests import NOW
from tests.engines.asking import messages, sources
from tests.engines.mission import MISSION, NO_LABEL, TOO_MUCH, deployment
from tests.repo.builder import Builder

ROOT = Path(__file__).parent.parent
POLICY = ".plumbline/policies/finops.rego"
ELSEWHERE = "package main\ndeny[m] { m := %r }"
LIMITS = Limits(evaluation_seconds=10, memory_bytes=128 * 1024 * 1024)


def law(text: str = MISSION) -> dict[str, str | bytes]:
    """A repository whose one policy file has this text."""
    return {POLICY: text, "README.md": "x"}


def manifest(*bodies: dict[str, Any]) -> dict[str, str | bytes]:
    """app.yaml with these objects."""
    return {"app.yaml": yaml.safe_dump_all(bodies, sort_keys=False)}


def judged(
    path: Path,
    before: dict[str, str | bytes],
    after: dict[str, str | bytes],
    *,
    patterns: tuple[str, ...] = defaults().policing.patterns,
    severities: Severities | None = None,
    removed: tuple[str, ...] = (),
    **options: Any,
) -> Outcome:
    """The outcome of a change from one set of files to another, on top of it."""
    builder = Builder(path)
    base = builder.commit(before)
    for name in removed:
        (path / name).unlink()
    head = builder.commit(after)
    with Repository.local(path) as repo:
        change = change_between(repo, base, head)
        old, new = snapshots(repo, change, Everywhere(tier=Tier.PRODUCTION))
        subject = Subject(base=old, head=new, facts=Facts(now=NOW))
        settings = Settings(patterns=patterns, severities=severities or Severities())
        return evaluate(repo, change, settings, subject, **{"limits": LIMITS, **options})


def said(outcome: Outcome) -> list[str]:
    return [finding.message for finding in outcome.findings]


def test_the_missions_rules_gate_a_new_deployment(tmp_path: Path) -> None:
    outcome = judged(tmp_path, law(), manifest(deployment("24")))
    assert outcome.state is State.FAIL
    assert said(outcome) == [NO_LABEL, TOO_MUCH]
    finding = outcome.findings[0]
    assert (finding.check, finding.rule) == ("policy", "rego/kubernetes.admission.deny")
    assert (finding.location.path, finding.location.line) == ("app.yaml", 1)
    assert f"{POLICY}:3" in finding.trace.predicate


def test_a_change_that_keeps_them_passes(tmp_path: Path) -> None:
    outcome = judged(tmp_path, law(), manifest(deployment(16, label=True)))
    assert (outcome.state, outcome.findings) == (State.PASS, ())


def test_what_stood_there_before_does_not_gate_and_what_is_mended_is_credited(
    tmp_path: Path,
) -> None:
    before = law() | manifest(deployment(24))
    outcome = judged(tmp_path, before, manifest(deployment(8)))
    assert [(f.message, f.preexisting) for f in outcome.findings] == [(NO_LABEL, True)]
    assert [f.message for f in outcome.fixed] == [TOO_MUCH]
    assert outcome.state is State.PASS


def test_an_untouched_object_of_a_changed_file_is_not_new(tmp_path: Path) -> None:
    other = deployment(label=True, name="other")
    before = law() | manifest(deployment(24), deployment(label=True, name="gone"))
    outcome = judged(tmp_path, before, manifest(deployment(24), other))
    assert [f.preexisting for f in outcome.findings] == [True, True]


def test_an_error_is_never_a_pass_and_takes_no_finding_with_it(tmp_path: Path) -> None:
    bodies = [deployment("16Gi", name="a"), deployment("16Gi", label=True, name="b")]
    outcome = judged(tmp_path, law(), manifest(*bodies))
    assert outcome.state is State.ERROR
    assert outcome.failed == (
        f"{POLICY}:13: could not parse string as number (Deployment a) and on 1 more"
    )
    assert said(outcome) == [NO_LABEL]


def test_an_error_credits_nothing(tmp_path: Path) -> None:
    before = law() | manifest(deployment("24", label=True))
    outcome = judged(tmp_path, before, manifest(deployment("16Gi", label=True)))
    assert (outcome.state, outcome.fixed) == (State.ERROR, ())


def test_an_error_before_the_change_does_not_stop_its_mending(tmp_path: Path) -> None:
    before = law() | manifest(deployment("16Gi", label=True))
    outcome = judged(tmp_path, before, manifest(deployment("16", label=True)))
    assert (outcome.state, outcome.findings) == (State.PASS, ())


def test_policies_are_those_of_the_base(tmp_path: Path) -> None:
    lax = "package kubernetes.admission\nallow := true\n"
    outcome = judged(tmp_path, law(), manifest(deployment(24)) | {POLICY: lax})
    assert outcome.state is State.FAIL
    assert said(outcome) == [
        NO_LABEL,
        TOO_MUCH,
        "policies changed: they take effect after the merge",
    ]
    assert outcome.findings[-1].severity is Severity.INFO


def test_a_policy_of_the_head_is_tried(tmp_path: Path) -> None:
    new = ".plumbline/policies/new.rego"
    broken = "package main\ndeny contains m if {\n  http.send({})\n}\n"
    outcome = judged(tmp_path, law(), {new: broken})
    assert outcome.state is State.FAIL
    note, finding = outcome.findings
    assert (note.rule, note.location.path) == ("policies-changed", new)
    assert (finding.rule, finding.location.line) == ("policy-invalid", 3)
    assert "http.send cannot be called" in finding.message


def test_the_first_policies_of_a_repository(tmp_path: Path) -> None:
    outcome = judged(tmp_path, {"README.md": "x"}, law() | manifest(deployment(24)))
    assert outcome.state is State.SKIPPED
    assert outcome.skipped == "no policy files match .plumbline/policies/**/*.{rego,yaml,yml}"
    assert [f.rule for f in outcome.findings] == ["policies-changed"]


def test_a_pull_request_can_remove_a_broken_policy(tmp_path: Path) -> None:
    outcome = judged(tmp_path, law("package p\nnonsense("), {"README.md": "y"}, removed=(POLICY,))
    assert (outcome.state, outcome.reason) == (State.SKIPPED, "the change touches no objects")


def test_a_broken_policy_of_the_base_is_an_error_where_it_should_judge(tmp_path: Path) -> None:
    outcome = judged(tmp_path, law("package p\nnonsense("), manifest(deployment(24)))
    assert outcome.state is State.ERROR
    assert outcome.failed.startswith(f"{POLICY}:2: ")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.rego", b"package a\n# \xff\n", "a.rego: is not UTF-8"),
        ("b.rego", b"#" * 300_000, "b.rego: has 300,000 bytes, more than policies may have"),
    ],
)
def test_policies_that_are_not_read(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    before = law() | {f".plumbline/policies/deep/er/{name}": content}
    outcome = judged(tmp_path, before, manifest(deployment(24)))
    assert (outcome.state, said(outcome)) == (State.ERROR, [NO_LABEL, TOO_MUCH])
    assert outcome.failed == f".plumbline/policies/deep/er/{reason}"


def test_a_link_to_a_policy_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / ".plumbline" / "policies").mkdir(parents=True)
    (tmp_path / ".plumbline" / "policies" / "link.rego").symlink_to("/etc/passwd")
    outcome = judged(tmp_path, {"README.md": "x"}, manifest(deployment()))
    assert outcome.failed == (
        ".plumbline/policies/link.rego: is no regular file, so it is not followed"
    )


def test_tests_of_policies_are_none(tmp_path: Path) -> None:
    test: dict[str, str | bytes] = {".plumbline/policies/finops_test.rego": ELSEWHERE % "a test"}
    outcome = judged(tmp_path, law() | test, manifest(deployment(label=True)))
    assert (outcome.state, outcome.findings) == (State.PASS, ())


def test_other_places_by_pattern(tmp_path: Path) -> None:
    before: dict[str, str | bytes] = {
        "policy/a.rego": 'package main\ndeny[m] { m := "a" }',
        "policy/deep/b.rego": 'package main\ndeny[m] { m := "b" }',
        "other/c.rego": 'package main\ndeny[m] { m := "c" }',
    }
    for patterns, expected in (
        (("policy/*.rego",), ["a"]),
        (("policy/**/*.rego",), ["a", "b"]),
        (("{policy/deep,other}/*.rego",), ["b", "c"]),
        (("**/*.rego", "other/c.rego"), ["a", "b", "c"]),
    ):
        folder = tmp_path / str(len(patterns[0]))
        outcome = judged(folder, before, manifest(deployment()), patterns=patterns)
        assert sorted(said(outcome)) == expected
    outcome = judged(tmp_path / "none", before, manifest(deployment()), patterns=())
    assert outcome.skipped == "no policy files match the config's empty list"


def test_a_file_that_judges_nothing_is_no_pass(tmp_path: Path) -> None:
    idle: dict[str, str | bytes] = {
        ".plumbline/policies/idle.rego": "package idle\nallow := true\n"
    }
    outcome = judged(tmp_path, law() | idle, manifest(deployment(label=True)))
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.inconclusive.startswith(".plumbline/policies/idle.rego: no rule named deny")


def test_how_hard_a_denial_is_can_depend_on_the_tier(tmp_path: Path) -> None:
    policy = 'package main\ndeny contains "d"\nwarn contains "w"\n'
    outcome = judged(
        tmp_path,
        law(policy),
        manifest(deployment()),
        severities=Severities(denial={"production": "approval"}),
    )
    assert [(f.message, f.severity) for f in outcome.findings] == [
        ("d", Severity.APPROVAL),
        ("w", Severity.WARN),
    ]


def test_the_line_of_the_field_that_a_message_names(tmp_path: Path) -> None:
    policy = """package main
deny[{"msg": "no", "path": ["spec", "template", "spec", "containers", 0, "image"]}] { true }
"""
    outcome = judged(tmp_path, law(policy), manifest(deployment()))
    (finding,) = outcome.findings
    line = str(manifest(deployment())["app.yaml"]).splitlines()[finding.location.line - 1]
    assert line.strip() == "image: c:1"
    assert finding.trace.inputs[0].value == '"c:1"'


def test_the_same_change_gives_the_same_outcome(tmp_path: Path) -> None:
    files = law(), manifest(*(deployment(24, name=f"d{n}") for n in range(20)))
    one, two = (judged(tmp_path / name, *files) for name in "ab")
    assert one == two
    assert len(one.findings) == 40


DOCS = (ROOT / "docs" / "policies.md").read_text()


@pytest.mark.parametrize("example", re.findall(r"```rego\n(.*?)```", DOCS, re.DOTALL))
def test_the_examples_of_the_docs(example: str) -> None:
    body = deployment()
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "c:latest"
    assert len(messages(sources(example), body)) == 1


def test_the_docs_name_every_builtin_that_differs() -> None:
    named = set(re.findall(r"`([a-z_0-9.]+)`", DOCS))
    assert {*ADDED, *REFUSED} <= named

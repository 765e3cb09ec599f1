"""What would make it pass is tried before it is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.config import Policy, defaults
from bot.counterfactual import dotted, tried
from bot.judge import judge
from checks.model import Facts, Finding, Location, Node, Outcome, Patch, Resource, Snapshot, Subject
from checks.patches import patched

FACTS = Facts(now=datetime(2026, 11, 21, tzinfo=UTC))


@dataclass(frozen=True)
class Case:
    subject: Subject
    policy: Policy
    findings: tuple[Finding, ...]


def case() -> Case:
    body: dict[str, Node] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "main", "image": "web:latest"}]},
    }
    pod = Resource(
        id="pod",
        api_version="v1",
        kind="Pod",
        namespace="",
        name="web",
        body=body,
        source=Location(path="prod/web.yaml", line=1),
    )
    subject = Subject(
        base=Snapshot(sha="a"), head=Snapshot(sha="b", resources={"pod": pod}), facts=FACTS
    )
    policy = defaults()
    found = [f for o in judge(subject, policy) for f in o.findings if f.check == "image_tag"]
    return Case(subject, policy, tuple(found))


IMAGE = ("spec", "containers", 0, "image")


def test_a_patch_that_helps_is_said() -> None:
    it = case()
    hopeful = replace(it.findings[0], patches=(Patch(pointer=IMAGE, value="web:1.2"),))
    (outcome,) = tried([Outcome(check="image_tag", findings=(hopeful,))], it.subject, it.policy)
    assert outcome.findings[0].counterfactual == 'passes with spec.containers[0].image = "web:1.2"'


def test_a_patch_that_does_not_help_is_not() -> None:
    it = case()
    vain = replace(it.findings[0], patches=(Patch(pointer=IMAGE, value="other:latest"),))
    (outcome,) = tried([Outcome(check="image_tag", findings=(vain,))], it.subject, it.policy)
    assert outcome.findings[0].counterfactual == ""


def test_patching_copies_and_makes_what_is_missing() -> None:
    pod = next(iter(case().subject.head.resources.values()))
    body: dict[str, Node] = {"spec": {"a": [1, 2]}}
    patches = (
        Patch(pointer=("spec", "a", 1), value=3),
        Patch(pointer=("spec", "b", "c"), value="d"),
        Patch(pointer=("metadata", "labels", "x.io/y"), value="z"),
    )
    assert patched(replace(pod, body=body), patches).body == {
        "spec": {"a": [1, 3], "b": {"c": "d"}},
        "metadata": {"labels": {"x.io/y": "z"}},
    }
    assert body == {"spec": {"a": [1, 2]}}
    gone = patched(replace(pod, body={"a": 1, "b": 2}), (Patch(pointer=("a",), value=None),))
    assert gone.body == {"b": 2}


def test_pointers_in_words() -> None:
    assert dotted(("metadata", "labels", "x.io/y")) == 'metadata.labels["x.io/y"]'
    assert dotted(IMAGE) == "spec.containers[0].image"

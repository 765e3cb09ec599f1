"""What a changed policy would mean for everything that is declared."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.policy.files import Files
from bot.policy.findings import Severities
from bot.policy.model import Context, Limits, Source
from bot.policy.radius import Radius, radius
from checks.model import Location, Resource, Severity, Tier

LIMITS = Limits(evaluation_seconds=3.0, total_seconds=20.0)


def deny(body: str, name: str = "deny", message: str = "no", package: str = "main") -> Files:
    text = f'package {package}\n\n{name} contains "{message}" if {{\n  {body}\n}}\n'
    return Files(sources=(Source(path="p.rego", text=text),))


def objects(count: int, kind: str = "Deployment") -> list[Resource]:
    return [
        Resource(
            id=f"{kind} {number}",
            api_version="v1" if kind == "ConfigMap" else "apps/v1",
            kind=kind,
            namespace="shop",
            name=f"a{number}",
            body={"kind": kind, "spec": {"replicas": number}},
            source=Location(path=f"a{number}.yaml", line=1),
        )
        for number in range(count)
    ]


def struck(before: Files, after: Files, found: list[Resource]) -> Radius:
    context = Context(
        now=datetime(2026, 6, 1, tzinfo=UTC), limits=LIMITS, inventory=lambda: tuple(found)
    )
    return radius(before, after, found, Severities(), context)


def names(found: Radius) -> tuple[list[str], list[str], list[str]]:
    sides = (found.newly_failing, found.newly_warned, found.newly_passing)
    return tuple([one.resource.name for one in side] for side in sides)  # type: ignore[return-value]


def test_who_would_newly_fail_is_named() -> None:
    found = struck(deny("input.spec.replicas > 13"), deny("input.spec.replicas > 1"), objects(15))
    assert len(found.newly_failing) == 12
    assert (found.newly_warned, found.newly_passing, found.problems) == ((), (), ())
    assert found.said.startswith(
        "among the 15 objects of the repository: 12 workloads would newly fail: "
        "Deployment shop/a2 (rego/main.deny), Deployment shop/a3 (rego/main.deny), "
    )
    assert found.said.endswith("Deployment shop/a11 (rego/main.deny) and 2 more")
    assert found.finding.severity is Severity.WARN


def test_who_would_no_longer_fail_is_named() -> None:
    found = struck(deny("input.spec.replicas > 0"), deny("input.spec.replicas > 1"), objects(3))
    assert names(found) == ([], [], ["a1"])
    assert "1 workload would no longer fail: Deployment shop/a1" in found.said
    assert found.finding.severity is Severity.INFO


@pytest.mark.parametrize(
    "after",
    [
        deny("input.spec.replicas > 0", message="other words"),
        deny("input.spec.replicas > 0", package="renamed"),
    ],
)
def test_a_new_name_or_new_words_change_nothing(after: Files) -> None:
    found = struck(deny("input.spec.replicas > 0"), after, objects(3))
    assert names(found) == ([], [], [])
    assert found.said.endswith("no verdict on an object would change")


def test_from_a_warning_to_a_denial_is_new_and_back_is_none() -> None:
    soft, hard = deny("input.spec.replicas > 0", "warn"), deny("input.spec.replicas > 0")
    assert names(struck(soft, hard, objects(2))) == (["a1"], [], [])
    assert names(struck(hard, soft, objects(2))) == ([], [], ["a1"])
    assert names(struck(Files(), soft, objects(2))) == ([], ["a1"], [])


def test_what_is_no_workload_is_called_an_object() -> None:
    found = struck(Files(), deny("input.spec.replicas == 0"), objects(2, "ConfigMap"))
    assert "1 object would newly fail: ConfigMap shop/a0" in found.said


def test_what_cannot_be_judged_is_said_and_passes_nowhere() -> None:
    broken = deny('to_number("16Gi") > input.spec.replicas')
    found = struck(deny("input.spec.replicas > 0"), broken, objects(2))
    assert found.newly_passing == ()
    assert found.problems
    assert "could not be judged" in found.said
    assert found.finding.severity is Severity.WARN


def test_the_tier_decides_how_hard_it_is() -> None:
    (one,) = objects(1)
    context = Context(now=datetime(2026, 6, 1, tzinfo=UTC), limits=LIMITS, inventory=lambda: (one,))
    severities = Severities(denial={"production": "fail"})
    after = deny("true")
    assert one.tier is Tier.STAGING
    found = radius(Files(), after, [one], severities, context)
    assert names(found) == ([], ["a0"], [])

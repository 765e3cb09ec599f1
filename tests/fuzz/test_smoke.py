"""A short run of the fuzzer, the same every time."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz import gatekeeper, kyverno, rego, vap
from tests.fuzz.cel import BROKEN
from tests.fuzz.piece import of_bodies
from tests.fuzz.trial import tried
from tests.fuzz.worlds import World, worlds


@seed(7)
@settings(
    max_examples=20,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(worlds(crowds=False))
def test_policies_at_random_keep_what_is_promised(world: World) -> None:
    assert tried(world).violations == []


def test_a_broken_policy_that_goes_by_in_silence_is_seen() -> None:
    fine = of_bodies("vap", "policy/vap0.yaml", vap.policy("fine", "true"), vap.binding("fine"))
    lie = of_bodies(
        "vap", "policy/vap1.yaml", vap.policy("lie", "true"), vap.binding("lie"), broken="a lie"
    )
    trial = tried(World(pieces=(fine, lie), manifests=()))
    assert trial.violations == ["vap (a lie) is broken, and no problem says so"]


def test_one_of_each_kind_that_is_broken() -> None:
    world = World(
        pieces=(
            rego.hanging_rego(0),
            of_bodies(
                "gatekeeper",
                "policy/gatekeeper0.yaml",
                gatekeeper.constraint("Lonely", {}),
                broken="no template",
            ),
            of_bodies("vap", "policy/vap0.yaml", vap.binding("lonely"), broken="no policy"),
            of_bodies(
                "kyverno",
                "policy/kyverno0.yaml",
                kyverno.validating("bad", BROKEN["syntax"]),
                broken="syntax",
            ),
        ),
        manifests=(),
    )
    trial = tried(world)
    assert trial.violations == []
    assert {p.path for p in trial.problems} == {path for one in world.pieces for path in one.paths}

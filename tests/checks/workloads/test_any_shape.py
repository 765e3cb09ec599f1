"""Whatever stands in the fields that these rules read, they answer."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from bot.config import parse
from checks.model import Resource, Subject, Tier
from checks.registry import CHECKS
from checks.rule import Check
from tests.checks.manifests import resource, resources, subject

_EXAMPLES = Path(__file__).parents[3] / "docs" / "checks" / "examples"
_OURS = {
    "pod_security",
    "image_registry",
    "probes",
    "disruption_budget",
    "hpa_sanity",
    "topology_spread",
    "placement",
    "gpu_limits",
    "cost_labels",
}
_JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**400,
    0.5,
    float("nan"),
    "",
    "50%",
    "${A}",
    "[",
    [],
    [None, 1, "a", {}],
    {},
    {"name": 1, "key": [], "matchLabels": 3},
    {"ALL": {"type": []}},
)
_ROUNDS = 100


def _paths(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of everything inside of `node`."""
    pairs: Any = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in pairs:
        found.append((*at, key))
        if isinstance(value, dict | list):
            found += _paths(value, (*at, key))
    return found


def _spoilt(one: Resource, dice: random.Random) -> Resource:
    """The object with one or two of its values replaced by others."""
    body: Any = copy.deepcopy(dict(one.body))
    for _ in range(dice.choice((1, 1, 2))):
        places = [path for path in _paths(body) if path[0] in ("spec", "metadata") and path[1:]]
        path = dice.choice(places)
        # Without its name nothing is an object; the reader sees to that.
        if path == ("metadata", "name"):
            continue
        node = body
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = copy.deepcopy(dice.choice(_JUNK))
    body["metadata"] = {**body["metadata"], "name": one.name, "namespace": one.namespace}
    return resource(body, tier=Tier.PRODUCTION)


def _subject(check: Check, dice: random.Random) -> Subject:
    text = (_EXAMPLES / check.id / "bad.yaml").read_text()
    objects = resources(text, tier=Tier.PRODUCTION)
    return subject(
        [_spoilt(one, dice) for one in objects if dice.random() < 0.5],
        [_spoilt(one, dice) for one in objects],
    )


@pytest.mark.parametrize("check", [c for c in CHECKS if c.id in _OURS], ids=lambda check: check.id)
def test_every_rule_answers(check: Check) -> None:
    folder = _EXAMPLES / check.id
    config = folder / "config.yaml"
    law = parse("a.yml", config.read_bytes() if config.exists() else b"version: 1")
    dice = random.Random(4711)
    rules = {rule.id for rule in check.rules}
    for _ in range(_ROUNDS):
        outcome = check.judge(_subject(check, dice), law.checks[check.id])
        for finding in (*outcome.findings, *outcome.fixed):
            assert finding.remedy
            assert finding.message
            assert finding.rule in rules

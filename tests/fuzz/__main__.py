"""`make fuzz`: policies and manifests at random for some minutes. 1 where a promise was broken."""

from __future__ import annotations

import argparse
import sys
import time

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.tally import Tally
from tests.fuzz.trial import tried
from tests.fuzz.worlds import World, worlds

_AT_ONCE = 25


def main() -> int:
    """0 where every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally = Tally(seed=options.seed)
    end = time.monotonic() + 60 * options.minutes
    turn = 0
    while time.monotonic() < end:
        _some(options.seed * 1_000_000 + turn, tally, end)
        turn += 1
    print(tally.said())
    return 1 if tally.violations else 0


def _some(number: int, tally: Tally, end: float) -> None:
    @seed(number)
    @settings(
        max_examples=_AT_ONCE,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds())
    def run(world: World) -> None:
        if time.monotonic() < end:
            tally.add(tried(world))

    run()


if __name__ == "__main__":
    sys.exit(main())

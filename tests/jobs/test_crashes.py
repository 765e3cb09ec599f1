"""Workers are killed; what was accepted is judged all the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.jobs import Intake, counts
from tests.jobs import process
from tests.jobs.recorder import delivery, wait_for


class Workers:
    """Worker processes on one database, and their common journal."""

    def __init__(self, url: str, journal: Path) -> None:
        self.url = url
        self._journal = journal
        journal.touch()
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, executor: str = "") -> subprocess.Popen[bytes]:
        """An executor's name that a restart keeps gives it its jobs back at once."""
        command = [sys.executable, "-m", "tests.jobs.process"]
        command += [self.url, str(self._journal), executor]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self._all.append(worker)
        return worker

    def journal(self, word: str) -> list[str]:
        """The lines that begin with the word, without it."""
        lines = self._journal.read_text(encoding="utf-8").splitlines()
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{word} ")]

    def kill(self) -> None:
        for worker in self._all:
            worker.kill()
            worker.communicate()


@pytest.fixture
def workers(url: str, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(url, tmp_path / "journal")
    yield workers
    workers.kill()


@pytest.fixture
def accept(url: str) -> Iterator[Callable[[int, str], bool]]:
    intake = Intake(url)
    yield lambda number, name: intake.accept(delivery(number, name))
    intake.close()


Accept = Callable[[int, str], bool]


def test_a_restart_does_the_killed_worker_s_job(workers: Workers, accept: Accept) -> None:
    accept(process.HANGS_THE_FIRST_TIME, "d1")
    first = workers.start("pod-0")
    wait_for(lambda: workers.journal("judge") == ["d1 1"])
    first.kill()
    workers.start("pod-0")
    wait_for(lambda: workers.journal("end") == ["d1"])
    assert workers.journal("judge") == ["d1 1", "d1 2"]
    wait_for(lambda: counts(workers.url) == {"SUCCESS": 1})


def test_another_worker_takes_over_from_one_that_never_comes_back(
    workers: Workers, accept: Accept
) -> None:
    first = workers.start()
    accept(process.HANGS_THE_FIRST_TIME, "d1")
    wait_for(lambda: workers.journal("judge") == ["d1 1"])
    workers.start()
    wait_for(lambda: len(workers.journal("started")) == 2)
    # It takes what comes in newly, and not what a live worker is at.
    accept(process.PASSES, "d2")
    wait_for(lambda: workers.journal("end") == ["d2"])
    assert workers.journal("judge") == ["d1 1", "d2 1"]
    # Whoever ran d2 must have recorded its end, or it is run again.
    wait_for(lambda: counts(workers.url) == {"SUCCESS": 1, "PENDING": 1})
    first.kill()
    wait_for(lambda: workers.journal("end") == ["d2", "d1"])
    assert workers.journal("judge") == ["d1 1", "d2 1", "d1 2"]


def test_a_job_that_kills_its_process_is_given_up(workers: Workers, accept: Accept) -> None:
    accept(process.KILLS, "d1")
    _restart_until(workers, lambda: bool(workers.journal("give_up")))
    assert workers.journal("judge") == ["d1 1", "d1 2", "d1 3"]
    why = "the process that ran it died 3 times before it had ended"
    assert workers.journal("give_up") == [f"d1 {why}"]
    wait_for(lambda: counts(workers.url) == {"ERROR": 1})


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_giving_up_that_kills_the_process_ends_too(workers: Workers, accept: Accept) -> None:
    accept(process.KILLS_IN_THE_END_TOO, "d1")
    _restart_until(workers, lambda: counts(workers.url) == {"ERROR": 1})
    assert len(workers.journal("judge")) == 3
    assert len(workers.journal("give_up")) == 3


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_nobody_is_spoken_to_but_the_database(workers: Workers, accept: Accept) -> None:
    accept(process.PASSES, "d1")
    worker = workers.start()
    wait_for(lambda: counts(workers.url) == {"SUCCESS": 1})
    worker.communicate()
    assert worker.returncode == 0
    assert workers.journal("network") == []


def _restart_until(workers: Workers, condition: Callable[[], bool]) -> None:
    """As a supervisor does: a worker that dies is started again."""
    worker = workers.start("pod-0")

    def done() -> bool:
        nonlocal worker
        if worker.poll() is not None:
            worker = workers.start("pod-0")
        return condition()

    wait_for(done, 30)

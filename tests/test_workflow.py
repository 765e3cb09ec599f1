"""The workflow's turns, with a plain forge and a real git repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.forges import ForgeError, Remote
from bot.model import CheckStatus, Job, Sweep
from bot.repo import Repository, Vanished
from bot.retry import Later
from bot.summary.model import NoAdvisor
from bot.workflow import Tools, give_up, handle, sweep
from bot.workshop import Workshop
from tests.forge.gitrepo import GitRepo
from tests.plain_forge import PlainForge, pull

JOB = Job(forge="plain", project="acme/infra", number=1, trigger="test", delivery_id="d1")


@dataclass
class Memory:
    """Heads, in a dictionary: the base they were judged against, None while unfinished."""

    heads: dict[str, str | None] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)

    def began(self, job: Job, head_sha: str) -> None:
        self.heads[head_sha] = None

    def ended(self, job: Job, head_sha: str, *, base: str = "") -> None:
        self.heads[head_sha] = base

    def unfinished(self, job: Job) -> tuple[str, ...]:
        return tuple(sha for sha, base in self.heads.items() if base is None)

    def put(self, record_id: str, pull: str, data: bytes) -> None:
        self.records[record_id] = data

    def newest(self, pull: str) -> bytes | None:
        return None

    def to(self, record_id: str, now: datetime) -> str:
        return f"https://plumbline.example/{record_id}"

    def is_judged(self, job: Job, head_sha: str, base: str) -> bool:
        return self.heads.get(head_sha) == base


@dataclass
class Local:
    """Mirrors that are one local repository; `before` runs at each fetch."""

    path: Path
    before: Callable[[], None] = lambda: None

    def fetch(self, project: str, remote: Remote, base: str, head: str) -> Repository:
        self.before()
        return Repository.local(self.path)


@dataclass
class Turn:
    """A ticket that is the newest for as many questions as `newest` says."""

    seq: int = 1
    newest: int = 99

    def is_newest(self) -> bool:
        self.newest -= 1
        return self.newest >= 0


@dataclass
class Bench:
    """Everything a job needs."""

    forge: PlainForge
    memory: Memory
    local: Local
    base: str
    head: str
    folder: Path

    @property
    def tools(self) -> Tools:
        return Tools(
            apps={"plain": self.forge},
            mirrors=self.local,
            heads=self.memory,
            records=self.memory,
            links=self.memory,
            advisor=NoAdvisor(),
            rightsizing=None,
            workshop=Workshop(folder=self.folder, max_bytes=1 << 20),
            clock=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        )


class At(PlainForge):
    """A plain forge whose branches are all at one commit."""

    tip = ""

    def branch_tip(self, project: str, branch: str) -> str | None:
        return self.tip


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    git = GitRepo(tmp_path / "repo.git")
    git.create("main")
    base = git.commit("main", {"app.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, (), "base")
    change = {"app.yaml": "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n"}
    head = git.commit("change", dict(change), (base,), "change")
    forge = At()
    forge.tip = base
    forge.pulls[1] = replace(pull(), base_sha=base, head_sha=head)
    return Bench(
        forge=forge,
        memory=Memory(),
        local=Local(tmp_path / "repo.git"),
        base=base,
        head=head,
        folder=tmp_path / "workshop",
    )


def test_a_verdict_is_published_and_remembered(bench: Bench) -> None:
    assert handle(JOB, Turn(), bench.tools) == "pass"
    assert bench.forge.pending() == []
    assert len(bench.forge.remarks) == 1
    assert bench.memory.is_judged(JOB, bench.head, "main")
    (record,) = bench.memory.records
    assert {r.details_url for r in bench.forge.runs} == {f"https://plumbline.example/{record}"}


def test_a_pull_request_that_is_gone_is_let_go(bench: Bench) -> None:
    bench.forge.pulls.clear()
    assert handle(JOB, Turn(), bench.tools) == "gone"
    assert bench.forge.writes == 0


def test_a_closed_one_ends_what_was_in_progress(bench: Bench) -> None:
    assert handle(JOB, Turn(newest=1), bench.tools) == "superseded"
    assert len(bench.forge.pending()) == 1
    bench.forge.pulls[1] = replace(bench.forge.pulls[1], is_open=False)
    assert handle(JOB, Turn(seq=2), bench.tools) == "closed"
    assert [r.status for r in bench.forge.runs] == [CheckStatus.CANCELLED]
    assert bench.memory.unfinished(JOB) == ()


def test_what_is_superseded_before_it_begins_writes_nothing(bench: Bench) -> None:
    assert handle(JOB, Turn(newest=0), bench.tools) == "superseded"
    assert bench.forge.writes == 0


def test_a_newer_head_ends_the_check_runs_of_the_older(bench: Bench) -> None:
    assert handle(JOB, Turn(newest=1), bench.tools) == "superseded"
    old = bench.head
    bench.forge.pulls[1] = replace(bench.forge.pulls[1], head_sha=bench.base)
    handle(JOB, Turn(seq=2), bench.tools)
    assert {r.status for r in bench.forge.runs if r.head_sha == old} == {CheckStatus.CANCELLED}
    assert bench.forge.pending() == []


def test_a_head_that_moves_meanwhile_is_followed(bench: Bench) -> None:
    moved = replace(bench.forge.pulls[1], head_sha=bench.base)

    def move() -> None:
        bench.forge.pulls[1] = moved

    bench.local.before = move
    handle(JOB, Turn(), bench.tools)
    assert bench.memory.is_judged(JOB, bench.base, "main")
    assert bench.forge.pending() == []


def test_a_head_that_vanished_is_tried_later(bench: Bench) -> None:
    def vanish() -> None:
        raise Vanished("the commit is gone")

    bench.local.before = vanish
    with pytest.raises(Later) as later:
        handle(JOB, Turn(), bench.tools)
    assert later.value.seconds > 0


def test_giving_up_fails_the_gate(bench: Bench) -> None:
    give_up(JOB, Turn(), "It was tried 3 times.", bench.tools)
    assert [r.status for r in bench.forge.runs] == [CheckStatus.FAILURE]
    assert bench.memory.unfinished(JOB) == ()


def test_giving_up_what_a_newer_job_judges_says_nothing(bench: Bench) -> None:
    give_up(JOB, Turn(newest=0), "It was tried 3 times.", bench.tools)
    assert bench.forge.writes == 0


def swept(bench: Bench, order: Sweep) -> list[Job]:
    found: list[Job] = []

    def enqueue(job: Job) -> bool:
        found.append(job)
        return True

    sweep(order, enqueue, bench.tools)
    return found


EVERYTHING = Sweep(forge="plain", project="", trigger="catch-up", delivery_id="c1")


def test_catching_up_finds_what_was_never_judged(bench: Bench) -> None:
    assert [job.number for job in swept(bench, EVERYTHING)] == [1]
    handle(JOB, Turn(), bench.tools)
    assert swept(bench, EVERYTHING) == []


def test_catching_up_asks_for_the_same_head_under_the_same_name(bench: Bench) -> None:
    first, again = swept(bench, EVERYTHING), swept(bench, replace(EVERYTHING, delivery_id="c2"))
    assert first[0].delivery_id == again[0].delivery_id


def test_a_commit_that_is_asked_for_is_judged_again(bench: Bench) -> None:
    handle(JOB, Turn(), bench.tools)
    order = Sweep(
        forge="plain",
        project="acme/infra",
        trigger="check_suite.rerequested",
        delivery_id="r1",
        head_sha=bench.head,
    )
    assert [job.head_sha for job in swept(bench, order)] == [bench.head]
    assert swept(bench, replace(order, head_sha="f" * 40)) == []


def test_a_project_that_cannot_be_read_does_not_hide_the_others(bench: Bench) -> None:
    class Half(At):
        def acting_for(self, project: str, installation: str = "") -> PlainForge:
            if project == "acme/gone":
                raise ForgeError("no access")
            return self

    half = Half(pulls=dict(bench.forge.pulls))
    half.pulls[2] = replace(pull(2), project="acme/gone")
    bench.forge = half
    assert [job.project for job in swept(bench, EVERYTHING)] == ["acme/infra"]

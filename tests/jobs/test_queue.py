"""What is accepted is judged: once, one at a time, the newest, after a wait, or given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.jobs import Ticket, Timing, counts
from bot.model import Delivery, Job, Sweep
from bot.retry import Later
from tests.jobs.recorder import QUICK, Rig, delivery, job, wait_for


def test_a_duplicate_delivery_runs_once(rig: Rig) -> None:
    assert rig.intake.accept(delivery())
    assert not rig.intake.accept(delivery())
    rig.start()
    assert rig.settle() == {"SUCCESS": 1}
    assert not rig.intake.accept(delivery())
    assert [judged.delivery_id for judged, _ in rig.handlers.judged] == ["d1"]


def test_a_delivery_without_work_is_only_remembered(rig: Rig) -> None:
    ping = Delivery(id="p1", event="ping", ignored="nothing to judge")
    assert rig.intake.accept(ping)
    assert not rig.intake.accept(ping)
    assert counts(rig.url) == {}


def test_many_pushes_give_few_runs_and_the_newest_is_last(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            if not ticket.is_newest():
                return "superseded"
            time.sleep(0.02)
        return "pass"

    rig.handlers.body = body
    rig.start()
    for push in range(20):
        rig.intake.accept(delivery(name=f"push{push}"))
        time.sleep(0.02)
    ended = rig.settle()
    runs = [judged.delivery_id for judged, _ in rig.handlers.judged]
    assert runs[-1] == "push19"
    # On a busy machine the pushes are further apart, and more of them begin a run.
    assert len(runs) <= 14
    assert ended["CANCELLED"] >= 10
    assert sum(ended.values()) == 20
    seqs = [ticket.seq for _, ticket in rig.handlers.judged]
    assert seqs == sorted(set(seqs))


def test_one_at_a_time_for_a_pull_request_and_many_pull_requests_at_once(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        time.sleep(0.4)
        return "pass"

    rig.handlers.body = body
    rig.start(concurrency=4)
    for number in (1, 2, 3):
        rig.intake.accept(delivery(number, f"first{number}"))
    wait_for(lambda: len(rig.handlers.judged) == 3)
    for number in (1, 2, 3):
        rig.intake.accept(delivery(number, f"second{number}"))
    assert rig.settle() == {"SUCCESS": 6}
    assert rig.handlers.most == 3
    assert set(rig.handlers.most_at_once.values()) == {1}


def test_a_delivery_can_hold_several_jobs(rig: Rig) -> None:
    rig.intake.accept(Delivery(id="d1", event="push", work=(job(1), job(2))))
    rig.start()
    assert rig.settle() == {"SUCCESS": 2}
    assert sorted(judged.number for judged, _ in rig.handlers.judged) == [1, 2]


def test_seq_rises_and_is_never_below_the_clock(rig: Rig) -> None:
    before = time.time_ns() // 1000
    rig.start()
    for name in ("d1", "d2"):
        rig.intake.accept(delivery(name=name))
        rig.settle()
    first, second = (ticket.seq for _, ticket in rig.handlers.judged)
    assert before <= first < second <= time.time_ns() // 1000 + 1


def test_later_runs_the_job_again_and_holds_no_worker(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        if job.number == 1 and ticket.attempt <= 2:
            raise Later(0.1, "the forge is busy")
        return "pass"

    rig.handlers.body = body
    rig.start(concurrency=1)
    rig.intake.accept(delivery(1, "put-off"))
    wait_for(lambda: bool(rig.handlers.judged))
    rig.intake.accept(delivery(2, "other"))
    assert rig.settle() == {"SUCCESS": 4}
    attempts = [t.attempt for judged, t in rig.handlers.judged if judged.number == 1]
    assert attempts == [1, 2, 3]
    assert rig.handlers.given_up == []


def test_a_job_that_waits_is_superseded_at_once(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        if job.delivery_id == "old":
            raise Later(3600, "the forge is busy")
        return "pass"

    rig.handlers.body = body
    rig.start()
    rig.intake.accept(delivery(name="old"))
    wait_for(lambda: counts(rig.url).get("DELAYED") == 1)
    rig.intake.accept(delivery(name="new"))
    assert rig.settle(5) == {"SUCCESS": 2, "CANCELLED": 1}
    assert [judged.delivery_id for judged in rig.handlers.ended] == ["new"]


def test_a_job_is_not_put_off_for_ever(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        raise Later(7200, "the forge is busy")

    rig.handlers.body = body
    rig.start(Timing(poll=0.05, reap=0.2, patience=3600))
    rig.intake.accept(delivery())
    assert rig.settle() == {"ERROR": 1}
    assert rig.handlers.given_up == [(job(), "it was put off for 1 hours: the forge is busy")]


def test_a_job_that_fails_three_times_is_given_up_once(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        raise ZeroDivisionError("secret")

    rig.handlers.body = body
    rig.start()
    rig.intake.accept(delivery())
    assert rig.settle() == {"SUCCESS": 2, "ERROR": 1}
    assert [ticket.attempt for _, ticket in rig.handlers.judged] == [1, 2, 3]
    why = "it failed 3 times, at last with: ZeroDivisionError"
    assert rig.handlers.given_up == [(job(), why)]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_giving_up_that_fails_is_tried_again_but_does_not_loop(rig: Rig) -> None:
    def fail(*_: object) -> str:
        raise ZeroDivisionError

    def farewell(job: Job) -> None:
        fail()

    rig.handlers.body = fail
    rig.handlers.farewell = farewell
    rig.start(Timing(poll=0.05, retry=(0.05,)))
    rig.intake.accept(delivery())
    assert rig.settle()["ERROR"] == 1
    assert (len(rig.handlers.judged), len(rig.handlers.given_up)) == (2, 3)


def test_a_catch_up_is_swept_at_the_start_and_enqueues_what_is_missing(rig: Rig) -> None:
    def sweeping(sweep: Sweep, enqueue: Callable[[Job], bool]) -> None:
        found.extend(enqueue(job(number, f"missing{number}")) for number in (1, 1, 2))

    found: list[bool] = []
    rig.handlers.sweeping = sweeping
    rig.start(forges=["github"])
    wait_for(lambda: len(rig.handlers.judged) == 2)
    assert rig.settle() == {"SUCCESS": 3}
    assert [(s.forge, s.project, s.trigger) for s in rig.handlers.swept] == [
        ("github", "", "catch-up")
    ]
    assert found == [True, False, True]


def test_a_catch_up_comes_round_and_leaves_work_under_way_alone(rig: Rig) -> None:
    def sweeping(sweep: Sweep, enqueue: Callable[[Job], bool]) -> None:
        found.append(enqueue(job(1, sweep.delivery_id)))

    def body(job: Job, ticket: Ticket) -> str:
        raise Later(3600, "the forge is busy")

    found: list[bool] = []
    rig.handlers.sweeping, rig.handlers.body = sweeping, body
    rig.intake.accept(delivery())
    rig.start(forges=["github"], catch_up_minutes=0.005)
    wait_for(lambda: len(rig.handlers.swept) >= 2)
    assert set(found) == {False}
    assert len(rig.handlers.judged) == 1


def test_a_sweep_by_commit_supersedes(rig: Rig) -> None:
    def sweeping(sweep: Sweep, enqueue: Callable[[Job], bool]) -> None:
        enqueue(job(1, "rerun"))

    def body(job: Job, ticket: Ticket) -> str:
        if job.delivery_id == "d1":
            raise Later(3600, "the forge is busy")
        return "pass"

    rig.handlers.sweeping, rig.handlers.body = sweeping, body
    rig.start()
    rig.intake.accept(delivery())
    wait_for(lambda: counts(rig.url).get("DELAYED") == 1)
    order = Sweep(
        forge="github", project="acme/infra", trigger="rerun", delivery_id="s1", head_sha="f" * 40
    )
    rig.intake.accept(Delivery(id="s1", event="check_suite", work=(order,)))
    wait_for(lambda: bool(rig.handlers.ended))
    assert rig.settle() == {"SUCCESS": 3, "CANCELLED": 1}
    assert [judged.delivery_id for judged in rig.handlers.ended] == ["rerun"]


def test_workers_of_one_process_follow_each_other(rig: Rig) -> None:
    for name in ("d1", "d2", "d3"):
        rig.start()
        with pytest.raises(RuntimeError, match="stop it first"):
            rig.start()
        rig.intake.accept(delivery(name=name))
        rig.settle()
        rig.stop()
    assert [judged.delivery_id for judged, _ in rig.handlers.judged] == ["d1", "d2", "d3"]


def test_a_stop_waits_for_the_running_job(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        time.sleep(0.7)
        return "pass"

    rig.handlers.body = body
    rig.start(QUICK)
    rig.intake.accept(delivery())
    wait_for(lambda: bool(rig.handlers.judged))
    rig.stop()
    assert counts(rig.url) == {"SUCCESS": 1}


def test_a_job_taken_over_from_a_worker_thought_dead_is_its_own_no_more(rig: Rig) -> None:
    """The first worker stops without waiting, so its body goes on while a second one starts it."""

    def body(job: Job, ticket: Ticket) -> str:
        if ticket.attempt == 1:
            assert ticket.is_newest()
            assert taken_over.wait(10)
            still_ours.append(ticket.is_newest())
        return "pass"

    taken_over, still_ours = threading.Event(), list[bool]()
    rig.handlers.body = body
    rig.start(replace(QUICK, drain=0))
    rig.intake.accept(delivery())
    wait_for(lambda: bool(rig.handlers.judged))
    rig.stop()
    rig.start(replace(QUICK, dead=1))
    wait_for(lambda: len(rig.handlers.judged) == 2)
    taken_over.set()
    wait_for(lambda: still_ours == [False])
    assert rig.settle() == {"SUCCESS": 1}
    assert [ticket.attempt for _, ticket in rig.handlers.judged] == [1, 2]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_sweep_that_fails_is_tried_again_and_then_let_go(rig: Rig) -> None:
    def sweeping(sweep: Sweep, enqueue: Callable[[Job], bool]) -> None:
        raise Later(0, "busy") if len(rig.handlers.swept) == 1 else ZeroDivisionError

    rig.handlers.sweeping = sweeping
    rig.start(replace(QUICK, retry=()))
    sweep = Sweep(forge="github", project="acme/infra", trigger="x", delivery_id="s1")
    rig.intake.accept(Delivery(id="s1", event="check_suite", work=(sweep,)))
    assert rig.settle() == {"SUCCESS": 1, "ERROR": 1}
    assert rig.handlers.swept == [sweep, sweep]
    assert rig.handlers.given_up == []

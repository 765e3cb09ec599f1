"""What GitLab's refusals and bad lines lead to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest

from bot.forges import ForgeError
from bot.forges.gitlab_app import GitLabApp
from bot.forges.gitlab_wire import UNTOLD, below, failure
from bot.forges.wire import classify
from bot.retry import Later, RateLimited, Transient
from tests.forge import faults
from tests.forge.faults import Effect
from tests.forges.gitlab_rig import AMBIGUOUS, PROJECT, Rig, served
from tests.gitlab import faults as refusals

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
IN_90 = datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC)
SPENT = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(IN_90.timestamp()))}
FAULTS = [pytest.param(fault, id=name) for name, fault in AMBIGUOUS.items()]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as rig:
        yield rig


@pytest.mark.parametrize(
    ("status", "headers", "said", "meaning"),
    [
        (500, {}, {}, Transient()),
        (502, {}, {}, Transient()),
        (503, {"Retry-After": "4"}, {}, Transient(after=4)),
        (408, {}, {}, Transient()),
        (409, {}, {"message": "409 Conflict: Resource lock"}, Transient()),
        (409, {}, {"message": "Another update to this commit status is in progress"}, Transient()),
        (409, {}, {"message": ["Another open merge request already exists: !5"]}, None),
        (429, {"Retry-After": "30"}, {}, RateLimited(seconds=30)),
        (429, {"Retry-After": "0"}, {}, RateLimited(seconds=1)),
        (429, {"Retry-After": format_datetime(IN_90, usegmt=True)}, {}, RateLimited(seconds=90)),
        (429, {"Retry-After": "7"} | SPENT, {}, RateLimited(seconds=7)),
        (429, SPENT, {}, RateLimited(seconds=91)),
        (429, {"RateLimit-Reset": "0"}, {}, RateLimited(seconds=1)),
        (429, {"RateLimit-Reset": "9" * 30}, {}, RateLimited(seconds=86400)),
        (429, {"RateLimit-Reset": "soon", "Retry-After": "soon"}, {}, RateLimited(seconds=UNTOLD)),
        (429, {}, {}, RateLimited(seconds=UNTOLD)),
        (401, {}, {"error": "invalid_token"}, None),
        (403, {"Retry-After": "5"}, {"message": "403 Forbidden"}, None),
        (404, {}, {}, None),
        (301, {}, {}, None),
    ],
)
def test_what_an_answer_means_to_the_policy(
    status: int, headers: dict[str, str], said: object, meaning: Transient | RateLimited | None
) -> None:
    error = failure("GET /x", status, headers, json.dumps(said), NOW)
    assert classify(error) == meaning
    assert error.status == status


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"message": "404 Project Not Found"}', "404 Project Not Found"),
        ('{"message": {"name": ["is too long"]}}', '{"name": ["is too long"]}'),
        ('{"error": "insufficient_scope", "error_description": "no"}', "insufficient_scope; no"),
        ('{"message": "' + "x" * 999 + '"}', "x" * 300 + "."),
        ("[1]", "no reason given"),
        ("<html>", "no reason given"),
        ("", "no reason given"),
    ],
)
def test_what_gitlab_said_is_in_the_message(text: str, said: str) -> None:
    assert said in str(failure("GET /x", 403, {}, text, NOW)) + "."


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (301, "moved or renamed"),
        (401, "tokens of groups and projects expire"),
        (403, "make the bot's user a Developer"),
        (404, "make the bot's user a Developer"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, remedy: str) -> None:
    assert remedy in str(failure("GET /x", status, {}, "{}", NOW))


def test_a_name_is_one_segment_of_a_path() -> None:
    path = below("a/b.c", "repository", "branches", "x/../y?#%", 7)
    assert path == "/projects/a%2Fb.c/repository/branches/x%2F..%2Fy%3F%23%25/7"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_is_repeated(rig: Rig, fault: Effect) -> None:
    rig.fake.faults.add("GET", "/merge_requests/", fault, times=3)
    assert rig.forge().pull_request(PROJECT, rig.pull.iid)
    assert len(rig.sleeps) == 3


def test_a_forge_that_stays_broken_is_an_error(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/merge_requests/", faults.status(503), times=4)
    with pytest.raises(ForgeError, match="503 to GET /api/v4/projects/acme%2Fplatform%2Finfra/"):
        rig.forge().pull_request(PROJECT, rig.pull.iid)


@pytest.mark.parametrize("body", ["<html>Unicorn!</html>", ""])
def test_what_is_no_json_is_no_answer(rig: Rig, body: str) -> None:
    rig.fake.faults.add("GET", "/merge_requests/", replace(faults.status(200), body=body))
    assert rig.forge().pull_request(PROJECT, rig.pull.iid)
    assert len(rig.sleeps) == 1


@pytest.mark.parametrize("body", ["[]", "7"])
def test_what_is_no_object_is_an_error(rig: Rig, body: str) -> None:
    rig.fake.faults.add("GET", "/merge_requests/", replace(faults.status(200), body=body))
    with pytest.raises(ForgeError, match="is no object"):
        rig.forge().pull_request(PROJECT, rig.pull.iid)


def test_what_is_no_list_is_an_error(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/notes", replace(faults.status(200), body='{"id": 1}'))
    with pytest.raises(ForgeError, match="is no list"):
        rig.forge().comments(PROJECT, rig.pull.iid)


def test_only_the_page_that_failed_is_read_again(rig: Rig) -> None:
    for n in range(150):
        rig.fake.add_note(PROJECT, rig.pull.iid, str(n), rig.fake.bot.username)
    rig.fake.faults.add("GET", "/notes", faults.truncated(), skip=1)
    found = rig.forge().comments(PROJECT, rig.pull.iid)
    assert [comment.body for comment in found] == [str(n) for n in range(150)]
    assert len(rig.sleeps) == 1


def test_a_silent_forge_is_left_in_time(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/merge_requests/", faults.slow(1.0))
    assert rig.forge(timeout=0.5).pull_request(PROJECT, rig.pull.iid)
    assert len(rig.sleeps) == 1


@pytest.mark.parametrize(
    ("fault", "at_least", "at_most"),
    [
        (partial(refusals.rate_limit, 61), 61, 61),
        (partial(refusals.rate_limit, None), 50, 62),
        (partial(faults.status, 429, retry_after="Fri, 01 Jan 2100 00:00:00 GMT"), 86400, 86400),
    ],
    ids=["seconds", "reset", "date"],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_long_rate_limit_is_for_later(
    rig: Rig, fault: Callable[[], Effect], at_least: float, at_most: float, verb: str
) -> None:
    forge, number = rig.forge(), rig.pull.iid
    rig.fake.faults.add(verb, "/notes", fault())
    write = partial(forge.create_comment, PROJECT, number, "x", "x")
    call = write if verb == "POST" else partial(forge.comments, PROJECT, number)
    with pytest.raises(Later) as later:
        call()
    assert at_least <= later.value.seconds <= at_most
    assert rig.sleeps == []
    assert rig.fake.notes(PROJECT, number) == []


def test_a_short_rate_limit_is_waited_out_also_for_a_write(rig: Rig) -> None:
    rig.fake.faults.add("POST", "/notes", refusals.rate_limit(3))
    rig.forge().create_comment(PROJECT, rig.pull.iid, "x", "x")
    assert rig.sleeps == [3]
    assert len(rig.fake.notes(PROJECT, rig.pull.iid)) == 1


def test_a_token_that_is_over_is_an_error_that_says_so_and_not_what_it_is(rig: Rig) -> None:
    token = rig.fake.issue_token()
    forge = rig.forge(token=token.value)
    token.expires_at = date(2026, 1, 1)
    with pytest.raises(ForgeError, match=r"401 .*expired.*Check PLUMBLINE_GITLAB_TOKEN") as error:
        forge.pull_request(PROJECT, rig.pull.iid)
    assert token.value not in f"{error.value} {error.value.__cause__}"
    assert rig.sleeps == []


def test_a_token_with_too_little_scope_is_named(rig: Rig) -> None:
    token = rig.fake.issue_token(scopes=("read_api",))
    with pytest.raises(ForgeError, match=r"insufficient_scope.*needs scope api"):
        rig.forge(token=token.value).create_comment(PROJECT, rig.pull.iid, "x", "x")


def test_the_token_does_not_follow_a_redirect(rig: Rig) -> None:
    moved = faults.status(301, "Moved", location="http://127.0.0.2:1/x")
    for verb in ("GET", "POST"):
        rig.fake.faults.add(verb, "/notes", moved)
    with pytest.raises(ForgeError, match=r"301 to GET .* moved or renamed"):
        rig.forge().comments(PROJECT, rig.pull.iid)
    with pytest.raises(ForgeError, match=r"301 to POST .* moved or renamed"):
        rig.forge().create_comment(PROJECT, rig.pull.iid, "x", "x")


def test_writes_to_a_project_keep_their_distance(rig: Rig) -> None:
    forge = rig.forge(write_pause=1.0)
    for body in ("one", "two", "three"):
        forge.create_comment(PROJECT, rig.pull.iid, body, body)
    assert rig.sleeps == [1.0, 1.0]


def test_threads_share_a_forge_and_not_a_client(rig: Rig) -> None:
    numbers = [rig.pull.iid] + [rig.project.open_merge_request("change").iid for _ in range(3)]
    forge, wrong = rig.forge(), []
    rig.fake.faults.add("GET", "/merge_requests/", faults.slow(0.5), times=4)

    def read(number: int) -> None:
        for _ in range(5):
            pull = forge.pull_request(PROJECT, number)
            if pull is None or pull.number != number:
                wrong.append(pull)

    threads = [threading.Thread(target=read, args=(number,)) for number in numbers]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert wrong == []
    assert time.monotonic() - began < 1.8


def test_projects_are_those_we_may_push_to_on_every_page(rig: Rig) -> None:
    rig.fake.create_project("acme/reported", level=20)
    rig.fake.create_project("stranger/public", level=0, visibility="public")
    state = rig.fake.hub.state
    names = [PROJECT] + [f"acme/r{n}" for n in range(101)]
    for name in names[1:]:
        made = rig.fake.hub.new_project(name, "private", None)
        rig.fake.hub.add_member(made, rig.fake.bot.username, 30)
    assert list(rig.app().projects()) == [(name, "") for name in names]
    assert len(state.projects) == 104


def test_nothing_is_asked_again_of_gitlab(rig: Rig) -> None:
    assert rig.app().redeliver_failed(datetime.now(UTC) - timedelta(days=3)) == 0


def test_without_a_token_there_is_no_app() -> None:
    with pytest.raises(ForgeError, match="set PLUMBLINE_GITLAB_TOKEN"):
        GitLabApp(token="")

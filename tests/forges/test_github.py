"""The adapter against the simulated GitHub: what it reads and writes, and what a bad line does."""

from __future__ import annotations

import base64
import subprocess
import threading
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.forges import ForgeError
from bot.model import CheckRun, CheckStatus, Comment, PullRequest
from bot.retry import Later
from tests.forge import faults
from tests.forge.faults import Effect
from tests.forges.conftest import PROJECT, Rig

AMBIGUOUS = [
    pytest.param(faults.lost_answer(), id="lost"),
    pytest.param(faults.lost_answer(502), id="lost-502"),
    pytest.param(faults.truncated(), id="truncated"),
    pytest.param(faults.reset(), id="reset-before"),
    pytest.param(faults.status(500), id="500-before"),
]
MARKER = "<!-- plumbline:report"


def lines(rig: Rig) -> list[int]:
    """The lines of the annotations of the only check run."""
    (run,) = rig.fake.check_runs(PROJECT, rig.pull.head_sha)
    return [annotation["start_line"] for annotation in run.annotations]


def test_a_pull_request_is_read_as_it_is(rig: Rig) -> None:
    assert rig.forge().pull_request(PROJECT, rig.pull.number) == PullRequest(
        project=PROJECT,
        number=rig.pull.number,
        base_ref="main",
        base_sha=rig.pull.base_sha,
        head_sha=rig.pull.head_sha,
        is_open=True,
        is_draft=False,
        author="alice",
        url=f"{rig.fake.url}/{PROJECT}/pull/{rig.pull.number}",
    )


def test_a_draft_from_a_deleted_fork_is_read(rig: Rig) -> None:
    rig.repo.commit("forked", {"b.yaml": "b: 1\n"})
    pull = rig.repo.open_pull("forked", fork="mallory/infra", author="mallory", draft=True)
    rig.fake.repo("mallory/infra").delete()
    read = rig.forge().pull_request(PROJECT, pull.number)
    assert read is not None
    assert (read.is_draft, read.author, read.head_sha) == (True, "mallory", pull.head_sha)


def test_there_is_no_pull_request_of_another_number(rig: Rig) -> None:
    assert rig.forge().pull_request(PROJECT, 99) is None


def test_open_pull_requests_come_from_every_page(rig: Rig) -> None:
    for _ in range(101):
        rig.repo.open_pull("change")
    rig.pull.close()
    read = [pull.number for pull in rig.forge().open_pull_requests(PROJECT)]
    assert read == list(range(2, 103))


def test_git_fetches_with_what_remote_gives(rig: Rig) -> None:
    remote = rig.forge().remote(PROJECT)
    config = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}
    listed = subprocess.run(
        ["git", "ls-remote", remote.url, f"refs/pull/{rig.pull.number}/head"],
        env={"PATH": "/usr/bin:/bin", "GIT_CONFIG_VALUE_0": remote.header} | config,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split()[0] == rig.pull.head_sha
    assert "ghs_" not in f"{remote} {remote.url}"


def lent_token(rig: Rig, header: str) -> str:
    user, _, token = base64.b64decode(header.rpartition(" ")[2]).decode().partition(":")
    assert user == "x-access-token"
    return token


def test_a_token_near_its_end_is_not_lent(rig: Rig) -> None:
    forge = rig.forge()
    rig.fake.token_lifetime = timedelta(minutes=4)
    old = lent_token(rig, forge.remote(PROJECT).header)
    rig.fake.token_lifetime = timedelta(minutes=6)
    new = lent_token(rig, forge.remote(PROJECT).header)
    again = lent_token(rig, forge.remote(PROJECT).header)
    assert old != new == again


def test_only_our_check_runs_are_seen_and_all_of_them(rig: Rig) -> None:
    forge = rig.forge()
    for _ in range(101):
        rig.fake.add_check_run(PROJECT, rig.pull.head_sha, "ci")
    made = [forge.create_check_run(PROJECT, rig.run(title=title)) for title in ("one", "two")]
    assert list(forge.check_runs(PROJECT, rig.pull.head_sha)) == made
    assert [run.title for run in made] == ["one", "two"]


@pytest.mark.parametrize("status", list(CheckStatus))
def test_a_check_run_comes_back_as_it_was_made(rig: Rig, status: CheckStatus) -> None:
    wanted = replace(rig.run(status), text="Text", details_url="https://plumbline.example/1")
    made = rig.forge().create_check_run(PROJECT, wanted)
    assert replace(made, id="") == wanted
    assert made.id


@pytest.mark.parametrize("conclusion", ["timed_out", "skipped"])
def test_conclusions_we_never_give_are_read_as_ends(rig: Rig, conclusion: str) -> None:
    made = rig.forge().create_check_run(PROJECT, rig.run())
    rig.fake.hub.state.runs[int(made.id)].conclusion = conclusion
    (run,) = rig.forge().check_runs(PROJECT, rig.pull.head_sha)
    assert run.status not in (CheckStatus.IN_PROGRESS, CheckStatus.SUCCESS)


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_check_run_is_made_once_whatever_happens_to_the_answer(rig: Rig, fault: Effect) -> None:
    rig.fake.faults.add("POST", "/check-runs", fault)
    made = rig.forge().create_check_run(PROJECT, rig.run(marks=2))
    (run,) = rig.fake.check_runs(PROJECT, rig.pull.head_sha)
    assert made.id == str(run.id)
    assert lines(rig) == [1, 2]


@pytest.mark.parametrize("marks", [0, 1, 50, 51, 100, 120])
def test_annotations_are_sent_in_batches(rig: Rig, marks: int) -> None:
    made = rig.forge().create_check_run(PROJECT, rig.run(marks=marks))
    (run,) = rig.forge().check_runs(PROJECT, rig.pull.head_sha)
    assert (run.id, run.status) == (made.id, CheckStatus.SUCCESS)
    assert lines(rig) == list(range(1, marks + 1))


@pytest.mark.parametrize("fault", AMBIGUOUS)
@pytest.mark.parametrize("skip", [0, 1], ids=["second-batch", "last-batch"])
def test_a_batch_is_not_doubled_where_its_answer_is_lost(
    rig: Rig, fault: Effect, skip: int
) -> None:
    rig.fake.faults.add("PATCH", "/check-runs/", fault, skip=skip)
    rig.forge().create_check_run(PROJECT, rig.run(marks=120))
    assert lines(rig) == list(range(1, 121))
    (run,) = rig.fake.check_runs(PROJECT, rig.pull.head_sha)
    assert (run.status, run.conclusion) == ("completed", "success")


def test_a_check_run_cut_off_between_batches_is_completed_by_the_next_attempt(rig: Rig) -> None:
    rig.fake.faults.add("PATCH", "/check-runs/", faults.status(422, "no"), skip=1)
    wanted = rig.run(marks=120)
    with pytest.raises(ForgeError, match="422"):
        rig.forge().create_check_run(PROJECT, wanted)
    (left,) = rig.forge().check_runs(PROJECT, rig.pull.head_sha)
    assert left.status is CheckStatus.IN_PROGRESS
    rig.forge().update_check_run(PROJECT, left, wanted)
    assert lines(rig) == list(range(1, 121))
    (run,) = rig.forge().check_runs(PROJECT, rig.pull.head_sha)
    assert run.status is CheckStatus.SUCCESS


def test_completing_a_check_run_sends_its_annotations_once(rig: Rig) -> None:
    forge = rig.forge()
    begun = forge.create_check_run(PROJECT, rig.run(CheckStatus.IN_PROGRESS))
    wanted = rig.run(CheckStatus.FAILURE, marks=60)
    forge.update_check_run(PROJECT, begun, wanted)
    (done,) = forge.check_runs(PROJECT, rig.pull.head_sha)
    assert (done.status, done.title) == (CheckStatus.FAILURE, "Title")
    forge.update_check_run(PROJECT, done, replace(wanted, title="New title"))
    assert lines(rig) == list(range(1, 61))
    assert [run.title for run in forge.check_runs(PROJECT, rig.pull.head_sha)] == ["New title"]


def test_a_completed_check_run_can_be_begun_again(rig: Rig) -> None:
    forge = rig.forge()
    done = forge.create_check_run(PROJECT, rig.run())
    forge.update_check_run(PROJECT, done, rig.run(CheckStatus.IN_PROGRESS, title="Again"))
    (run,) = forge.check_runs(PROJECT, rig.pull.head_sha)
    assert (run.status, run.title) == (CheckStatus.IN_PROGRESS, "Again")


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_an_update_is_repeated_where_its_answer_is_lost(rig: Rig, fault: Effect) -> None:
    forge = rig.forge()
    begun = forge.create_check_run(PROJECT, rig.run(CheckStatus.IN_PROGRESS))
    rig.fake.faults.add("PATCH", "/check-runs/", fault)
    forge.update_check_run(PROJECT, begun, rig.run())
    (run,) = forge.check_runs(PROJECT, rig.pull.head_sha)
    assert run.status is CheckStatus.SUCCESS


@pytest.mark.parametrize(
    "wrong",
    [
        {"summary": "x" * 65_536},
        {"text": "x" * 65_536},
        {"title": "x" * 256},
    ],
)
def test_what_is_beyond_githubs_limits_is_not_sent(rig: Rig, wrong: dict[str, Any]) -> None:
    forge = rig.forge()
    begun = forge.create_check_run(PROJECT, rig.run(CheckStatus.IN_PROGRESS))
    with pytest.raises(ValueError, match="more than"):
        forge.create_check_run(PROJECT, replace(rig.run(), **wrong))
    with pytest.raises(ValueError, match="more than"):
        forge.update_check_run(PROJECT, begun, replace(rig.run(), **wrong))
    assert list(forge.check_runs(PROJECT, rig.pull.head_sha)) == [begun]


def test_an_annotation_beyond_the_limits_is_named(rig: Rig) -> None:
    wanted = rig.run(marks=3)
    long = replace(wanted.annotations[2], message="ä" * 40_000)
    with pytest.raises(ValueError, match=r"annotation on a\.yaml:3"):
        rig.forge().create_check_run(PROJECT, replace(wanted, annotations=(long,)))


def test_what_is_at_githubs_limits_is_accepted(rig: Rig) -> None:
    wanted = replace(rig.run(marks=1), summary="ä" * 65_535, title="x" * 255)
    assert rig.forge().create_check_run(PROJECT, wanted).summary == wanted.summary
    body = MARKER + "ä" * (65_536 - len(MARKER))
    assert rig.forge().create_comment(PROJECT, rig.pull.number, body, MARKER).body == body
    with pytest.raises(ValueError, match="65537 characters"):
        rig.forge().create_comment(PROJECT, rig.pull.number, body + "x", MARKER)


def test_only_our_comments_are_seen_and_all_of_them(rig: Rig) -> None:
    forge, number = rig.forge(), rig.pull.number
    first = forge.create_comment(PROJECT, number, f"{MARKER} 1 -->", MARKER)
    for author in ["mallory"] * 101 + ["other[bot]"]:
        rig.fake.add_comment(PROJECT, number, f"{MARKER} theirs -->", author)
    second = forge.create_comment(PROJECT, number, f"{MARKER} 2 -->", MARKER)
    assert list(forge.comments(PROJECT, number)) == [first, second]


def test_a_person_who_writes_through_the_app_is_not_the_app(rig: Rig) -> None:
    rig.fake.add_comment(PROJECT, rig.pull.number, MARKER, "mallory")
    (comment,) = rig.fake.hub.state.comments.values()
    comment.by_app = True
    assert list(rig.forge().comments(PROJECT, rig.pull.number)) == []


def test_our_comments_are_known_also_after_the_app_was_renamed(rig: Rig) -> None:
    forge, number = rig.forge(), rig.pull.number
    made = forge.create_comment(PROJECT, number, MARKER, MARKER)
    rig.fake.app.slug = "plumbline-two"
    assert list(rig.forge().comments(PROJECT, number)) == [made]


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_comment_is_made_once_whatever_happens_to_the_answer(rig: Rig, fault: Effect) -> None:
    rig.fake.add_comment(PROJECT, rig.pull.number, f"{MARKER} not ours -->")
    rig.fake.faults.add("POST", "/comments", fault)
    made = rig.forge().create_comment(PROJECT, rig.pull.number, f"{MARKER} 1 -->", MARKER)
    theirs, ours = rig.fake.comments(PROJECT, rig.pull.number)
    assert made == Comment(id=str(ours.id), body=f"{MARKER} 1 -->")
    assert theirs.author == "mallory"


def test_a_comment_is_edited_and_removed_even_if_the_answer_is_lost(rig: Rig) -> None:
    forge, number = rig.forge(), rig.pull.number
    made = forge.create_comment(PROJECT, number, "one", "one")
    rig.fake.faults.add("PATCH", "/comments/", faults.lost_answer())
    forge.update_comment(PROJECT, number, made.id, "two")
    assert [comment.body for comment in forge.comments(PROJECT, number)] == ["two"]
    rig.fake.faults.add("DELETE", "/comments/", faults.lost_answer())
    forge.delete_comment(PROJECT, number, made.id)
    forge.delete_comment(PROJECT, number, made.id)
    assert list(forge.comments(PROJECT, number)) == []


def test_editing_a_comment_that_is_gone_is_an_error(rig: Rig) -> None:
    with pytest.raises(ForgeError, match="404"):
        rig.forge().update_comment(PROJECT, rig.pull.number, "1", "two")


def test_a_revoked_token_is_replaced_once_also_for_a_write(rig: Rig) -> None:
    forge = rig.forge()
    forge.pull_request(PROJECT, rig.pull.number)
    rig.fake.revoke_tokens()
    forge.create_comment(PROJECT, rig.pull.number, "x", "x")
    assert rig.tokens() == 2
    assert len(rig.fake.comments(PROJECT, rig.pull.number)) == 1


def test_credentials_refused_twice_are_an_error(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/pulls/", faults.bad_credentials(), times=2)
    with pytest.raises(ForgeError, match=r"401 .* Check the app's id and private key"):
        rig.forge().pull_request(PROJECT, rig.pull.number)
    assert (rig.tokens(), rig.sleeps) == (2, [])


def test_a_request_for_a_token_is_repeated_too(rig: Rig) -> None:
    rig.fake.faults.add("POST", "/access_tokens", faults.status(502), times=2)
    assert rig.forge().pull_request(PROJECT, rig.pull.number)
    assert len(rig.sleeps) == 2


@pytest.mark.parametrize("broken", ["{}", "[]", '{"token": "x", "expires_at": "soon"}'])
def test_an_answer_without_a_token_is_an_error(rig: Rig, broken: str) -> None:
    effect = replace(faults.status(201), body=broken)
    rig.fake.faults.add("POST", "/access_tokens", effect)
    with pytest.raises(ForgeError, match="no token in GitHub's answer"):
        rig.forge().pull_request(PROJECT, rig.pull.number)


def test_a_missing_installation_is_no_missing_pull_request(rig: Rig) -> None:
    with pytest.raises(ForgeError, match=r"no token for installation 5: .*404"):
        rig.app().acting_for(PROJECT, "5").pull_request(PROJECT, rig.pull.number)


def test_a_suspended_installation_is_an_error_that_says_so(rig: Rig) -> None:
    installation = rig.repo.state.installation
    assert installation is not None
    installation.suspended = True
    with pytest.raises(ForgeError, match="has been suspended"):
        rig.forge().pull_request(PROJECT, rig.pull.number)


@pytest.mark.parametrize(
    ("fault", "at_least", "at_most"),
    [
        (faults.secondary_limit(61), 61, 61),
        (faults.secondary_limit(61, 429), 61, 61),
        (faults.secondary_limit(None), 60, 60),
        (
            faults.status(429, "slow down", retry_after="Fri, 01 Jan 2100 00:00:00 GMT"),
            86400,
            86400,
        ),
    ],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_long_rate_limit_is_for_later(
    rig: Rig, fault: Effect, at_least: float, at_most: float, verb: str
) -> None:
    forge, number = rig.forge(), rig.pull.number
    rig.fake.faults.add(verb, "/comments", fault)
    write = partial(forge.create_comment, PROJECT, number, "x", "x")
    call = write if verb == "POST" else partial(forge.comments, PROJECT, number)
    with pytest.raises(Later) as later:
        call()
    assert at_least <= later.value.seconds <= at_most
    assert rig.sleeps == []
    assert rig.fake.comments(PROJECT, rig.pull.number) == []


def test_the_hourly_limit_is_for_later_when_it_is_reset(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/pulls/", faults.primary_limit(reset_in=600))
    with pytest.raises(Later) as later:
        rig.forge().pull_request(PROJECT, rig.pull.number)
    assert 590 <= later.value.seconds <= 602


def test_a_short_rate_limit_is_waited_out_also_for_a_write(rig: Rig) -> None:
    rig.fake.faults.add("POST", "/comments", faults.secondary_limit(3))
    rig.forge().create_comment(PROJECT, rig.pull.number, "x", "x")
    assert rig.sleeps == [3]
    assert len(rig.fake.comments(PROJECT, rig.pull.number)) == 1


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_read_is_repeated(rig: Rig, fault: Effect) -> None:
    rig.fake.faults.add("GET", "/pulls/", fault, times=3)
    assert rig.forge().pull_request(PROJECT, rig.pull.number)
    assert len(rig.sleeps) == 3


def test_a_forge_that_stays_broken_is_an_error(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/pulls/", faults.status(503), times=4)
    with pytest.raises(ForgeError, match="503 to GET /repos/acme/infra/pulls/1"):
        rig.forge().pull_request(PROJECT, rig.pull.number)


def test_only_the_page_that_failed_is_read_again(rig: Rig) -> None:
    for n in range(150):
        rig.fake.add_comment(PROJECT, rig.pull.number, str(n), "plumbline[bot]")
    rig.fake.faults.add("GET", "/comments", faults.truncated(), skip=1)
    found = rig.forge().comments(PROJECT, rig.pull.number)
    assert [comment.body for comment in found] == [str(n) for n in range(150)]


def test_a_silent_forge_is_left_in_time(rig: Rig) -> None:
    rig.fake.faults.add("GET", "/pulls/", faults.slow(1.5))
    assert rig.forge(timeout=1).pull_request(PROJECT, rig.pull.number)
    assert len(rig.sleeps) == 1


def test_a_missing_permission_is_named_and_not_retried(rig: Rig) -> None:
    installation = rig.repo.state.installation
    assert installation is not None
    installation.permissions = {"metadata": "read", "pull_requests": "read"}
    with pytest.raises(ForgeError, match="give the app the permission checks=write"):
        rig.forge().create_check_run(PROJECT, rig.run())
    assert rig.sleeps == []


def test_a_redirected_write_is_no_success(rig: Rig) -> None:
    rig.fake.faults.add("POST", "/comments", faults.status(307, "Moved", location="/x"))
    with pytest.raises(ForgeError, match="moved or renamed"):
        rig.forge().create_comment(PROJECT, rig.pull.number, "x", "x")


def test_a_redirect_to_another_host_is_not_followed(rig: Rig) -> None:
    moved = faults.status(301, "Moved", location="http://127.0.0.2:1/x")
    rig.fake.faults.add("GET", "/pulls/", moved)
    with pytest.raises(ForgeError, match=r"redirects GET .* to another address"):
        rig.forge().pull_request(PROJECT, rig.pull.number)


def test_a_page_of_html_is_no_answer(rig: Rig) -> None:
    page = replace(faults.status(200), body="<html>Unicorn!</html>")
    rig.fake.faults.add("GET", "/pulls/", page)
    assert rig.forge().pull_request(PROJECT, rig.pull.number)
    assert len(rig.sleeps) == 1


def test_threads_share_a_forge_and_its_token(rig: Rig) -> None:
    numbers = [rig.pull.number] + [rig.repo.open_pull("change").number for _ in range(7)]
    forge, wrong = rig.forge(), []

    def read(number: int) -> None:
        for _ in range(10):
            pull = forge.pull_request(PROJECT, number)
            if pull is None or pull.number != number:
                wrong.append(pull)

    threads = [threading.Thread(target=read, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert wrong == []
    assert rig.tokens() == 1


def test_one_request_at_a_time_is_sent_for_an_installation(rig: Rig) -> None:
    forge = rig.forge()
    rig.fake.faults.add("GET", "/pulls/", faults.slow(0.2), times=2)
    threads = [
        threading.Thread(target=forge.pull_request, args=(PROJECT, rig.pull.number))
        for _ in range(2)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert time.monotonic() - began >= 0.4


def test_writes_to_a_repository_keep_their_distance(rig: Rig) -> None:
    forge, number = rig.forge(write_pause=1.0), rig.pull.number
    for n in range(3):
        forge.create_comment(PROJECT, number, str(n), str(n))
        forge.pull_request(PROJECT, number)
    assert rig.sleeps == [1.0, 1.0]


def test_no_secret_is_logged_or_told(
    rig: Rig, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("DEBUG", logger="github")
    forge = rig.forge()
    forge.remote(PROJECT)
    rig.fake.revoke_tokens()
    forge.pull_request(PROJECT, rig.pull.number)
    rig.fake.faults.add("GET", "/pulls/", faults.bad_credentials(), times=2)
    with pytest.raises(ForgeError) as error:
        forge.pull_request(PROJECT, rig.pull.number)
    told = f"{caplog.text}{capsys.readouterr()}{error.value}{forge!r}"
    assert "github_token_refused" in told
    assert not [token for token in rig.fake.hub.state.tokens if token in told]
    assert "ghs_" not in told


def test_a_check_run_that_is_ours_by_name_only_is_not_found_again(rig: Rig) -> None:
    forge = rig.forge()
    other: CheckRun = replace(rig.run(), external_id="plumbline:99:plumbline/cost")
    forge.create_check_run(PROJECT, other)
    rig.fake.faults.add("POST", "/check-runs", faults.reset())
    made = forge.create_check_run(PROJECT, rig.run())
    assert made.external_id == rig.run().external_id
    assert len(forge.check_runs(PROJECT, rig.pull.head_sha)) == 2

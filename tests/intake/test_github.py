"""What a webhook asks for, and that nothing unsigned or unreadable gets further than an answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.intake.github import MAX_BODY, MAX_SWEEPS, Refused, read
from bot.markers import external_id
from bot.model import Command, Delivery, Job, Sweep
from tests import payloads
from tests.intake.deliveries import (
    APP_ID,
    GUID,
    SECRET,
    SHA,
    check_run,
    check_suite,
    encode,
    issue_comment,
    pull_request,
    signed,
)

ASKED_FOR = [
    "check_suite.rerequested",
    "installation.created",
    "installation.new_permissions_accepted",
    "installation.unsuspend",
    "installation_repositories.added",
    "pull_request.closed",
    "pull_request.opened",
    "pull_request.ready_for_review",
    "pull_request.reopened",
    "pull_request.synchronize",
    "pull_request_review.dismissed",
]


def told(event: str, payload: Any, app_id: int = APP_ID) -> Delivery:
    body = encode(payload)
    return read(signed(body, event), body, SECRET, app_id)


def status_of(headers: dict[str, str], body: bytes, secret: Any = SECRET) -> int:
    with pytest.raises(Refused) as refused:
        read(headers, body, secret, APP_ID)
    assert str(refused.value)
    return refused.value.status


def test_every_published_example_becomes_work_or_is_ignored_with_a_reason() -> None:
    deliveries = [
        (event, told(event, payload, app_id=29310)) for event, payload in payloads.examples()
    ]
    assert len(deliveries) == 329
    assert all(bool(delivery.work) != bool(delivery.ignored) for _, delivery in deliveries)
    worked = Counter(delivery.event for _, delivery in deliveries if delivery.work)
    assert sorted(worked) == ASKED_FOR
    assert worked.total() == 21


@pytest.mark.parametrize(
    "action", ["opened", "synchronize", "reopened", "ready_for_review", "closed"]
)
def test_a_pull_request_from_a_deleted_fork_is_a_job(action: str) -> None:
    delivery = told("pull_request", pull_request(action))
    assert delivery.work == (
        Job(
            forge="github",
            project="acme/infra",
            number=7,
            trigger=f"pull_request.{action}",
            delivery_id=GUID,
            head_sha=SHA,
            installation="99",
        ),
    )


def test_an_edited_pull_request_is_a_job_only_where_its_base_changed() -> None:
    moved = pull_request("edited", changes={"base": {"ref": {"from": "old"}}})
    retitled = pull_request("edited", changes={"title": {"from": "old"}})
    assert len(told("pull_request", moved).work) == 1
    assert told("pull_request", retitled).ignored == "the base of the pull request was not edited"


@pytest.mark.parametrize("state", ["approved", "changes_requested", "dismissed"])
def test_a_review_that_decides_has_the_pull_request_judged(state: str) -> None:
    payload = pull_request("submitted", review={"state": state})
    (job,) = told("pull_request_review", payload).work
    assert isinstance(job, Job)
    assert (job.number, job.head_sha, job.trigger) == (7, SHA, "pull_request_review.submitted")


@pytest.mark.parametrize("review", [{"state": "commented"}, {"state": None}, None])
def test_a_remark_has_nothing_judged(review: Any) -> None:
    delivery = told("pull_request_review", pull_request("submitted", review=review))
    assert delivery.ignored == "the review neither approves nor objects"


def test_a_comment_that_speaks_to_us_is_a_command() -> None:
    delivery = told("issue_comment", issue_comment("Hm.\r\n/plumbline explain x \r\n/plumbline y"))
    assert delivery.work == (
        Command(
            forge="github",
            project="acme/infra",
            number=7,
            comment_id="31",
            author="alice",
            text="explain x",
            delivery_id=GUID,
            installation="99",
        ),
    )


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (issue_comment("/plumbline help", "edited"), "issue_comment.edited asks for nothing"),
        (issue_comment("/plumbline help", "deleted"), "issue_comment.deleted asks for nothing"),
        (issue_comment("/plumbline help") | {"issue": {"number": 7}}, "not on a pull request"),
        (issue_comment("thanks"), "does not speak to us"),
        (issue_comment(None), "does not speak to us"),
        (issue_comment("/plumbline help", user=None), "no person's"),
        (issue_comment("/plumbline help", user={"login": "x[bot]", "type": "Bot"}), "no person's"),
        (issue_comment("/plumbline help", user={"type": "User"}), "who wrote"),
        (issue_comment("/plumbline help", user={"login": "../x", "type": "User"}), "who wrote"),
        (issue_comment("/plumbline help", id="31"), "no comment id"),
    ],
)
def test_other_comments_are_ignored(payload: dict[str, Any], reason: str) -> None:
    delivery = told("issue_comment", payload)
    assert not delivery.work
    assert reason in delivery.ignored


def test_a_check_run_of_ours_leads_to_its_pull_request_also_from_a_fork() -> None:
    payload = check_run("rerequested", external_id=external_id(12, "plumbline / cost", "0a1b"))
    (job,) = told("check_run", payload).work
    assert isinstance(job, Job)
    assert (job.number, job.head_sha, job.trigger) == (12, SHA, "check_run.rerequested")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (check_run("rerequested", app=1, external_id="plumbline:1:x"), "another app's"),
        (check_run("rerequested", external_id="other"), "no external_id of ours"),
        (check_run("rerequested", external_id=None), "no external_id of ours"),
        (check_run("rerequested", external_id="plumbline:99999999999:x"), "no external_id"),
        (check_run("requested_action", external_id="plumbline:1:x"), "asks for nothing"),
        (check_run("completed", external_id="plumbline:1:x"), "asks for nothing"),
    ],
)
def test_other_check_runs_are_ignored(payload: dict[str, Any], reason: str) -> None:
    delivery = told("check_run", payload)
    assert not delivery.work
    assert reason in delivery.ignored


def test_a_check_suite_is_a_job_for_each_of_its_pull_requests_in_this_repository() -> None:
    here = {"number": 3, "base": {"repo": {"id": 1}}}
    elsewhere = {"number": 4, "base": {"repo": {"id": 2}}}
    bare = {"number": 2}
    delivery = told("check_suite", check_suite(here, elsewhere, bare, here))
    assert [work.number for work in delivery.work if isinstance(work, Job)] == [2, 3]


def test_a_check_suite_of_a_fork_is_a_sweep_at_its_commit() -> None:
    (sweep,) = told("check_suite", check_suite()).work
    assert isinstance(sweep, Sweep)
    assert (sweep.project, sweep.head_sha, sweep.installation) == ("acme/infra", SHA, "99")


def test_another_apps_check_suite_is_ignored() -> None:
    assert "another app's" in told("check_suite", check_suite({"number": 1}, app=1)).ignored


def test_installing_sweeps_the_repositories_it_names() -> None:
    names = [{"full_name": "acme/b"}, {"full_name": "acme/a"}, {"full_name": "acme/a"}]
    delivery = told(
        "installation", {"action": "created", "installation": {"id": 5}, "repositories": names}
    )
    assert [work.project for work in delivery.work] == ["acme/a", "acme/b"]
    assert {work.installation for work in delivery.work} == {"5"}


@pytest.mark.parametrize("count", [0, MAX_SWEEPS + 1])
def test_installing_on_none_named_or_very_many_is_one_sweep_over_everything(count: int) -> None:
    names = [{"full_name": f"acme/r{i}"} for i in range(count)]
    (sweep,) = told(
        "installation", {"action": "created", "installation": {"id": 5}, "repositories": names}
    ).work
    assert sweep.project == ""


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1}, "ping"),
        ("push", {"ref": "refs/heads/main"}, "push asks for nothing"),
        ("installation", {"action": "deleted", "installation": {"id": 5}}, "installation.deleted"),
        ("installation_repositories", {"action": "added"}, "no repository was added"),
        ("pull_request", {"action": "opened"}, "no pull request number"),
        ("pull_request", {"action": ["opened"]}, "pull_request asks for nothing"),
        ("pull_request", {"action": {"action": 1}}, "pull_request asks for nothing"),
        ("pull_request", pull_request("opened", repository=None), "no repository name"),
        ("pull_request", pull_request("opened", repository={"full_name": "a/.."}), "no repository"),
        ("pull_request", pull_request("opened", repository={"full_name": "../a"}), "no repository"),
        ("pull_request", pull_request("opened", pull_request=[]), "no pull request number"),
        ("pull_request", pull_request("opened", pull_request={"number": True}), "no pull request"),
        ("pull_request", pull_request("opened", pull_request={"number": 10**30}), "no pull"),
        ("check_suite", check_suite() | {"check_suite": "x"}, "another app's"),
    ],
)
def test_what_lacks_what_it_needs_is_ignored(event: str, payload: Any, reason: str) -> None:
    delivery = told(event, payload)
    assert not delivery.work
    assert reason in delivery.ignored


def test_a_payload_without_an_installation_still_names_its_pull_request() -> None:
    (job,) = told("pull_request", pull_request("opened", installation=None)).work
    assert job.installation == ""


def test_header_names_may_be_written_any_way() -> None:
    body = encode(pull_request("opened"))
    headers = {name.title(): value for name, value in signed(body, "pull_request").items()}
    assert read(headers, body, SECRET, APP_ID).work


def test_a_form_encoded_delivery_is_read_too() -> None:
    body = b"payload=%7B%22action%22%3A%22opened%22%7D"
    headers = signed(body, "pull_request", content_type="application/x-www-form-urlencoded")
    assert read(headers, body, SECRET, APP_ID).ignored == "the payload has no pull request number"


BODY = encode(pull_request("opened"))
SHA1 = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
EMPTY_KEY = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha256=ä", "\udcff", SHA1, EMPTY_KEY, "sha256=" + "0"],
)
def test_a_wrong_signature_is_401(signature: str) -> None:
    assert status_of(signed(BODY, "pull_request", x_hub_signature_256=signature), BODY) == 401


def test_a_sha1_signature_alone_is_401() -> None:
    headers = signed(BODY, "pull_request", x_hub_signature=SHA1)
    del headers["x-hub-signature-256"]
    assert status_of(headers, BODY) == 401


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_everything_is_401(secret: str | None) -> None:
    assert status_of(signed(BODY, "ping", x_hub_signature_256=EMPTY_KEY), BODY, secret) == 401
    assert status_of({}, b"", secret) == 401


def test_a_changed_body_is_401() -> None:
    assert status_of(signed(BODY, "pull_request"), BODY + b" ") == 401


def test_two_different_signatures_are_401() -> None:
    headers = signed(BODY, "ping") | {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    assert status_of(headers, BODY) == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b'"action"',
        b"null",
        b"12",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 10_000,
        b"\xef\xbb\xbf{}",
        b" " * (MAX_BODY + 1),
    ],
    ids=lambda body: body[:6].hex() + f"-{len(body)}",
)
def test_properly_signed_garbage_is_400(body: bytes) -> None:
    assert status_of(signed(body, "pull_request"), body) == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"x_github_event": ""},
        {"x_github_event": "ünknown"},
        {"x_github_event": "a" * 61},
        {"x_github_delivery": ""},
        {"x_github_delivery": "a b"},
        {"x_github_delivery": "a" * 101},
        {"content_type": ""},
        {"content_type": "text/plain"},
        {"content_type": "application/json; charset=bogus"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "application/json; charset*=utf-8''%ff"},
        {"content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_properly_signed_with_unusable_headers_is_400(changed: dict[str, str]) -> None:
    assert status_of(signed(BODY, "pull_request", **changed), BODY) == 400


@pytest.mark.parametrize("missing", ["content-type", "x-github-event", "x-github-delivery"])
def test_properly_signed_without_a_header_is_400(missing: str) -> None:
    headers = signed(BODY, "pull_request")
    del headers[missing]
    assert status_of(headers, BODY) == 400


def test_a_refusal_never_tells_the_secret_or_the_right_signature() -> None:
    digest = signed(BODY, "ping")["x-hub-signature-256"]
    with pytest.raises(Refused) as refused:
        read(signed(BODY, "ping", x_hub_signature_256="sha256=no"), BODY, SECRET, APP_ID)
    assert SECRET not in str(refused.value)
    assert digest.removeprefix("sha256=") not in str(refused.value)


NAMES = st.sampled_from(
    [
        "x-hub-signature-256",
        "x-hub-signature",
        "content-type",
        "x-github-event",
        "x-github-delivery",
    ]
)


@given(headers=st.dictionaries(NAMES | st.text(), st.text()), body=st.binary())
def test_anything_unsigned_is_401(headers: dict[str, str], body: bytes) -> None:
    assert status_of(headers, body) == 401


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
WORDS = (
    "pull_request check_run check_suite repository installation number app head sha head_sha "
    "external_id full_name id pull_requests changes base repositories repositories_added repo "
    "issue comment user login type body review state"
)
EVENTS = "pull_request pull_request_review issue_comment check_run check_suite installation"
KEYS = st.sampled_from(WORDS.split())
SHAPED = st.recursive(
    JSON | st.sampled_from([SHA, "acme/infra", "plumbline:1:x", "/plumbline", "User", APP_ID, 7]),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@given(
    event=st.sampled_from(EVENTS.split()),
    action=st.sampled_from(["opened", "edited", "rerequested", "created", "submitted"]) | JSON,
    payload=st.dictionaries(KEYS, SHAPED, max_size=6),
)
@example(
    event="check_run", action="rerequested", payload=check_run("x", external_id="plumbline:1:")
)
def test_any_signed_object_is_work_or_ignored(
    event: str, action: Any, payload: dict[str, Any]
) -> None:
    delivery = told(event, payload | {"action": action})
    assert bool(delivery.work) != bool(delivery.ignored)


@given(
    body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
    content_type=st.text()
    | st.sampled_from(["application/json", "application/json; charset=utf-8"]),
    event=st.text() | st.just("pull_request"),
    delivery=st.text() | st.just(GUID),
)
def test_anything_signed_is_read_or_400(
    body: bytes, content_type: str, event: str, delivery: str
) -> None:
    headers = signed(body, event, content_type=content_type, x_github_delivery=delivery)
    try:
        assert read(headers, body, SECRET, APP_ID).id == delivery
    except Refused as refused:
        assert refused.status == 400  # noqa: PT017 - either outcome is right

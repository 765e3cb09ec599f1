"""What GitLab's webhooks ask for, and that nothing unproved gets further than an answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.intake import Refused
from bot.intake.gitlab import MAX_AGE, MAX_BODY, read
from bot.intake.slash import MOST
from bot.model import Command, Delivery, Job, Sweep

TOKEN = "a webhook secret"
KEY = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = "whsec_" + base64.b64encode(bytes(32)).decode()
ID = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"
SHA = "a" * 40
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def merge_request(action: str = "open", **more: Any) -> dict[str, Any]:
    """A merge request from a fork; `more` goes into its attributes."""
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": {"id": 1, "username": "mallory"},
        "project": {"id": 5, "path_with_namespace": "acme/platform/infra"},
        "object_attributes": {
            "iid": 7,
            "action": action,
            "target_branch": "main",
            "source": {"path_with_namespace": "mallory/infra"},
            "target": {"path_with_namespace": "acme/platform/infra"},
            "last_commit": {"id": SHA},
            **more,
        },
        "changes": {},
    }


def note(text: str, *, author: str = "alice", **more: Any) -> dict[str, Any]:
    """A comment on a merge request; `more` goes into its attributes."""
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": {"id": 1, "username": author},
        "project": {"id": 5, "path_with_namespace": "acme/infra"},
        "object_attributes": {
            "id": 1244,
            "note": text,
            "noteable_type": "MergeRequest",
            "system": False,
            "action": "create",
            **more,
        },
        "merge_request": {"iid": 3, "last_commit": {"id": SHA}},
    }


def pipeline(**more: Any) -> dict[str, Any]:
    """A pipeline that began; `more` goes into its attributes."""
    own = {"id": 31, "sha": SHA, "ref": "change", "tag": False, "source": "push"}
    return {
        "object_kind": "pipeline",
        "object_attributes": {**own, "status": "pending", **more},
        "project": {"id": 5, "path_with_namespace": "acme/infra"},
    }


def encode(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def headers(**changed: str) -> dict[str, str]:
    """The headers of a delivery that has the secret; `changed` ones with _ for -."""
    named = {
        "content-type": "application/json",
        "x-gitlab-event": "Merge Request Hook",
        "x-gitlab-token": TOKEN,
        "idempotency-key": ID,
    }
    return named | {name.replace("_", "-"): value for name, value in changed.items()}


def signed(body: bytes, *keys: str, at: datetime = NOW, **changed: str) -> dict[str, str]:
    """The headers of a delivery that is signed with every one of the keys, and has no token."""
    moment = str(int(at.timestamp()))
    text = f"{ID}.{moment}.".encode() + body
    signatures = []
    for key in keys or (KEY,):
        raw = base64.b64decode(key.removeprefix("whsec_"))
        digest = hmac.new(raw, text, hashlib.sha256).digest()
        signatures.append("v1," + base64.b64encode(digest).decode())
    proof = {
        "webhook_id": ID,
        "webhook_timestamp": moment,
        "webhook_signature": " ".join(signatures),
    }
    found = headers(**proof | changed)
    del found["x-gitlab-token"]
    return found


def told(payload: Any, **changed: str) -> Delivery:
    return read(headers(**changed), encode(payload), token=TOKEN)


def work_of(payload: Any) -> Job | Command:
    (work,) = told(payload).work
    assert isinstance(work, Job | Command)
    return work


def status_of(
    given: dict[str, str], body: bytes, *, token: str = TOKEN, signing_key: str = ""
) -> int:
    with pytest.raises(Refused) as refused:
        read(given, body, token=token, signing_key=signing_key, clock=lambda: NOW)
    assert str(refused.value)
    return refused.value.status


@pytest.mark.parametrize(
    "action",
    ["open", "reopen", "close", "merge", "approval", "approved", "unapproval", "unapproved"],
)
def test_a_merge_request_is_a_job(action: str) -> None:
    assert work_of(merge_request(action)) == Job(
        forge="gitlab",
        project="acme/platform/infra",
        number=7,
        trigger=f"merge_request.{action}",
        delivery_id=ID,
        head_sha=SHA,
    )


@pytest.mark.parametrize(
    ("attributes", "changes"),
    [
        ({"oldrev": "b" * 40}, {}),
        ({}, {"target_branch": {"previous": "old", "current": "main"}}),
        ({}, {"draft": {"previous": True, "current": False}}),
        ({}, {"work_in_progress": {"previous": True, "current": False}}),
    ],
    ids=["push", "other-target", "ready", "ready-once"],
)
def test_an_update_that_matters_is_a_job(
    attributes: dict[str, Any], changes: dict[str, Any]
) -> None:
    work = work_of(merge_request("update", **attributes) | {"changes": changes})
    assert isinstance(work, Job)
    assert work.trigger == "merge_request.update"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": {"previous": "a", "current": "b"}},
        {"draft": {"previous": False, "current": True}},
        {"draft": True},
        None,
        [],
    ],
)
def test_other_updates_are_ignored(changes: Any) -> None:
    delivery = told(merge_request("update") | {"changes": changes})
    assert "neither the commits nor the target branch" in delivery.ignored


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/plumbline explain", "explain"),
        ("/plumbline", ""),
        ("Thanks!\r\n/plumbline  waive cost_delta  \r\nbye", "waive cost_delta"),
        ("/plumbline one\n/plumbline two", "one"),
        ("```\n/plumbline quoted\n```\n/plumbline meant", "meant"),
        ("/plumbline a\0b\ud800", "ab?"),
        ("/plumbline " + "x" * 2000, "x" * MOST),
    ],
)
def test_a_comment_that_speaks_to_us_is_a_command(text: str, said: str) -> None:
    assert work_of(note(text)) == Command(
        forge="gitlab",
        project="acme/infra",
        number=3,
        comment_id="1244",
        author="alice",
        text=said,
        delivery_id=ID,
    )


def test_a_comment_of_a_release_without_actions_is_a_command() -> None:
    payload = note("/plumbline explain")
    del payload["object_attributes"]["action"]
    assert isinstance(work_of(payload), Command)


def test_a_new_pipeline_is_a_sweep_at_its_commit_once() -> None:
    delivery = told(pipeline())
    assert delivery.work == (
        Sweep(
            forge="gitlab",
            project="acme/infra",
            trigger="pipeline",
            delivery_id="pipeline:5:31",
            head_sha=SHA,
        ),
    )
    later = told(pipeline(status="success"), idempotency_key="another-delivery")
    assert later.id == delivery.id == "pipeline:5:31"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (note("please /plumbline explain"), "does not speak to us"),
        (note(" /plumbline explain"), "does not speak to us"),
        (note("/plumbliner explain"), "does not speak to us"),
        (note("~~~yaml\n/plumbline explain"), "does not speak to us"),
        (note("/plumbline x", noteable_type="Issue"), "not on a merge request"),
        (note("/plumbline x", system=True), "GitLab's or ours"),
        (note("/plumbline x\n<!-- plumbline:reply -->"), "GitLab's or ours"),
        (note("/plumbline x", action="update"), "note.update asks for nothing"),
        (note("/plumbline x", author="project_5_bot_af12"), "a bot's"),
        (note("/plumbline x", author="group_5_bot"), "a bot's"),
        (note("/plumbline x", author="service_account_group_1_ab"), "a bot's"),
        (note("/plumbline x", author="a b"), "who wrote"),
        (note("/plumbline x", id=None), "no usable number"),
        (note("/plumbline x") | {"merge_request": None}, "no usable number"),
        (note("/plumbline x") | {"user": []}, "who wrote"),
        (merge_request("renamed"), "merge_request.renamed asks for nothing"),
        (merge_request("open", iid=True), "no usable number"),
        (merge_request("open", iid=10**30), "no usable number"),
        (merge_request("open") | {"object_attributes": 1}, "asks for nothing"),
        (merge_request("open") | {"project": None}, "no project path"),
        (merge_request("open") | {"project": {"path_with_namespace": "a/.."}}, "no project path"),
        (merge_request("open") | {"project": {"path_with_namespace": "./a"}}, "no project path"),
        (merge_request("open") | {"project": {"path_with_namespace": "/a"}}, "no project path"),
        (merge_request("open") | {"project": {"path_with_namespace": "-a/b"}}, "no project path"),
        (pipeline(source="external"), "made of statuses"),
        (pipeline(source="parent_pipeline"), "part of another"),
        (pipeline(tag=True), "a tag's"),
        (pipeline(sha="main"), "which commit"),
        (pipeline(id=None), "no usable number"),
        ({"object_kind": "push"}, "push asks for nothing"),
        ({"event_name": "project_create"}, "unknown asks for nothing"),
        ({"object_kind": {}}, "unknown asks for nothing"),
    ],
)
def test_what_asks_for_nothing_is_ignored_with_a_reason(payload: Any, reason: str) -> None:
    delivery = told(payload)
    assert not delivery.work
    assert reason in delivery.ignored


def test_a_project_we_are_not_set_up_for_is_ignored() -> None:
    asked: list[str] = []

    def allowed(project: str) -> bool:
        asked.append(project)
        return project.startswith("acme/platform/")

    def ask(payload: Any) -> Delivery:
        return read(headers(), encode(payload), token=TOKEN, project_allowed=allowed)

    assert ask(merge_request()).work
    assert "none that this bot is set up for" in ask(note("/plumbline x")).ignored
    assert asked == ["acme/platform/infra", "acme/infra"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ID),
        ({"webhook_id": "other"}, ID),
        ({"idempotency_key": "", "webhook_id": "msg_1"}, "msg_1"),
    ],
)
def test_the_delivery_is_known_by_what_gitlab_repeats(
    changed: dict[str, str], expected: str
) -> None:
    assert told(merge_request(), **changed).id == expected


def test_without_any_id_of_its_own_a_delivery_is_known_by_its_body() -> None:
    # The event's id is shared by the hooks that are told of it.
    changed = {"idempotency_key": "", "x_gitlab_event_uuid": "e", "x_gitlab_webhook_uuid": "w"}
    first = told(merge_request(), **changed)
    assert first.id == told(merge_request(), **changed).id
    assert first.id != told(merge_request("close"), **changed).id
    assert first.id.startswith("sha256:")


def test_header_names_may_be_written_any_way() -> None:
    named = {name.title(): value for name, value in headers().items()}
    assert read(named, BODY, token=TOKEN).work


BODY = encode(merge_request())


@pytest.mark.parametrize("given", ["", "a webhook secreT", "ä", "\udcff", TOKEN + " "])
def test_a_wrong_token_is_401(given: str) -> None:
    assert status_of(headers(x_gitlab_token=given), BODY) == 401


def test_no_token_is_401() -> None:
    given = headers()
    del given["x-gitlab-token"]
    assert status_of(given, BODY) == 401
    assert status_of(headers() | {"X-Gitlab-Token": "other"}, BODY) == 401


def test_without_a_secret_everything_is_401() -> None:
    assert status_of(headers(x_gitlab_token=""), BODY, token="") == 401
    assert status_of(signed(BODY), BODY, token="") == 401
    assert status_of({}, b"", token="") == 401


def test_a_signed_delivery_needs_no_token_and_its_id_is_the_signed_one() -> None:
    given = signed(BODY, idempotency_key="somebody-elses")
    for token in ("", TOKEN):
        delivery = read(given, BODY, token=token, signing_key=KEY, clock=lambda: NOW)
        assert (delivery.id, len(delivery.work)) == (ID, 1)


def test_one_of_several_signatures_is_enough() -> None:
    given = signed(BODY, OTHER_KEY, KEY)
    assert read(given, BODY, token="", signing_key=KEY, clock=lambda: NOW).work


@pytest.mark.parametrize("seconds", [-MAX_AGE, MAX_AGE])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    given = signed(BODY, at=NOW + timedelta(seconds=seconds))
    assert read(given, BODY, token="", signing_key=KEY, clock=lambda: NOW).work


@pytest.mark.parametrize("seconds", [-MAX_AGE - 1, MAX_AGE + 1])
def test_an_old_signature_is_401(seconds: int) -> None:
    given = signed(BODY, at=NOW + timedelta(seconds=seconds))
    assert status_of(given, BODY, signing_key=KEY) == 401


@pytest.mark.parametrize(
    "given",
    [
        headers(),
        signed(BODY, OTHER_KEY),
        signed(BODY + b" "),
        signed(BODY, webhook_signature="v1,"),
        signed(BODY, webhook_signature="v1,ä \udcff"),
        signed(BODY, webhook_signature=signed(BODY)["webhook-signature"].replace("v1,", "v2,")),
        signed(BODY, webhook_id="other"),
        signed(BODY, webhook_id="a.1"),
        signed(BODY, webhook_id=""),
        signed(BODY, webhook_timestamp="soon"),
        signed(BODY, webhook_timestamp="9" * 400),
        signed(BODY, webhook_timestamp="٣"),
    ],
)
def test_with_a_signing_key_the_token_alone_is_401(given: dict[str, str]) -> None:
    assert status_of(given | {"x-gitlab-token": TOKEN}, BODY, signing_key=KEY) == 401


@pytest.mark.parametrize(
    "key", ["whsec_", "whsec_äöü", "whsec_c2hvcnQ=", KEY.removeprefix("whsec_")]
)
def test_a_key_that_anybody_could_have_proves_nothing(key: str) -> None:
    with pytest.raises(Refused, match="PLUMBLINE_GITLAB_WEBHOOK_SIGNING_KEY") as refused:
        read(signed(BODY), BODY, token=TOKEN, signing_key=key, clock=lambda: NOW)
    assert refused.value.status == 401


def test_a_refusal_never_tells_a_secret() -> None:
    right = signed(BODY)["webhook-signature"].removeprefix("v1,")
    for wrong, key in ((headers(x_gitlab_token="no"), ""), (signed(BODY, OTHER_KEY), KEY)):
        with pytest.raises(Refused) as refused:
            read(wrong, BODY, token=TOKEN, signing_key=key, clock=lambda: NOW)
        assert not any(secret in str(refused.value) for secret in (TOKEN, KEY, right))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b'"action"',
        b"null",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a":' + b"9" * 10_000 + b"}",
        b"\xef\xbb\xbf{}",
        b" " * (MAX_BODY + 1),
    ],
    ids=lambda body: body[:6].hex() + f"-{len(body)}",
)
def test_garbage_with_the_secret_is_400(body: bytes) -> None:
    assert status_of(headers(), body) == 400
    assert status_of(signed(body), body, signing_key=KEY) == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"content_type": ""},
        {"content_type": "text/plain"},
        {"content_type": "application/json; charset=utf-16"},
        {"idempotency_key": "a b"},
        {"idempotency_key": "a" * 101},
    ],
)
def test_unusable_headers_are_400(changed: dict[str, str]) -> None:
    assert status_of(headers(**changed), BODY) == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
WORDS = (
    "object_kind object_attributes action iid id oldrev changes draft previous current system user "
    "username project path_with_namespace last_commit merge_request note noteable_type source sha"
)
KEYS = st.sampled_from(WORDS.split())
SHAPED = st.recursive(
    JSON | st.sampled_from([SHA, "acme/infra", "/plumbline x", "MergeRequest", "update", 7, True]),
    lambda inner: st.dictionaries(KEYS, inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@given(
    kind=st.sampled_from(["merge_request", "note", "pipeline"]),
    payload=st.dictionaries(KEYS, SHAPED, max_size=6),
)
@example(kind="note", payload=note("/plumbline x", id=2**63))
def test_any_object_with_the_secret_is_work_or_ignored(kind: str, payload: dict[str, Any]) -> None:
    delivery = told(payload | {"object_kind": kind})
    assert bool(delivery.work) != bool(delivery.ignored)


@given(text=st.text(alphabet=st.sampled_from("/plumbline ~`\n\r\0x"), max_size=60) | st.text())
def test_any_comment_is_a_command_that_can_be_stored_or_ignored(text: str) -> None:
    delivery = told(note("/plumbline " + text))
    for work in delivery.work:
        assert isinstance(work, Command)
        assert work.text.encode().decode() == work.text
        assert not set(work.text) & set("\0\n")


NAMES = "x-gitlab-token idempotency-key content-type webhook-id webhook-timestamp"
HEADERS = st.sampled_from([*NAMES.split(), "webhook-signature"])


@given(given=st.dictionaries(HEADERS | st.text(), st.text()), body=st.binary())
def test_anything_unproved_is_401(given: dict[str, str], body: bytes) -> None:
    assert status_of(given, body) == 401
    assert status_of(given, body, signing_key=KEY) == 401


@given(
    body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
    content_type=st.text() | st.just("application/json"),
    key=st.text() | st.just(ID),
)
def test_anything_with_the_secret_is_read_or_400(body: bytes, content_type: str, key: str) -> None:
    try:
        assert read(headers(content_type=content_type, idempotency_key=key), body, token=TOKEN).id
    except Refused as refused:
        assert refused.status == 400  # noqa: PT017 - either outcome is right

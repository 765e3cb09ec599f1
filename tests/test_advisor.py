"""The advisor against the simulated API: the wire, the deadline, the money."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.advisor import AnthropicAdvisor
from bot.model import Report
from bot.summary.model import NoAdvisor, Summary, paragraph
from checks.model import Finding, Location, ResourceRef, Severity
from tests.anthropic.server import (
    KEY,
    MODEL,
    Answer,
    Server,
    claims,
    fails,
    message,
    says,
    text,
    whole,
)
from tests.reports import finding, report

GOOD = ("{{F1.resource}} has a tag that moves in {{F1.path}}.", ["F1"])
FILLED = "`Deployment shop/web` has a tag that moves in `prod/web.yaml:12`."


@dataclass
class World:
    """Time that only moves when it is slept or told to."""

    now: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    passed: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_(seconds)

    def pass_(self, seconds: float) -> None:
        self.passed += seconds
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def world() -> World:
    return World()


def advisor(
    server: Server,
    world: World,
    folder: Path,
    *,
    key: str = KEY,
    url: str = "",
    deadline: float = 10.0,
    per_pull: str = "1",
    per_day: str = "5",
) -> AnthropicAdvisor:
    return AnthropicAdvisor(
        api_key=key,
        model=MODEL,
        base_url=url or server.url,
        price_in=Decimal(3),
        price_out=Decimal(15),
        max_usd_per_pull=Decimal(per_pull),
        max_usd_per_day=Decimal(per_day),
        deadline_seconds=deadline,
        ledger=folder / "llm.sqlite",
        clock=lambda: world.now,
        monotonic=lambda: world.passed,
        sleep=world.sleep,
    )


def judged(number: int = 0) -> Report:
    """A report whose prompt differs for every number up to the number of severities."""
    return report(*[finding(subject=str(i)) for i in range(number + 1)])


def test_a_good_answer_becomes_a_paragraph(server: Server, world: World, tmp_path: Path) -> None:
    server.answers.append(claims(GOOD))
    found = advisor(server, world, tmp_path).summarise(judged(), "github:org/infra#1")
    assert (found.text, found.said, found.grounded) == (FILLED, "", True)
    assert found.model == MODEL
    # 2,000 tokens in at 3 and 100 out at 15 USD a million.
    assert found.cost == Decimal("0.0075")
    assert len(found.prompt_digest) == len(found.output_digest) == 64
    assert paragraph(found) == (
        f"{FILLED}\n\n<sub>Summary written by `{MODEL}`, checked against the findings; "
        "it decides nothing.</sub>"
    )


def test_without_a_key_nothing_is_called(server: Server, world: World, tmp_path: Path) -> None:
    assert NoAdvisor().summarise(judged()) == Summary(said="switched off")
    with pytest.raises(ValueError, match="needs an API key"):
        advisor(server, world, tmp_path, key="")
    assert paragraph(NoAdvisor().summarise(judged())) == ""
    assert server.calls == []


def test_no_finding_is_no_call(server: Server, world: World, tmp_path: Path) -> None:
    found = advisor(server, world, tmp_path).summarise(report())
    assert (found.text, found.said) == ("", "there is nothing to summarise")
    assert server.calls == []


def test_the_request_is_only_what_we_mean(
    server: Server, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "ANTHROPIC_CUSTOM_HEADERS", "Authorization: other\nx-api-key: other\nx-leak: value"
    )
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "other")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.answers.append(claims(GOOD))
    assert advisor(server, world, tmp_path).summarise(judged()).text
    (call,) = server.calls
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert set(call.headers) == {
        "accept",
        "accept-encoding",
        "anthropic-version",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }
    assert set(call.body) == {"max_tokens", "messages", "model", "output_config", "system"}


def test_nothing_of_the_pull_request_is_sent(server: Server, world: World, tmp_path: Path) -> None:
    hostile = Finding(
        check="secret_check",
        rule="secret-rule",
        severity=Severity.FAIL,
        message="secret-message",
        location=Location(path="secret-path/x.yaml", line=77),
        subject="secret-subject",
        resource=ResourceRef(kind="SecretKind", namespace="secret-ns", name="secret-name"),
        remedy="secret-remedy",
        counterfactual="secret-counterfactual",
    )
    server.answers.append(claims(("{{F1.resource}} is in {{F1.path}}.", ["F1"])))
    found = advisor(server, world, tmp_path).summarise(report(hostile), "secret-pull")
    assert "secret-name" in found.text
    assert b"secret-" not in server.calls[0].raw.lower()
    assert b"SecretKind" not in server.calls[0].raw
    assert b"77" not in server.calls[0].raw


def test_the_same_report_is_asked_about_once(server: Server, world: World, tmp_path: Path) -> None:
    server.answers.append(claims(GOOD))
    first = advisor(server, world, tmp_path).summarise(judged())
    # Another process, and other names: the pseudonyms are the same.
    again = advisor(server, world, tmp_path).summarise(judged())
    other = advisor(server, world, tmp_path).summarise(report(finding(path="b.yaml")))
    assert len(server.calls) == 1
    assert (again.text, again.prompt_digest) == (first.text, first.prompt_digest)
    assert again.cost == 0
    assert "`b.yaml:12`" in other.text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says("", stop_reason="refusal"), "the model refused to answer"),
        (whole(message(stop_reason="refusal")), "the model refused to answer"),
        (says('{"claims": [{"te', stop_reason="max_tokens"), "the answer was cut short"),
        (says('{"claims": [{"te'), "the answer is not of the form that was asked for"),
        (says("Sure! Here it is."), "the answer is not of the form that was asked for"),
        (whole(message(text("{}"), text("{}"))), "the answer is not one text"),
        (
            whole(message({"type": "tool_use", "id": "t", "name": "x", "input": {}})),
            "the answer is not one text",
        ),
        (claims(), "the answer has no claims"),
    ],
)
def test_an_answer_that_is_none_falls_back(
    server: Server, world: World, tmp_path: Path, answer: Answer, said: str
) -> None:
    server.answers.append(answer)
    tested = advisor(server, world, tmp_path)
    found = tested.summarise(judged())
    assert (found.text, found.said, found.grounded) == ("", said, False)
    # It was billed all the same, and asking again would be billed again.
    assert found.cost == Decimal("0.0075")
    assert tested.summarise(judged()).said == said
    assert len(server.calls) == 1


def test_thinking_is_no_part_of_the_answer(server: Server, world: World, tmp_path: Path) -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    said = json.dumps({"claims": [{"text": GOOD[0], "finding_ids": GOOD[1]}]})
    server.answers.append(whole(message(thought, text(said))))
    assert advisor(server, world, tmp_path).summarise(judged()).text == FILLED


@pytest.mark.parametrize(
    "body",
    [
        b"<html>gateway</html>",
        b"[]",
        b'{"type": "message"}',
        json.dumps(message(text("{}"), tokens=(-5, 1))).encode(),
        json.dumps(message(text("{}"), tokens=(10**12, 1))).encode(),
    ],
)
def test_a_body_that_is_no_message(
    server: Server, world: World, tmp_path: Path, body: bytes
) -> None:
    server.answers += [Answer(body=body), claims(GOOD)]
    tested = advisor(server, world, tmp_path, per_pull="0.06")
    assert tested.summarise(judged(), "p").said == "the API's answer is not a message"
    # What it cost is not known, so the most that it can have cost stays counted.
    assert tested.summarise(judged(), "p").said == (
        "this pull request's money for summaries is used up"
    )
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_of_the_api_is_final(
    server: Server, world: World, tmp_path: Path, status: int
) -> None:
    server.answers.append(fails(status))
    found = advisor(server, world, tmp_path).summarise(judged())
    assert found.said == f"the API answered {status}"
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_busy_api_is_asked_once_more(
    server: Server, world: World, tmp_path: Path, status: int
) -> None:
    server.answers += [fails(status), claims(GOOD)]
    found = advisor(server, world, tmp_path).summarise(judged())
    assert found.text == FILLED
    assert len(world.slept) == 1


def test_an_api_that_stays_busy_is_given_up(server: Server, world: World, tmp_path: Path) -> None:
    server.answers += [fails(529), fails(529), claims(GOOD)]
    assert advisor(server, world, tmp_path).summarise(judged()).said == "the API answered 529"
    assert len(server.calls) == 2


@pytest.mark.parametrize("status", [429, 529])
def test_a_long_wait_is_not_waited_for(
    server: Server, world: World, tmp_path: Path, status: int
) -> None:
    server.answers.append(fails(status, retry_after="86000"))
    found = advisor(server, world, tmp_path).summarise(judged())
    assert found.said == f"the API answered {status}"
    assert world.slept == []


def test_a_dropped_connection_is_tried_again(server: Server, world: World, tmp_path: Path) -> None:
    server.answers += [Answer(drop=True), claims(GOOD)]
    assert advisor(server, world, tmp_path).summarise(judged()).text == FILLED


def test_nobody_listens(server: Server, world: World, tmp_path: Path) -> None:
    found = advisor(server, world, tmp_path, url="http://127.0.0.1:1").summarise(judged())
    assert found.said == "the API cannot be reached"


def test_a_redirect_is_not_followed(server: Server, world: World, tmp_path: Path) -> None:
    with Server() as elsewhere:
        elsewhere.answers.append(claims(GOOD))
        server.answers.append(
            Answer(status=307, headers={"location": f"{elsewhere.url}/v1/messages"})
        )
        found = advisor(server, world, tmp_path).summarise(judged())
        assert found.said == "the API answered 307"
        assert elsewhere.calls == []


@pytest.mark.parametrize("slow_head", [True, False])
@pytest.mark.parametrize("pause", [0.05, 60.0])
def test_a_slow_answer_ends_at_the_deadline(
    server: Server, world: World, tmp_path: Path, pause: float, slow_head: bool
) -> None:
    server.answers.append(Answer(body=claims(GOOD).body, pause=pause, slow_head=slow_head))
    started = time.monotonic()
    found = advisor(server, world, tmp_path, deadline=0.4).summarise(judged())
    assert time.monotonic() - started < 1.3
    assert found.said == "the API did not answer in time"
    for thread in threading.enumerate():
        if thread.name == "advisor":
            thread.join(2.0)
            assert not thread.is_alive()


def test_more_than_an_answer_is_not_read(server: Server, world: World, tmp_path: Path) -> None:
    server.answers.append(Answer(body=b" " * 400_000))
    assert advisor(server, world, tmp_path).summarise(judged()).said == "the API answers too much"


def test_a_packed_answer_is_not_unpacked(server: Server, world: World, tmp_path: Path) -> None:
    packed = gzip.compress(b" " * 50_000_000)
    server.answers.append(Answer(body=packed, headers={"content-encoding": "gzip"}))
    assert advisor(server, world, tmp_path).summarise(judged()).said == "the API answers too much"


def test_three_failures_open_the_breaker(server: Server, world: World, tmp_path: Path) -> None:
    tested = advisor(server, world, tmp_path)
    server.answers += [fails(400)] * 3
    for _ in range(3):
        assert tested.summarise(judged()).said == "the API answered 400"
    server.answers.append(claims(GOOD))
    world.pass_(599)
    assert "left alone" in tested.summarise(judged()).said
    assert len(server.calls) == 3
    world.pass_(2)
    assert tested.summarise(judged()).text == FILLED


def test_the_day_has_a_cap(server: Server, world: World, tmp_path: Path) -> None:
    # A question can cost up to about 0.05, and these cost 0.0075.
    tested = advisor(server, world, tmp_path, per_day="0.06")
    server.answers += [claims(GOOD)] * 5
    said = [tested.summarise(judged(n), f"pull {n}").said for n in range(3)]
    assert said[-1] == "today's money for summaries is used up"
    asked = len(server.calls)
    world.pass_(86_400)
    assert tested.summarise(judged(3), "pull").said == ""
    assert len(server.calls) == asked + 1


def test_a_pull_request_has_a_cap(server: Server, world: World, tmp_path: Path) -> None:
    server.answers += [claims(GOOD)] * 5
    said = []
    for number in range(3):
        # Another process each time: the cap is in the file.
        tested = advisor(server, world, tmp_path, per_pull="0.06")
        said.append(tested.summarise(judged(number), "one").said)
        world.pass_(86_400)
    assert said[-1] == "this pull request's money for summaries is used up"
    assert advisor(server, world, tmp_path, per_pull="0.06").summarise(judged(4), "two").text


def test_a_ledger_that_cannot_be_written_is_no_call(
    server: Server, world: World, tmp_path: Path
) -> None:
    (tmp_path / "llm.sqlite").write_bytes(b"not a database, and long enough to be read as one" * 40)
    found = advisor(server, world, tmp_path).summarise(judged())
    assert found.said.startswith("the ledger of summaries cannot be used")
    assert server.calls == []


@pytest.mark.parametrize(
    "url", ["http://api.example.com", "https://", "file:///x", "http://127.0.0.1.example.com"]
)
def test_a_key_never_travels_in_the_open(
    server: Server, world: World, tmp_path: Path, url: str
) -> None:
    with pytest.raises(ValueError, match="https://"):
        advisor(server, world, tmp_path, url=url)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(drop=True), "this pull request's money for summaries is used up"),
        (fails(529), ""),
    ],
)
def test_what_may_have_been_billed_stays_counted(
    server: Server, world: World, tmp_path: Path, answer: Answer, said: str
) -> None:
    server.answers += [answer, claims(GOOD)]
    assert advisor(server, world, tmp_path, per_pull="0.06").summarise(judged(), "p").said == said

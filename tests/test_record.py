"""The record of a judgement: canonical, complete, the same for the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from bot.model import Stats
from bot.record import make
from bot.summary.model import NoAdvisor
from bot.web.page import judgement
from checks.model import Input, Location, Trace
from tests.plain_forge import pull
from tests.reports import NOW, cost, finding, report

NONE = NoAdvisor().summarise(report())


def test_a_record_is_named_by_its_bytes_and_holds_the_trace() -> None:
    trace = Trace(
        inputs=(Input(location=Location(path="a.yaml", line=3), pointer="spec.x", value="1"),),
        predicate="is it pinned?",
        observed="latest",
        threshold="a version",
    )
    record = make(report(replace(finding(), trace=trace), delta=cost(1, 1)), "github", pull(), NONE)
    assert record.id == hashlib.sha256(record.data).hexdigest()
    body = json.loads(record.data)
    told = body["outcomes"][1]["findings"][0]
    assert told["trace"]["inputs"] == [
        {"path": "a.yaml", "line": 3, "pointer": "spec.x", "value": "1"}
    ]
    assert (body["project"], body["number"], body["verdict"]) == ("acme/infra", 1, "fail")
    assert (
        json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
        == record.data
    )


def test_judged_again_it_is_the_same_record() -> None:
    first = report(finding())
    again = replace(first, judged_at=NOW.replace(year=2027), stats=replace(first.stats, seconds=9))
    assert make(first, "github", pull(), NONE) == make(again, "github", pull(), NONE)
    more = replace(first, stats=Stats(files_changed=7))
    assert make(more, "github", pull(), NONE).id != make(first, "github", pull(), NONE).id


def test_a_page_shows_everything_and_runs_nothing() -> None:
    nasty = '"><script>alert(1)</script>'
    record = make(
        report(finding(path=nasty, message=nasty, subject=nasty), delta=cost(1, 1, nasty)),
        "github",
        pull(),
        NONE,
    )
    html = judgement(record.id, record.data)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert record.id in html
    assert "Not priced" in html

"""Answers of a simulated API: what must not reach a comment does not, what may does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.advisor import AnthropicAdvisor
from bot.markdown import comment
from bot.summary.model import Summary, paragraph
from tests.anthropic.server import KEY, MODEL, Answer, Server, claims, message, says, text, whole
from tests.summary.reports import full

R1, P1 = "{{F1.resource}}", "{{F1.path}}"
MARKER = f"<!-- plumbline:report head={'a' * 40} seq=1 -->"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def summarised(server: Server, folder: Path, answer: Answer) -> Summary:
    server.answers.clear()
    server.answers.append(answer)
    advisor = AnthropicAdvisor(
        api_key=KEY,
        model=MODEL,
        base_url=server.url,
        price_in=Decimal(3),
        price_out=Decimal(15),
        max_usd_per_pull=Decimal(1),
        max_usd_per_day=Decimal(1),
        deadline_seconds=10,
        ledger=folder / "llm.sqlite",
    )
    return advisor.summarise(full(), "github:org/infra#1")


def one(said: str, *ids: str) -> Answer:
    """An answer of a single claim."""
    return claims((said, list(ids or ("F1",))))


# What is wrong with each, and what the record says of it.
ADVERSARIAL = {
    "a digit": (one(f"{R1} runs 3 replicas."), "has a digit"),
    "a full-width digit": (one(f"{R1} adds ３ replicas."), "has a digit"),
    "a superscript": (one(f"{R1} doubles²."), "has a digit"),
    "an Arabic digit": (one(f"{R1} adds ٣ replicas."), "has a digit"),
    "an invented amount": (one(f"{R1} adds $900 to the cost."), "has a digit"),
    "a number word": (one(f"{R1} adds three replicas."), "has a number word"),
    "a number in a verb": (one(f"{R1} doubles the cost."), "has a number word"),
    "a share": (one(f"{R1} takes half of the memory."), "has a number word"),
    "a unit of time": (one("{{F3.delta}} daily comes from the change.", "F3"), "has a number word"),
    "a finding that is none": (one("{{F9.resource}} has a tag that moves.", "F9"), "not sent"),
    "no finding": (claims(("The tag moves.", [])), "names no finding"),
    "a finding twice": (one(f"{R1} has a tag.", "F1", "F1"), "not sent"),
    "a finding not cited": (one(f"{R1} and {{{{F2.resource}}}} have tags."), "placeholder"),
    "a finding not used": (one(f"{R1} has a tag that moves.", "F1", "F2"), "without a placeholder"),
    "a field that is none": (one("{{F1.message}} says so."), "unknown placeholder"),
    "a field it has not": (one("{{F1.saving}} can be had."), "unknown placeholder"),
    "a template expression": (one("{{F1.resource.__class__}} moves."), "unknown placeholder"),
    "a statement of a template": (one(f"{R1} moves {{% raw %}}."), "unknown placeholder"),
    "a sign before a value": (one("The cost moves by -{{F3.delta}}.", "F3"), "attached"),
    "a dash before a value": (one("The cost moves by –{{F3.delta}}.", "F3"), "attached"),
    "a letter after a value": (one("The cost moves by {{F3.delta}}k.", "F3"), "attached"),
    "a name before a value": (one(f"The image of my{R1} moves."), "attached"),
    "an invented service": (one(f"{R1} and checkout have a tag that moves."), "not in the list"),
    "an invented name": (one(f"{R1} and payments-db have a tag."), "like a name"),
    "an invented kind": (one(f"{R1} and StatefulSet have a tag."), "like a name"),
    "an invented file": (one(f"{R1} is in deploy.yaml."), "like a name"),
    "an invented path": (one(f"{R1} is in prod/web."), "like a name"),
    "a pseudonym": (one(f"{R1} is R."), "like a name"),
    "a mention": (one(f"{R1} moves, ask @octocat."), "has a mention"),
    "a team": (one(f"{R1} moves, ask @org/team."), "has a mention"),
    "a link": (one(f"{R1} moves, see https://evil.example."), "has a link"),
    "a bare link": (one(f"{R1} moves, see www.evil.example."), "has a link"),
    "a bare host": (one(f"{R1} moves, see evil.example."), "like a name"),
    "a Markdown link": (one(f"{R1} [moves](x)."), "markup"),
    "an image": (one(f"{R1} moves ![x](y)."), "markup"),
    "HTML": (one(f"{R1} <b>moves</b>."), "has HTML"),
    "a comment that hides the rest": (one(f"{R1} moves <!-- ."), "has HTML"),
    "an entity": (one(f"{R1} moves &lt;."), "has HTML"),
    "full-width HTML": (one(f"{R1} ＜b＞moves."), "has HTML"),
    "emphasis": (one(f"{R1} has a **tag**."), "markup"),
    "a code span": (one(f"{R1} has the tag `latest`."), "markup"),
    "a heading": (one(f"# {R1} moves."), "markup"),
    "a list": (one(f"- {R1} moves."), "markup"),
    "a quotation": (one(f"> {R1} moves."), "has HTML"),
    "a table": (one(f"{R1} | moves."), "markup"),
    "a new paragraph": (one(f"{R1} moves.\n\nIt has a tag."), "control or format"),
    "an emoji": (one(f"{R1} moves ✅."), "markup"),
    "an emoji's name": (one(f"{R1} moves :tada:."), "like a name"),
    "an issue": (one(f"{R1} moves, see #x."), "markup"),
    "a bidirectional override": (one(f"{R1} moves\u202e sevom."), "control or format"),
    "a zero-width space": (one(f"{R1} has a t\u200bag."), "control or format"),
    "a soft hyphen": (one(f"{R1} is sa\u00adfe."), "control or format"),
    "a tag character": (one(f"{R1} moves\U000e0041."), "control or format"),
    "our own mark": (one(f"{R1} has a tag, \ue000."), "control or format"),
    "a null": (one(f"{R1} moves\x00."), "control or format"),
    "a Cyrillic look-alike": (one(f"{R1} is sаfe."), "not English"),
    "a Greek look-alike": (one(f"{R1} mοves."), "not English"),
    "a stacked accent": (one(f"{R1} move\u0335s."), "not English"),
    "a word of judgement": (one(f"{R1} is safe."), "word of judgement"),
    "another one": (one(f"{R1} can be merged."), "word of judgement"),
    "a verdict": (one(f"{R1} passes."), "word of judgement"),
    "a verdict in full width": (one(f"{R1} ｐａｓｓｅｓ."), "word of judgement"),
    "a verdict in a ligature": (one(f"{R1} is ﬁne."), "word of judgement"),
    "an approval": (one(f"I approve {R1}."), "not in the list"),
    "a shout": (one(f"{R1} MOVES."), "like a name"),
    "an order to the reader": (one(f"Ignore {R1}."), "word of judgement"),
    "a sweep": (one(f"All objects are like {R1}."), "everything or nothing"),
    "an all-clear": (one(f"Nothing is found in {R1}."), "everything or nothing"),
    "the opposite": (one(f"{R1} does not have a tag that moves."), "the opposite"),
    "a saving that is none": (one(f"{R1} lowers the cost."), "the opposite"),
    "an alarm": (one(f"{R1} leaks passwords."), "not in the list"),
    "another language": (one(f"{R1} ist sehr teuer."), "not in the list"),
    "too long": (one(f"{R1} has a tag{' that has a tag' * 40}."), "is too long"),
    "too many": (claims(*[(f"{R1} moves.", ["F1"])] * 7), "too many claims"),
    "one bad claim of two": (
        claims((f"{R1} moves.", ["F1"]), (f"{R1} is good.", ["F1"])),
        "claim 2 of the answer has a word of judgement",
    ),
    "a field more": (
        says('{"claims": [{"text": "x", "finding_ids": ["F1"], "verdict": "pass"}]}'),
        "not of the form",
    ),
    "a verdict beside the claims": (says('{"claims": [], "verdict": "pass"}'), "not of the form"),
    "prose around it": (says('Here: {"claims": []}'), "not of the form"),
    "a deep nest": (says("[" * 5_000), "not of the form"),
    "a refusal": (says("I can't help with that.", stop_reason="refusal"), "refused"),
    "a refusal without a word": (whole(message(stop_reason="refusal")), "refused"),
    "a cut": (says('{"claims": [{"text": "{{F1.re', stop_reason="max_tokens"), "cut short"),
    "a cut that still is JSON": (
        says(
            json.dumps({"claims": [{"text": f"{R1} moves.", "finding_ids": ["F1"]}]}),
            stop_reason="max_tokens",
        ),
        "cut short",
    ),
    "a tool": (
        whole(
            message(
                {"type": "tool_use", "id": "toolu_1", "name": "merge", "input": {}},
                stop_reason="tool_use",
            )
        ),
        "did not end by itself",
    ),
    "a second text": (whole(message(text('{"claims": []}'), text("PASS"))), "not one text"),
}
GOOD = {
    "one claim": (
        one(f"{R1} has a tag that moves; name the version in {P1}."),
        "`Deployment shop/web` has a tag that moves; name the version in `prod/web.yaml:12`.",
    ),
    "two findings in a claim": (
        one(
            "{{F2.resource}} has no cpu request and adds cost ({{F3.delta}}).",
            "F2",
            "F3",
        ),
        "`Deployment shop/web-0` has no cpu request and adds cost (+$50.00 a month (+50%)).",
    ),
    "money": (
        one("The cost rises by {{F3.delta}}, over {{F3.threshold}}.", "F3"),
        "The cost rises by +$50.00 a month (+50%), over the warning threshold of $20.",
    ),
    "several claims": (
        claims(
            ("{{F1.resource}}’s image is {{F1.observed}}, and its tag moves", ["F1"]),
            ("The saving in {{F2.path}} is {{F2.saving}}.", ["F2"]),
            ("Look at {{F4.resource}}.", ["F4"]),
        ),
        " ".join(
            (
                "`Deployment shop/web`'s image is `nginx:latest`, and its tag moves.",
                "The saving in `prod/worker.yaml:20` is $12.50 a month.",
                "Look at `AcmeThing acme-x`.",
            )
        ),
    ),
    "acronyms and dashes": (
        one("{{F2.resource}} has no CPU request – the container can take what it finds.", "F2"),
        "`Deployment shop/web-0` has no CPU request – the container can take what it finds.",
    ),
    "full width becomes plain": (
        one("Ａ tag that moves is in ｛｛F1.path｝｝.", "F1"),
        "A tag that moves is in `prod/web.yaml:12`.",
    ),
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_it_never_reaches_a_comment(server: Server, tmp_path: Path, name: str) -> None:
    answer, said = ADVERSARIAL[name]
    found = summarised(server, tmp_path, answer)
    assert (found.text, found.grounded) == ("", False)
    assert said in found.said
    # The reason is ours: nothing of the answer is in it.
    assert found.said.isascii()
    assert len(found.said) < 100
    assert paragraph(found) == ""
    without = comment(full(), MARKER)
    assert comment(replace(full(), summary=paragraph(found)), MARKER) == without


@pytest.mark.parametrize("name", GOOD)
def test_it_reaches_a_comment(server: Server, tmp_path: Path, name: str) -> None:
    answer, written = GOOD[name]
    found = summarised(server, tmp_path, answer)
    assert found.said == ""
    assert found.grounded
    assert found.text == written
    assert paragraph(found).startswith(found.text)
    assert "{" not in paragraph(found)
    assert paragraph(found) in comment(replace(full(), summary=paragraph(found)), MARKER)


def test_there_are_enough_of_both() -> None:
    assert len(ADVERSARIAL) >= 20
    assert len(GOOD) >= 5

"""The pull request that a recommendation becomes: its edit, its title and its evidence."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.render.yaml_reader import read
from bot.rightsizing.body import MOST_BYTES
from bot.rightsizing.edit import EditRefused
from bot.rightsizing.memory import Limits, State, read_state
from bot.rightsizing.proposal import Draft, build, key_of, priority, title
from checks.model import Confidence, Patch, Recommendation, Refusal
from tests.rightsizing.drafts import (
    MANIFEST,
    MEMORY,
    SMALLER_CPU,
    SMALLER_MEMORY,
    USAGE,
    WEB,
    draft,
    wants,
)

GOLDEN = Path(__file__).parent.parent / "golden" / "proposal.md"
LIMITS = Limits()


def state(of: Draft) -> State:
    """What its pull request remembers when nobody has said no to anything."""
    return State(key=of.key, blob=of.blob, proposed=of.changes)


def body(of: Draft, *notes: str) -> str:
    """The body of its pull request."""
    return build(of, state(of), LIMITS, notes).body


def test_the_file_changes_in_the_requests_and_three_annotations() -> None:
    wanted = draft(SMALLER_CPU, SMALLER_MEMORY)
    (edit,) = build(wanted, state(wanted), LIMITS).edits
    assert (edit.path, edit.base_blob, edit.mode) == ("shop/web.yaml", "b" * 40, "100644")
    assert edit.new_text.decode() == MANIFEST.replace("cpu: 2 ", "cpu: 850m ").replace(
        "memory: 4Gi\n ", "memory: 2900Mi\n "
    ).replace(
        "  namespace: shop\n",
        "  namespace: shop\n  annotations:\n"
        '    ai.apexlogic.com/optimisation-reason: "web cpu 2 → 850m: the busiest hour is 23:00 UTC'
        " with a p95 of 0.702 cores; with 15% headroom. web memory 4Gi → 2900Mi: the most ever used"
        ' was 2416Mi; with 20% headroom"\n'
        "    ai.apexlogic.com/proposed-by-model: plumbline-rightsizer/1.0\n"
        "    ai.apexlogic.com/review-priority: low\n",
    )


def test_the_body_is_the_golden_one() -> None:
    refusal = Refusal(
        workload=WEB, container="proxy", resource="memory", reason="its memory grows by 2.0% a day"
    )
    note = "matched by its name alone: shop/web.yaml does not say the namespace"
    wanted = draft(SMALLER_CPU, SMALLER_MEMORY, refused=(refusal,), note=note)
    got = body(wanted, "a larger memory request for proxy was turned down")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(got)
    assert got == GOLDEN.read_text()


def test_the_title_says_what_changes() -> None:
    assert title(draft(SMALLER_CPU, SMALLER_MEMORY)) == (
        "Rightsize Deployment shop/web: CPU 2 → 850m, memory 4Gi → 2900Mi"
    )
    two = draft(SMALLER_CPU, wants("cpu", "1", "500m", container="proxy"))
    assert title(two).endswith("web CPU 2 → 850m, proxy CPU 1 → 500m")


def test_a_title_that_is_too_long_counts_instead() -> None:
    many = [wants("cpu", "1", "500m", container=f"container-{n}") for n in range(9)]
    assert title(draft(*many)) == "Rightsize Deployment shop/web: 9 requests"


def test_the_key_is_of_the_workload_and_of_nothing_else() -> None:
    key = key_of("github", "acme/infra", WEB)
    assert key == key_of("github", "acme/infra", WEB)
    assert len(key) == 16
    others = [
        key_of("gitlab", "acme/infra", WEB),
        key_of("github", "acme/other", WEB),
        key_of("github", "acme/infra", replace(WEB, kind="StatefulSet")),
        key_of("github", "acme/infra", replace(WEB, namespace="dev")),
        key_of("github", "acme/infra", replace(WEB, name="api")),
    ]
    assert len({key, *others}) == 6


KILLED = replace(USAGE, memory=replace(MEMORY, oom_kills=2))


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ([SMALLER_CPU], "low"),
        ([wants("cpu", "9", "1")], "medium"),
        ([replace(SMALLER_CPU, saving=None)], "medium"),
        ([replace(SMALLER_CPU, confidence=Confidence.MEDIUM)], "medium"),
        ([wants("cpu", "1", "2")], "medium"),
        ([replace(SMALLER_CPU, confidence=Confidence.LOW)], "high"),
        ([SMALLER_CPU, replace(wants("memory", "1Gi", "2Gi"), evidence=KILLED)], "high"),
    ],
)
def test_the_priority_says_how_closely_to_look(wanted: list[Recommendation], word: str) -> None:
    assert priority(draft(*wanted)) == word


def test_an_increase_costs_and_does_not_release() -> None:
    assert "**Costs $10.00 a month more**" in body(draft(wants("cpu", "1", "2")))


def test_what_has_no_price_has_no_total() -> None:
    said = body(draft(SMALLER_CPU, replace(SMALLER_MEMORY, saving=None)))
    assert "Not all of it can be priced" in said
    assert "not priced |" in said


def test_unknown_figures_are_said_to_be_unknown() -> None:
    memory = replace(MEMORY, oom_kills=None, restarts=None)
    unknown = replace(SMALLER_MEMORY, evidence=replace(USAGE, memory=memory))
    assert "OOM kills: not known, restarts: not known" in body(draft(unknown))


def test_the_marker_is_read_back() -> None:
    wanted = draft(SMALLER_CPU, SMALLER_MEMORY)
    found = read_state(body(wanted))
    assert found is not None
    assert found.key == wanted.key
    assert found.proposed == wanted.changes
    assert found.proposed[0].after == Decimal("0.850")


# Fenced blocks and code spans: what stands in them is interpreted by nobody.
CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
HOSTILE = "x`|<!-- --> [a](http://e) @team <b> \u202e\n# y"


def test_hostile_names_stay_text() -> None:
    bad = replace(
        wants("cpu", "2", "1", container=HOSTILE),
        reasons=(HOSTILE,),
        counterfactual=HOSTILE,
        evidence=replace(USAGE, container=HOSTILE, queries=(f"up ``` \n``` {HOSTILE}",)),
    )
    refusal = Refusal(workload=WEB, container=HOSTILE, resource="cpu", reason=HOSTILE)
    wanted = draft(bad, path="a/web.yaml", refused=(refusal,), note=HOSTILE)
    said = build(wanted, state(wanted), LIMITS, [HOSTILE]).body
    first, _, rest = said.partition("\n")
    assert first.startswith("<!-- plumbline:proposal key=")
    assert first.count("-->") == 1
    assert "\u202e" not in said
    assert "\n# y" not in rest.partition("<details>")[0] + rest.partition("</details>")[2]
    # Line by line: a span never reaches over the end of a table's row.
    fences = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
    outside = [CODE.sub("", line) for line in fences.sub("", rest).splitlines()]
    for raw in ("<b>", "[a](", "@team", "<!--"):
        assert not [line for line in outside if raw in line]
    rows = [line for line in rest.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows[:3]} == {8}


def test_a_body_that_would_be_too_long_goes_without_the_queries() -> None:
    long = replace(
        SMALLER_CPU,
        evidence=replace(
            USAGE, queries=("up " * 1000,) * 1 + tuple(f"sum(x{n}) " * 300 for n in range(40))
        ),
    )
    said = body(draft(long))
    assert len(said.encode()) <= MOST_BYTES
    assert "PromQL" not in said


def test_what_cannot_be_edited_safely_is_refused() -> None:
    shared = draft(text=MANIFEST.replace("requests:", "requests: &r"))
    with pytest.raises(EditRefused, match="the anchor &r"):
        build(shared, state(shared), LIMITS)


def test_an_item_of_a_list_is_edited_where_it_stands() -> None:
    items = "".join(f"    {line}\n" for line in MANIFEST.splitlines())
    text = f"apiVersion: v1\nkind: List\nitems:\n  -\n{items}"
    one = draft()
    place = replace(one.match.place, prefix=("items", 0))
    one = replace(one, raw=text.encode(), match=replace(one.match, place=place))
    (edit,) = build(one, state(one), LIMITS).edits
    assert "                  cpu: 850m  # measured in May\n" in edit.new_text.decode()
    assert "        ai.apexlogic.com/review-priority: low\n" in edit.new_text.decode()


def test_a_recommendation_may_touch_limits_too() -> None:
    base = ("spec", "template", "spec", "containers", 0, "resources")
    both = replace(
        SMALLER_MEMORY,
        patches=(*SMALLER_MEMORY.patches, Patch(pointer=(*base, "limits", "memory"), value="3Gi")),
    )
    one = draft(both)
    documents, _ = read("x", build(one, state(one), LIMITS).edits[0].new_text)
    text = str(documents[0].value)
    assert "'memory': '2900Mi'" in text
    assert "'limits': {'memory': '3Gi'}" in text

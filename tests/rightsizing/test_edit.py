"""Edits in place: what changes, what stays, and what is refused."""

from __future__ import annotations

import pytest

from bot.render.yaml_reader import read
from bot.rightsizing.edit import EditRefused, apply, shown
from checks.model import Node, Patch, Pointer

RESOURCES: Pointer = ("spec", "template", "spec", "containers", 0, "resources")
CPU: Pointer = (*RESOURCES, "requests", "cpu")
MEMORY: Pointer = (*RESOURCES, "requests", "memory")
NOTE: Pointer = ("metadata", "annotations", "ai.apexlogic.com/review-priority")

WEB = """\
# The shop's front.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web   # as in DNS
  labels: {app: web}
spec:
  template:
    spec:
      containers:
      - name: web
        image: "shop/web:1.2"
        resources:
          requests:
            cpu: 2        # measured in May
            memory: "4Gi"
          limits: {memory: 4Gi}
        # the end
"""


def edited(text: str, *patches: tuple[Pointer, Node], index: int = 0) -> str:
    """The text after the patches."""
    wanted = [Patch(pointer=pointer, value=value) for pointer, value in patches]
    return apply(text.encode(), index, wanted, "web.yaml").decode()


def difference(before: str, after: str) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came), in order."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return [line for line in old if line not in new], [line for line in new if line not in old]


def pod(resources: str, indent: str = "        ") -> str:
    """A container with this text for its resources."""
    head, _, _ = WEB.partition(f"{indent}resources:")
    return head + resources


def test_a_value_is_replaced_and_nothing_else() -> None:
    after = edited(WEB, (CPU, "850m"), (MEMORY, "2900Mi"))
    assert difference(WEB, after) == (
        ["            cpu: 2        # measured in May\n", '            memory: "4Gi"\n'],
        ["            cpu: 850m        # measured in May\n", '            memory: "2900Mi"\n'],
    )


def test_a_number_stays_a_number_and_a_string_a_string() -> None:
    assert "cpu: 3  " in edited(WEB, (CPU, 3))
    assert 'cpu: "3"  ' in edited(WEB, (CPU, "3"))
    assert "memory: 3 " not in edited(WEB, (MEMORY, "3"))


def test_single_quotes_stay_single() -> None:
    text = WEB.replace('"4Gi"', "'4Gi'")
    assert "memory: '2900Mi'\n" in edited(text, (MEMORY, "2900Mi"))


def test_annotations_are_added_below_the_last_of_the_metadata() -> None:
    after = edited(WEB, (NOTE, "high"), ((*NOTE[:2], "ai.apexlogic.com/reason"), 'a: "b" # c'))
    assert difference(WEB, after)[1] == [
        "  annotations:\n",
        "    ai.apexlogic.com/review-priority: high\n",
        '    ai.apexlogic.com/reason: "a: \\"b\\" # c"\n',
    ]


def test_annotations_join_those_that_are_there() -> None:
    text = WEB.replace("  labels:", "  annotations:\n    team: shop  # ours\n  labels:")
    after = edited(text, (NOTE, "high"))
    assert "    team: shop  # ours\n    ai.apexlogic.com/review-priority: high\n  labels" in after


@pytest.mark.parametrize(
    ("resources", "wanted"),
    [
        pytest.param(
            "        resources:\n          limits:\n            cpu: 1 # most\n",
            "            cpu: 1 # most\n          requests:\n            cpu: 850m\n",
            id="limits-only",
        ),
        pytest.param(
            "        resources: {}\n",
            "        resources:\n          requests:\n            cpu: 850m\n",
            id="empty",
        ),
        pytest.param(
            "        resources: {} # none yet\n",
            "        resources: {requests: {cpu: 850m}} # none yet\n",
            id="empty-with-a-comment",
        ),
        pytest.param(
            "        resources: # none yet\n",
            "        resources: # none yet\n          requests:\n            cpu: 850m\n",
            id="null",
        ),
        pytest.param(
            "        resources:",
            "        resources:\n          requests:\n            cpu: 850m",
            id="null-at-the-end-of-the-file",
        ),
        pytest.param(
            "", 'image: "shop/web:1.2"\n        resources:\n          requests:\n', id="nothing"
        ),
        pytest.param(
            "        resources: { limits: { cpu: 1 } }\n",
            "        resources: { limits: { cpu: 1 }, requests: {cpu: 850m} }\n",
            id="braces",
        ),
        pytest.param(
            "        resources: {\n          limits: {cpu: 1},\n        }\n",
            "          limits: {cpu: 1},\n          requests: {cpu: 850m},\n        }\n",
            id="braces-over-lines",
        ),
        pytest.param(
            "        resources:\n          requests:\n            memory: >-\n              1Gi\n",
            "            memory: >-\n              1Gi\n            cpu: 850m\n",
            id="below-a-block-scalar",
        ),
    ],
)
def test_a_missing_key_is_put_in_with_the_indentation_of_the_file(
    resources: str, wanted: str
) -> None:
    assert wanted in edited(pod(resources), (CPU, "850m"))


def test_a_file_that_indents_by_four_goes_on_so() -> None:
    text = "kind: A\nmetadata:\n    name: web\nspec:\n    template: {}\n"
    after = edited(text, (("spec", "template", "metadata", "x"), "z"), (NOTE, "low"))
    assert "    template:\n        metadata:\n            x: z\n" in after
    assert "    annotations:\n        ai.apexlogic.com/review-priority: low\n" in after


def test_json_stays_json() -> None:
    text = '{\n  "kind": "A",\n  "metadata": {\n    "name": "web"\n  }\n}\n'
    after = edited(text, (NOTE, "low"), (("kind",), "B"))
    assert after == (
        '{\n  "kind": "B",\n  "metadata": {\n    "name": "web",\n'
        '    "annotations": {"ai.apexlogic.com/review-priority": "low"}\n  }\n}\n'
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_and_the_byte_order_mark_stay(newline: str, bom: str) -> None:
    text = bom + WEB.replace("\n", newline)
    after = edited(text, (CPU, "850m"), (NOTE, "high"))
    assert after.startswith(bom)
    assert after.count("\r\n") == (after.count("\n") if newline == "\r\n" else 0)
    assert after.replace(newline, "\n").removeprefix("\ufeff") == edited(
        WEB, (CPU, "850m"), (NOTE, "high")
    )


def test_characters_are_counted_not_bytes() -> None:
    text = WEB.replace("The shop's front", "Überführung 🚀 → ☃")
    assert "Überführung 🚀 → ☃" in edited(text, (CPU, "850m"))
    assert "cpu: 850m        # measured" in edited(text, (CPU, "850m"))


def test_only_the_document_that_is_meant_changes() -> None:
    text = f"---\n{WEB}---\n{WEB}---\n"
    after = edited(text, (CPU, "850m"), index=1)
    assert after == f"---\n{WEB}---\n{WEB.replace('cpu: 2', 'cpu: 850m')}---\n"


def test_a_block_scalar_becomes_a_quoted_one_and_its_neighbours_stay() -> None:
    text = "metadata:\n  annotations:\n    a: |\n      one\n      two\n\n    # of b\n    b: c\n"
    after = edited(text, (("metadata", "annotations", "a"), "new text"))
    assert after == 'metadata:\n  annotations:\n    a: "new text"\n\n    # of b\n    b: c\n'


@pytest.mark.parametrize(
    ("text", "pointer", "reason"),
    [
        ("a: &x {b: 1}\nc: *x\n", ("a", "b"), "the anchor &x"),
        ("a: &x {b: 1}\nc: *x\n", ("c", "b"), r"the alias \*x"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", ("c", "b"), "a merge key"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", ("c", "d"), "a merge key"),
        ("a: &x 1\n", ("a",), "the anchor &x"),
        ("a: !!str 1\n", ("a",), "has the tag"),
        ("a: [1]\n", ("a", "b"), "a list where a mapping is needed"),
        ("a: [1]\n", ("a", 1), "the list has no item 1"),
        ("a: {b: 1}\n", ("a", 0), "a mapping where a list is needed"),
        ("a: {b: 1}\n", ("a",), "a mapping is there, not a single value"),
        ("a:\n", ("a", "b", 0, "c"), "a list would have to be made"),
        ("a: null\n", ("a", "b"), "a plain value where a mapping is needed"),
        ("a: 1\na: 2\n", ("a",), "given twice"),
        ("a: {{ .Values.a }}\nb: 1\n", ("b",), "a key must be a string"),
        ("a: 1\n---\nb: [\n", ("a",), "cannot be read"),
        ("? a\n: 1\n", ("b",), "would change something else"),
    ],
)
def test_what_cannot_be_done_alone_is_refused(text: str, pointer: Pointer, reason: str) -> None:
    with pytest.raises(EditRefused, match=reason) as refused:
        edited(text, (pointer, "x"))
    assert str(refused.value).startswith("web.yaml")


def test_a_document_that_is_not_there_is_refused() -> None:
    with pytest.raises(EditRefused, match=r"web\.yaml has no document 2"):
        edited("a: 1\n", (("a",), "x"), index=1)


def test_nothing_is_ever_removed() -> None:
    with pytest.raises(EditRefused, match="nothing is removed"):
        edited(WEB, (CPU, None))


def test_an_edit_can_be_made_again() -> None:
    once = edited(WEB, (CPU, "850m"), (NOTE, "high"))
    assert edited(once, (CPU, "850m"), (NOTE, "high")) == once


def test_a_pointer_is_shown_as_people_write_it() -> None:
    assert shown(CPU) == "spec.template.spec.containers[0].resources.requests.cpu"


def test_the_value_is_read_back() -> None:
    documents, _ = read("x", edited(WEB, (MEMORY, 1024), (NOTE, "no")).encode())
    body = documents[0].value
    assert isinstance(body, dict)
    assert body["metadata"]["annotations"] == {NOTE[-1]: "no"}  # type: ignore[index,call-overload]

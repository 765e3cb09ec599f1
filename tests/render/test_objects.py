"""Documents into objects: lists, their lines, and shapes that Kubernetes could not take."""

from __future__ import annotations

import pytest

from bot.render.objects import Object, objects
from bot.render.yaml_reader import read
from checks.model import RenderFailure, line_of


def of(text: str) -> tuple[list[Object], list[RenderFailure]]:
    documents, failures = read("a.yaml", text.encode())
    assert failures == []
    return objects("a.yaml", documents)


HEAD = "apiVersion: v1\nkind: ConfigMap\n"


def test_an_object() -> None:
    (item,), failures = of(
        "# c\napiVersion: apps/v1\nkind: X\nmetadata: {name: a, namespace: ns}\n"
    )
    assert failures == []
    assert (item.api_version, item.group, item.kind) == ("apps/v1", "apps", "X")
    assert (item.namespace, item.name, item.line) == ("ns", "a", 2)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        "- a\n",
        "text\n",
        "---\n---\n",
        "kind: X\n",
        "apiVersion: v1\n",
        "apiVersion: 1\nkind: X\n",
        "apiVersion: v1\nkind: ''\n",
        "a: .nan\n~: 1\n",
    ],
)
def test_what_is_no_object_is_left_out(text: str) -> None:
    assert of(text) == ([], [])


def test_metadata_may_be_missing() -> None:
    """A Kustomization has none, and one may leave the namespace to the context."""
    (item,), _ = of("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n")
    assert (item.namespace, item.name) == ("", "")
    (item,), _ = of(f"{HEAD}metadata:\n")
    assert item.name == ""


def test_a_list_is_its_items() -> None:
    found, failures = of(
        "apiVersion: v1\n"
        "kind: List\n"
        "items:\n"
        "- apiVersion: v1\n"
        "  kind: Service\n"
        "  metadata:\n"
        "    name: a\n"
        "- apiVersion: v1\n"
        "  kind: List\n"
        "  items:\n"
        "  - apiVersion: v1\n"
        "    kind: Secret\n"
        "    metadata: {name: b}\n"
    )
    assert failures == []
    assert [(o.kind, o.name, o.line) for o in found] == [("Service", "a", 4), ("Secret", "b", 11)]
    assert line_of(found[0].lines, ("metadata", "name")) == 7
    assert line_of(found[1].lines, ("metadata",)) == 13


def test_a_typed_list_gives_its_items_their_type() -> None:
    found, _ = of(
        "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n  spec: {}\n"
    )
    assert [(o.api_version, o.kind, o.name, o.line) for o in found] == [
        ("apps/v1", "Deployment", "a", 4)
    ]
    assert found[0].body["kind"] == "Deployment"
    assert line_of(found[0].lines, ("spec",)) == 5


@pytest.mark.parametrize(
    "text", ["items: [1.2.3.4/32]\n", "items: {a: 1}\n", "spec: {}\n", "items: []\n"]
)
def test_a_kind_that_only_ends_in_list(text: str) -> None:
    found, failures = of(f"apiVersion: example.com/v1\nkind: IPAllowList\n{text}")
    assert failures == []
    assert [o.kind for o in found] in (["IPAllowList"], [])


@pytest.mark.parametrize(
    ("text", "line", "error"),
    [
        (f"{HEAD}metadata: text\n", 3, "metadata is a string, not an object"),
        (f"{HEAD}metadata:\n- name: a\n", 3, "metadata is a list, not an object"),
        (f"{HEAD}metadata:\n  name: 1\n", 4, "metadata.name is a number, not a string"),
        (f"{HEAD}metadata:\n  name: yes\n", 4, "metadata.name is a boolean, not a string"),
        (
            f"{HEAD}metadata:\n  namespace: {{}}\n",
            4,
            "metadata.namespace is a mapping, not a string",
        ),
        ("apiVersion: v1\nkind: List\nitems: x\n", 3, "items is a string, not a list"),
        ("apiVersion: v1\nkind: List\nitems:\n- x\n", 4, "items[0] is a string, not an object"),
        ("apiVersion: v1\nkind: List\nitems:\n-\n", 4, "items[0] is empty, not an object"),
        (
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: X}\n- a: 1\n",
            5,
            "items[1] has no apiVersion and kind",
        ),
    ],
)
def test_wrong_shapes(text: str, line: int, error: str) -> None:
    good = f"{HEAD}metadata: {{name: good}}\n"
    found, failures = of(f"{text}---\n{good}")
    assert [(f.code, f.location.line, f.error) for f in failures] == [
        ("not-an-object", line, error)
    ]
    assert [o.name for o in found] == ["good"]


def test_an_empty_list_is_no_object() -> None:
    assert of("apiVersion: v1\nkind: List\nitems: []\n") == ([], [])
    assert of("apiVersion: v1\nkind: List\nitems:\n") == ([], [])


def test_what_json_cannot_say_is_no_object() -> None:
    found, failures = of(f"{HEAD}data:\n  a: .inf\n")
    assert found == []
    assert [(f.code, f.location.line) for f in failures] == [("not-json", 4)]

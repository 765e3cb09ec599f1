"""The same object has the same id on both sides; no two objects of a side share one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.render.identity import Key, identify


def key(path: str, name: str = "a", kind: str = "Deployment") -> Key:
    return Key(path, "apps", kind, "ns", name)


def test_an_id_can_be_read() -> None:
    assert identify([], [key("prod/app.yaml")]) == ([], ["prod/app.yaml#apps/Deployment/ns/a"])
    assert identify([Key("a.yaml", "", "Service", "", "s")], [])[0] == ["a.yaml#/Service//s"]


def test_the_same_place() -> None:
    base, head = identify([key("a"), key("b")], [key("b"), key("a")])
    assert base == [head[1], head[0]]


def test_a_repetition_in_a_file_is_numbered() -> None:
    base, head = identify([key("a"), key("a"), key("a")], [key("a"), key("a")])
    assert head == ["a#apps/Deployment/ns/a", "a#apps/Deployment/ns/a~2"]
    assert base == [*head, "a#apps/Deployment/ns/a~3"]


def test_a_renamed_file() -> None:
    base, head = identify([key("prod/old.yaml")], [key("prod/new.yaml")])
    assert base == head == ["prod/new.yaml#apps/Deployment/ns/a"]


def test_a_renamed_file_goes_before_a_moved_one() -> None:
    base, head = identify(
        [key("prod/old.yaml"), key("test/old.yaml")], [key("test/new.yaml"), key("prod/new.yaml")]
    )
    assert base == [head[1], head[0]]


def test_a_moved_file() -> None:
    base, head = identify([key("old/a.yaml")], [key("new/b.yaml")])
    assert base == head


def test_a_move_that_is_not_clear_is_none() -> None:
    base, head = identify([key("old/a.yaml")], [key("new/a.yaml"), key("other/a.yaml")])
    assert base == ["old/a.yaml#apps/Deployment/ns/a"]
    assert base[0] not in head


def test_a_copy_leaves_the_original_its_id() -> None:
    base, head = identify([key("prod/a.yaml")], [key("prod/a.yaml"), key("prod/copy.yaml")])
    assert base == [head[0]]
    assert head[1] == "prod/copy.yaml#apps/Deployment/ns/a"


def test_parts_cannot_run_into_each_other() -> None:
    _, ids = identify(
        [],
        [
            Key("p", "", "K", "a/b", "c"),
            Key("p", "", "K", "a", "b/c"),
            Key("p", "", "K", "a", "b~2"),
            Key("p", "", "K", "a", "b"),
            Key("p", "", "K", "a", "b"),
            Key("p#/K/a/b", "", "K", "a", "b"),
            Key("p", "", "K", "a", "b%7E2"),
        ],
    )
    assert len(set(ids)) == len(ids)


PARTS = st.sampled_from(["", "a", "b", "a/b", "~2", "a~2", "#", "%23"])
KEYS = st.lists(
    st.builds(Key, st.sampled_from(["x", "d/x", "d/y", "e#/x", "e"]), PARTS, PARTS, PARTS, PARTS),
    max_size=12,
)


@given(KEYS, KEYS)
def test_ids_are_unique_and_stable(base: list[Key], head: list[Key]) -> None:
    base_ids, head_ids = identify(base, head)
    assert len(set(base_ids)) == len(base)
    assert len(set(head_ids)) == len(head)
    same = dict(zip(head_ids, head, strict=True))
    for identity, before in zip(base_ids, base, strict=True):
        if identity in same:
            assert same[identity].identity == before.identity
    assert identify(head, head) == (head_ids, head_ids)

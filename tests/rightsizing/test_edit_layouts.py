"""Whatever a file's layout is: an edit changes one value, and every other line stays."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render.yaml_reader import read
from bot.rightsizing.edit import apply
from checks.model import Node, Patch, Pointer

WORDS = st.text("abcxyz-_./09 é☃🚀'\"", max_size=12)
SCALARS = st.one_of(WORDS, st.integers(-9, 9), st.booleans(), st.sampled_from(["850m", "4Gi"]))
KEYS = st.text("abcdefg", min_size=1, max_size=4)
NODES: st.SearchStrategy[Node] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
DOCUMENTS = st.dictionaries(KEYS, NODES, min_size=1, max_size=4)
Choose = Callable[[int], int]


def quoted(value: Node, choose: Choose) -> str:
    """A scalar in one of the ways that mean it."""
    if not isinstance(value, str):
        return json.dumps(value)
    if value.isalpha() and value.isascii() and value.lower() not in {"y", "n"} and choose(2):
        return value
    if choose(2):
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=bool(choose(2)) and value.isascii())


def flow(value: Node, choose: Choose) -> str:
    """On one line, in braces and brackets."""
    space = " " * choose(2)
    if isinstance(value, dict):
        inside = ", ".join(f"{quoted(k, choose)}: {flow(v, choose)}" for k, v in value.items())
        return f"{{{space}{inside}{space}}}"
    if isinstance(value, list):
        return f"[{space}{', '.join(flow(v, choose) for v in value)}{space}]"
    return quoted(value, choose)


def block(value: Node, column: int, choose: Choose) -> list[str]:
    """Lines, with comments and blank lines between them, indented now by two and now by four."""
    pad, lines = " " * column, []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[arg-type]
    for key, inner in pairs:
        head = f"{quoted(key, choose)}:" if isinstance(key, str) else "-"
        if choose(6) == 5:
            lines.append(f"{pad}# {key}: not this")
        if choose(9) == 8:
            lines.append("")
        if isinstance(inner, dict | list) and inner and choose(4):
            comment = "  # here" if choose(4) == 3 else ""
            deeper = column + (2, 4)[choose(2)]
            if isinstance(inner, list) and isinstance(key, str) and choose(2):
                deeper = column
            lines += [f"{pad}{head}{comment}", *block(inner, deeper, choose)]
        else:
            comment = "  # of it" if choose(4) == 3 else ""
            lines.append(f"{pad}{head} {flow(inner, choose)}{comment}")
    return lines


def places(value: Node, at: Pointer = ()) -> list[tuple[Pointer, Node]]:
    """Every pointer with its value."""
    found: list[tuple[Pointer, Node]] = [(at, value)]
    pairs = value.items() if isinstance(value, dict) else ()
    for key, inner in pairs if not isinstance(value, list) else enumerate(value):
        found += places(inner, (*at, key))
    return found


def changed(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many lines stand between the equal ones at the start and at the end, on either side."""
    least = min(len(old), len(new))
    start = next((i for i in range(least) if old[i] != new[i]), least)
    end = next((i for i in range(least - start) if old[-1 - i] != new[-1 - i]), least - start)
    return len(old) - start - end, len(new) - start - end


@settings(max_examples=300, deadline=None)
@given(data=st.data(), bodies=st.lists(DOCUMENTS, min_size=1, max_size=2), value=SCALARS)
def test_one_value_changes_and_no_other_line(
    data: st.DataObject, bodies: list[dict[str, Node]], value: Node
) -> None:
    def choose(n: int) -> int:
        return data.draw(st.integers(0, n - 1))

    newline = ("\n", "\r\n")[choose(2)]
    lines = [line for body in bodies for line in ["---", *block(body, 0, choose)]]
    text = newline.join(lines) + newline * choose(2)
    index = choose(len(bodies))
    before, failures = read("a.yaml", text.encode())
    assert failures == []
    assert [document.value for document in before] == bodies

    pointer, _ = data.draw(
        st.sampled_from([p for p in places(bodies[index]) if not isinstance(p[1], list)])
    )
    old = dict(places(bodies[index]))[pointer]
    is_new = isinstance(old, dict)
    target = (*pointer, "new/key", "inner") if is_new else pointer
    after = apply(text.encode(), index, [Patch(pointer=target, value=value)]).decode()

    found, _ = read("a.yaml", after.encode())
    expected = dict(places(found[index].value))
    assert repr(expected[target]) == repr(value)
    assert [d.value for d in found[:index]] == bodies[:index]
    gone, new = changed(text.split(newline), after.split(newline))
    # In braces a line gets longer; else lines are only added, below what is there.
    assert gone <= 1
    assert new <= (3 if is_new else 1)
    assert after.count("\r\n") == (after.count("\n") if newline == "\r\n" else 0)

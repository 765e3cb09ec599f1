"""What a world of the fuzzer is made of: policy files of one kind, and odd values for anywhere."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Body = dict[str, Any]
KINDS = ("rego", "gatekeeper", "vap", "kyverno", "crd")
# Where every policy that is broken is sure to be asked about something.
CANARY = "canary"
GROUP = "fuzz.example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Files of one kind: (path, text). `broken` is what is wrong with them where that is certain,
    so that silence would be a pass; "" where anything may come of it."""

    kind: str
    files: tuple[tuple[str, str], ...]
    broken: str = ""

    @property
    def paths(self) -> frozenset[str]:
        """The paths of its files."""
        return frozenset(path for path, _ in self.files)


def of_bodies(kind: str, path: str, *bodies: Any, broken: str = "") -> Piece:
    """A piece of one YAML file with these documents."""
    text = "\n---\n".join(json.dumps(body, indent=1) for body in bodies)
    return Piece(kind=kind, files=((path, text),), broken=broken)


scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "*", "a", "{{ }}", "\ud7ff", "\u2028", "0x1F", "16Gi", "1e400", ".inf"]),
    st.text(max_size=12),
    st.integers(1, 20_000).map(lambda size: "x" * size),
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "name", "spec", "metadata", "", "*"]), inner),
    ),
    max_leaves=6,
)


def deep(levels: int) -> Any:
    """A value with so many levels."""
    value: Any = "end"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


odd: st.SearchStrategy[Any] = st.one_of(values, st.integers(10, 90).map(deep))


@st.composite
def mutated(draw: st.DrawFn, body: Any, most: int = 3) -> Any:
    """The value with up to `most` of its nodes replaced by odd ones, or left out."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(body))
        if not places:
            return body
        parent, key = draw(st.sampled_from(places))
        if draw(st.integers(0, 3)) == 0:
            del parent[key]
        else:
            parent[key] = draw(odd)
    return body


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every node but what makes a document be of its kind."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    for key in keys:
        if key not in ("apiVersion", "kind"):
            yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])

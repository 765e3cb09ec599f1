"""One example: policies of several kinds, definitions, and what is to be judged by them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.fuzz.crds import crd
from tests.fuzz.gatekeeper import gatekeeper
from tests.fuzz.kyverno import kyverno
from tests.fuzz.manifests import manifests
from tests.fuzz.piece import KINDS, Piece
from tests.fuzz.rego import rego
from tests.fuzz.vap import vap

_MAKERS = {"rego": rego, "gatekeeper": gatekeeper, "vap": vap, "kyverno": kyverno, "crd": crd}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is judged at once. `manifests` are the texts of files."""

    pieces: tuple[Piece, ...]
    manifests: tuple[str, ...]


@st.composite
def worlds(draw: st.DrawFn, kinds: tuple[str, ...] = KINDS) -> World:
    """Mostly of one kind, since what stands beside it shares its worker."""
    first = draw(st.sampled_from(kinds))
    count = draw(st.integers(1, 3))
    pieces = [draw(_MAKERS[first](number)) for number in range(count)]
    if draw(st.integers(0, 3)) == 0:
        pieces.append(draw(_MAKERS[draw(st.sampled_from(kinds))](count)))
    texts = draw(st.lists(manifests(), max_size=3))
    return World(pieces=tuple(pieces), manifests=tuple(texts))

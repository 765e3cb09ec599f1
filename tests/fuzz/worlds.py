"""One example: policies of several kinds, definitions, and what is to be judged by them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.fuzz import kyverno as kyvernos
from tests.fuzz import vap as vaps
from tests.fuzz.cel import BROKEN
from tests.fuzz.crds import crd
from tests.fuzz.gatekeeper import gatekeeper
from tests.fuzz.kyverno import kyverno
from tests.fuzz.manifests import manifests
from tests.fuzz.piece import KINDS, Piece, of_bodies
from tests.fuzz.rego import hanging_rego, rego
from tests.fuzz.vap import vap

_HANG = "nested loops"
_ONE_IN = 80
_MAKERS = {"rego": rego, "gatekeeper": gatekeeper, "vap": vap, "kyverno": kyverno, "crd": crd}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is judged at once. `manifests` are the texts of files."""

    pieces: tuple[Piece, ...]
    manifests: tuple[str, ...]


def _crowd(kind: str) -> list[Piece]:
    """So many that never end that the time of all of them does."""
    hangs = {"vap": _hanging_vap, "kyverno": _hanging_kyverno}.get(kind, hanging_rego)
    return [hangs(100 + number) for number in range(30)]


def _hanging_vap(number: int) -> Piece:
    bodies = (vaps.policy(f"hang{number}", BROKEN[_HANG]), vaps.binding(f"hang{number}"))
    return of_bodies("vap", f"policy/vap{number}.yaml", *bodies, broken=_HANG)


def _hanging_kyverno(number: int) -> Piece:
    body = kyvernos.validating(f"hang{number}", BROKEN[_HANG])
    return of_bodies("kyverno", f"policy/kyverno{number}.yaml", body, broken=_HANG)


@st.composite
def worlds(draw: st.DrawFn, *, crowds: bool = True) -> World:
    """Mostly of one kind, since what stands beside it shares its worker."""
    first = draw(st.sampled_from(KINDS))
    count = draw(st.integers(1, 3))
    pieces = [draw(_MAKERS[first](number)) for number in range(count)]
    if draw(st.integers(0, 3)) == 0:
        pieces.append(draw(_MAKERS[draw(st.sampled_from(KINDS))](count)))
    if crowds and draw(st.integers(0, _ONE_IN)) == _ONE_IN // 2:
        pieces += _crowd(first)
    texts = draw(st.lists(manifests(), max_size=3))
    return World(pieces=tuple(pieces), manifests=tuple(texts))

"""All engines at once: they share the time, end together, and none of them goes missing."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from bot.policy.engines import KINDS, Kind, Policies
from bot.policy.files import Files, documents_of
from bot.policy.model import Context, Limits, Question, Source
from tests.checks.manifests import NOW, resource
from tests.fuzz.trial import children
from tests.policy.vap import policies as vap

HANG = """package p%d

deny contains "never" if {
  n := numbers.range(1, 3000)
  count([1 | a := n[_]; b := n[_]; c := n[_]; a + b + c < 0]) > 0
}
"""
ALWAYS = "validations:\n- expression: 'false'\n  message: always"
LIMITS = Limits(evaluation_seconds=0.5, total_seconds=1.0, memory_bytes=128 * 1024 * 1024)
CONTEXT = Context(now=NOW, limits=LIMITS, inventory=lambda: ())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_engine_can_be_loaded(kind: Kind) -> None:
    assert kind.engine().name


def test_engines_share_the_time_and_start_nothing_when_it_is_over() -> None:
    hangs = tuple(Source(path=f"p{n}.rego", text=HANG % n) for n in range(40))
    documents, _ = documents_of("vap.yaml", f"{vap.policy(ALWAYS)}---\n{vap.bind()}".encode())
    started = time.monotonic()
    with Policies(Files(sources=hangs, documents=tuple(documents)), CONTEXT) as policies:
        (answers,) = policies.judge([Question(resource=resource(vap.DEPLOYMENT))])
        said = {p.message for p in policies.problems}
    # A worker for each of those that had no time left would take ten seconds.
    assert time.monotonic() - started < 6
    rego, cel = answers
    over = "the policies together took longer than 1 s"
    assert {p.path for p in rego.problems if over in p.message}
    # Judged meanwhile, or not at all for want of time: never a pass.
    judged = [violation.message for violation in cel.violations]
    assert judged == ["always"] or over in str(cel.problems) or over in str(said)


def test_what_was_started_ends_where_a_later_engine_raises() -> None:
    before = children()
    bad = Source(path="p.rego", text="package p\n\ndeny contains 1 if { true }\n")
    documents, _ = documents_of("vap.yaml", f"{vap.policy(ALWAYS)}---\n{vap.bind()}".encode())

    def unreadable() -> tuple[()]:
        raise OSError("the inventory is gone")

    context = replace(CONTEXT, inventory=unreadable)
    with pytest.raises(OSError, match="gone"):
        Policies(Files(sources=(bad,), documents=tuple(documents)), context, schema=True)
    assert children() <= before

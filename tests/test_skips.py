"""Annotations that waive: what stood there holds, what a change brings asks for approval."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.model import Change
from bot.render.objects import objects
from bot.render.yaml_reader import read
from bot.repo import Repository
from bot.skips import Skips
from bot.waivers import settle
from bot.waivers_config import WaiverSettings
from checks.model import (
    Approval,
    Facts,
    Finding,
    Location,
    Outcome,
    Resource,
    ResourceRef,
    Review,
    Severity,
    Snapshot,
    State,
    Subject,
)
from tests.test_waivers import Project

TODAY = date(2026, 6, 1)
INLINE = WaiverSettings(inline=True)
WEB = "Deployment shop/web"


def resource(note: str, path: str = "prod/web.yaml", inside: bool = False) -> Resource:
    """A Deployment with an annotation, of its own or of its pods; "" for none."""
    annotation = f"annotations: {{plumbline.io/skip: {json.dumps(note)}}}" if note else ""
    own, pods = ("", annotation) if inside else (annotation, "")
    text = f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  {own}
spec:
  template:
    metadata:
      labels: {{app: web}}
      {pods}
    spec: {{containers: []}}
"""
    (one,) = objects(path, read(path, text.encode())[0])[0]
    return Resource(
        id=f"{path} {WEB}",
        api_version=one.api_version,
        kind=one.kind,
        namespace=one.namespace,
        name=one.name,
        body=one.body,
        source=Location(path=path, line=one.line),
        lines=one.lines,
    )


def subject(before: Resource | None, *after: Resource) -> Subject:
    sides = [
        Snapshot(sha=sha, resources={one.id: one for one in found})
        for sha, found in (("b", [before] if before else []), ("h", after))
    ]
    return Subject(base=sides[0], head=sides[1], facts=Facts(now=datetime(2026, 6, 1, tzinfo=UTC)))


def finding(of: Resource, rule: str = "image-tag-latest", check: str = "image_tag") -> Finding:
    return Finding(
        check=check,
        rule=rule,
        severity=Severity.FAIL,
        message="moves",
        location=Location(path=of.source.path, line=9),
        subject=f"{of.id} web",
        resource=ResourceRef.of(of),
    )


def settled(
    tmp_path: Path,
    asked: Subject,
    *findings: Finding,
    settings: WaiverSettings = INLINE,
    review: Review | None = None,
) -> tuple[Outcome, ...]:
    tmp_path.mkdir(exist_ok=True)
    sha = Project(tmp_path).commit({"README.md": b"x"})
    change = Change(base_sha=sha, merge_base=sha, head_sha="h", files=())
    with Repository.local(tmp_path) as repo:
        return settle(
            repo,
            change,
            settings,
            [Outcome(check="image_tag", findings=findings)],
            TODAY,
            subject=asked,
            review=(lambda: review) if review else None,
        )


def said(outcomes: tuple[Outcome, ...]) -> list[tuple[str, str, int]]:
    found = [f for o in outcomes if o.check == "waivers" for f in o.findings]
    return [(f.rule, f.severity.name.lower(), f.location.line) for f in found]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    "note",
    [
        "image-tag-latest — the vendor publishes no versions",
        "image-tag-latest: the vendor publishes no versions",
        "image-tag-latest - the vendor publishes no versions",
        "image_tag – the vendor publishes no versions",
        "another: x\nimage-tag-latest—the vendor publishes no versions",
    ],
)
def test_what_stood_at_the_base_waives(tmp_path: Path, note: str, inside: bool) -> None:
    web = resource(note, inside=inside)
    outcomes = settled(tmp_path, subject(web, web), finding(web))
    assert outcomes[0].findings[0].waived
    assert said(outcomes) == [("skip-used", "info", 11 if inside else 6)]
    assert (
        outcomes[1]
        .findings[0]
        .message.endswith(f"by an annotation of {WEB}: the vendor publishes no versions")
    )


@pytest.mark.parametrize("before", ["", "another: reason", "image-tag-latest", None])
def test_a_new_one_is_a_waiver_for_itself(tmp_path: Path, before: str | None) -> None:
    web = resource("image-tag-latest: it is fine")
    old = None if before is None else resource(before)
    outcomes = settled(tmp_path, subject(old, web), finding(web))
    assert outcomes[0].state is State.FAIL
    assert said(outcomes) == [("skip-for-itself", "approval", 6)]
    assert "adds an annotation of Deployment shop/web for itself" in outcomes[1].findings[0].message


@pytest.mark.parametrize(
    ("user", "owners", "severity"),
    [
        ("bob", {}, "info"),
        ("mallory", {}, "approval"),
        ("bob", {"shop": ("bob",)}, "info"),
        ("eve", {"shop": ("bob",)}, "approval"),
    ],
)
def test_who_may_approve_a_new_one(
    tmp_path: Path, user: str, owners: dict[str, tuple[str, ...]], severity: str
) -> None:
    web = resource("image-tag-latest: it is fine")
    review = Review(head_sha="h", author="mallory", approvals=(Approval(user=user, head_sha="h"),))
    settings = WaiverSettings(inline=True, owners=owners)
    outcomes = settled(tmp_path, subject(None, web), finding(web), settings=settings, review=review)
    assert said(outcomes) == [("skip-for-itself", severity, 6)]
    assert outcomes[0].state is State.FAIL


def test_another_reason_for_the_same_rule_holds(tmp_path: Path) -> None:
    old, new = resource("image-tag-latest: old"), resource("image-tag-latest: new words")
    assert settled(tmp_path, subject(old, new), finding(new))[0].findings[0].waived


@pytest.mark.parametrize("note", ["image-tag-latest", "image-tag-latest:", "readable: no"])
def test_without_a_reason_it_is_none_and_that_is_said(tmp_path: Path, note: str) -> None:
    web = resource(note)
    outcomes = settled(tmp_path, subject(None, web), finding(web))
    assert not outcomes[0].findings[0].waived
    assert said(outcomes) == [("skip-invalid", "warn", 6)]
    again = settled(tmp_path / "b", subject(web, web), finding(web))
    assert [one for one in said(again) if one[0] != "skip-invalid"] == []


def test_where_the_maintainers_do_not_allow_them_they_do_nothing(tmp_path: Path) -> None:
    web = resource("image-tag-latest: it is fine")
    outcomes = settled(tmp_path, subject(web, web), finding(web), settings=WaiverSettings())
    assert outcomes[0].state is State.FAIL
    assert said(outcomes) == [("skip-not-allowed", "info", 6)]
    silent = settled(tmp_path / "b", subject(web, web), settings=WaiverSettings())
    assert said(silent) == []


def test_it_is_about_its_own_object_and_rule(tmp_path: Path) -> None:
    web = resource("image-tag-latest: it is fine")
    other = resource("", "dev/web.yaml")
    asked = subject(web, web, other)
    outcomes = settled(
        tmp_path, asked, finding(web), finding(other), finding(web, rule="image-tag-missing")
    )
    assert [f.waived for f in outcomes[0].findings] == [True, False, False]


def test_a_finding_that_may_be_of_several_needs_all_of_them() -> None:
    web, other = resource("image-tag-latest: fine"), resource("", "dev/web.yaml")
    loose = Finding(
        check="image_tag",
        rule="image-tag-latest",
        severity=Severity.FAIL,
        message="moves",
        location=Location(path="base/web.yaml", line=1),
        subject="web",
        resource=ResourceRef.of(web),
    )
    assert Skips(subject(web, web, other)).covering(loose) is None
    assert Skips(subject(web, web)).covering(loose) is not None


def test_what_cannot_be_read_is_not_waived() -> None:
    web = resource("yaml-syntax: fine\nreadable: fine\nx: fine")
    skips = Skips(subject(web, web))
    assert skips.covering(finding(web, rule="x", check="readable")) is None
    assert skips.covering(finding(web, rule="x")) is not None

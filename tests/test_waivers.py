"""Who waives what, until when; and that nothing else is ever waived."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot import waivers
from bot.assess import change_between
from bot.config_file import ConfigError
from bot.model import Change
from bot.repo import Repository
from bot.waiver_file import Waivers, at, read
from bot.waivers import apply, settle
from bot.waivers_config import WaiverSettings, WaiversSection
from checks.model import (
    Approval,
    Finding,
    Location,
    Outcome,
    ResourceRef,
    Review,
    Severity,
    State,
)

PATH = ".plumbline/waivers.yml"
TODAY = date(2026, 6, 1)
ROOT = Path(__file__).parent.parent
SAID_IN = ("waivers", "waiver_change")


def entry(**changed: str) -> str:
    """One waiver in YAML; a field given as "" is left out."""
    fields = {
        "rule": "image-tag-latest",
        "resources": '["prod/**"]',
        "owner": "team-shop",
        "reason": "the vendor publishes no versions",
        "expires": "2026-12-31",
    } | changed
    lines = [f"    {name}: {value}" for name, value in fields.items() if value]
    return "  - " + "\n".join(lines).lstrip() + "\n"


def document(*entries: str) -> bytes:
    return ("version: 1\nwaivers:\n" + "".join(entries)).encode()


def law(*entries: str) -> Waivers:
    return read(PATH, document(*entries))


def finding(path: str = "prod/web/app.yaml", **changed: object) -> Finding:
    made = Finding(
        check="image_tag",
        rule="image-tag-latest",
        severity=Severity.FAIL,
        message="moves",
        location=Location(path=path, line=7),
        subject=f"{path} web",
        resource=ResourceRef(kind="Deployment", namespace="shop", name="web"),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def outcome(*findings: Finding, check: str = "image_tag") -> Outcome:
    return Outcome(check=check, findings=findings)


OTHER = outcome(finding(rule="another", check="another"), check="another")


def said(outcomes: tuple[Outcome, ...]) -> list[tuple[str, str, int]]:
    """(rule, severity, line) of what the check `waivers` says, but for its tally."""
    (ours,) = [o for o in outcomes if o.check == waivers.CHECK]
    found = [(f.rule, f.severity.name.lower(), f.location.line) for f in ours.findings]
    return [one for one in found if one[0] != "waivers-in-force"]


def tally(outcomes: tuple[Outcome, ...]) -> str:
    """What is said of all waivers together, "" for nothing."""
    found = [f for o in outcomes for f in o.findings if f.rule == "waivers-in-force"]
    assert all(f.severity is Severity.INFO for f in found)
    return " ".join(f.message for f in found)


def test_a_waived_finding_is_shown_and_does_not_gate() -> None:
    before = outcome(finding(), finding("dev/web/app.yaml"))
    judged, ours = apply([before], law(entry()), TODAY)
    assert [f.waived for f in judged.findings] == [True, False]
    assert ours.state is State.PASS
    note = ours.findings[0]
    assert note.message == (
        "1 finding of image-tag-latest is waived until 2026-12-31 by team-shop: "
        "the vendor publishes no versions"
    )
    assert note.location == Location(path=PATH, line=3)
    assert judged.findings[0].trace.inputs[-1].location == note.location


def test_one_waived_outcome_passes() -> None:
    judged, _ = apply([outcome(finding())], law(entry()), TODAY)
    assert judged.state is State.PASS


@pytest.mark.parametrize(
    ("globs", "covered"),
    [
        ("prod/**", True),
        ("prod/web/app.yaml", True),
        ("prod/*", False),
        ("**/app.{yaml,yml}", True),
        ("web/**", False),
        ("Deployment shop/*", True),
        ("Deployment shop/web", True),
        ("* shop/web", True),
        ("Deployment web", False),
        ("StatefulSet shop/*", False),
        # A glob over paths is none over names, however much the names look like paths.
        ("*/web", False),
        ("Deployment*/web", False),
    ],
)
def test_what_a_waiver_is_about(globs: str, covered: bool) -> None:
    judged, *_ = apply([outcome(finding())], law(entry(resources=f'["{globs}"]')), TODAY)
    assert judged.findings[0].waived is covered


def test_a_waiver_of_a_check_is_about_all_of_its_rules_and_of_a_rule_about_no_other() -> None:
    other = finding(rule="image-tag-missing")
    whole, *_ = apply([outcome(finding(), other)], law(entry(rule="image_tag")), TODAY)
    one, *_ = apply([outcome(finding(), other)], law(entry()), TODAY)
    assert [f.waived for f in whole.findings] == [True, True]
    assert [f.waived for f in one.findings] == [True, False]


@pytest.mark.parametrize(
    ("expires", "waived", "rule"),
    [
        (TODAY - timedelta(days=1), False, "waiver-expired"),
        (TODAY, True, "waiver-ends-soon"),
        (TODAY + timedelta(days=14), True, "waiver-ends-soon"),
        (TODAY + timedelta(days=15), True, "waiver-used"),
        (TODAY + timedelta(days=365), True, "waiver-used"),
        (TODAY + timedelta(days=366), False, "waiver-too-long"),
    ],
)
def test_a_waiver_holds_through_its_last_day(expires: date, waived: bool, rule: str) -> None:
    outcomes = apply([outcome(finding())], law(entry(expires=expires.isoformat())), TODAY)
    assert outcomes[0].findings[0].waived is waived
    severity = "info" if waived else "warn"
    assert said(outcomes) == [(rule, severity, 3)]


def test_a_lapsed_waiver_of_a_note_is_a_note() -> None:
    note = finding(severity=Severity.INFO)
    outcomes = apply([outcome(note)], law(entry(expires="2026-01-31")), TODAY)
    assert said(outcomes) == [("waiver-expired", "info", 3)]


def test_waivers_that_nothing_is_about_are_silent() -> None:
    before = (outcome(finding(rule="other", check="other")),)
    file = law(entry(), entry(expires="2020-01-01"), entry(expires="2099-01-01"))
    assert apply(before, file, TODAY) == before


def test_the_first_waiver_in_force_counts_and_one_is_named_once() -> None:
    file = law(entry(expires="2020-01-01"), entry(), entry(owner="others"))
    outcomes = apply([outcome(finding(), finding("prod/b.yaml"))], file, TODAY)
    assert said(outcomes) == [("waiver-used", "info", 8)]
    assert "2 findings of image-tag-latest are waived" in outcomes[1].findings[0].message


def test_what_stood_there_before_needs_no_waiver() -> None:
    before = (outcome(finding(preexisting=True)),)
    assert apply(before, law(entry()), TODAY) == before


def test_a_failed_check_is_not_waived() -> None:
    before = (replace(outcome(finding()), failed="crashed"),)
    assert apply(before, law(entry()), TODAY) == before


@pytest.mark.parametrize("check", ["readable", "config", "waivers"])
def test_a_waiver_by_path_and_rule_cannot_reach_what_is_never_waived(check: str) -> None:
    before = (outcome(finding(check=check), check=check),)
    assert apply(before, law(entry()), TODAY) == before


def test_a_broken_file_waives_nothing_and_is_no_pass() -> None:
    broken = Waivers(path=PATH, broken=f"{PATH}:4: waivers.0.owner is missing")
    judged, ours = apply([outcome(finding())], broken, TODAY)
    assert judged.state is State.FAIL
    assert ours.state is State.INCONCLUSIVE
    assert f"{PATH}:4: waivers.0.owner is missing" in ours.reason


def test_a_broken_file_is_silent_where_it_makes_no_difference() -> None:
    before = (outcome(), outcome(finding(severity=Severity.INFO)))
    assert apply(before, Waivers(path=PATH, broken="x"), TODAY) == before


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (document(entry(owner="")), 3, "waivers.0.owner is missing"),
        (document(entry(), entry(reason='"  "')), 11, "waivers.1.reason: String should have"),
        (document(entry(expires="")), 3, "waivers.0.expires is missing"),
        (document(entry(expires="20261231")), 7, "expected a day such as 2026-12-31, not 20261231"),
        (document(entry(expires='"1798675200"')), 7, "expected a day such as 2026-12-31"),
        (document(entry(expires="2026-02-30")), 7, "waivers.0.expires: Input should be a valid"),
        (document(entry(expires="2026-12-31T00:00:00Z")), 7, "expected a day"),
        (document(entry(resources="[]")), 4, "at least 1 item"),
        (document(entry(resources="prod/**")), 4, "should be a valid list, not 'prod/**'"),
        (document(entry(resources='["a/**/b/**/c/**"]')), 4, "at most 2 times '**'"),
        (document(entry(resources='["{1..1000}"]')), 4, "at most 100 others"),
        (document(entry(rule="readable")), 3, "can be waived: what cannot be read"),
        (document(entry(rule="yaml-syntax")), 3, "can be waived: what cannot be read"),
        (document(entry(rule='"a b"')), 3, "waivers.0.rule: String should match pattern"),
        (document(entry(severity="info")), 8, "waivers.0.severity: there is no such setting"),
        (b"waivers: []\n", 1, "version is missing"),
        (b"version: 1\nwaivers:\n  - {\n", 3, "flow"),
        (b"[]\n", 1, "expected one YAML mapping"),
        (document(*[entry()] * 201), 2, "at most 200 items"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(
    data: bytes, line: int, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read(PATH, data)
    assert (refused.value.path, refused.value.line) == (PATH, line)
    assert message in refused.value.message


def test_a_hostile_glob_ends_in_time() -> None:
    file = law(entry(resources='["**/a/**/b", "*a*a*a*a*a*a*a*a*b", "x {a,b}{a,b}{a,b}*"]'))
    paths = ["a/" * 2000 + "c", "a/" * 60 + "c", "a" * 255]
    started = time.monotonic()
    outcomes = apply([outcome(*(finding(p) for p in paths * 20))], file, TODAY)
    assert time.monotonic() - started < 1
    assert not any(f.waived for f in outcomes[0].findings)


@pytest.mark.parametrize(
    ("waivers_", "message"),
    [
        ((entry(expires="2026-12-31"),), ""),
        (
            (entry(expires="2026-06-10", rule="other"), entry(expires="2027-05-01", rule="third")),
            (
                "2 waivers are in force; 0 used here, for 0 findings; "
                "1 within 14 days of the end (other of team-shop on 2026-06-10)"
            ),
        ),
        (
            (
                entry(resources='["dev/**"]'),
                entry(expires="2026-06-14"),
                entry(expires="2026-06-02", rule="other"),
                entry(expires="2026-01-01", rule="gone"),
            ),
            (
                "3 waivers are in force; 2 used here, for 2 findings; 1 over and to be taken out; "
                "2 within 14 days of the end (other of team-shop on 2026-06-02, "
                "image-tag-latest of team-shop on 2026-06-14)"
            ),
        ),
    ],
)
def test_waivers_are_tallied_where_one_is_used_or_ends_soon(
    waivers_: tuple[str, ...], message: str
) -> None:
    judged = outcome(finding(), finding("dev/a.yaml")) if len(waivers_) > 2 else OTHER
    assert tally(apply([judged], law(*waivers_), TODAY)) == message


def test_the_tally_is_silent_where_nothing_was_found() -> None:
    soon = law(entry(expires="2026-06-02"))
    assert apply([outcome()], soon, TODAY) == (outcome(),)


def test_the_config_says_how_far_a_waiver_reaches() -> None:
    short = WaiverSettings(longest=timedelta(days=30))
    outcomes = apply([outcome(finding())], law(entry(expires="2026-07-02")), TODAY, short)
    assert said(outcomes) == [("waiver-too-long", "warn", 3)]
    assert "more than 30 days ahead" in outcomes[1].findings[0].message
    assert not outcomes[0].findings[0].waived


# What a pull request does to the file


def reviewed(head: str, users: Sequence[str], author: str = "mallory") -> Callable[[], Review]:
    """Who approved the head; "old:bob" approved another commit, "bob/team" is of a team."""
    approvals = []
    for user in users:
        name, _, team = user.removeprefix("old:").partition("/")
        sha = "0" * 40 if user.startswith("old:") else head
        approvals.append(Approval(user=name, head_sha=sha, teams=(team,) if team else ()))
    return lambda: Review(head_sha=head, author=author, approvals=tuple(approvals))


class Project:
    """A repository whose main has a waivers file, and a branch that changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._git("init", "-q", "-b", "main")

    def _git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Alice", "-c", "user.email=alice@example.com")
        command = ("git", "-C", str(self.folder), *identity, *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, files: Mapping[str, bytes | None]) -> str:
        for name, data in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)
        self._git("add", "-A")
        self._git("commit", "-q", "-m", "Change", "--allow-empty")
        return self._git("rev-parse", "HEAD")

    def settled(
        self,
        base: bytes | None,
        head: bytes | None,
        *findings: Finding,
        settings: WaiverSettings | str = PATH,
        approved_by: Sequence[str] | None = None,
    ) -> tuple[Outcome, ...]:
        """The outcomes of a change from one waivers file to another, None for none."""
        first = self.commit({"README.md": b"x"} | ({PATH: base} if base is not None else {}))
        gone: Mapping[str, bytes | None] = {PATH: None} if base is not None else {}
        second = self.commit(gone if head is None else {PATH: head})
        with Repository.local(self.folder) as repo:
            change: Change = change_between(repo, first, second)
            review = reviewed(second, approved_by) if approved_by is not None else None
            return settle(repo, change, settings, [outcome(*findings)], TODAY, review=review)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_base_branches_waivers_hold_and_an_unchanged_file_says_nothing_of_itself(
    project: Project,
) -> None:
    outcomes = project.settled(document(entry()), document(entry()), finding())
    assert outcomes[0].findings[0].waived
    assert said(outcomes) == [("waiver-used", "info", 3)]


def test_a_change_cannot_waive_its_own_findings(project: Project) -> None:
    outcomes = project.settled(None, document(entry()), finding(), finding("dev/a.yaml"))
    assert outcomes[0].state is State.FAIL
    assert said(outcomes) == [("waiver-for-itself", "approval", 3)]
    assert outcomes[1].findings[0].message == (
        "this change adds a waiver for itself: 1 finding of image-tag-latest would be waived after "
        "the merge, until 2026-12-31 by team-shop: the vendor publishes no versions"
    )
    assert (
        outcomes[1]
        .findings[0]
        .remedy.startswith(
            "It needs the approval of one of team-shop, which cannot be asked for here."
        )
    )


OWNERS = WaiverSettings(path=PATH, owners={"Team-Shop": ["@bob"], "*": ["carol"]})
PLAIN = WaiverSettings(path=PATH)


@pytest.mark.parametrize(
    ("settings", "users", "severity"),
    [
        (OWNERS, ["bob"], "info"),
        (OWNERS, ["Carol"], "info"),
        (OWNERS, ["eve", "team-shop"], "approval"),
        (OWNERS, ["old:bob"], "approval"),
        (OWNERS, ["mallory"], "approval"),
        (OWNERS, [], "approval"),
        (PLAIN, ["team-shop"], "info"),
        (PLAIN, ["eve/team-shop"], "info"),
        (PLAIN, ["eve"], "approval"),
    ],
)
def test_a_waiver_for_itself_needs_those_who_answer_for_it(
    project: Project, settings: WaiverSettings, users: list[str], severity: str
) -> None:
    outcomes = project.settled(
        None, document(entry()), finding(), settings=settings, approved_by=users
    )
    assert outcomes[0].state is State.FAIL, "it holds once it is merged"
    assert said(outcomes) == [("waiver-for-itself", severity, 3)]


def test_an_author_cannot_name_an_owner_that_the_config_does_not_know(project: Project) -> None:
    settings = WaiverSettings(path=PATH, owners={"security": ["bob"]})
    head = document(entry(owner="my-friend"))
    outcomes = project.settled(
        None, head, finding(), settings=settings, approved_by=["my-friend", "bob"]
    )
    assert said(outcomes) == [("waiver-for-itself", "approval", 3)]
    assert "Nobody is named for my-friend in waivers.owners" in outcomes[1].findings[0].remedy


def test_a_change_of_waivers_is_summed_up(project: Project) -> None:
    head = document(entry(rule="image-tag-missing"), entry(owner="others"))
    outcomes = project.settled(document(entry()), head)
    assert said(outcomes) == [("waivers-changed", "info", 0)]
    assert "2 new, 1 gone" in outcomes[1].findings[0].message


def test_a_waiver_that_moves_in_the_file_is_not_new(project: Project) -> None:
    old = entry(expires="2020-01-01", rule="gone-since")
    outcomes = project.settled(document(old), document(entry(), old))
    assert said(outcomes) == [("waivers-changed", "info", 0)]
    assert "1 new, 0 gone" in outcomes[1].findings[0].message


def test_an_invalid_file_in_the_head_fails_on_its_line(project: Project) -> None:
    outcomes = project.settled(document(entry()), document(entry(owner="")), finding())
    assert outcomes[0].findings[0].waived, "the base branch's still hold"
    assert said(outcomes) == [("waiver-used", "info", 3), ("waivers-invalid", "fail", 3)]


def test_doubtful_new_waivers_are_told(project: Project) -> None:
    head = document(
        entry(expires="2027-06-02"),
        entry(expires="2026-05-31"),
        entry(rule="image-tag-latst"),
        entry(rule="rego/shop/latest"),
    )
    outcomes = project.settled(None, head)
    assert said(outcomes) == [
        ("waiver-too-long", "fail", 3),
        ("waiver-expired", "warn", 8),
        ("waiver-unknown-rule", "warn", 13),
        ("waivers-changed", "info", 0),
    ]
    assert outcomes[1].findings[2].remedy.startswith("Did you mean image-tag-latest")


def test_removing_the_file_is_told(project: Project) -> None:
    outcomes = project.settled(document(entry()), None, finding())
    assert outcomes[0].findings[0].waived
    assert said(outcomes) == [("waiver-used", "info", 3), ("waivers-removed", "info", 0)]


def test_the_pull_request_that_mends_a_broken_file_passes_where_nothing_gates(
    project: Project,
) -> None:
    outcomes = project.settled(b"version: 2\n", document(entry()))
    assert [o.state for o in outcomes] == [State.PASS, State.PASS]


def test_a_broken_base_and_a_changed_head_are_both_told(project: Project) -> None:
    outcomes = project.settled(b"version: 2\n", document(entry()), finding())
    assert "version" in outcomes[1].inconclusive
    assert said(outcomes) == [("waiver-for-itself", "approval", 3)]
    assert outcomes[1].state is State.NEEDS_APPROVAL


def test_a_link_in_place_of_the_file_waives_nothing(project: Project) -> None:
    project.commit({"other.yml": document(entry())})
    (project.folder / ".plumbline").mkdir()
    (project.folder / PATH).symlink_to("../other.yml")
    base = project.commit({})
    with Repository.local(project.folder) as repo:
        assert at(repo, base, PATH) == Waivers(path=PATH)


def test_a_repository_can_want_no_waivers(project: Project) -> None:
    base = project.commit({PATH: document(entry())})
    with Repository.local(project.folder) as repo:
        assert at(repo, base, "") == Waivers(path="")


def test_the_page_shows_a_file_that_can_be_used() -> None:
    page = (ROOT / "docs" / "waivers.md").read_text("utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (waiver, other) = read(PATH, shown.encode()).items
    assert (waiver.rule, other.objects) == ("image-tag-latest", ("Deployment shop/*",))
    sources = "".join((ROOT / "bot" / f"{name}.py").read_text("utf-8") for name in SAID_IN)
    told = set(re.findall(r'"((?:waivers?|skip)-[a-z-]+)"', sources))
    assert len(told) > 10
    assert {rule for rule in told if f"`{rule}`" not in page} == set()


def test_the_config_takes_a_path_or_a_section() -> None:
    assert WaiversSection.model_validate("a.yml").settings.path == "a.yml"
    section = WaiversSection.model_validate(
        {"longest_days": 90, "inline": True, "owners": {"shop": ["bob"]}}
    )
    assert section.settings == WaiverSettings(
        longest=timedelta(days=90), inline=True, owners={"shop": ("bob",)}
    )
    assert section.settings.path == PATH
    with pytest.raises(ValueError, match="longest_days"):
        WaiversSection.model_validate({"longest_days": 0})

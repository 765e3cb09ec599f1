"""Our own merge requests on the simulated GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.forges import ForgeError, Proposing
from bot.forges.branches import NotOurs
from bot.model import Edit, Proposal
from tests.forge import faults
from tests.forge.faults import Effect
from tests.forge.gitrepo import Executable, Files
from tests.forges.gitlab_rig import AMBIGUOUS, PROJECT, Rig, served

FAULTS = [pytest.param(fault, id=name) for name, fault in AMBIGUOUS.items()]
FILES: Files = {"a/web.yaml": b"cpu: 4\r\n", "run.sh": Executable(b"#!/bin/sh\n# cpu 4\n")}
WANTED = {"a/web.yaml": b"cpu: 1\r\n", "run.sh": b"#!/bin/sh\n# cpu 1\n"}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with served(tmp_path) as rig:
        rig.project.commit("main", FILES)
        yield rig


def proposal(rig: Rig, **changed: Any) -> Proposal:
    edits = tuple(
        Edit(path=path, base_blob=rig.project.git.text("rev-parse", f"main:{path}"), new_text=text)
        for path, text in WANTED.items()
    )
    made = Proposal(
        key="0123456789abcdef",
        title="Ask for what is used",
        body="<!-- plumbline:proposal -->\nSaves 12 EUR\n/merge\n",
        commit_message="Ask for what is used",
        edits=edits,
        labels=("plumbline", "cost"),
    )
    return replace(made, **changed)


def commit(rig: Rig, wanted: Proposal | None = None) -> str:
    wanted = wanted or proposal(rig)
    return rig.proposing().commit(PROJECT, wanted.branch, rig.project.sha(), wanted)


def test_it_is_proposing(rig: Rig) -> None:
    proposing: Proposing = rig.proposing()
    assert proposing.default_branch(PROJECT) == "main"


def test_an_empty_project_has_no_branch_to_aim_at(rig: Rig) -> None:
    empty = replace(faults.status(200), body='{"default_branch": null}')
    rig.fake.faults.add("GET", "/projects/[^/]+$", empty)
    with pytest.raises(ForgeError, match="no default branch"):
        rig.proposing().default_branch(PROJECT)


@pytest.mark.parametrize("fault", [*FAULTS, pytest.param(None, id="no-fault")])
def test_the_branch_is_one_commit_of_ours_that_keeps_modes(rig: Rig, fault: Effect | None) -> None:
    if fault:
        rig.fake.faults.add("POST", "/repository/commits", fault)
    wanted, git = proposal(rig), rig.project.git
    sha = commit(rig, wanted)
    assert git.branch(wanted.branch) == sha
    (made,) = git.describe(f"main..{wanted.branch}")
    assert made.parents == (rig.project.sha(),)
    assert made.email == f"{rig.fake.bot.username}@noreply.example.com"
    listed = git.text("ls-tree", "-r", sha, "a/web.yaml", "run.sh")
    assert [line.split()[0] for line in listed.splitlines()] == ["100644", "100755"]
    assert {path: git.run("cat-file", "blob", f"{sha}:{path}") for path in WANTED} == WANTED


def test_the_same_again_writes_nothing_and_something_else_replaces_it(rig: Rig) -> None:
    first = commit(rig)
    assert commit(rig) == first
    rig.project.commit("main", {"other.yaml": "x: 1\n"})
    assert commit(rig) == first
    edits = proposal(rig).edits
    other = proposal(rig, edits=(replace(edits[0], new_text=b"cpu: 2\r\n"),))
    second = commit(rig, other)
    assert second != first
    assert rig.project.git.describe(f"{second}^!")[0].parents == (rig.project.sha(),)


def test_a_branch_that_is_still_at_the_base_is_nobodys(rig: Rig) -> None:
    wanted = proposal(rig)
    rig.project.git.set_ref(f"refs/heads/{wanted.branch}", rig.project.sha())
    sha = commit(rig, wanted)
    assert rig.project.git.branch(wanted.branch) == sha


@pytest.mark.parametrize(
    "files",
    [{"a/web.yaml": "cpu: 3\n"}, {"new.yaml": "x: 1\n"}, {"README.md": None}],
    ids=["changed", "added", "deleted"],
)
def test_what_somebody_committed_to_the_branch_is_left_alone(
    rig: Rig, files: dict[str, str | None]
) -> None:
    wanted = proposal(rig)
    commit(rig, wanted)
    theirs = rig.project.commit(wanted.branch, files)
    with pytest.raises(NotOurs, match="somebody else committed to the branch plumbline/0123"):
        commit(rig, wanted)
    assert rig.project.git.branch(wanted.branch) == theirs


def test_a_merge_of_somebody_is_left_alone(rig: Rig) -> None:
    wanted = proposal(rig)
    commit(rig, wanted)
    git = rig.project.git
    tip, base = git.branch(wanted.branch), rig.project.commit("main", {"x.yaml": "x: 1\n"})
    assert tip is not None
    tree = git.text("rev-parse", f"{tip}^{{tree}}")
    merged = git.text("commit-tree", tree, "-p", tip, "-p", base, stdin=b"Merge")
    git.set_ref(f"refs/heads/{wanted.branch}", merged)
    with pytest.raises(NotOurs):
        commit(rig, wanted)


def test_a_file_that_changed_meanwhile_is_not_overwritten(rig: Rig) -> None:
    wanted = proposal(rig)
    rig.project.commit("main", {"a/web.yaml": "cpu: 8\n"})
    with pytest.raises(ForgeError, match=r"a/web\.yaml .* is not the file that the change"):
        commit(rig, wanted)
    rig.project.commit("main", {"a/web.yaml": None})
    with pytest.raises(ForgeError, match="has to be worked out again"):
        commit(rig, wanted)
    assert rig.project.git.branch(wanted.branch) is None


@pytest.mark.parametrize(
    "changed", [{"edits": ()}, {"title": "x" * 256}, {"body": "x" * 1_000_001}]
)
def test_a_proposal_that_gitlab_could_not_hold_is_a_mistake(
    rig: Rig, changed: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="proposal 0123456789abcdef"):
        commit(rig, proposal(rig, **changed))


@pytest.mark.parametrize("fault", [*FAULTS, pytest.param(None, id="no-fault")])
def test_a_proposal_is_opened_once(rig: Rig, fault: Effect | None) -> None:
    wanted, proposing = proposal(rig), rig.proposing()
    sha = commit(rig, wanted)
    if fault:
        rig.fake.faults.add("POST", "/merge_requests", fault)
    opened = proposing.open_proposal(PROJECT, wanted.branch, "main", wanted)
    assert opened == proposing.open_proposal(PROJECT, wanted.branch, "main", wanted)
    assert opened == proposing.proposed(PROJECT, wanted.branch)
    assert (opened.number, opened.head_sha, opened.is_open) == (2, sha, True)
    assert (opened.title, opened.body.strip()) == (wanted.title, wanted.body.strip())
    it = rig.project.merge_request(opened.number).state
    assert (it.labels, it.target_branch) == (["plumbline", "cost"], "main")
    assert len(rig.project.state.merge_requests) == 2
    assert rig.fake.quick_actions == []


def test_what_others_opened_from_such_a_branch_is_not_ours(rig: Rig) -> None:
    wanted = proposal(rig)
    commit(rig, wanted)
    rig.project.commit("main", {"x.yaml": "x: 1\n"})
    rig.project.open_merge_request(wanted.branch, author="mallory")
    assert rig.proposing().proposed(PROJECT, wanted.branch) is None
    rig.project.commit("theirs", {"x.yaml": "x: 2\n"})
    fork = rig.project.fork("mallory/infra")
    fork.git.set_ref(f"refs/heads/{wanted.branch}", rig.project.sha("theirs"))
    rig.project.open_merge_request(
        wanted.branch, fork="mallory/infra", author=rig.fake.bot.username
    )
    assert rig.proposing().proposed(PROJECT, wanted.branch) is None


def test_an_open_one_of_somebody_else_is_an_error_that_names_it(rig: Rig) -> None:
    wanted = proposal(rig)
    commit(rig, wanted)
    rig.project.open_merge_request(wanted.branch, author="mallory")
    with pytest.raises(ForgeError, match=r"409 .* already exists for this source branch: !2"):
        rig.proposing().open_proposal(PROJECT, wanted.branch, "main", wanted)


def test_an_update_is_sent_only_where_something_changed(rig: Rig) -> None:
    wanted, proposing = proposal(rig), rig.proposing()
    commit(rig, wanted)
    opened = proposing.open_proposal(PROJECT, wanted.branch, "main", wanted)
    # Played by the first change that is really sent.
    rig.fake.faults.add("PUT", "/merge_requests/", faults.lost_answer())
    proposing.update_proposal(PROJECT, opened, wanted)
    assert rig.fake.faults.pending == 1
    newer = replace(wanted, title="Ask for less", body="Saves 13 EUR\n/close")
    proposing.update_proposal(PROJECT, opened, newer)
    found = proposing.proposed(PROJECT, wanted.branch)
    assert found is not None
    assert (found.title, found.body, found.is_open) == ("Ask for less", newer.body, True)


def test_closing_says_why_once_and_takes_the_branch(rig: Rig) -> None:
    wanted, proposing = proposal(rig), rig.proposing()
    commit(rig, wanted)
    opened = proposing.open_proposal(PROJECT, wanted.branch, "main", wanted)
    refusal = faults.status(400, "no")
    rig.fake.faults.add("PUT", "/merge_requests/", refusal)
    with pytest.raises(ForgeError, match="400"):
        proposing.close_proposal(PROJECT, opened, "It is used after all.")
    for _ in range(2):
        proposing.close_proposal(PROJECT, opened, "It is used after all.")
    closed = proposing.proposed(PROJECT, wanted.branch)
    assert closed is not None
    assert (closed.is_open, closed.is_merged) == (False, False)
    assert closed.closed_at is not None
    assert rig.project.git.branch(wanted.branch) is None
    assert [note.body for note in rig.fake.notes(PROJECT, opened.number)] == [
        "It is used after all."
    ]


def test_a_branch_that_was_used_again_is_not_deleted(rig: Rig) -> None:
    wanted, proposing = proposal(rig), rig.proposing()
    commit(rig, wanted)
    opened = proposing.open_proposal(PROJECT, wanted.branch, "main", wanted)
    rig.project.merge_request(opened.number).close()
    theirs = rig.project.commit(wanted.branch, {"x.yaml": "x: 1\n"})
    proposing.close_proposal(PROJECT, opened, "Over.")
    assert rig.project.git.branch(wanted.branch) == theirs


def test_a_merged_one_is_told_from_a_closed_one(rig: Rig) -> None:
    wanted, proposing = proposal(rig), rig.proposing()
    commit(rig, wanted)
    opened = proposing.open_proposal(PROJECT, wanted.branch, "main", wanted)
    rig.project.merge_request(opened.number).merge()
    found = proposing.proposed(PROJECT, wanted.branch)
    assert found is not None
    assert (found.is_open, found.is_merged) == (False, True)
    assert found.closed_at is not None


def test_only_ours_are_closed(rig: Rig) -> None:
    wanted, proposing = proposal(rig), rig.proposing()
    commit(rig, wanted)
    opened = proposing.open_proposal(PROJECT, wanted.branch, "main", wanted)
    with pytest.raises(ForgeError, match="none of ours"):
        proposing.close_proposal(PROJECT, replace(opened, number=rig.pull.iid), "Over.")
    assert rig.pull.state.state == "opened"

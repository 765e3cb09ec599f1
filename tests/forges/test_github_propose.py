"""Our own pull requests on the simulated GitHub: once, whole, never over anybody's work."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
from github.Auth import AppAuth

from bot.forges import ForgeError, Proposing
from bot.forges.branches import NotOurs, blob_id
from bot.forges.github_propose import GitHubProposing
from bot.forges.github_wire import Lease, Setup, Wire
from bot.forges.wire import Pace, classify
from bot.model import Edit, Proposal, ProposedPull
from bot.retry import Policy
from tests.forge import faults
from tests.forge.faults import Effect
from tests.forge.gitrepo import Executable
from tests.forges.conftest import PROJECT, Rig

KEY = "0123456789abcdef"
BRANCH = f"plumbline/{KEY}"
OLD, NEW = "cpu: 2\n", "cpu: 850m\n"
AMBIGUOUS = [
    pytest.param(faults.lost_answer(), id="lost"),
    pytest.param(faults.lost_answer(502), id="lost-502"),
    pytest.param(faults.truncated(), id="truncated"),
    pytest.param(faults.reset(), id="reset-before"),
    pytest.param(faults.status(500), id="500-before"),
]


@dataclass(slots=True, kw_only=True)
class Desk:
    """A repository with a manifest on main, and our adapter for its proposals."""

    rig: Rig
    forge: Proposing
    base: str

    def proposal(self, text: str = NEW, path: str = "web.yaml", mode: str = "100644") -> Proposal:
        """A wanted pull request that writes a file of the base."""
        blob = self.rig.repo.git.text("rev-parse", f"{self.rig.repo.sha()}:{path}")
        edit = Edit(path=path, base_blob=blob, new_text=text.encode(), mode=mode)
        return Proposal(
            key=KEY,
            title="Rightsize Deployment shop/web",
            body="<!-- plumbline:proposal -->\nWhy.",
            commit_message="Rightsize Deployment shop/web",
            edits=(edit,),
        )

    def commit(self, wanted: Proposal, base: str = "") -> str:
        """Have it on its branch."""
        return self.forge.commit(PROJECT, BRANCH, base or self.rig.repo.sha(), wanted)

    def open(self, wanted: Proposal) -> ProposedPull:
        """Have the pull request."""
        return self.forge.open_proposal(PROJECT, BRANCH, "main", wanted)

    def tip(self) -> str | None:
        """Where our branch is."""
        return self.rig.repo.git.branch(BRANCH)

    def file(self, path: str = "web.yaml", at: str = BRANCH) -> str:
        """A file's text on a branch, without its last line end."""
        return self.rig.repo.git.text("show", f"refs/heads/{at}:{path}")

    def history(self) -> list[str]:
        """The commits of our branch that main does not have, newest first."""
        listed = self.rig.repo.git.text("rev-list", f"main..refs/heads/{BRANCH}")
        return listed.splitlines()

    def pulls(self) -> list[int]:
        """The pull requests from our branch."""
        pulls = self.rig.repo.state.pulls.values()
        return [pull.number for pull in pulls if pull.head_ref == BRANCH]


@pytest.fixture
def desk(rig: Rig) -> Desk:
    rig.repo.commit("main", {"web.yaml": OLD, "run.yaml": Executable(OLD)})
    policy = Policy(classify=classify, sleep=rig.sleep, clock=lambda: rig.now)
    setup = Setup(api_url=rig.fake.url, timeout=5, policy=policy, pace=Pace(0.0, policy))
    app = Wire(AppAuth(rig.fake.app.id, rig.fake.app.private_key_pem), setup)
    installation = rig.repo.state.installation
    assert installation is not None
    wire = Wire(Lease(app, installation.id, setup.now), setup)
    forge = GitHubProposing(wire=wire, login=lambda: rig.fake.app.bot)
    return Desk(rig=rig, forge=forge, base=rig.repo.sha())


def test_the_branch_is_one_verified_commit_on_the_base(desk: Desk) -> None:
    sha = desk.commit(desk.proposal())
    assert desk.tip() == sha
    assert desk.history() == [sha]
    assert sha in desk.rig.fake.hub.state.signed
    assert desk.rig.repo.git.changed("main", sha) == [
        ("M", blob_id(desk.proposal().edits[0]), "web.yaml")
    ]
    assert desk.file() == NEW.strip()
    assert desk.file(at="main") == OLD.strip()


def test_bytes_and_modes_stay_what_they_are(desk: Desk) -> None:
    text = "\ufeffcpu: 850m # ☃\r\n"
    sha = desk.commit(desk.proposal(text, "run.yaml", "100755"))
    listed = desk.rig.repo.git.text("ls-tree", sha, "run.yaml")
    assert listed.startswith("100755 blob")
    assert desk.rig.repo.git.run("show", f"{sha}:run.yaml") == text.encode()


def test_what_is_there_already_is_not_written_again(desk: Desk) -> None:
    sha = desk.commit(desk.proposal())
    desk.rig.fake.faults.add("POST|PATCH", "/git/", faults.status(500), times=99)
    assert desk.commit(desk.proposal()) == sha
    desk.rig.fake.faults.clear()


def test_another_value_replaces_the_commit(desk: Desk) -> None:
    desk.commit(desk.proposal())
    sha = desk.commit(desk.proposal("cpu: 900m\n"))
    assert desk.history() == [sha]
    assert desk.file() == "cpu: 900m"


def test_a_base_that_moved_elsewhere_leaves_the_commit_alone(desk: Desk) -> None:
    sha = desk.commit(desk.proposal())
    desk.rig.repo.commit("main", {"other.yaml": "a: 1\n"})
    assert desk.commit(desk.proposal()) == sha


def test_a_file_that_changed_on_the_base_has_the_commit_made_anew_on_its_tip(desk: Desk) -> None:
    desk.commit(desk.proposal())
    tip = desk.rig.repo.commit("main", {"web.yaml": "# new\ncpu: 2\n"})
    sha = desk.commit(desk.proposal("# new\ncpu: 850m\n"))
    assert desk.history() == [sha]
    assert desk.rig.repo.git.text("rev-parse", f"{sha}^") == tip


def _on_top(desk: Desk) -> None:
    desk.rig.repo.commit(BRANCH, {"web.yaml": "cpu: 1\n"}, from_=desk.tip() or "")


def _instead(desk: Desk) -> None:
    desk.rig.repo.commit(BRANCH, {"web.yaml": "cpu: 1\n"}, from_="main", force=True)


def _amended(desk: Desk) -> None:
    git, tip = desk.rig.repo.git, desk.tip() or ""
    _, _, message = git.text("cat-file", "commit", tip).partition("\n\n")
    desk.rig.repo.commit(
        BRANCH, {"web.yaml": "cpu: 1\n"}, from_="main", force=True, message=message
    )


def _merged_into(desk: Desk) -> None:
    desk.rig.repo.commit("main", {"other.yaml": "a: 1\n"})
    git = desk.rig.repo.git
    tree = git.text("merge-tree", "--write-tree", BRANCH, "main")
    made = git.text("commit-tree", tree, "-p", BRANCH, "-p", "main", stdin=b"Merge main")
    git.set_ref(f"refs/heads/{BRANCH}", made)


@pytest.mark.parametrize("act", [_on_top, _instead, _amended, _merged_into])
def test_a_branch_that_somebody_else_worked_on_is_left_alone(
    desk: Desk, act: Callable[[Desk], None]
) -> None:
    desk.commit(desk.proposal())
    act(desk)
    theirs = desk.tip()
    with pytest.raises(NotOurs, match=f"somebody else committed to the branch {BRANCH}"):
        desk.commit(desk.proposal("cpu: 900m\n"))
    assert desk.tip() == theirs


def test_a_commit_that_was_only_moved_onto_a_new_base_is_still_ours(desk: Desk) -> None:
    first = desk.commit(desk.proposal())
    git, tip = desk.rig.repo.git, desk.rig.repo.commit("main", {"other.yaml": "a: 1\n"})
    _, _, message = git.text("cat-file", "commit", first).partition("\n\n")
    desk.rig.repo.commit(BRANCH, {"web.yaml": NEW}, from_=tip, force=True, message=message)
    sha = desk.commit(desk.proposal("cpu: 900m\n"))
    assert desk.history() == [sha]


@pytest.mark.parametrize("fault", AMBIGUOUS)
@pytest.mark.parametrize("path", ["/git/blobs", "/git/trees", "/git/commits$", "/git/refs"])
def test_a_commit_is_made_whatever_happens_to_an_answer(
    desk: Desk, path: str, fault: Effect
) -> None:
    desk.rig.fake.faults.add("POST", path, fault)
    sha = desk.commit(desk.proposal())
    assert desk.history() == [sha]
    assert desk.file() == NEW.strip()


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_commit_is_replaced_whatever_happens_to_the_answer(desk: Desk, fault: Effect) -> None:
    desk.commit(desk.proposal())
    desk.rig.fake.faults.add("PATCH", "/git/refs/", fault)
    sha = desk.commit(desk.proposal("cpu: 900m\n"))
    assert desk.history() == [sha]


def test_a_branch_that_appears_meanwhile_is_not_taken_for_ours(desk: Desk) -> None:
    desk.rig.fake.faults.add("POST", "/git/refs", faults.status(502))
    desk.rig.fake.faults.add("GET", "/git/ref/", faults.slow(0.0), skip=1)
    other = desk.rig.repo.commit("theirs", {"web.yaml": "cpu: 1\n"})
    sleep = desk.rig.sleeps.append

    def appear(seconds: float) -> None:
        sleep(seconds)
        desk.rig.repo.git.set_ref(f"refs/heads/{BRANCH}", other)

    wire = desk.forge._wire  # type: ignore[attr-defined]
    wire.policy = replace(wire.policy, sleep=appear)
    with pytest.raises(NotOurs, match="just now"):
        desk.commit(desk.proposal())
    assert desk.tip() == other


def test_a_pull_request_is_opened_and_found_again(desk: Desk) -> None:
    wanted = desk.proposal()
    sha = desk.commit(wanted)
    assert desk.forge.proposed(PROJECT, BRANCH) is None
    made = desk.open(wanted)
    assert (made.is_open, made.is_merged, made.head_sha) == (True, False, sha)
    assert (made.title, made.body) == (wanted.title, wanted.body)
    assert desk.open(wanted) == made
    assert desk.forge.proposed(PROJECT, BRANCH) == made
    assert desk.pulls() == [made.number]


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_pull_request_is_opened_once_whatever_happens_to_the_answer(
    desk: Desk, fault: Effect
) -> None:
    desk.commit(desk.proposal())
    desk.rig.fake.faults.add("POST", "/pulls$", fault)
    made = desk.open(desk.proposal())
    assert desk.pulls() == [made.number]


def test_only_our_own_pull_request_counts_and_the_newest_of_them(desk: Desk) -> None:
    wanted = desk.proposal()
    desk.commit(wanted)
    first = desk.open(wanted)
    desk.rig.repo.pull(first.number).close()
    closed = desk.forge.proposed(PROJECT, BRANCH)
    assert closed is not None
    assert (closed.is_open, closed.is_merged) == (False, False)
    assert closed.closed_at is not None
    second = desk.open(wanted)
    assert second.number > first.number
    desk.rig.repo.open_pull(BRANCH, author="mallory")
    assert desk.forge.proposed(PROJECT, BRANCH) == second


def test_a_merged_one_says_so(desk: Desk) -> None:
    desk.commit(desk.proposal())
    made = desk.open(desk.proposal())
    desk.rig.repo.pull(made.number).merge()
    merged = desk.forge.proposed(PROJECT, BRANCH)
    assert merged is not None
    assert (merged.is_open, merged.is_merged) == (False, True)
    assert merged.closed_at is not None


def test_a_pull_request_without_a_branch_is_refused_in_words(desk: Desk) -> None:
    with pytest.raises(ForgeError, match="422"):
        desk.open(desk.proposal())


@pytest.mark.parametrize("fault", [None, faults.lost_answer(), faults.reset()])
def test_title_and_body_are_made_to_say_what_is_wanted(desk: Desk, fault: Effect | None) -> None:
    desk.commit(desk.proposal())
    made = desk.open(desk.proposal())
    wanted = replace(desk.proposal(), title="Other", body="Else")
    if fault:
        desk.rig.fake.faults.add("PATCH", "/pulls/", fault)
    desk.forge.update_proposal(PROJECT, made, wanted)
    after = desk.forge.proposed(PROJECT, BRANCH)
    assert after is not None
    assert (after.title, after.body) == ("Other", "Else")


def test_nothing_is_sent_where_they_say_it_already(desk: Desk) -> None:
    desk.commit(desk.proposal())
    made = desk.open(desk.proposal())
    as_edited = replace(made, body=made.body.replace("\n", "\r\n") + "\n")
    desk.rig.fake.faults.add("PATCH", "", faults.status(500))
    desk.forge.update_proposal(PROJECT, as_edited, desk.proposal())
    desk.rig.fake.faults.clear()


@pytest.mark.parametrize("where", ["none", "/comments", "/pulls/", "/git/refs/"])
def test_closing_says_why_once_and_takes_the_branch_along(desk: Desk, where: str) -> None:
    desk.commit(desk.proposal())
    made = desk.open(desk.proposal())
    if where != "none":
        desk.rig.fake.faults.add("POST|PATCH|DELETE", where, faults.lost_answer())
    desk.forge.close_proposal(PROJECT, made, "It is not needed any more.")
    desk.forge.close_proposal(PROJECT, made, "It is not needed any more.")
    after = desk.forge.proposed(PROJECT, BRANCH)
    assert after is not None
    assert (after.is_open, after.is_merged) == (False, False)
    (comment,) = desk.rig.fake.comments(PROJECT, made.number)
    assert comment.body.endswith("It is not needed any more.")
    assert desk.tip() is None


def test_closing_leaves_a_branch_that_somebody_went_on_with(desk: Desk) -> None:
    desk.commit(desk.proposal())
    made = desk.open(desk.proposal())
    _on_top(desk)
    desk.forge.close_proposal(PROJECT, made, "Over.")
    assert desk.tip() is not None


def test_the_default_branch_is_asked_for(desk: Desk) -> None:
    assert desk.forge.default_branch(PROJECT) == "main"


@pytest.mark.parametrize(("name", "length"), [("title", 257), ("body", 65_537)])
def test_a_text_that_github_would_refuse_is_a_mistake_of_ours(
    desk: Desk, name: str, length: int
) -> None:
    long = replace(desk.proposal(), **{name: "x" * length})  # type: ignore[arg-type]
    for call in (partial(desk.commit, long), partial(desk.open, long)):
        with pytest.raises(ValueError, match="too long"):
            call()
    assert desk.tip() is None


def test_a_missing_permission_is_named(desk: Desk) -> None:
    installation = desk.rig.repo.state.installation
    assert installation is not None
    installation.permissions = {"metadata": "read", "contents": "read"}
    with pytest.raises(ForgeError, match="give the app the permission contents=write"):
        desk.commit(desk.proposal())


def test_a_blob_id_is_gits_own(desk: Desk) -> None:
    edit = desk.proposal().edits[0]
    made = desk.rig.repo.git.text("hash-object", "--stdin", stdin=edit.new_text)
    assert blob_id(edit) == made
    assert len(blob_id(replace(edit, base_blob="a" * 64))) == 64
    assert base64.b64encode(edit.new_text)

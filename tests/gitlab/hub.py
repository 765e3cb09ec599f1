"""The simulated GitLab's centre: its state, its address, and what follows from a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.forge.gitrepo import ZERO, GitRepo
from tests.gitlab import quick_actions
from tests.gitlab.state import (
    MAINTAINER,
    Approval,
    MergeRequest,
    Note,
    Project,
    State,
    User,
    Version,
    now,
)

# (event, project, what it is about, sender)
Emit = Callable[[str, Project, dict[str, Any], User], None]


class Hub:
    """What the routes and the front act on. `url` is the instance's base; `emit` sends a webhook.

    With `refuses_repeats`, as on GitLab of today, a commit status cannot be set to the state that
    it has. `quick_actions` are the (user name, action, argument) that notes and descriptions
    contained; closing, reopening and approving are carried out.
    """

    def __init__(self, root: Path, bot: User) -> None:
        self.root = root
        self.url = ""
        self.state = State(bot)
        self.refuses_repeats = True
        self.quick_actions: list[tuple[str, str, str]] = []
        self.emit: Emit = _nobody

    def new_project(self, path: str, visibility: str, parent: Project | None) -> Project:
        """An empty project; a fork starts with its parent's default branch."""
        git = GitRepo(self.root / f"{path}.git")
        default = parent.default_branch if parent else "main"
        git.create(default, parent.git if parent else None, hidden="refs/merge-requests")
        with self.state.lock:
            project = Project(
                id=self.state.new_id(),
                path=path,
                git=git,
                visibility=visibility,
                default_branch=default,
                parent=parent,
            )
            self.state.projects[project.id] = project
        if parent and (tip := parent.git.branch(default)):
            git.set_ref(f"refs/heads/{default}", tip)
        return project

    def open_merge_request(
        self,
        project: Project,
        source: Project,
        source_branch: str,
        target_branch: str,
        title: str,
        author: User,
        **fields: Any,
    ) -> MergeRequest:
        """A new merge request between existing branches."""
        assert source.git.branch(source_branch), f"{source.path} has no branch {source_branch!r}"
        assert project.git.branch(target_branch), f"{project.path} has no branch {target_branch!r}"
        with self.state.lock:
            made = MergeRequest(
                id=self.state.new_id(),
                iid=len(project.merge_requests) + 1,
                project=project,
                source_project=source,
                source_branch=source_branch,
                target_branch=target_branch,
                title=title,
                author=author,
                **fields,
            )
            self._new_version(made)
            project.merge_requests[made.iid] = made
            if made.description:
                made.description = self.act(made, made.description, author)
        self.emit("merge_request", project, {"mr": made, "action": "open"}, author)
        return made

    def _new_version(self, it: MergeRequest) -> None:
        """Take the branches as they are now, and keep refs/merge-requests/N/head."""
        ref = f"refs/merge-requests/{it.iid}/head"
        git = it.project.git
        git.fetch(it.source_project.git, f"refs/heads/{it.source_branch}", ref)
        head = git.resolve(ref)
        start = git.branch(it.target_branch) or it.version.start
        assert head is not None
        base = git.merge_base(start, head) or start
        version = Version(id=self.state.new_id(), head=head, base=base, start=start)
        it.versions.append(version)
        it.updated_at = version.created_at

    def pushed(self, project: Project, before: dict[str, str], sender: User) -> None:
        """What follows from a push: merge requests move, webhooks go out."""
        after = project.git.refs()
        moved = self.notice_pushes(project, after, sender)
        for branch in sorted(before.keys() | after.keys()):
            old, new = before.get(branch, ZERO), after.get(branch, ZERO)
            if old != new:
                about = {"branch": branch, "before": old, "after": new}
                self.emit("push", project, about, sender)
        for it, old in moved:
            told: dict[str, Any] = {"action": "update", "oldrev": old}
            if it.state != "opened":
                told = {"action": "close"}
            self.emit("merge_request", it.project, {"mr": it, **told}, sender)

    def notice_pushes(
        self, project: Project, tips: dict[str, str], sender: User
    ) -> list[tuple[MergeRequest, str]]:
        """Move the open merge requests whose branch of `project` moved to its new tip, and close
        those whose branch is gone; each with its old head."""
        moved: list[tuple[MergeRequest, str]] = []
        with self.state.lock:
            for it in self.state.open_merge_requests():
                tip = tips.get(it.source_branch)
                if it.source_project is not project or tip == it.head_sha:
                    continue
                moved.append((it, it.head_sha))
                if tip is None:
                    it.state, it.closed_at, it.closed_by = "closed", now(), sender
                    continue
                self._new_version(it)
                if it.project.reset_approvals_on_push:
                    it.approvals.clear()
                self.remark(it, "added 1 commit", sender)
        return moved

    def set_state(self, it: MergeRequest, event: str, sender: User) -> None:
        """Close it, or reopen it at what its branch has become meanwhile."""
        with self.state.lock:
            if (it.state, event) not in (("opened", "close"), ("closed", "reopen")):
                return
            it.updated_at = now()
            if event == "close":
                it.state, it.closed_at, it.closed_by = "closed", now(), sender
            else:
                it.state, it.closed_at, it.closed_by = "opened", None, None
                tip = it.source_project.git.branch(it.source_branch)
                if tip and tip != it.head_sha:
                    self._new_version(it)
            self.remark(it, "closed" if event == "close" else "reopened", sender)
        self.emit("merge_request", it.project, {"mr": it, "action": event}, sender)

    def edit(self, it: MergeRequest, sender: User, **wanted: Any) -> None:
        """Change title, description, target_branch or labels; one update webhook for what is
        really different."""
        with self.state.lock:
            if wanted.get("description"):
                wanted["description"] = self.act(it, wanted["description"], sender)
            was = {name: getattr(it, name) for name in wanted}
            draft = it.draft
            changed = {name: value for name, value in wanted.items() if was[name] != value}
            if not changed:
                return
            for name, value in changed.items():
                setattr(it, name, value)
            it.updated_at = now()
            if "target_branch" in changed:
                self._new_version(it)
            changes = {n: {"previous": was[n], "current": value} for n, value in changed.items()}
            if it.draft != draft:
                changes["draft"] = {"previous": draft, "current": it.draft}
        about = {"mr": it, "action": "update", "changes": changes}
        self.emit("merge_request", it.project, about, sender)

    def approve(self, it: MergeRequest, user: User) -> None:
        """Approve it; once more is nothing."""
        with self.state.lock:
            if any(each.user is user for each in it.approvals):
                return
            it.approvals.append(Approval(user=user))
            self.remark(it, "approved this merge request", user)
            enough = len(it.approvals) >= it.project.approvals_required
        about = {"mr": it, "action": "approved" if enough else "approval"}
        self.emit("merge_request", it.project, about, user)

    def unapprove(self, it: MergeRequest, user: User) -> None:
        """Take the approval back."""
        with self.state.lock:
            it.approvals = [each for each in it.approvals if each.user is not user]
            self.remark(it, "unapproved this merge request", user)
        self.emit("merge_request", it.project, {"mr": it, "action": "unapproved"}, user)

    def merge(self, it: MergeRequest, user: User) -> str:
        """Merge it with a merge commit on its target; the commit. Conflicts are an error."""
        git = it.project.git
        with self.state.lock:
            tip = git.branch(it.target_branch)
            assert tip is not None
            tree = git.text("merge-tree", "--write-tree", tip, it.head_sha)
            message = f"Merge branch '{it.source_branch}' into '{it.target_branch}'".encode()
            parents = ("-p", tip, "-p", it.head_sha)
            sha = git.text("commit-tree", tree, *parents, stdin=message)
            git.set_ref(f"refs/heads/{it.target_branch}", sha)
            it.state, it.merged_by, it.merged_at, it.merge_commit_sha = "merged", user, now(), sha
            it.updated_at = now()
        about = {"branch": it.target_branch, "before": tip, "after": sha}
        self.emit("push", it.project, about, user)
        self.emit("merge_request", it.project, {"mr": it, "action": "merge"}, user)
        return sha

    def remark(self, it: MergeRequest, text: str, user: User) -> Note:
        """What GitLab itself notes, in a user's name."""
        note = Note(id=self.state.new_id(), merge_request=it, body=text, author=user, system=True)
        self.state.notes[note.id] = note
        return note

    def add_note(self, it: MergeRequest, body: str, author: User) -> Note | None:
        """A note; None where it held nothing but quick actions."""
        with self.state.lock:
            text = self.act(it, body, author)
            if not text:
                return None
            note = Note(id=self.state.new_id(), merge_request=it, body=text, author=author)
            self.state.notes[note.id] = note
        self.emit("note", it.project, {"note": note, "action": "create"}, author)
        return note

    def edit_note(self, note: Note, body: str, editor: User) -> None:
        """Replace a note's text."""
        with self.state.lock:
            note.body = self.act(note.merge_request, body, editor)
            note.updated_at = now()
        about = {"note": note, "action": "update"}
        self.emit("note", note.merge_request.project, about, editor)

    def act(self, it: MergeRequest, text: str, user: User) -> str:
        """Carry out the quick actions in a text; the rest of it."""
        rest, actions = quick_actions.split(text)
        for name, argument in actions:
            self.quick_actions.append((user.username, name, argument))
            if name in ("close", "reopen"):
                self.set_state(it, name, user)
            elif name == "approve":
                self.approve(it, user)
        return rest

    def add_member(self, project: Project, username: str, level: int = MAINTAINER) -> User:
        """Make somebody a member."""
        user = self.state.user(username)
        project.members[user.username] = level
        return user


def _nobody(event: str, project: Project, about: dict[str, Any], sender: User) -> None:
    """No webhook is configured."""

"""Our own merge requests on GitLab."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from bot.forges import ForgeError, branches
from bot.forges.branches import NotOurs
from bot.forges.gitlab import MAX_COMMENT, GitLab, inert, meant, moment
from bot.forges.gitlab_status import MAX_LINE
from bot.forges.gitlab_wire import Wire, below
from bot.forges.wire import WireError
from bot.model import Edit, Proposal, ProposedPull

_OURS = "plumbline/"
# A proposal edits a few files; a commit with more of them is not one of ours.
_MOST_FILES = 300


class GitLabProposing:
    """Proposing, for the projects that the token's user may push to."""

    def __init__(self, *, wire: Wire, forge: GitLab) -> None:
        self._wire = wire
        self._forge = forge

    def default_branch(self, project: str) -> str:
        """The branch that proposals aim at."""
        branch = self._wire.get(below(project)).get("default_branch")
        if not branch:
            raise ForgeError(f"{project} has no default branch: nothing was ever pushed to it")
        return str(branch)

    def proposed(self, project: str, branch: str) -> ProposedPull | None:
        """The newest merge request of ours from a branch of the project itself, open or not."""
        found = self._wire.pages(
            below(project, "merge_requests"),
            source_branch=branch,
            author_id=self._wire.me()["id"],
            state="all",
            order_by="created_at",
            sort="desc",
        )
        return next((_proposed(each) for each in found if _is_own(each)), None)

    def commit(self, project: str, branch: str, base_sha: str, proposal: Proposal) -> str:
        """Make the branch one commit on `base_sha` that holds the edits; its id. GitLab writes it,
        signs it where the instance signs its own commits, and keeps the modes of files.

        Nothing is written where it holds them already and none of the files has changed on the
        base since. Raises NotOurs where somebody else committed to the branch, ForgeError where a
        file is not what the edit was made for. A push that comes between our look at the branch
        and our move of it is not seen: GitLab offers no way to.
        """
        _check(proposal)
        if not proposal.edits:
            raise ValueError(f"proposal {proposal.key}: nothing to commit")
        if done := self._done(project, branch, base_sha, proposal):
            return done
        content = {
            "branch": branch,
            "start_sha": base_sha,
            # What is on the branch was found to be ours.
            "force": True,
            "commit_message": branches.message(proposal),
            "actions": [self._action(project, base_sha, edit) for edit in proposal.edits],
        }

        def create() -> str:
            return str(self._wire.post(below(project, "repository", "commits"), **content)["id"])

        return self._wire.policy.create(
            create, lambda: self._done(project, branch, base_sha, proposal)
        )

    def open_proposal(
        self, project: str, branch: str, base: str, proposal: Proposal
    ) -> ProposedPull:
        """Open the merge request, or find the open one where the answer was lost."""
        _check(proposal)
        content = _text(proposal) | {
            "source_branch": branch,
            "target_branch": base,
            "labels": ",".join(proposal.labels),
            "remove_source_branch": True,
        }

        def create() -> ProposedPull:
            try:
                return _proposed(self._wire.post(below(project, "merge_requests"), **content))
            except WireError as error:
                found = find() if error.status == 409 else None
                if found is None:
                    raise
                return found

        def find() -> ProposedPull | None:
            found = self.proposed(project, branch)
            return found if found and found.is_open else None

        return find() or self._wire.policy.create(create, find)

    def update_proposal(self, project: str, existing: ProposedPull, proposal: Proposal) -> None:
        """Make its title and body say what is wanted; nothing is sent where they do."""
        _check(proposal)
        if (existing.title, _plain(existing.body)) != (proposal.title, _plain(proposal.body)):
            self._wire.put(below(project, "merge_requests", existing.number), **_text(proposal))

    def close_proposal(self, project: str, existing: ProposedPull, why: str) -> None:
        """Close it with a comment that says why, and delete its branch."""
        path = below(project, "merge_requests", existing.number)
        found = self._wire.get(path)
        branch = str(found["source_branch"])
        author = (found.get("author") or {}).get("id")
        if author != self._wire.me()["id"] or not branch.startswith(_OURS) or not _is_own(found):
            raise ForgeError(f"{project}!{existing.number} is none of ours, so it stays open")
        if found["state"] == "opened":
            said = [c.body.strip() for c in self._forge.comments(project, existing.number)]
            if why.strip() not in said:
                self._forge.create_comment(project, existing.number, why, why)
            self._wire.put(path, state_event="close")
        # Somebody may have used the name again since.
        if self._forge.branch_tip(project, branch) == found.get("sha"):
            self._wire.delete(below(project, "repository", "branches", branch))

    def _done(self, project: str, branch: str, base_sha: str, proposal: Proposal) -> str | None:
        """The branch's commit where it holds what is wanted. Raises NotOurs."""
        found = self._wire.find(below(project, "repository", "branches", branch))
        if found is None or found["commit"]["id"] == base_sha:
            return None
        commit = found["commit"]
        said = str(commit["message"])
        if not branches.is_ours(said, proposal.key, self._changed(project, commit)):
            raise NotOurs(f"somebody else committed to the branch {branch} of {project}")
        return str(commit["id"]) if branches.is_same(said, proposal) else None

    def _changed(self, project: str, commit: Mapping[str, Any]) -> dict[str, str]:
        """The blobs of the files that a commit modifies, {} where it is none that we make."""
        if len(commit["parent_ids"]) != 1:
            return {}
        sides = {"from": commit["parent_ids"][0], "to": commit["id"]}
        diffs = self._wire.get(below(project, "repository", "compare"), **sides)["diffs"]
        kinds = ("new_file", "deleted_file", "renamed_file")
        if len(diffs) > _MOST_FILES or any(diff[kind] for diff in diffs for kind in kinds):
            return {}
        paths = [str(diff["new_path"]) for diff in diffs]
        files = {path: self._file(project, commit["id"], path) for path in paths}
        return {path: str(found["blob_id"]) for path, found in files.items() if found}

    def _action(self, project: str, base_sha: str, edit: Edit) -> dict[str, Any]:
        found = self._file(project, base_sha, edit.path)
        if found is None or found["blob_id"] != edit.base_blob:
            said = f"{edit.path} at {base_sha[:12]} is not the file that the change was made for"
            raise ForgeError(f"{said}: it has to be worked out again")
        return {
            "action": "update",
            "file_path": edit.path,
            "content": base64.b64encode(edit.new_text).decode(),
            "encoding": "base64",
        }

    def _file(self, project: str, sha: str, path: str) -> dict[str, Any] | None:
        return self._wire.find(below(project, "repository", "files", path), ref=sha)


def _is_own(found: Mapping[str, Any]) -> bool:
    """Whether it is from a branch of the project itself: a fork can have one of the same name."""
    return bool(found.get("source_project_id") == found.get("target_project_id"))


def _text(proposal: Proposal) -> dict[str, Any]:
    return {"title": proposal.title, "description": inert(proposal.body)}


def _plain(body: str) -> str:
    """A body without what GitLab changes in it by itself."""
    return body.replace("\r\n", "\n").strip()


def _check(proposal: Proposal) -> None:
    """GitLab's limits; proposals are cut to fit before, this only keeps a mistake from a 400."""
    if len(proposal.title) > MAX_LINE or len(inert(proposal.body)) > MAX_COMMENT:
        raise ValueError(f"proposal {proposal.key}: its title or body is too long for GitLab")


def _proposed(found: Mapping[str, Any]) -> ProposedPull:
    return ProposedPull(
        number=int(found["iid"]),
        url=found["web_url"],
        is_open=found["state"] in ("opened", "locked"),
        is_merged=found["state"] == "merged",
        head_sha=found.get("sha") or "",
        title=found["title"],
        body=meant(found.get("description") or ""),
        closed_at=moment(found.get("closed_at")) or moment(found.get("merged_at")),
    )

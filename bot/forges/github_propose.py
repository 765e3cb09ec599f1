"""Our own pull requests on GitHub: a verified commit, its branch, and the pull request.

The commit is made through the Git Data API without an author, so GitHub signs it for the app. What
is named by its content (blobs, trees) may be sent twice; what would be there twice is looked for.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from github.IssueComment import IssueComment
from github.PaginatedList import PaginatedList
from github.PullRequest import PullRequest as RemotePull

from bot.forges import ForgeError, branches
from bot.forges.branches import NotOurs
from bot.forges.github_wire import Wire
from bot.forges.wire import WireError
from bot.model import Edit, Proposal, ProposedPull

_LONGEST_TITLE = 256
_LONGEST_BODY = 65_536
# A proposal edits a few files; a commit with more than one page of them is not one of ours.
_MOST_FILES = 300
# Begins the comment that says why a proposal was closed.
_FAREWELL = "<!-- plumbline:closed -->"


class GitHubProposing:
    """A Proposing for the repositories of one installation. `login` tells our own name there."""

    def __init__(self, *, wire: Wire, login: Callable[[], str]) -> None:
        self._wire = wire
        self._login = login

    def default_branch(self, project: str) -> str:
        """The branch that proposals aim at."""
        return str(self._get(f"/repos/{project}")["default_branch"])

    def proposed(self, project: str, branch: str) -> ProposedPull | None:
        """The newest pull request that we opened from a branch of the project, open or not."""
        owner = project.partition("/")[0]
        pulls = PaginatedList(
            RemotePull,
            self._wire,
            f"/repos/{project}/pulls",
            {"state": "all", "head": f"{owner}:{branch}", "sort": "created", "direction": "desc"},
        )
        login = self._login()
        ours = (p for p in pulls if p.head.ref == branch and p.user and p.user.login == login)
        return next(map(_proposed, ours), None)

    def commit(self, project: str, branch: str, base_sha: str, proposal: Proposal) -> str:
        """Make the branch one verified commit on `base_sha` that holds the edits; its id.

        Nothing is written where it holds them already and none of the files has changed on the
        base since. Raises NotOurs where somebody else committed to the branch. Between our look at
        a branch and our move of it GitHub offers no way to see a push that comes just then.
        """
        _check(proposal)
        if not proposal.edits:
            raise ValueError(f"proposal {proposal.key}: nothing to commit")
        tip = self._tip(project, branch)
        if tip is not None and tip != base_sha:
            found = self._ours(project, branch, tip, proposal.key)
            if branches.is_same(found, proposal):
                return tip
        sha = self._new_commit(project, base_sha, proposal)
        if tip is None:
            self._create_ref(project, branch, sha)
        else:
            if self._tip(project, branch) != tip:
                raise NotOurs(f"the branch {branch} of {project} moved while it was looked at")
            self._send("PATCH", f"/repos/{project}/git/refs/heads/{branch}", sha=sha, force=True)
        return sha

    def open_proposal(
        self, project: str, branch: str, base: str, proposal: Proposal
    ) -> ProposedPull:
        """Open the pull request, or find ours that is open: one that was opened before a crash, or
        whose answer was lost."""
        _check(proposal)

        def create() -> ProposedPull:
            fields = {"title": proposal.title, "body": proposal.body, "head": branch, "base": base}
            data = self._send("POST", f"/repos/{project}/pulls", **fields)
            return _proposed(RemotePull(self._wire, attributes=data))

        def find() -> ProposedPull | None:
            found = self.proposed(project, branch)
            return found if found and found.is_open else None

        return find() or self._wire.policy.create(create, find)

    def update_proposal(self, project: str, existing: ProposedPull, proposal: Proposal) -> None:
        """Make its title and body say what is wanted; nothing is sent where they do."""
        _check(proposal)
        if (existing.title, _text(existing.body)) != (proposal.title, _text(proposal.body)):
            path = f"/repos/{project}/pulls/{existing.number}"
            self._send("PATCH", path, title=proposal.title, body=proposal.body)

    def close_proposal(self, project: str, existing: ProposedPull, why: str) -> None:
        """Close it with a comment that says why, and delete its branch where it is still ours."""
        self._say(project, existing.number, f"{_FAREWELL}\n{why}")
        data = self._send("PATCH", f"/repos/{project}/pulls/{existing.number}", state="closed")
        branch = str(data["head"]["ref"])
        # Deleting asks for no expected commit, so what somebody pushed meanwhile is looked for.
        if self._tip(project, branch) == existing.head_sha:
            self._delete(f"/repos/{project}/git/refs/heads/{branch}")

    def _tip(self, project: str, branch: str) -> str | None:
        try:
            data = self._get(f"/repos/{project}/git/ref/heads/{branch}")
        except WireError as error:
            if error.status == 404:
                return None
            raise
        return str(data["object"]["sha"])

    def _ours(self, project: str, branch: str, tip: str, key: str) -> str:
        """The message of the branch's commit, which is ours. Raises NotOurs."""
        data = self._get(f"/repos/{project}/commits/{tip}")
        files, said = data.get("files") or [], str(data["commit"]["message"])
        blobs = {str(f["filename"]): str(f["sha"]) for f in files if f["status"] == "modified"}
        whole = len(blobs) == len(files) < _MOST_FILES and len(data["parents"]) == 1
        if not (whole and branches.is_ours(said, key, blobs)):
            raise NotOurs(f"somebody else committed to the branch {branch} of {project}")
        return said

    def _new_commit(self, project: str, base_sha: str, proposal: Proposal) -> str:
        git = f"/repos/{project}/git"
        base = self._get(f"{git}/commits/{base_sha}")["tree"]["sha"]
        rows = [self._tree_row(git, edit) for edit in proposal.edits]
        tree = self._made(f"{git}/trees", base_tree=base, tree=rows)
        # An answer that is lost leaves a commit that nothing points at.
        message, parents = branches.message(proposal), [base_sha]
        return self._made(f"{git}/commits", message=message, tree=tree, parents=parents)

    def _tree_row(self, git: str, edit: Edit) -> dict[str, str]:
        content = base64.b64encode(edit.new_text).decode()
        made = self._made(f"{git}/blobs", content=content, encoding="base64")
        if made != branches.blob_id(edit):
            raise ForgeError(f"GitHub stored something else than was sent for {edit.path}")
        return {"path": edit.path, "mode": edit.mode, "type": "blob", "sha": made}

    def _made(self, path: str, **fields: Any) -> str:
        """The id of an object that is the same however often it is sent."""
        return str(self._wire.policy.idempotent(lambda: self._send("POST", path, **fields))["sha"])

    def _create_ref(self, project: str, branch: str, sha: str) -> None:
        def create() -> str:
            self._send("POST", f"/repos/{project}/git/refs", ref=f"refs/heads/{branch}", sha=sha)
            return sha

        def find() -> str | None:
            return self._tip(project, branch)

        if self._wire.policy.create(create, find) != sha:
            raise NotOurs(f"somebody else made the branch {branch} of {project} just now")

    def _say(self, project: str, number: int, body: str) -> None:
        path = f"/repos/{project}/issues/{number}/comments"

        def create() -> bool:
            self._send("POST", path, body=body)
            return True

        def find() -> bool | None:
            said = PaginatedList(IssueComment, self._wire, path)
            ours = (c for c in said if c.user and c.user.login == self._login())
            return any((c.body or "").startswith(_FAREWELL) for c in ours) or None

        if not find():
            self._wire.policy.create(create, find)

    def _delete(self, path: str) -> None:
        try:
            self._wire.requestJsonAndCheck("DELETE", path)
        except WireError as error:
            # Gone already, by the first attempt or by the repository's own rule.
            if error.status not in (404, 422):
                raise

    def _get(self, path: str) -> Any:
        return self._wire.requestJsonAndCheck("GET", path)[1]

    def _send(self, verb: str, path: str, **fields: Any) -> Any:
        return self._wire.requestJsonAndCheck(verb, path, input=fields)[1]


def _proposed(pull: RemotePull) -> ProposedPull:
    return ProposedPull(
        number=pull.number,
        url=pull.html_url,
        is_open=pull.state == "open",
        is_merged=pull.merged_at is not None,
        head_sha=pull.head.sha,
        title=pull.title,
        body=pull.body or "",
        closed_at=pull.closed_at,
    )


def _text(body: str) -> str:
    """A body without what a forge changes in it by itself."""
    return body.replace("\r\n", "\n").strip()


def _check(proposal: Proposal) -> None:
    """GitHub's limits; proposals are cut to fit before, this only keeps a mistake from a 422."""
    if len(proposal.title) > _LONGEST_TITLE or len(proposal.body) > _LONGEST_BODY:
        raise ValueError(f"proposal {proposal.key}: its title or body is too long for GitHub")

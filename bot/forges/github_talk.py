"""What comment commands and approvals need of GitHub."""

from __future__ import annotations

from urllib.parse import quote

from github.IssueComment import IssueComment
from github.PullRequest import PullRequest as RemotePull
from github.PullRequestReview import PullRequestReview
from github.Repository import Repository

from bot.forges import Forge
from bot.forges.github_wire import Wire
from bot.forges.wire import WireError
from bot.model import Comment
from checks.model import Approval, Review

# GitHub tells other roles, also an organisation's own, as the one of its own they are built on.
_WRITING = frozenset({"admin", "maintain", "write"})
# What a review says of the change; a remark (COMMENTED) takes back nothing that was said before.
_DECIDING = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})


class GitHubTalk:
    """A Conversing for the repositories of one installation. `forge` is the GitHub that acts on
    the same wire: it knows which comments are ours."""

    def __init__(self, *, wire: Wire, forge: Forge) -> None:
        self._wire = wire
        self._forge = forge

    def may_write(self, project: str, user: str) -> bool:
        """Whether a person may push to the project; False for strangers and unknown users."""
        path = f"/repos/{project}/collaborators/{quote(user, safe='')}/permission"
        try:
            _, data = self._wire.requestJsonAndCheck("GET", path)
        except WireError as error:
            if error.status == 404:
                return False
            raise
        return isinstance(data, dict) and data.get("permission") in _WRITING

    def review(self, project: str, number: int) -> Review:
        """The standing approvals, with the head that each was given to.

        Only those of people who may push count: on a public repository anyone can approve. Teams
        are left empty, for the app asks for no permission to see who is in them.
        """
        pull = Repository(self._wire, url=f"/repos/{project}").get_pull(number).complete()
        author = pull.user.login if pull.user else "ghost"
        approvals = tuple(
            Approval(user=user, head_sha=review.commit_id or "")
            for user, review in sorted(_standing(pull).items())
            if review.state == "APPROVED" and user != author and self.may_write(project, user)
        )
        return Review(head_sha=pull.head.sha, author=author, approvals=approvals)

    def react(self, project: str, number: int, comment_id: str) -> None:  # noqa: ARG002
        """Eyes on the comment; no error where it is gone. GitHub keeps one of a kind of ours."""
        path = f"/repos/{project}/issues/comments/{comment_id}/reactions"

        def send() -> None:
            self._wire.requestJsonAndCheck("POST", path, input={"content": "eyes"})

        try:
            self._wire.policy.idempotent(send)
        except WireError as error:
            if error.status not in (404, 410):
                raise

    def reply(self, project: str, number: int, body: str, marker: str) -> Comment:
        """Our comment that begins with `marker`, made where there is none and made to say `body`.
        A comment that only holds the marker in its text is none: others put text in our report."""
        if not body.startswith(marker):
            raise ValueError("a reply begins with its marker")

        def find() -> Comment | None:
            ours = self._forge.comments(project, number)
            return next((c for c in ours if c.body.startswith(marker)), None)

        def create() -> Comment:
            issue = Repository(self._wire, url=f"/repos/{project}").get_issue(number)
            made: IssueComment = issue.create_comment(body)
            return Comment(id=str(made.id), body=made.body or "")

        found = find() or self._wire.policy.create(create, find)
        if _text(found.body) != _text(body):
            self._forge.update_comment(project, number, found.id, body)
        return Comment(id=found.id, body=body)


def _standing(pull: RemotePull) -> dict[str, PullRequestReview]:
    """The last review of each person that decides something. GitHub lists them as they were given;
    one that was dismissed keeps its place and changes its state."""
    found: dict[str, PullRequestReview] = {}
    for review in pull.get_reviews():
        # A deleted account has no user, and a bot's approval is nobody's.
        if review.user and review.user.type == "User" and review.state in _DECIDING:
            found[review.user.login] = review
    return found


def _text(body: str) -> str:
    return body.replace("\r\n", "\n").strip()

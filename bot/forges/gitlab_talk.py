"""What comment commands and approvals need of GitLab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.forges.gitlab import GitLab, moment
from bot.forges.gitlab_wire import Wire, below
from bot.forges.wire import WireError
from bot.model import Comment
from checks.model import Approval, Review

# The least access level that may push branches.
DEVELOPER = 30
_APPROVED = "approved this merge request"


class GitLabTalk:
    """Conversing, for the projects that the token's user is a member of."""

    def __init__(self, *, wire: Wire, forge: GitLab) -> None:
        self._wire = wire
        self._forge = forge

    def may_write(self, project: str, user: str) -> bool:
        """Whether a person is at least a Developer of the project, also through its groups."""
        found = self._wire.pages("/users", username=user)
        person = next((u for u in found if str(u["username"]).lower() == user.lower()), None)
        return person is not None and self._may_push(project, int(person["id"]))

    def review(self, project: str, number: int) -> Review:
        """The standing approvals by people who may push, all of them of the head.

        Unless a project says otherwise GitLab keeps approvals over pushes, so only what was
        approved after the last push counts, and nothing where either time is unknown. Teams are
        left empty.
        """
        path = below(project, "merge_requests", number)
        pull = self._wire.get(path)
        given = self._approved(path)
        # Last: a push between these questions must make approvals of the old head count nothing.
        pushed = self._pushed(path, pull.get("sha"))
        author = (pull.get("author") or {}).get("username") or "ghost"
        approvals = tuple(
            Approval(user=user["username"], head_sha=pull["sha"])
            for user, at in given
            if pushed and at > pushed
            if user["username"] != author and self._may_push(project, user["id"])
        )
        return Review(head_sha=pull.get("sha") or "", author=author, approvals=approvals)

    def react(self, project: str, number: int, comment_id: str) -> None:
        """Eyes on the note; no error where it has them or is gone: GitLab answers 404 to both."""
        path = below(project, "merge_requests", number, "notes", comment_id, "award_emoji")
        try:
            # The same emoji twice is refused, so this may be repeated.
            self._wire.policy.idempotent(lambda: self._wire.post(path, name="eyes"))
        except WireError as error:
            if error.status not in (404, 410):
                raise

    def reply(self, project: str, number: int, body: str, marker: str) -> Comment:
        """Our note that begins with `marker`, made where there is none and made to say `body`.
        A note that only holds the marker in its text is none: others put text in our report."""
        if not body.startswith(marker):
            raise ValueError("a reply begins with its marker")

        def find() -> Comment | None:
            ours = self._forge.comments(project, number)
            return next((c for c in ours if c.body.startswith(marker)), None)

        found = find() or self._forge.create_comment(project, number, body, marker)
        if found.body.strip() != body.strip():
            self._forge.update_comment(project, number, found.id, body)
        return Comment(id=found.id, body=body)

    def _may_push(self, project: str, user: int) -> bool:
        member = self._wire.find(below(project, "members", "all", user))
        return (
            member is not None
            and member.get("state") == "active"
            and member.get("membership_state", "active") == "active"
            and int(member["access_level"]) >= DEVELOPER
        )

    def _approved(self, path: str) -> list[tuple[Mapping[str, Any], datetime]]:
        """(user, time) of the standing approvals whose time is known, by the user's name."""
        given = self._wire.get(f"{path}/approvals").get("approved_by") or []
        times = {a["user"]["id"]: moment(a.get("approved_at")) for a in given}
        if None in times.values():
            noted = dict(self._noted(path))
            times = {user: at or noted.get(user) for user, at in times.items()}
        found = [(a["user"], at) for a in given if (at := times[a["user"]["id"]])]
        return sorted(found, key=lambda each: str(each[0]["username"]))

    def _noted(self, path: str) -> Iterator[tuple[int, datetime]]:
        """(user, time) of every approval that GitLab itself noted, oldest first: older releases
        tell of it nowhere else."""
        for note in self._wire.pages(f"{path}/notes", order_by="created_at", sort="asc"):
            at = moment(note.get("created_at"))
            if note["system"] and note["body"] == _APPROVED and at:
                yield note["author"]["id"], at

    def _pushed(self, path: str, head: object) -> datetime | None:
        """When the newest version came, None where it is not of this head."""
        versions = self._wire.pages(f"{path}/versions")
        newest = max(versions, key=lambda v: int(v["id"]), default=None)
        if newest is None or newest.get("head_commit_sha") != head:
            return None
        return moment(newest.get("created_at"))

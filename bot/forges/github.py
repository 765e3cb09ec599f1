"""One GitHub installation as a Forge, on PyGithub; none of its types get out of here."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from github.CheckRun import CheckRun as RemoteRun
from github.Issue import Issue
from github.IssueComment import IssueComment
from github.PaginatedList import PaginatedList
from github.PullRequest import PullRequest as RemotePull
from github.Repository import Repository

from bot.forges import Remote
from bot.forges.github_wire import Lease, Wire
from bot.forges.wire import WireError
from bot.model import Annotation, CheckRun, CheckStatus, Comment, PullRequest

# GitHub's limits. The report is cut to fit long before; these only keep a mistake from a 422.
BATCH = 50
MAX_TEXT = 65_535
MAX_TITLE = 255
MAX_MESSAGE = 64 * 1024
MAX_COMMENT = 65_536

_STATUSES = {
    "success": CheckStatus.SUCCESS,
    "neutral": CheckStatus.NEUTRAL,
    "skipped": CheckStatus.NEUTRAL,
    "action_required": CheckStatus.ACTION_REQUIRED,
    "failure": CheckStatus.FAILURE,
    "timed_out": CheckStatus.FAILURE,
    "cancelled": CheckStatus.CANCELLED,
    # GitHub gives up on a run after two weeks without an end.
    "stale": CheckStatus.CANCELLED,
}


class GitHub:
    """A Forge for the repositories of one installation.

    `login` tells the name its comments are written under; it is not asked before it is needed.
    """

    name = "github"
    annotates = True

    def __init__(
        self, *, wire: Wire, lease: Lease, git_url: str, app_id: int, login: Callable[[], str]
    ) -> None:
        self._wire = wire
        self._lease = lease
        self._git_url = git_url
        self._app_id = app_id
        self._login = login

    @property
    def wire(self) -> Wire:
        """The connection under this grant, for what talks and proposes on it."""
        return self._wire

    def projects(self) -> Iterator[str]:
        """The full names of the installation's repositories that can be written to."""
        repositories = PaginatedList(
            Repository, self._wire, "/installation/repositories", list_item="repositories"
        )
        return (repository.full_name for repository in repositories if not repository.archived)

    def pull_request(self, project: str, number: int) -> PullRequest | None:
        """The pull request as it is now, None where there is none that we may see."""
        try:
            return _pull(project, self._repository(project).get_pull(number).complete())
        except WireError as error:
            if error.status == 404:
                return None
            raise

    def branch_tip(self, project: str, branch: str) -> str | None:
        """The commit a branch is at now, None where there is no such branch."""
        try:
            return str(self._repository(project).get_branch(branch).commit.sha)
        except WireError as error:
            if error.status == 404:
                return None
            raise

    def open_pull_requests(self, project: str) -> Iterator[PullRequest]:
        """The open pull requests of a project, oldest first."""
        pulls = self._repository(project).get_pulls(state="open", sort="created", direction="asc")
        return (_pull(project, pull) for pull in pulls)

    def remote(self, project: str) -> Remote:
        """Where to fetch from, with a token that is good for five minutes at least."""
        token = self._wire.policy.idempotent(self._lease.lend)
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        return Remote(url=f"{self._git_url}/{project}.git", header=f"Authorization: Basic {basic}")

    def check_runs(self, project: str, sha: str) -> Sequence[CheckRun]:
        """Our check runs on a commit, oldest first, also those that a newer one has replaced."""
        return [_check_run(run) for run in self._runs(project, sha)]

    def shown(self, run: CheckRun) -> CheckRun:
        """The run itself: GitHub keeps all of it."""
        return run

    def create_check_run(self, project: str, wanted: CheckRun) -> CheckRun:
        """Create it, or find it where the answer was lost; annotations go in batches of 50.

        With more than one batch it stays in progress until the last one is in, so that a crash
        leaves a run that the next attempt completes.
        """
        _check_limits(wanted)
        first = wanted.annotations[:BATCH]
        whole = len(first) == len(wanted.annotations)

        def create() -> RemoteRun:
            return self._repository(project).create_check_run(
                name=wanted.name,
                head_sha=wanted.head_sha,
                external_id=wanted.external_id,
                **_fields(wanted, first, final=whole),
            )

        def find() -> RemoteRun | None:
            runs = reversed(self._runs(project, wanted.head_sha))
            return next((run for run in runs if run.external_id == wanted.external_id), None)

        run = self._wire.policy.create(create, find)
        if not whole:
            self._send_rest(run, wanted, sent=len(first))
        return _check_run(run)

    def update_check_run(self, project: str, existing: CheckRun, wanted: CheckRun) -> None:
        """Make the existing one say what is wanted.

        GitHub only ever adds annotations, so they are sent once: when a run is completed. A run
        that is complete already keeps those it has.
        """
        _check_limits(wanted)
        run = self._repository(project).get_check_run(int(existing.id))
        was_open = existing.status is CheckStatus.IN_PROGRESS
        if was_open and wanted.status is not CheckStatus.IN_PROGRESS and wanted.annotations:
            # An earlier attempt may have sent some before it was cut off.
            self._send_rest(run, wanted, sent=self._annotations_of(run))
        else:
            run.edit(**_fields(wanted, (), final=True))

    def comments(self, project: str, number: int) -> Sequence[Comment]:
        """Our comments on a pull request, oldest first."""
        ours = [c for c in self._issue(project, number).get_comments() if self._is_ours(c)]
        return [_comment(c) for c in sorted(ours, key=lambda c: c.id)]

    def create_comment(self, project: str, number: int, body: str, marker: str) -> Comment:
        """Create it; where the answer was lost, find our one that contains `marker`."""
        _check_comment(body)

        def create() -> Comment:
            return _comment(self._issue(project, number).create_comment(body))

        def find() -> Comment | None:
            return next((c for c in self.comments(project, number) if marker in c.body), None)

        return self._wire.policy.create(create, find)

    def update_comment(self, project: str, number: int, comment_id: str, body: str) -> None:
        """Replace its body."""
        _check_comment(body)
        self._issue(project, number).get_comment(int(comment_id)).edit(body)

    def delete_comment(self, project: str, number: int, comment_id: str) -> None:
        """Remove it; no error where it is gone already."""
        try:
            self._issue(project, number).get_comment(int(comment_id)).delete()
        except WireError as error:
            if error.status not in (404, 410):
                raise

    def _repository(self, project: str) -> Repository:
        return Repository(self._wire, url=f"/repos/{project}")

    def _issue(self, project: str, number: int) -> Issue:
        return self._repository(project).get_issue(number)

    def _is_ours(self, comment: IssueComment) -> bool:
        author, via = comment.user, comment.performed_via_github_app
        # A person who signed in through the app writes "via" it, and is not it.
        if not author or author.type != "Bot":
            return False
        return author.login == self._login() or bool(via and via.id == self._app_id)

    def _runs(self, project: str, sha: str) -> list[RemoteRun]:
        runs = PaginatedList(
            RemoteRun,
            self._wire,
            f"/repos/{project}/commits/{sha}/check-runs",
            # PyGithub's own method cannot leave out the runs of other apps.
            {"filter": "all", "app_id": self._app_id},
            list_item="check_runs",
        )
        ours = [run for run in runs if run.app and run.app.id == self._app_id]
        return sorted(ours, key=lambda run: run.id)

    def _annotations_of(self, run: RemoteRun) -> int:
        """How many annotations GitHub has of it now."""
        fresh = RemoteRun(self._wire, url=run.url).complete()
        return fresh.output.annotations_count or 0

    def _send_rest(self, run: RemoteRun, wanted: CheckRun, sent: int) -> None:
        """Completes the run with the annotations after the first `sent`."""
        rest = wanted.annotations[sent:]
        batches = [rest[at : at + BATCH] for at in range(0, len(rest), BATCH)] or [()]
        for number, batch in enumerate(batches, 1):
            sent += len(batch)
            self._append(run, _fields(wanted, batch, final=number == len(batches)), sent)

    def _append(self, run: RemoteRun, fields: dict[str, Any], total: int) -> None:
        """One update; after a lost answer GitHub's count says whether the batch got there."""

        def send() -> bool:
            run.edit(**fields)
            return True

        def arrived() -> bool | None:
            return True if self._annotations_of(run) >= total else None

        self._wire.policy.create(send, arrived)


def _fields(wanted: CheckRun, batch: Sequence[Annotation], *, final: bool) -> dict[str, Any]:
    """What a request to create or update says; not `final`: more annotations follow."""
    fields: dict[str, Any] = {"status": "in_progress"}
    if final and wanted.status is not CheckStatus.IN_PROGRESS:
        fields = {"status": "completed", "conclusion": wanted.status.value}
    if wanted.details_url:
        fields["details_url"] = wanted.details_url
    if wanted.title or wanted.summary or batch:
        output: dict[str, Any] = {"title": wanted.title or wanted.name, "summary": wanted.summary}
        if wanted.text:
            output["text"] = wanted.text
        if batch:
            output["annotations"] = [_annotation(annotation) for annotation in batch]
        fields["output"] = output
    return fields


def _annotation(annotation: Annotation) -> dict[str, Any]:
    fields = {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level,
        "message": annotation.message,
    }
    return fields | ({"title": annotation.title} if annotation.title else {})


def _check_limits(wanted: CheckRun) -> None:
    titles = [wanted.title, *(a.title for a in wanted.annotations)]
    if max(len(wanted.summary), len(wanted.text)) > MAX_TEXT:
        raise ValueError(f"check run {wanted.name}: more than {MAX_TEXT} characters of text")
    if any(len(title) > MAX_TITLE for title in titles):
        raise ValueError(f"check run {wanted.name}: a title of more than {MAX_TITLE} characters")
    for annotation in wanted.annotations:
        if len(annotation.message.encode("utf-8", "surrogatepass")) > MAX_MESSAGE:
            where = f"{annotation.path}:{annotation.line}"
            raise ValueError(f"annotation on {where}: a message of more than {MAX_MESSAGE} bytes")


def _check_comment(body: str) -> None:
    if len(body) > MAX_COMMENT:
        raise ValueError(f"a comment of {len(body)} characters, more than {MAX_COMMENT}")


def _pull(project: str, pull: RemotePull) -> PullRequest:
    return PullRequest(
        project=project,
        number=pull.number,
        base_ref=pull.base.ref,
        base_sha=pull.base.sha,
        head_sha=pull.head.sha,
        is_open=pull.state == "open",
        is_draft=bool(pull.draft),
        # GitHub shows the pull requests of deleted accounts as this user's.
        author=pull.user.login if pull.user else "ghost",
        url=pull.html_url,
    )


def _check_run(run: RemoteRun) -> CheckRun:
    ended = run.status == "completed"
    return CheckRun(
        name=run.name,
        external_id=run.external_id or "",
        head_sha=run.head_sha,
        status=_STATUSES.get(run.conclusion, CheckStatus.FAILURE)
        if ended
        else CheckStatus.IN_PROGRESS,
        title=run.output.title or "",
        summary=run.output.summary or "",
        text=run.output.text or "",
        details_url=run.details_url or "",
        id=str(run.id),
    )


def _comment(comment: IssueComment) -> Comment:
    return Comment(id=str(comment.id), body=comment.body or "")

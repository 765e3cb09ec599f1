"""GitLab as a Forge, on python-gitlab's client; nothing of its answers gets out of here.

GitLab has no check runs, only commit statuses: a name, a state and one line. So a run's summary,
text and annotations are not kept here, `shown` says what is, and the report is in the comment.

Statuses are set in the target project, never in a fork: whoever owns the fork could set them too.
They join the newest pipeline of the merge request, since that is the one that decides.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.forges import Remote
from bot.forges import gitlab_status as status
from bot.forges.gitlab_wire import Wire, below
from bot.forges.wire import WireError
from bot.model import CheckRun, Comment, PullRequest
from bot.retry import Later

# GitLab's limit.
MAX_COMMENT = 1_000_000
# How long GitLab needs, in seconds, to read the commits of a new merge request.
_PREPARING = 10

# GitLab carries out lines such as "/merge" in what we write, with our rights, wherever a stranger's
# text got to the beginning of a line; it drops carriage returns before it looks. A character
# without width keeps the line what it is. Commands to us are no quick actions: people copy them.
_ACTION = re.compile(r"^([ \t\r]*)/(?!plumbline\b)", re.M)
_ACTED = re.compile("^([ \t\r]*)\u2060/", re.M)


class GitLab:
    """A Forge for every project that the token's user is a member of."""

    name = "gitlab"
    annotates = False

    def __init__(self, *, wire: Wire, url: str, token: str) -> None:
        self._wire = wire
        self._url = url
        self._token = token

    def pull_request(self, project: str, number: int) -> PullRequest | None:
        """The merge request as it is now, None where there is none that we may see. Raises Later
        while GitLab has not read its commits yet."""
        found = self._wire.find(below(project, "merge_requests", number))
        if found is None:
            return None
        if not found.get("sha") and found["state"] == "opened":
            raise Later(_PREPARING, f"GitLab is preparing {project}!{number}")
        return _pull(project, found)

    def branch_tip(self, project: str, branch: str) -> str | None:
        """The commit a branch is at now, None where there is no such branch."""
        found = self._wire.find(below(project, "repository", "branches", branch))
        return str(found["commit"]["id"]) if found else None

    def open_pull_requests(self, project: str) -> Iterator[PullRequest]:
        """The open merge requests of a project, oldest first. GitLab's lists do not have their
        `base_sha`, which is "" here; those it is still preparing are left out."""
        found = self._wire.pages(
            below(project, "merge_requests"), state="opened", order_by="created_at", sort="asc"
        )
        return (_pull(project, each) for each in found if each.get("sha"))

    def remote(self, project: str) -> Remote:
        """Where to fetch from."""
        basic = base64.b64encode(f"oauth2:{self._token}".encode()).decode()
        return Remote(url=f"{self._url}/{project}.git", header=f"Authorization: Basic {basic}")

    def shown(self, run: CheckRun) -> CheckRun:
        """The run as `check_runs` gives it once it is written here: without what GitLab does not
        keep, and with the states it has not as words."""
        return status.shown(run)

    def check_runs(self, project: str, sha: str) -> Sequence[CheckRun]:
        """Our statuses on a commit, the newest of each name in the pipeline that decides; one that
        is unfinished in any other pipeline too, since it has to be ended."""
        ours = self._statuses(project, sha)
        heads = {n: self._head_pipeline(project, n, sha) for n in {status.number(s) for s in ours}}
        found: dict[str, status.Status] = {}
        for each in ours:
            before = found.get(each["name"])
            counts = status.is_in(each, heads[status.number(each)]) or status.is_open(each)
            if counts and not (before and status.is_open(before)):
                found[each["name"]] = each
        return [status.check_run(sha, each) for each in found.values()]

    def create_check_run(self, project: str, wanted: CheckRun) -> CheckRun:
        """Set the status; where the answer was lost, find it."""
        run = status.shown(wanted)
        name, number = status.name_of(run), status.identity(run)[0]
        pull = self._wire.find(below(project, "merge_requests", number)) or {}
        same = [s for s in self._statuses(project, run.head_sha) if s["name"] == name]
        head = status.head_pipeline(pull, run.head_sha)
        made = self._set(project, run, status.place(pull, head))
        # A newer pipeline took over: what was begun in an old one has to end as well.
        begun = {s.get("pipeline_id") for s in same if status.is_open(s)}
        for pipeline in begun - {None, head, made.get("pipeline_id")}:
            self._set(project, run, {"pipeline_id": pipeline})
        return status.check_run(run.head_sha, made)

    def update_check_run(self, project: str, existing: CheckRun, wanted: CheckRun) -> None:
        """Make the status say what is wanted: a finished one gets a successor in its place."""
        self.create_check_run(project, replace(wanted, head_sha=existing.head_sha))

    def comments(self, project: str, number: int) -> Sequence[Comment]:
        """Our notes on a merge request, oldest first."""
        me = self._wire.me()["id"]
        path = below(project, "merge_requests", number, "notes")
        notes = self._wire.pages(path, order_by="created_at", sort="asc")
        ours = [n for n in notes if not n["system"] and n["author"]["id"] == me]
        return [_comment(n) for n in sorted(ours, key=lambda n: int(n["id"]))]

    def create_comment(self, project: str, number: int, body: str, marker: str) -> Comment:
        """Create it as a plain note, since a thread would block the merge until it is resolved;
        where the answer was lost, find our one that contains `marker`."""
        path = below(project, "merge_requests", number, "notes")

        def create() -> Comment:
            return _comment(self._wire.post(path, body=inert(body)))

        def find() -> Comment | None:
            return next((c for c in self.comments(project, number) if marker in c.body), None)

        _check_comment(body)
        return self._wire.policy.create(create, find)

    def update_comment(self, project: str, number: int, comment_id: str, body: str) -> None:
        """Replace its body."""
        _check_comment(body)
        path = below(project, "merge_requests", number, "notes", comment_id)
        self._wire.put(path, body=inert(body))

    def delete_comment(self, project: str, number: int, comment_id: str) -> None:
        """Remove it; no error where it is gone already."""
        self._wire.delete(below(project, "merge_requests", number, "notes", comment_id))

    def _statuses(self, project: str, sha: str) -> list[status.Status]:
        """Our statuses of a commit that no newer ones replaced, oldest first."""
        me = self._wire.me()["id"]
        try:
            found = list(self._wire.pages(below(project, "repository", "commits", sha, "statuses")))
        except WireError as error:
            if error.status == 404:
                return []
            raise
        ours = [s for s in found if s.get("author") and s["author"]["id"] == me]
        return sorted((s for s in ours if status.number(s)), key=lambda s: int(s["id"]))

    def _head_pipeline(self, project: str, number: int, sha: str) -> int | None:
        pull = self._wire.find(below(project, "merge_requests", number)) or {}
        return status.head_pipeline(pull, sha)

    def _set(self, project: str, run: CheckRun, place: dict[str, Any]) -> status.Status:
        line = {"description": run.title, "target_url": run.details_url}
        content = {"name": status.name_of(run), "state": status.STATES[run.status], **place}
        content |= {key: value for key, value in line.items() if value}

        def create() -> status.Status:
            try:
                return self._wire.post(below(project, "statuses", run.head_sha), **content)
            except WireError as error:
                # "Cannot transition status via :run from :running": it says so already, and the
                # line beside it can only be changed with the state.
                refused = error.status == 400 and "transition" in str(error)
                found = self._same(project, run, place) if refused else None
                if found is None:
                    raise
                return found

        def find() -> status.Status | None:
            found = self._same(project, run, place)
            return found if found and (found.get("description") or "") == run.title else None

        return self._wire.policy.create(create, find)

    def _same(self, project: str, run: CheckRun, place: Mapping[str, Any]) -> status.Status | None:
        """The status in a place that has the wanted name and state."""
        wanted = (status.name_of(run), status.STATES[run.status])
        statuses = self._statuses(project, run.head_sha)
        in_place = [s for s in statuses if status.is_in(s, place.get("pipeline_id"))]
        return next((s for s in reversed(in_place) if (s["name"], s["status"]) == wanted), None)


def inert(text: str) -> str:
    """A text in which GitLab finds no quick actions."""
    return _ACTION.sub("\\1\u2060/", text)


def meant(text: str) -> str:
    """The text that `inert` was given."""
    return _ACTED.sub(r"\1/", text)


def moment(text: object) -> datetime | None:
    """A time of GitLab's, None where it is none."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def _pull(project: str, found: Mapping[str, Any]) -> PullRequest:
    refs = found.get("diff_refs") or {}
    return PullRequest(
        project=project,
        number=int(found["iid"]),
        base_ref=found["target_branch"],
        base_sha=refs.get("start_sha") or "",
        head_sha=found.get("sha") or "",
        # While a merge is under way it is "locked", and open again where that fails.
        is_open=found["state"] in ("opened", "locked"),
        is_draft=bool(found.get("draft")),
        author=(found.get("author") or {}).get("username") or "ghost",
        url=found["web_url"],
    )


def _comment(note: Mapping[str, Any]) -> Comment:
    return Comment(id=str(note["id"]), body=meant(note.get("body") or ""))


def _check_comment(body: str) -> None:
    if len(inert(body)) > MAX_COMMENT:
        raise ValueError(f"a comment of {len(body)} characters, more than {MAX_COMMENT}")

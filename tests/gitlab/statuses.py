"""Commit statuses: which pipeline they join, and which changes of state GitLab allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.forge.gitrepo import GitError
from tests.gitlab.http import Refusal, malformed, not_found
from tests.gitlab.hub import Hub
from tests.gitlab.state import Pipeline, Project, Status, User, now

LONGEST = 255
_UNDONE = ("pending", "running")
# Wanted state → (event, states that it may start from). Everything starts as "created".
_EVENTS = {
    "pending": ("enqueue", ("created", "skipped")),
    "running": ("run", ("pending",)),
    "success": ("success", ("created", "pending", "running")),
    "failed": ("drop", ("created", "pending", "running")),
    "canceled": ("cancel", ("created", "pending", "running")),
    "skipped": ("skip", ("created", "pending")),
}


def put(hub: Hub, project: Project, sha: str, user: User, wanted: Mapping[str, Any]) -> Status:
    """Set a status. An unfinished one of the same name, ref and user is changed; otherwise a new
    one takes the place of the old. Refuses what GitLab refuses."""
    state = wanted.get("state")
    if not state:
        raise malformed("state is missing")
    if state not in _EVENTS:
        raise malformed("state does not have a valid value")
    if project.git.resolve(sha) != sha:
        raise not_found("Commit")
    _check_lengths(wanted)
    pipeline = _pipeline(hub, project, sha, wanted)
    name = wanted.get("name") or wanted.get("context") or "default"
    siblings = [s for s in hub.state.statuses_of(pipeline) if s.name == name]
    undone = [s for s in siblings if s.state in _UNDONE and s.author is user]
    status = undone[-1] if undone else _new(hub, pipeline, name, user)
    _move(status, state, hub.refuses_repeats)
    for key in ("description", "target_url", "coverage"):
        if key in wanted:
            setattr(status, key, wanted[key])
    if not undone:
        hub.state.statuses[status.id] = status
        for old in siblings:
            old.retried = True
    return status


def _new(hub: Hub, pipeline: Pipeline, name: str, user: User) -> Status:
    return Status(id=hub.state.new_id(), pipeline=pipeline, name=name, author=user)


def _check_lengths(wanted: Mapping[str, Any]) -> None:
    message = f"is too long (maximum is {LONGEST} characters)"
    wrong = {
        key: [message]
        for key in ("name", "description", "target_url")
        if len(wanted.get(key) or "") > LONGEST
    }
    if wrong:
        raise Refusal(400, wrong)


def _pipeline(hub: Hub, project: Project, sha: str, wanted: Mapping[str, Any]) -> Pipeline:
    asked, ref = wanted.get("pipeline_id"), wanted.get("ref")
    found = [
        each
        for each in hub.state.pipelines_of(project, sha)
        if (not ref or each.ref == ref) and (asked is None or each.id == asked)
    ]
    if found:
        return found[-1]
    if asked is not None:
        raise not_found("Pipeline for pipeline_id, sha and ref")
    # A commit of a fork is on no branch of this project: its statuses need a ref.
    ref = ref or next(iter(branches_with(project, sha)), None)
    if ref is None:
        raise not_found("References for commit")
    return new_pipeline(hub, project, sha, ref, "external")


def new_pipeline(hub: Hub, project: Project, sha: str, ref: str, source: str) -> Pipeline:
    """A pipeline without jobs."""
    state = hub.state
    iid = 1 + sum(each.project is project for each in state.pipelines.values())
    made = Pipeline(id=state.new_id(), iid=iid, project=project, sha=sha, ref=ref, source=source)
    state.pipelines[made.id] = made
    return made


def branches_with(project: Project, sha: str) -> list[str]:
    """The branches that contain a commit, by name."""
    try:
        names = project.git.text(
            "for-each-ref", "--format=%(refname:lstrip=2)", "--contains", sha, "refs/heads/"
        )
    except GitError:
        return []
    return names.splitlines()


def _move(status: Status, wanted: str, refuses_repeats: bool) -> None:
    if status.state == wanted and not refuses_repeats:
        return
    if wanted == "running" and status.state == "created":
        status.state = "pending"
    event, allowed = _EVENTS[wanted]
    if status.state not in allowed:
        reason = f'(Reason(s): Status cannot transition via "{event}")'
        text = f"Cannot transition status via :{event} from :{status.state} {reason}"
        raise Refusal(400, text)
    status.state = wanted
    if wanted == "running":
        status.started_at = now()
    elif wanted != "pending":
        status.finished_at = now()


def overall(hub: Hub, pipeline: Pipeline) -> str:
    """What a pipeline's jobs come to."""
    states = {each.state for each in hub.state.statuses_of(pipeline)}
    for state in ("running", "pending", "failed", "canceled", "success", "skipped"):
        if state in states:
            return state
    return "created"

"""Commit statuses: GitLab's form of a check run, a name, a state and one line.

A status carries its merge request's number in its name ("plumbline !7"). By name alone the verdict
of another merge request with the same head, perhaps to a branch with other rules, would replace it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from bot.markers import external_id, parse_external_id
from bot.model import CheckRun, CheckStatus

# GitLab's limit for the name, the line and the link.
MAX_LINE = 255

Status: TypeAlias = Mapping[str, Any]

STATES = {
    CheckStatus.IN_PROGRESS: "running",
    CheckStatus.SUCCESS: "success",
    CheckStatus.NEUTRAL: "success",
    CheckStatus.ACTION_REQUIRED: "failed",
    CheckStatus.FAILURE: "failed",
    CheckStatus.CANCELLED: "canceled",
}
_STATUSES = {
    **dict.fromkeys(("created", "waiting_for_resource", "preparing"), CheckStatus.IN_PROGRESS),
    **dict.fromkeys(("pending", "running", "scheduled", "manual"), CheckStatus.IN_PROGRESS),
    "success": CheckStatus.SUCCESS,
    "failed": CheckStatus.FAILURE,
    "canceled": CheckStatus.CANCELLED,
    "canceling": CheckStatus.CANCELLED,
    "skipped": CheckStatus.CANCELLED,
}
# What the state does not say, where the title does not either.
_WORDS = {
    CheckStatus.NEUTRAL: ("warning", "pass with warnings: "),
    CheckStatus.ACTION_REQUIRED: ("approv", "needs approval: "),
}
_NAME = re.compile(r"(plumbline(?:/[^!]*)?) !([1-9][0-9]{0,8})")


def shown(run: CheckRun) -> CheckRun:
    """The run as it is read back once it is written: without what GitLab does not keep, and with
    the states it has not as words."""
    sign, words = _WORDS.get(run.status, ("", ""))
    title = run.title if sign in run.title.lower() else words + run.title
    about, name = identity(run)
    return CheckRun(
        name=name,
        external_id=external_id(about, name),
        head_sha=run.head_sha,
        status=_STATUSES[STATES[run.status]],
        title=title[:MAX_LINE],
        details_url=run.details_url if len(run.details_url) <= MAX_LINE else "",
        id=run.id,
    )


def head_pipeline(pull: Mapping[str, Any], sha: str) -> int | None:
    """The id of the pipeline that decides about the commit, None where there is none here."""
    pipeline = pull.get("head_pipeline") or {}
    here = pipeline.get("project_id") in (None, pull.get("target_project_id"))
    return pipeline.get("id") if here and pipeline.get("sha") == sha else None


def place(pull: Mapping[str, Any], pipeline: int | None) -> dict[str, Any]:
    """Where a status goes: into a pipeline, or to the ref of the one that GitLab makes for it."""
    if pipeline is not None:
        return {"pipeline_id": pipeline}
    if not pull:
        return {}
    if pull["source_project_id"] == pull["target_project_id"]:
        return {"ref": pull["source_branch"]}
    # A commit of a fork is on no branch of this project.
    return {"ref": f"refs/merge-requests/{pull['iid']}/head"}


def is_in(status: Status, pipeline: int | None) -> bool:
    """Whether it is in a pipeline; None is any."""
    # Older releases do not say which pipeline it is in.
    return pipeline is None or status.get("pipeline_id") in (None, pipeline)


def is_open(status: Status) -> bool:
    """Whether it still has to end."""
    return _status(status) is CheckStatus.IN_PROGRESS


def _status(status: Status) -> CheckStatus:
    return _STATUSES.get(status["status"], CheckStatus.FAILURE)


def identity(run: CheckRun) -> tuple[int, str]:
    """(merge request, name) of a run. Raises ValueError where it names none."""
    found = parse_external_id(run.external_id)
    if found is None:
        raise ValueError(f"check run {run.name}: its external_id names no merge request")
    return found


def name_of(run: CheckRun) -> str:
    """What its status is called."""
    about, name = identity(run)
    return f"{name} !{about}"


def number(status: Status) -> int:
    """The merge request that a status is about, 0 where it is not one of ours."""
    match = _NAME.fullmatch(status["name"] or "")
    return int(match[2]) if match else 0


def check_run(sha: str, status: Status) -> CheckRun:
    """The run that a status of ours on a commit stands for."""
    match = _NAME.fullmatch(status["name"])
    name, about = (match[1], int(match[2])) if match else (status["name"], 0)
    return CheckRun(
        name=name,
        external_id=external_id(about, name),
        head_sha=sha,
        status=_status(status),
        title=status.get("description") or "",
        details_url=status.get("target_url") or "",
        id=str(status["id"]),
    )

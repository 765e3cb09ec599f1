"""The payloads of the webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.forge.gitrepo import EMPTY_TREE, ZERO, GitCommit
from tests.gitlab import views
from tests.gitlab.hub import Hub
from tests.gitlab.state import MergeRequest, Project, User
from tests.gitlab.views import Json

# The X-Gitlab-Event header of each event.
NAMES = {"merge_request": "Merge Request Hook", "note": "Note Hook", "push": "Push Hook"}
_LEVELS = {"private": 0, "internal": 10, "public": 20}
_STATES = {"opened": 1, "closed": 2, "merged": 3}


def payload(hub: Hub, event: str, project: Project, about: Mapping[str, Any], sender: User) -> Json:
    """The JSON object of one event. `about` is what its builder below asks for."""
    return {
        "merge_request": _merge_request,
        "note": _note,
        "push": _push,
    }[event](hub, project, about, sender)


def _merge_request(hub: Hub, project: Project, about: Mapping[str, Any], sender: User) -> Json:
    it: MergeRequest = about["mr"]
    own = merge_request(hub, it) | {"action": about["action"]}
    changes: Json = dict(about.get("changes", {}))
    if "oldrev" in about:
        own["oldrev"] = about["oldrev"]
    if about["action"] == "update":
        changes["updated_at"] = {"previous": time(it.created_at), "current": time(it.updated_at)}
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": user(sender),
        "project": _project(hub, project),
        "object_attributes": own,
        "labels": [],
        "changes": changes,
        "repository": _repository(hub, project),
    }


def _note(hub: Hub, project: Project, about: Mapping[str, Any], sender: User) -> Json:
    note = about["note"]
    it = note.merge_request
    web = f"{views.web_url(hub, project)}/-/merge_requests/{it.iid}"
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": user(sender),
        "project_id": project.id,
        "project": _project(hub, project),
        "object_attributes": {
            "attachment": None,
            "author_id": note.author.id,
            "change_position": None,
            "commit_id": None,
            "created_at": time(note.created_at),
            "discussion_id": f"{note.id:040x}",
            "id": note.id,
            "internal": False,
            "line_code": None,
            "note": note.body,
            "noteable_id": it.id,
            "noteable_type": "MergeRequest",
            "original_position": None,
            "position": None,
            "project_id": project.id,
            "resolved_at": None,
            "resolved_by_id": None,
            "resolved_by_push": None,
            "st_diff": None,
            "system": note.system,
            "type": None,
            "updated_at": time(note.updated_at),
            "updated_by_id": None,
            "description": note.body,
            "url": f"{web}#note_{note.id}",
            "action": about["action"],
        },
        "repository": _repository(hub, project),
        "merge_request": merge_request(hub, it),
    }


def _push(hub: Hub, project: Project, about: Mapping[str, Any], sender: User) -> Json:
    before, after = about["before"], about["after"]
    git = project.git
    commits: list[GitCommit] = []
    if after != ZERO:
        commits = git.describe(after if before == ZERO else f"{before}..{after}")
    return {
        "object_kind": "push",
        "event_name": "push",
        "before": before,
        "after": after,
        "ref": f"refs/heads/{about['branch']}",
        "ref_protected": about["branch"] == project.default_branch,
        "checkout_sha": None if after == ZERO else after,
        "message": None,
        "user_id": sender.id,
        "user_name": sender.name,
        "user_username": sender.username,
        "user_email": "",
        "user_avatar": None,
        "project_id": project.id,
        "project": _project(hub, project),
        # Oldest first, and no more than 20.
        "commits": [_pushed(hub, project, each) for each in reversed(commits[:20])],
        "total_commits_count": len(commits),
        "push_options": {},
        "repository": _repository(hub, project) | {"visibility_level": 0},
    }


def _pushed(hub: Hub, project: Project, it: GitCommit) -> Json:
    base = it.parents[0] if it.parents else EMPTY_TREE
    changed = project.git.changed(base, it.sha)
    return _commit(hub, project, it) | {
        "added": [path for letter, _, path in changed if letter == "A"],
        "modified": [path for letter, _, path in changed if letter not in "AD"],
        "removed": [path for letter, _, path in changed if letter == "D"],
    }


def _commit(hub: Hub, project: Project, it: GitCommit) -> Json:
    return {
        "id": it.sha,
        "message": it.message,
        "title": it.message.partition("\n")[0],
        "timestamp": datetime.fromtimestamp(it.time, UTC).isoformat(),
        "url": f"{views.web_url(hub, project)}/-/commit/{it.sha}",
        "author": {"name": it.name, "email": "[REDACTED]"},
    }


def merge_request(hub: Hub, it: MergeRequest) -> Json:
    """A merge request as webhooks show it."""
    source = it.source_project
    last = source.git if source.git.resolve(it.head_sha) else it.project.git
    return {
        "assignee_id": None,
        "assignee_ids": [],
        "author_id": it.author.id,
        "blocking_discussions_resolved": True,
        "created_at": time(it.created_at),
        "description": it.description or "",
        "detailed_merge_status": "checking",
        "draft": it.draft,
        "first_contribution": False,
        "head_pipeline_id": None,
        "human_time_change": None,
        "human_time_estimate": None,
        "human_total_time_spent": None,
        "id": it.id,
        "iid": it.iid,
        "labels": [],
        "last_commit": _commit(hub, source, last.describe(f"{it.head_sha}^!")[0]),
        "last_edited_at": None,
        "last_edited_by_id": None,
        "merge_commit_sha": it.merge_commit_sha,
        "merge_error": None,
        "merge_params": {"force_remove_source_branch": "0"},
        "merge_status": "checking",
        "merge_user_id": None,
        "merge_when_pipeline_succeeds": False,
        "milestone_id": None,
        "prepared_at": None if it.preparing else time(it.version.created_at),
        "reviewer_ids": [],
        "source": None if source.deleted else _project(hub, source),
        "source_branch": it.source_branch,
        "source_project_id": None if source.deleted else source.id,
        "state": it.state,
        "state_id": _STATES[it.state],
        "system": False,
        "target": _project(hub, it.project),
        "target_branch": it.target_branch,
        "target_project_id": it.project.id,
        "time_change": 0,
        "time_estimate": 0,
        "title": it.title,
        "total_time_spent": 0,
        "updated_at": time(it.updated_at),
        "updated_by_id": None,
        "url": f"{views.web_url(hub, it.project)}/-/merge_requests/{it.iid}",
        "work_in_progress": it.draft,
    }


def user(it: User) -> Json:
    """The one whose act is told of."""
    return {
        "id": it.id,
        "name": it.name,
        "username": it.username,
        "avatar_url": None,
        "email": "[REDACTED]",
    }


def time(at: datetime) -> str:
    """A time as webhooks write it."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _project(hub: Hub, it: Project) -> Json:
    web = views.web_url(hub, it)
    ssh = f"git@gitlab.example.com:{it.path}.git"
    return {
        "id": it.id,
        "name": it.name,
        "description": None,
        "web_url": web,
        "avatar_url": None,
        "git_ssh_url": ssh,
        "git_http_url": f"{web}.git",
        "namespace": it.namespace,
        "visibility_level": _LEVELS[it.visibility],
        "path_with_namespace": it.path,
        "default_branch": it.default_branch,
        "ci_config_path": None,
        "homepage": web,
        "url": ssh,
        "ssh_url": ssh,
        "http_url": f"{web}.git",
    }


def _repository(hub: Hub, it: Project) -> Json:
    own = _project(hub, it)
    return {name: own[name] for name in ("name", "url", "description", "homepage")}

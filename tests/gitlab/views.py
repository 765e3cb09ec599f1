"""What GitLab shows of its things, as its API entities do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from tests.forge.gitrepo import GitCommit
from tests.gitlab import statuses
from tests.gitlab.hub import Hub
from tests.gitlab.state import (
    Approval,
    Award,
    MergeRequest,
    Note,
    Pipeline,
    Project,
    Status,
    User,
    Version,
)

Json: TypeAlias = dict[str, Any]


def time(at: datetime | None) -> str | None:
    """A time as the API writes it."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def user(hub: Hub, it: User) -> Json:
    """UserBasic."""
    return {
        "id": it.id,
        "username": it.username,
        "public_email": None,
        "name": it.name,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{hub.url}/{it.username}",
    }


def me(hub: Hub, it: User) -> Json:
    """The answer of GET /user, the used part of it."""
    return user(hub, it) | {
        "bot": it.bot,
        "created_at": "2026-01-01T00:00:00.000Z",
        "bio": "",
        "email": f"{it.username}@noreply.example.com",
        "external": False,
        "can_create_project": False,
        "two_factor_enabled": False,
    }


def project(hub: Hub, it: Project, access: int) -> Json:
    """ProjectWithAccess, the used part of it."""
    url = web_url(hub, it)
    out = {
        "id": it.id,
        "description": None,
        "name": it.name,
        "name_with_namespace": it.path.replace("/", " / "),
        "path": it.name,
        "path_with_namespace": it.path,
        "created_at": time(it.created_at),
        "default_branch": it.default_branch,
        "ssh_url_to_repo": f"git@gitlab.example.com:{it.path}.git",
        "http_url_to_repo": f"{url}.git",
        "web_url": url,
        "namespace": {
            "id": 1,
            "name": it.namespace,
            "path": it.namespace.rpartition("/")[2],
            "kind": "group",
            "full_path": it.namespace,
        },
        "archived": False,
        "visibility": it.visibility,
        "empty_repo": False,
        "merge_requests_enabled": True,
        "jobs_enabled": True,
        "only_allow_merge_if_pipeline_succeeds": False,
        "only_allow_merge_if_all_discussions_are_resolved": False,
        "merge_method": "merge",
        "permissions": {
            "project_access": {"access_level": access, "notification_level": 3} if access else None,
            "group_access": None,
        },
    }
    if it.parent is not None:
        own = ("id", "name", "path", "path_with_namespace", "web_url", "http_url_to_repo")
        parent = project(hub, it.parent, 0)
        out["forked_from_project"] = {name: parent[name] for name in own}
    return out


def web_url(hub: Hub, it: Project) -> str:
    """Where people see a project."""
    return f"{hub.url}/{it.path}"


def merge_request(hub: Hub, it: MergeRequest) -> Json:
    """MergeRequestBasic, as in lists."""
    ready = not it.preparing
    url = f"{web_url(hub, it.project)}/-/merge_requests/{it.iid}"
    return {
        "id": it.id,
        "iid": it.iid,
        "project_id": it.project.id,
        "title": it.title,
        "description": it.description,
        "state": it.state,
        "created_at": time(it.created_at),
        "updated_at": time(it.updated_at),
        "merged_by": it.merged_by and user(hub, it.merged_by),
        "merge_user": it.merged_by and user(hub, it.merged_by),
        "merged_at": time(it.merged_at),
        "closed_by": it.closed_by and user(hub, it.closed_by),
        "closed_at": time(it.closed_at),
        "target_branch": it.target_branch,
        "source_branch": it.source_branch,
        "user_notes_count": sum(not each.system for each in hub.state.notes_of(it)),
        "upvotes": 0,
        "downvotes": 0,
        "author": user(hub, it.author),
        "assignees": [],
        "assignee": None,
        "reviewers": [],
        # GitLab shows null where the source project is gone.
        "source_project_id": None if it.source_project.deleted else it.source_project.id,
        "target_project_id": it.project.id,
        "labels": sorted(it.labels),
        "draft": it.draft,
        "imported": False,
        "work_in_progress": it.draft,
        "milestone": None,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "can_be_merged" if ready else "preparing",
        "detailed_merge_status": _merge_status(it),
        "merge_after": None,
        "sha": it.head_sha if ready else None,
        "merge_commit_sha": it.merge_commit_sha,
        "squash_commit_sha": None,
        "discussion_locked": None,
        "should_remove_source_branch": None,
        "force_remove_source_branch": False,
        "prepared_at": time(it.version.created_at) if ready else None,
        "reference": f"!{it.iid}",
        "references": {
            "short": f"!{it.iid}",
            "relative": f"!{it.iid}",
            "full": f"{it.project.path}!{it.iid}",
        },
        "web_url": url,
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": None,
            "human_total_time_spent": None,
        },
        "squash": False,
        "squash_on_merge": False,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": False,
        "blocking_discussions_resolved": True,
    }


def _merge_status(it: MergeRequest) -> str:
    if it.state != "opened":
        return "not_open"
    if it.preparing:
        return "preparing"
    return "draft_status" if it.draft else "mergeable"


def full_merge_request(hub: Hub, it: MergeRequest) -> Json:
    """MergeRequest, as alone."""
    ready = not it.preparing
    pipeline = head_pipeline(hub, it)
    now = it.version
    refs = {"base_sha": now.base, "head_sha": now.head, "start_sha": now.start}
    return merge_request(hub, it) | {
        "subscribed": False,
        "changes_count": str(len(it.project.git.changed(now.base, now.head))) if ready else None,
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": pipeline and basic_pipeline(hub, pipeline),
        "head_pipeline": pipeline and full_pipeline(hub, pipeline),
        "diff_refs": refs if ready else None,
        "merge_error": None,
        "first_contribution": False,
        "user": {"can_merge": False},
    }


def head_pipeline(hub: Hub, it: MergeRequest) -> Pipeline | None:
    """The newest pipeline of the head. A branch's pipelines are looked for in the source project
    only, so a status on a fork's commit in the target project is not the merge request's."""
    own_ref = f"refs/merge-requests/{it.iid}/head"
    found = [
        each
        for each in hub.state.pipelines.values()
        if each.sha == it.head_sha
        and (each.project, each.ref)
        in ((it.source_project, it.source_branch), (it.project, own_ref))
    ]
    return found[-1] if found else None


def basic_pipeline(hub: Hub, it: Pipeline) -> Json:
    """PipelineBasic."""
    return {
        "id": it.id,
        "iid": it.iid,
        "project_id": it.project.id,
        "sha": it.sha,
        "ref": it.ref,
        "status": statuses.overall(hub, it),
        "source": it.source,
        "created_at": time(it.created_at),
        "updated_at": time(it.created_at),
        "web_url": f"{web_url(hub, it.project)}/-/pipelines/{it.id}",
    }


def full_pipeline(hub: Hub, it: Pipeline) -> Json:
    """Pipeline, the used part of it."""
    return basic_pipeline(hub, it) | {
        "before_sha": "0" * 40,
        "tag": False,
        "yaml_errors": None,
        "started_at": None,
        "finished_at": None,
        "duration": None,
        "coverage": None,
    }


def version(it: MergeRequest, shown: Version) -> Json:
    """One of the versions of a merge request's diff."""
    return {
        "id": shown.id,
        "head_commit_sha": shown.head,
        "base_commit_sha": shown.base,
        "start_commit_sha": shown.start,
        "created_at": time(shown.created_at),
        "merge_request_id": it.id,
        "state": "collected",
        "real_size": "1",
        "patch_id_sha": None,
    }


def approvals(hub: Hub, it: MergeRequest) -> Json:
    """The approval state of a merge request, in the form of the paid tiers."""
    missing = max(0, it.project.approvals_required - len(it.approvals))
    return {
        "id": it.id,
        "iid": it.iid,
        "project_id": it.project.id,
        "title": it.title,
        "state": it.state,
        "approved": bool(it.approvals) and not missing,
        "approvals_required": it.project.approvals_required,
        "approvals_left": missing,
        "user_has_approved": False,
        "user_can_approve": False,
        "approved_by": [_approval(hub, each) for each in it.approvals],
    }


def _approval(hub: Hub, it: Approval) -> Json:
    return {"user": user(hub, it.user), "approved_at": time(it.at)}


def note(hub: Hub, it: Note) -> Json:
    """Note."""
    return {
        "id": it.id,
        "type": None,
        "body": it.body,
        "author": user(hub, it.author),
        "created_at": time(it.created_at),
        "updated_at": time(it.updated_at),
        "system": it.system,
        "noteable_id": it.merge_request.id,
        "noteable_type": "MergeRequest",
        "project_id": it.merge_request.project.id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "noteable_iid": it.merge_request.iid,
        "commands_changes": {},
    }


def award(hub: Hub, it: Award, on: Note) -> Json:
    """AwardEmoji."""
    return {
        "id": it.id,
        "name": it.name,
        "user": user(hub, it.user),
        "created_at": time(it.created_at),
        "updated_at": time(it.created_at),
        "awardable_id": on.id,
        "awardable_type": "Note",
        "url": None,
    }


def status(hub: Hub, it: Status) -> Json:
    """CommitStatus."""
    return {
        "id": it.id,
        "sha": it.pipeline.sha,
        "ref": it.pipeline.ref,
        "status": it.state,
        "name": it.name,
        "target_url": it.target_url,
        "description": it.description,
        "created_at": time(it.created_at),
        "started_at": time(it.started_at),
        "finished_at": time(it.finished_at),
        "allow_failure": False,
        "coverage": it.coverage,
        "pipeline_id": it.pipeline.id,
        "author": user(hub, it.author),
    }


def commit(hub: Hub, it: Project, shown: GitCommit) -> Json:
    """Commit."""
    at = time(datetime.fromtimestamp(shown.time, UTC))
    return {
        "id": shown.sha,
        "short_id": shown.sha[:8],
        "created_at": at,
        "parent_ids": list(shown.parents),
        "title": shown.message.partition("\n")[0],
        "message": shown.message,
        "author_name": shown.name,
        "author_email": shown.email,
        "authored_date": at,
        "committer_name": shown.name,
        "committer_email": shown.email,
        "committed_date": at,
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{web_url(hub, it)}/-/commit/{shown.sha}",
    }


def branch(hub: Hub, it: Project, name: str, tip: str) -> Json:
    """Branch."""
    protected = name == it.default_branch
    return {
        "name": name,
        "commit": commit(hub, it, it.git.describe(f"{tip}^!")[0]),
        "merged": False,
        "protected": protected,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": not protected,
        "default": protected,
        "web_url": f"{web_url(hub, it)}/-/tree/{name}",
    }

"""Pull requests, comments and checks as GitHub writes them in JSON."""

from __future__ import annotations

from typing import Any

from tests.forge import views
from tests.forge.hub import Hub
from tests.forge.state import (
    CheckRun,
    CheckSuite,
    Comment,
    PullRequest,
    Reaction,
    Repository,
    Review,
)
from tests.forge.views import Json, maybe_stamp, node_id, stamp, user


def pull(hub: Hub, it: PullRequest) -> Json:
    """A pull request as lists carry it."""
    api = f"{hub.url}/repos/{it.repo.full_name}"
    page = f"{hub.url}/{it.repo.full_name}/pull/{it.number}"
    urls = _links(api, page, it)
    return {
        "url": urls["self"],
        "id": it.id,
        "node_id": node_id("PR", it.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": urls["issue"],
        "number": it.number,
        "state": it.state,
        "locked": False,
        "title": it.title,
        "user": user(hub, it.author),
        "body": it.body,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "closed_at": maybe_stamp(it.closed_at),
        "merged_at": maybe_stamp(it.merged_at),
        "merge_commit_sha": it.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": None,
        "draft": it.draft,
        "commits_url": urls["commits"],
        "review_comments_url": urls["review_comments"],
        "review_comment_url": urls["review_comment"],
        "comments_url": urls["comments"],
        "statuses_url": urls["statuses"],
        "head": _side(hub, it.head_repo, it.head_ref, it.head_sha),
        "base": _side(hub, it.repo, it.base_ref, it.base_sha),
        "_links": {name: {"href": url} for name, url in urls.items()},
        "author_association": association(it.repo, it.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def full_pull(hub: Hub, it: PullRequest) -> Json:
    """A pull request as its own page and webhooks carry it."""
    commits, additions, deletions, files = hub.pull_size(it)
    mine = (it.repo, it.number)
    comments = sum((each.repo, each.number) == mine for each in hub.state.comments.values())
    return pull(hub, it) | {
        "merged": it.merged_at is not None,
        # GitHub computes this in the background and says null until it knows.
        "mergeable": None,
        "rebaseable": None,
        "mergeable_state": "unknown",
        "merged_by": user(hub, it.merged_by) if it.merged_by else None,
        "comments": comments,
        "review_comments": 0,
        "maintainer_can_modify": it.maintainer_can_modify,
        "commits": commits,
        "additions": additions,
        "deletions": deletions,
        "changed_files": files,
    }


def _links(api: str, page: str, it: PullRequest) -> dict[str, str]:
    own = f"{api}/pulls/{it.number}"
    return {
        "self": own,
        "html": page,
        "issue": f"{api}/issues/{it.number}",
        "comments": f"{api}/issues/{it.number}/comments",
        "review_comments": f"{own}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{own}/commits",
        "statuses": f"{api}/statuses/{it.head_sha}",
    }


def _side(hub: Hub, repo: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repo.owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(hub, repo.owner) | {"type": "Organization"},
        # The description says it is always there; GitHub sends null for a deleted fork.
        "repo": None if repo.deleted else views.repository(hub, repo),
    }


def association(repo: Repository, login: str) -> str:
    """How an account stands to a repository."""
    if login == repo.owner:
        return "OWNER"
    return "COLLABORATOR" if login in repo.collaborators else "NONE"


def review(hub: Hub, pull: PullRequest, it: Review) -> Json:
    """A review."""
    api = f"{hub.url}/repos/{pull.repo.full_name}/pulls/{pull.number}"
    page = f"{hub.url}/{pull.repo.full_name}/pull/{pull.number}#pullrequestreview-{it.id}"
    return {
        "id": it.id,
        "node_id": node_id("PRR", it.id),
        "user": user(hub, it.author) if it.author else None,
        "body": it.body,
        "state": it.state,
        "html_url": page,
        "pull_request_url": api,
        "author_association": association(pull.repo, it.author or ""),
        "_links": {"html": {"href": page}, "pull_request": {"href": api}},
        "submitted_at": stamp(it.submitted_at),
        "commit_id": it.head_sha,
    }


def reaction(hub: Hub, it: Reaction) -> Json:
    """A reaction."""
    return {
        "id": it.id,
        "node_id": node_id("REA", it.id),
        "user": user(hub, it.author),
        "content": it.content,
        "created_at": stamp(it.created_at),
    }


def comment(hub: Hub, it: Comment) -> Json:
    """A comment in the conversation."""
    api = f"{hub.url}/repos/{it.repo.full_name}/issues"
    page = f"{hub.url}/{it.repo.full_name}/pull/{it.number}"
    own = f"{api}/comments/{it.id}"
    return {
        "url": own,
        "html_url": f"{page}#issuecomment-{it.id}",
        "issue_url": f"{api}/{it.number}",
        "id": it.id,
        "node_id": node_id("IC", it.id),
        "user": user(hub, it.author),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "author_association": association(it.repo, it.author),
        "body": it.body,
        "reactions": {
            "url": f"{own}/reactions",
            "total_count": len(it.reactions),
            **{
                kind: sum(content == kind for content, _ in it.reactions)
                for kind in ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
            },
        },
        "performed_via_github_app": views.app(hub) if it.by_app else None,
    }


def check_run(hub: Hub, it: CheckRun) -> Json:
    """A check run."""
    own = f"{hub.url}/repos/{it.repo.full_name}/check-runs/{it.id}"
    return {
        "id": it.id,
        "name": it.name,
        "node_id": node_id("CR", it.id),
        "head_sha": it.head_sha,
        "external_id": it.external_id,
        "url": own,
        "html_url": f"{hub.url}/{it.repo.full_name}/runs/{it.id}",
        "details_url": it.details_url,
        "status": it.status,
        "conclusion": it.conclusion,
        "started_at": maybe_stamp(it.started_at),
        "completed_at": maybe_stamp(it.completed_at),
        "output": {
            "title": it.title,
            "summary": it.summary,
            "text": it.text,
            "annotations_count": len(it.annotations),
            "annotations_url": f"{own}/annotations",
        },
        "check_suite": {"id": it.suite.id},
        "app": views.app(hub, it.suite.app_id),
        "pull_requests": pulls_at(hub, it.repo, it.head_sha),
    }


def annotation(hub: Hub, run: CheckRun, sent: Json) -> Json:
    """An annotation as it is read back."""
    optional: dict[str, Any] = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    known = {key: sent[key] for key in sent}
    href = f"{hub.url}/{run.repo.full_name}/blob/{run.head_sha}/{sent['path']}"
    return optional | known | {"blob_href": href}


def check_suite(hub: Hub, it: CheckSuite) -> Json:
    """A check suite as webhooks carry it, its state drawn from its newest runs."""
    newest = {run.name: run for run in hub.state.runs_of(it)}.values()
    done = bool(newest) and not it.reset and all(run.status == "completed" for run in newest)
    failed = [run for run in newest if run.conclusion not in ("success", "neutral", "skipped")]
    verdict = (failed[0].conclusion if failed else "success") if done else None
    tips = {sha: name for name, sha in it.repo.git.refs().items()}
    own = f"{hub.url}/repos/{it.repo.full_name}/check-suites/{it.id}"
    return {
        "id": it.id,
        "node_id": node_id("CS", it.id),
        "head_branch": tips.get(it.head_sha),
        "head_sha": it.head_sha,
        "status": "completed" if done else "queued",
        "conclusion": verdict,
        "url": own,
        "before": None,
        "after": it.head_sha,
        "pull_requests": pulls_at(hub, it.repo, it.head_sha),
        "app": views.app(hub, it.app_id),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
    }


def pulls_at(hub: Hub, repo: Repository, sha: str) -> list[Json]:
    """The open pull requests at a commit, without those from forks: GitHub names none there."""
    return [
        {
            "url": f"{hub.url}/repos/{repo.full_name}/pulls/{it.number}",
            "id": it.id,
            "number": it.number,
            "head": _short_side(hub, it.head_repo, it.head_ref, it.head_sha),
            "base": _short_side(hub, it.repo, it.base_ref, it.base_sha),
        }
        for it in repo.pulls.values()
        if it.state == "open" and it.head_sha == sha and it.head_repo is repo
    ]


def _short_side(hub: Hub, repo: Repository, ref: str, sha: str) -> Json:
    api = f"{hub.url}/repos/{repo.full_name}"
    return {"ref": ref, "sha": sha, "repo": {"id": repo.id, "url": api, "name": repo.name}}

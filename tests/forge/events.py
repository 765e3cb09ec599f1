"""The payloads of the webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.forge import views, views_pulls
from tests.forge.gitrepo import ZERO
from tests.forge.hub import Hub
from tests.forge.state import CheckRun, CheckSuite, Repository
from tests.forge.views import Json

HOOK_ID = 10000001


def payload(
    hub: Hub,
    event: str,
    action: str | None,
    repo: Repository | None,
    about: Mapping[str, Any],
    sender: str,
) -> Json:
    """The JSON object of one event. `about` is what its builder below asks for."""
    own = _BUILDERS[event](hub, repo, about)
    out: Json = {"action": action, **own} if action is not None else own
    if repo is not None:
        out["repository"] = views.repository(hub, repo)
        out["organization"] = views.organization(hub, repo.owner)
        if repo.installation is not None:
            number = repo.installation.id
            out["installation"] = {"id": number, "node_id": views.node_id("MDI", number)}
    if event != "ping":
        out["sender"] = views.user(hub, sender)
    return out


def _ping(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    app = hub.state.app
    hook = {
        "type": "App",
        "id": HOOK_ID,
        "name": "web",
        "active": True,
        "events": list(app.events),
        "config": {
            "content_type": "json",
            "insecure_ssl": "0",
            "secret": "********",
            "url": about["url"],
        },
        "updated_at": "2026-01-01T00:00:00Z",
        "created_at": "2026-01-01T00:00:00Z",
        "app_id": app.id,
        "deliveries_url": f"{hub.url}/app/hook/deliveries",
    }
    return {"zen": "Speak like a human.", "hook_id": HOOK_ID, "hook": hook}


def _pull_request(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    pull = about["pull"]
    extra = {key: about[key] for key in ("before", "after", "changes") if key in about}
    return {"number": pull.number, "pull_request": views_pulls.full_pull(hub, pull), **extra}


def _issue_comment(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    comment = about["comment"]
    pull = comment.repo.pulls[comment.number]
    it = views_pulls.pull(hub, pull)
    shared = (
        "id",
        "node_id",
        "number",
        "title",
        "user",
        "labels",
        "state",
        "locked",
        "assignee",
        "assignees",
        "milestone",
        "created_at",
        "updated_at",
        "closed_at",
        "author_association",
        "active_lock_reason",
        "body",
        "html_url",
        "draft",
    )
    own = it["issue_url"]
    issue = {name: it[name] for name in shared} | {
        "url": own,
        "repository_url": f"{hub.url}/repos/{comment.repo.full_name}",
        "labels_url": f"{own}/labels{{/name}}",
        "comments_url": f"{own}/comments",
        "events_url": f"{own}/events",
        "comments": views_pulls.full_pull(hub, pull)["comments"],
        "pull_request": {
            "url": it["url"],
            "html_url": it["html_url"],
            "diff_url": it["diff_url"],
            "patch_url": it["patch_url"],
            "merged_at": it["merged_at"],
        },
    }
    extra = {"changes": about["changes"]} if "changes" in about else {}
    return {"issue": issue, "comment": views_pulls.comment(hub, comment), **extra}


def _pull_request_review(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    pull, review = about["pull"], about["review"]
    shown = views_pulls.review(hub, pull, review)
    # Webhooks carry the short form of a pull request here, and states in small letters.
    return {
        "review": shown | {"state": shown["state"].lower(), "body": review.body or None},
        "pull_request": views_pulls.pull(hub, pull),
    }


def _check_run(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    run: CheckRun = about["run"]
    suite = views_pulls.check_suite(hub, run.suite)
    extra = {key: about[key] for key in ("requested_action",) if key in about}
    return {"check_run": views_pulls.check_run(hub, run) | {"check_suite": suite}, **extra}


def _check_suite(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    suite: CheckSuite = about["suite"]
    (made,) = suite.repo.git.describe("-1", suite.head_sha)
    person = {"name": made.name, "email": made.email}
    shown = views_pulls.check_suite(hub, suite)
    return {
        "check_suite": shown
        | {
            "rerequestable": True,
            "runs_rerequestable": True,
            "latest_check_runs_count": len({run.name for run in hub.state.runs_of(suite)}),
            "check_runs_url": f"{shown['url']}/check-runs",
            "head_commit": {
                "id": made.sha,
                "tree_id": made.tree,
                "message": made.message,
                "timestamp": views.stamp(datetime.fromtimestamp(made.time, UTC)),
                "author": person,
                "committer": person,
            },
        }
    }


def _push(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    assert repo is not None
    before, after = about["before"], about["after"]
    return {
        "ref": f"refs/heads/{about['branch']}",
        "before": before,
        "after": after,
        "created": before == ZERO,
        "deleted": after == ZERO,
        "forced": False,
        "base_ref": None,
        "compare": f"{hub.url}/{repo.full_name}/compare/{before[:12]}...{after[:12]}",
        "commits": [],
        "head_commit": None,
        "pusher": {"name": "alice", "email": "alice@example.com"},
    }


def _installation(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    return {
        "installation": views.installation(hub, about["installation"]),
        "repositories": [views.short_repository(hub, each) for each in about["repositories"]],
        "requester": None,
    }


def _installation_repositories(hub: Hub, repo: Repository | None, about: Mapping[str, Any]) -> Json:
    added = [views.short_repository(hub, each) for each in about.get("added", ())]
    removed = [views.short_repository(hub, each) for each in about.get("removed", ())]
    return {
        "installation": views.installation(hub, about["installation"]),
        "repository_selection": "selected",
        "repositories_added": added,
        "repositories_removed": removed,
        "requester": None,
    }


_BUILDERS = {
    "ping": _ping,
    "pull_request": _pull_request,
    "pull_request_review": _pull_request_review,
    "issue_comment": _issue_comment,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "push": _push,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
}


def target_ids(repo: Repository | None, about: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """(installation id, repository id) that a delivery is listed under."""
    grant = about.get("installation") or (repo.installation if repo else None)
    return (grant.id if grant else None, repo.id if repo else None)

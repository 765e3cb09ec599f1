"""Accounts, apps, repositories and commits as GitHub writes them in JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.forge.gitrepo import GitCommit
from tests.forge.hub import Hub
from tests.forge.state import Installation, Repository, user_id

Json = dict[str, Any]
_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPO_LINKS = {
    "url": "",
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}
_REPO_CONSTANTS: Mapping[str, Any] = {
    "description": None,
    "homepage": None,
    "size": 0,
    "stargazers_count": 0,
    "watchers_count": 0,
    "language": None,
    "has_issues": True,
    "has_projects": True,
    "has_downloads": True,
    "has_wiki": True,
    "has_pages": False,
    "has_discussions": False,
    "forks_count": 0,
    "mirror_url": None,
    "archived": False,
    "disabled": False,
    "license": None,
    "allow_forking": True,
    "is_template": False,
    "web_commit_signoff_required": False,
    "topics": [],
    "custom_properties": {},
    "forks": 0,
    "watchers": 0,
}


def stamp(time: datetime) -> str:
    """A time as GitHub writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_stamp(time: datetime | None) -> str | None:
    """The same, for a time that may be unset."""
    return None if time is None else stamp(time)


def node_id(kind: str, number: int) -> str:
    """An opaque id in the form of GitHub's."""
    return f"{kind}_{base64.urlsafe_b64encode(number.to_bytes(9, 'big')).decode()}"


def user(hub: Hub, login: str) -> Json:
    """An account; "[bot]" at the end of its login makes it an app's."""
    is_bot, api = login.endswith("[bot]"), f"{hub.url}/users/{quote(login)}"
    links = {name: api + path for name, path in _USER_LINKS.items()}
    page = f"{hub.url}/apps/{login[:-5]}" if is_bot else f"{hub.url}/{login}"
    return {
        "login": login,
        "id": user_id(login),
        "node_id": node_id("U", user_id(login)),
        "avatar_url": f"{hub.url}/avatars/{user_id(login)}?v=4",
        "gravatar_id": "",
        "url": api,
        "html_url": page,
        **links,
        "type": "Bot" if is_bot else "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def organization(hub: Hub, login: str) -> Json:
    """The short form of an organisation that webhooks carry."""
    api = f"{hub.url}/orgs/{login}"
    return {
        "login": login,
        "id": user_id(login),
        "node_id": node_id("O", user_id(login)),
        "url": api,
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events",
        "hooks_url": f"{api}/hooks",
        "issues_url": f"{api}/issues",
        "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}",
        "avatar_url": f"{hub.url}/avatars/{user_id(login)}?v=4",
        "description": "",
    }


def app(hub: Hub, app_id: int | None = None) -> Json:
    """Our app, or some other one of another id."""
    ours = hub.state.app
    foreign = app_id is not None and app_id != ours.id
    slug = f"other-{app_id}" if foreign else ours.slug
    number = app_id if app_id is not None else ours.id
    return {
        "id": number,
        "client_id": f"Iv23li{number:014d}",
        "slug": slug,
        "node_id": node_id("A", number),
        "owner": user(hub, ours.owner) | {"type": "Organization"},
        "name": slug if foreign else ours.name,
        "description": "",
        "external_url": "https://example.com/",
        "html_url": f"{hub.url}/apps/{slug}",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "permissions": dict(ours.permissions),
        "events": list(ours.events),
    }


def installation(hub: Hub, grant: Installation) -> Json:
    """The app's grant on an account."""
    api = f"{hub.url}/app/installations/{grant.id}"
    return {
        "id": grant.id,
        "client_id": hub.state.app.client_id,
        "account": user(hub, grant.account) | {"type": "Organization"},
        "repository_selection": "selected",
        "access_tokens_url": f"{api}/access_tokens",
        "repositories_url": f"{hub.url}/installation/repositories",
        "html_url": f"{hub.url}/organizations/{grant.account}/settings/installations/{grant.id}",
        "app_id": hub.state.app.id,
        "app_slug": hub.state.app.slug,
        "target_id": user_id(grant.account),
        "target_type": "Organization",
        "permissions": dict(grant.permissions),
        "events": list(hub.state.app.events),
        "created_at": stamp(grant.created_at),
        "updated_at": stamp(grant.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": user(hub, grant.account) if grant.suspended else None,
        "suspended_at": stamp(grant.created_at) if grant.suspended else None,
    }


def repository(hub: Hub, repo: Repository) -> Json:
    """A repository as lists, pull requests and webhooks carry it."""
    api, page = f"{hub.url}/repos/{repo.full_name}", f"{hub.url}/{repo.full_name}"
    opened = sum(pull.state == "open" for pull in repo.pulls.values())
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "visibility": "private" if repo.private else "public",
        "owner": user(hub, repo.owner) | {"type": "Organization"},
        "html_url": page,
        "fork": repo.parent is not None,
        **{name: api + path for name, path in _REPO_LINKS.items()},
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(repo.pushed_at),
        "pushed_at": stamp(repo.pushed_at),
        "git_url": f"git:{page.partition(':')[2]}.git",
        "ssh_url": f"git@127.0.0.1:{repo.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        **_REPO_CONSTANTS,
        "open_issues_count": opened,
        "open_issues": opened,
        "default_branch": repo.default_branch,
    }


def full_repository(hub: Hub, repo: Repository) -> Json:
    """A repository as its own page carries it."""
    out = repository(hub, repo) | {"network_count": 0, "subscribers_count": 0}
    if repo.parent is not None:
        parent = repository(hub, repo.parent)
        out |= {"parent": parent, "source": parent}
    return out


def short_repository(hub: Hub, repo: Repository) -> Json:
    """The five fields that installation webhooks carry."""
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }


def commit(hub: Hub, repo: Repository, made: GitCommit) -> Json:
    """A commit with its GitHub accounts."""
    api, page = f"{hub.url}/repos/{repo.full_name}", f"{hub.url}/{repo.full_name}"
    person = {"name": made.name, "email": made.email, "date": _git_time(made)}
    return {
        "sha": made.sha,
        "node_id": node_id("C", int(made.sha[:8], 16)),
        "url": f"{api}/commits/{made.sha}",
        "html_url": f"{page}/commit/{made.sha}",
        "comments_url": f"{api}/commits/{made.sha}/comments",
        "commit": {
            "url": f"{api}/git/commits/{made.sha}",
            "author": person,
            "committer": person,
            "message": made.message,
            "comment_count": 0,
            "tree": {"sha": made.tree, "url": f"{api}/git/trees/{made.tree}"},
            "verification": unverified(),
        },
        "author": user(hub, made.name.lower()),
        "committer": user(hub, made.name.lower()),
        "parents": parents(hub, repo, made),
    }


def git_commit(hub: Hub, repo: Repository, made: GitCommit) -> Json:
    """A commit as the Git Data API writes it."""
    api = f"{hub.url}/repos/{repo.full_name}/git"
    person = {"name": made.name, "email": made.email, "date": _git_time(made)}
    return {
        "sha": made.sha,
        "node_id": node_id("C", int(made.sha[:8], 16)),
        "url": f"{api}/commits/{made.sha}",
        "html_url": f"{hub.url}/{repo.full_name}/commit/{made.sha}",
        "author": person,
        "committer": person,
        "message": made.message,
        "tree": {"sha": made.tree, "url": f"{api}/trees/{made.tree}"},
        "parents": parents(hub, repo, made),
        "verification": unverified(),
    }


def parents(hub: Hub, repo: Repository, made: GitCommit) -> list[Json]:
    """Links to a commit's parents."""
    api, page = f"{hub.url}/repos/{repo.full_name}", f"{hub.url}/{repo.full_name}"
    return [
        {"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{page}/commit/{sha}"}
        for sha in made.parents
    ]


def unverified() -> Json:
    """What stands beside a commit without a signature."""
    return {
        "verified": False,
        "reason": "unsigned",
        "signature": None,
        "payload": None,
        "verified_at": None,
    }


def _git_time(made: GitCommit) -> str:
    return stamp(datetime.fromtimestamp(made.time, UTC))

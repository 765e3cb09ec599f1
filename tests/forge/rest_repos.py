"""Routes of a repository and its commits."""

from __future__ import annotations

from tests.forge import views
from tests.forge.gitrepo import EMPTY_TREE
from tests.forge.http import Answer, Call, Refusal, not_found
from tests.forge.hub import Hub
from tests.forge.state import Repository
from tests.forge.views import Json

_WORDS = {"A": "added", "D": "removed", "M": "modified", "T": "changed"}
_MOST_FILES = 300


def get_repo(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}"""
    return Answer(body=views.full_repository(hub, call.repo))


def get_permission(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/collaborators/{username}/permission"""
    login = call.params["username"]
    role = call.repo.collaborators.get(login, "none" if call.repo.private else "read")
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    levels = ("pull", "triage", "push", "maintain", "admin")
    reach = {"none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}[role]
    held = {level: step < reach for step, level in enumerate(levels)}
    account = views.user(hub, login) | {"permissions": held, "role_name": role}
    return Answer(body={"permission": coarse, "role_name": role, "user": account})


def get_branch(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/branches/{branch}"""
    name, git = call.params["branch"], call.repo.git
    tip = git.branch(name)
    if tip is None:
        raise not_found()
    (made,) = git.describe("-1", tip)
    page = f"{hub.url}/{call.repo.full_name}/tree/{name}"
    body: Json = {
        "name": name,
        "commit": views.commit(hub, call.repo, made),
        "_links": {"self": call.url, "html": page},
        "protected": False,
        "protection": {
            "enabled": False,
            "required_status_checks": {
                "enforcement_level": "off",
                "contexts": [],
                "checks": [],
            },
        },
        "protection_url": f"{call.url}/protection",
    }
    return Answer(body=body)


def get_commit(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/commits/{ref}: with its files against its first parent."""
    repo, ref = call.repo, call.params["ref"]
    sha = _revision(hub, repo, ref)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    (made,) = repo.git.describe("-1", sha)
    files = _files(hub, repo, made.parents[0] if made.parents else EMPTY_TREE, sha)
    add, cut = (sum(each[name] for each in files) for name in ("additions", "deletions"))
    stats = {"additions": add, "deletions": cut, "total": add + cut}
    return Answer(body=views.commit(hub, repo, made) | {"files": files, "stats": stats})


def compare(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/compare/{basehead}: the files on the first page only."""
    repo = call.repo
    base_name, _, head_name = call.params["basehead"].partition("...")
    base, head = _revision(hub, repo, base_name), _revision(hub, repo, head_name)
    merge_base = repo.git.merge_base(base, head) if base and head else None
    if base is None or head is None or merge_base is None:
        raise not_found()
    commits = repo.git.describe("--reverse", f"{base}..{head}")
    ahead, behind = len(commits), repo.git.count(f"{head}..{base}")
    word = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    shown, headers = call.page(commits)
    page = f"{hub.url}/{repo.full_name}/compare/{call.params['basehead']}"
    first = call.query.get("page", "1") == "1"
    described = {each.sha: each for each in repo.git.describe("--no-walk", base, merge_base)}
    body = {
        "url": call.url,
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": views.commit(hub, repo, described[base]),
        "merge_base_commit": views.commit(hub, repo, described[merge_base]),
        "status": word.get((ahead > 0, behind > 0), "identical"),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [views.commit(hub, repo, each) for each in shown],
        "files": _files(hub, repo, merge_base, head) if first else [],
    }
    return Answer(body=body, headers=headers)


def _revision(hub: Hub, repo: Repository, name: str) -> str | None:
    """The commit of "branch", "sha" or "owner:branch" as seen from `repo`."""
    owner, colon, branch = name.rpartition(":")
    if not colon:
        return repo.git.branch(name) or repo.git.resolve(name)
    for other in hub.state.all_repos():
        if other.owner == owner and repo in (other, other.parent):
            return other.git.branch(branch)
    return None


def _files(hub: Hub, repo: Repository, base: str, head: str) -> list[Json]:
    api, page = f"{hub.url}/repos/{repo.full_name}", f"{hub.url}/{repo.full_name}"
    changed = repo.git.changed(base, head)
    sizes = repo.git.numstat(base, head)
    rows = zip(changed, sizes, strict=True)
    return [
        {
            "sha": blob,
            "filename": path,
            "status": _WORDS.get(letter, "modified"),
            "additions": add,
            "deletions": cut,
            "changes": add + cut,
            "blob_url": f"{page}/blob/{head}/{path}",
            "raw_url": f"{page}/raw/{head}/{path}",
            "contents_url": f"{api}/contents/{path}?ref={head}",
        }
        for (letter, blob, path), (add, cut) in list(rows)[:_MOST_FILES]
    ]

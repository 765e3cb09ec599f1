"""Routes of commits, comparisons and files."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from tests.forge.gitrepo import Content, Executable, GitError
from tests.forge.http import Answer
from tests.gitlab import views
from tests.gitlab.http import Call, Refusal, malformed, not_found
from tests.gitlab.hub import Hub
from tests.gitlab.rest_projects import allow_push
from tests.gitlab.views import Json

_ACTIONS = ("create", "delete", "move", "update", "chmod")


def list_commits(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/commits: newest first, of `ref_name` (also a range)."""
    ref = call.query.get("ref_name") or call.project.default_branch
    try:
        found = call.project.git.describe(ref)
    except GitError:
        raise not_found("Commit") from None
    shown, headers = call.page(found)
    body = [views.commit(hub, call.project, each) for each in shown]
    # GitLab does not count commits.
    hidden = ("x-total", "x-total-pages")
    return Answer(body=body, headers={k: v for k, v in headers.items() if k not in hidden})


def get_commit(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/commits/{sha}"""
    return Answer(body=_detail(hub, call, _resolve(call, call.params["sha"])))


def create_commit(hub: Hub, call: Call) -> Answer:
    """POST /projects/{id}/repository/commits"""
    body, git = call.body, call.project.git
    missing = [key for key in ("branch", "commit_message", "actions") if not body.get(key)]
    if missing:
        raise malformed(", ".join(f"{key} is missing" for key in missing))
    branch: str = body["branch"]
    allow_push(call, branch)
    parent = _parent(call, branch)
    files: dict[str, Content] = {}
    for action in body["actions"]:
        files |= _change(call, parent, files, action)
    before = git.refs()
    name = body.get("author_name") or call.user.name
    email = body.get("author_email") or f"{call.user.username}@noreply.example.com"
    author, message = f"{name} <{email}>", body["commit_message"]
    # No two commits are made at one time, so asking twice makes two.
    sha = git.commit(branch, files, (parent,), message, author, hub.state.new_id())
    hub.pushed(call.project, before, call.user)
    return Answer(status=201, body=_detail(hub, call, sha))


def _parent(call: Call, branch: str) -> str:
    body, git = call.body, call.project.git
    start_branch, start_sha = body.get("start_branch"), body.get("start_sha")
    if start_branch and start_sha:
        raise malformed("start_branch, start_sha are mutually exclusive")
    tip = git.branch(branch)
    if not (start_branch or start_sha):
        if tip is None:
            raise Refusal(400, "You can only create or edit files when you are on a branch")
        return tip
    if tip is not None and not body.get("force"):
        message = f"A branch called '{branch}' already exists. Switch to that branch in order to "
        raise Refusal(400, f"{message}make changes")
    if start_sha:
        # Only whole commit ids will do.
        start = git.resolve(start_sha) if len(start_sha) == 40 else None
    else:
        start = git.branch(str(start_branch))
    if start is None:
        raise Refusal(400, f"Cannot find start {start_sha or start_branch}")
    return start


def _change(
    call: Call, parent: str, done: Mapping[str, Content], action: Mapping[str, Any]
) -> dict[str, Content]:
    kind, path = action.get("action"), action.get("file_path", "")
    if kind not in _ACTIONS:
        raise malformed("actions[0][action] does not have a valid value")
    if not path or path.startswith("/") or ".." in path.split("/"):
        raise Refusal(400, "file_path should be a valid file path")
    old = action.get("previous_path", path) if kind == "move" else path
    mode, content = _before(call, parent, done, old)
    if kind == "create":
        if mode:
            raise Refusal(400, "A file with this name already exists")
        return {path: _content(action)}
    if not mode:
        raise Refusal(400, "A file with this name doesn't exist")
    _check_unchanged(call, parent, old, action.get("last_commit_id"))
    if kind == "delete":
        return {path: None}
    new = _content(action) if "content" in action else content
    executable = action.get("execute_filemode", mode == "100755")
    changed: dict[str, Content] = {old: None} if kind == "move" else {}
    return changed | {path: Executable(new) if executable else new}


def _before(call: Call, parent: str, done: Mapping[str, Content], path: str) -> tuple[str, bytes]:
    """Mode ("" where there is nothing) and content of a file, earlier actions counted in."""
    if path in done:
        content = done[path]
        mode = "100755" if isinstance(content, Executable) else "100644"
        raw = content.content if isinstance(content, Executable) else content
        return ("", b"") if raw is None else (mode, raw if isinstance(raw, bytes) else b"")
    found = _entry(call, parent, path)
    if found is None:
        return "", b""
    return found[0], call.project.git.run("cat-file", "blob", found[1])


def _entry(call: Call, revision: str, path: str) -> tuple[str, str] | None:
    """(mode, blob) of a file."""
    git = call.project.git
    line = git.run("--literal-pathspecs", "ls-tree", "-z", revision, "--", path).rstrip(b"\0")
    if not line:
        return None
    mode, kind, blob = line.split(b"\t")[0].decode().split(" ")
    return (mode, blob) if kind == "blob" else None


def _content(action: Mapping[str, Any]) -> bytes:
    content = action.get("content")
    if not isinstance(content, str):
        raise malformed("actions[0][content] is missing")
    if action.get("encoding", "text") != "base64":
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "invalid base64") from None


def _check_unchanged(call: Call, parent: str, path: str, known: str | None) -> None:
    if known is not None and known != _last_commit(call, parent, path):
        message = f"The file has changed since you started editing it: {path}"
        raise Refusal(400, message)


def _last_commit(call: Call, revision: str, path: str) -> str:
    return call.project.git.text("log", "-1", "--format=%H", revision, "--", path)


def compare(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/compare: `from`…`to`, from their merge base unless
    `straight`."""
    sides = [call.query.get("from"), call.query.get("to")]
    if not all(sides):
        raise malformed("from is missing, to is missing")
    base, head = (_resolve(call, str(side)) for side in sides)
    git = call.project.git
    start = base if call.flag("straight") else git.merge_base(base, head) or base
    commits = git.describe(f"{start}..{head}")[::-1]
    shown = [views.commit(hub, call.project, each) for each in commits]
    body = {
        "commit": shown[-1] if shown else None,
        "commits": shown,
        "diffs": [_diff(call, start, head, *each) for each in git.changed(start, head)],
        "compare_timeout": False,
        "compare_same_ref": base == head,
        "web_url": f"{views.web_url(hub, call.project)}/-/compare/{base}...{head}",
    }
    return Answer(body=body)


def _diff(call: Call, base: str, head: str, letter: str, _blob: str, path: str) -> Json:
    git = call.project.git
    text = git.run("--literal-pathspecs", "diff", "--no-renames", base, head, "--", path)
    shown = text.decode("utf-8", "replace")
    at = shown.find("@@")
    before, after = _entry(call, base, path), _entry(call, head, path)
    return {
        "diff": shown[at:] if at >= 0 else "",
        "collapsed": False,
        "too_large": False,
        "new_path": path,
        "old_path": path,
        "a_mode": before[0] if before else "0",
        "b_mode": after[0] if after else "0",
        "new_file": letter == "A",
        "renamed_file": False,
        "deleted_file": letter == "D",
        "generated_file": False,
    }


def get_file(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/files/{path}: the content in base64, with its blob."""
    if not call.query.get("ref"):
        raise malformed("ref is missing, ref is empty")
    path, sha = call.params["path"], _ref(call)
    mode, blob, content = _file(call, sha, path)
    body = {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": len(content),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "ref": call.query.get("ref", "HEAD"),
        "blob_id": blob,
        "commit_id": sha,
        "last_commit_id": _last_commit(call, sha, path),
        "execute_filemode": mode == "100755",
        "content": base64.b64encode(content).decode(),
    }
    return Answer(body=body)


def get_raw_file(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/files/{path}/raw: the bytes."""
    content = _file(call, _ref(call), call.params["path"])[2]
    return Answer(body=content, headers={"content-type": "text/plain; charset=utf-8"})


def _ref(call: Call) -> str:
    return _resolve(call, call.query.get("ref", "HEAD"))


def _file(call: Call, sha: str, path: str) -> tuple[str, str, bytes]:
    found = _entry(call, sha, path)
    if found is None:
        raise not_found("File")
    return (*found, call.project.git.run("cat-file", "blob", found[1]))


def _resolve(call: Call, revision: str) -> str:
    git = call.project.git
    sha = git.branch(revision) or git.resolve(revision)
    if sha is None:
        raise not_found("Commit")
    return sha


def _detail(hub: Hub, call: Call, sha: str) -> Json:
    it = call.project.git.describe(f"{sha}^!")[0]
    lines = call.project.git.numstat(f"{sha}^", sha) if it.parents else []
    added, cut = sum(a for a, _ in lines), sum(c for _, c in lines)
    pipelines = hub.state.pipelines_of(call.project, sha)
    last = pipelines[-1] if pipelines else None
    return views.commit(hub, call.project, it) | {
        "stats": {"additions": added, "deletions": cut, "total": added + cut},
        "status": last and views.basic_pipeline(hub, last)["status"],
        "project_id": call.project.id,
        "last_pipeline": last and views.basic_pipeline(hub, last),
    }

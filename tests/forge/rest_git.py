"""Routes of the Git Data API: what a pull request made without a clone needs."""

from __future__ import annotations

import base64
from typing import Any

from tests.forge import views
from tests.forge.gitrepo import ZERO, GitError
from tests.forge.http import Answer, Call, Refusal, not_found
from tests.forge.hub import Hub
from tests.forge.views import Json


def get_ref(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/git/ref/{ref}, without the leading "refs/"."""
    sha = call.repo.git.resolve(f"refs/{call.params['ref']}")
    if sha is None:
        raise not_found()
    return Answer(body=_ref(hub, call, f"refs/{call.params['ref']}", sha))


def create_ref(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/git/refs"""
    ref, git = str(call.body.get("ref", "")), call.repo.git
    if not ref.startswith("refs/") or ref.count("/") < 2:
        raise Refusal(422, "Reference name must start with 'refs/' and have at least 2 slashes")
    if git.resolve(ref) is not None:
        raise Refusal(422, "Reference already exists")
    return Answer(status=201, body=_ref(hub, call, ref, _move(hub, call, ref)))


def update_ref(hub: Hub, call: Call) -> Answer:
    """PATCH /repos/{owner}/{repo}/git/refs/{ref}"""
    ref, git = f"refs/{call.params['ref']}", call.repo.git
    current, wanted = git.resolve(ref), str(call.body.get("sha", ""))
    if current is None:
        raise Refusal(422, "Reference does not exist")
    if not call.body.get("force") and git.merge_base(current, wanted) != current:
        raise Refusal(422, "Update is not a fast forward")
    return Answer(body=_ref(hub, call, ref, _move(hub, call, ref)))


def delete_ref(hub: Hub, call: Call) -> Answer:
    """DELETE /repos/{owner}/{repo}/git/refs/{ref}"""
    ref, git = f"refs/{call.params['ref']}", call.repo.git
    if git.resolve(ref) is None:
        # The description gives this one no body.
        return Answer(status=422)
    before = git.refs()
    git.set_ref(ref, ZERO)
    hub.pushed(call.repo, before, hub.state.app.bot)
    return Answer(status=204)


def create_blob(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/git/blobs"""
    content = str(call.body.get("content", ""))
    is_text = call.body.get("encoding", "utf-8") == "utf-8"
    data = content.encode() if is_text else base64.b64decode(content)
    sha = call.repo.git.text("hash-object", "-w", "--stdin", stdin=data)
    url = f"{call.url}/{sha}"
    return Answer(status=201, body={"url": url, "sha": sha}, headers={"location": url})


def create_tree(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/git/trees: `base_tree` with some paths replaced or removed."""
    git, base = call.repo.git, call.body.get("base_tree")
    index = hub.root / f"index-{hub.state.new_id()}"
    try:
        if base:
            git.run("read-tree", str(base), index=index)
        rows = b"".join(_index_row(call, entry) for entry in call.body.get("tree", ()))
        git.run("update-index", "-z", "--index-info", stdin=rows, index=index)
        sha = git.text("write-tree", index=index)
        listed = git.run("ls-tree", "-z", sha).decode("utf-8", "replace").split("\0")[:-1]
    except GitError as error:
        raise Refusal(422, f"GitRPC::BadObjectState: {error}") from None
    finally:
        index.unlink(missing_ok=True)
    entries = [_tree_row(call, line) for line in listed]
    body = {"sha": sha, "url": f"{call.url}/{sha}", "tree": entries, "truncated": False}
    return Answer(status=201, body=body, headers={"location": f"{call.url}/{sha}"})


def create_commit(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/git/commits"""
    parents = [arg for sha in call.body.get("parents", ()) for arg in ("-p", str(sha))]
    message = str(call.body.get("message", ""))
    try:
        git = call.repo.git
        sha = git.text("commit-tree", str(call.body["tree"]), *parents, stdin=message.encode())
    except (GitError, KeyError):
        raise Refusal(422, "Tree SHA does not exist") from None
    (made,) = git.describe("-1", sha)
    body = views.git_commit(hub, call.repo, made)
    if "author" not in call.body and "committer" not in call.body:
        hub.state.signed.add(sha)
        body["verification"] |= {"verified": True, "reason": "valid"}
    return Answer(status=201, body=body, headers={"location": f"{call.url}/{sha}"})


def get_commit(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/git/commits/{commit_sha}"""
    sha = call.repo.git.resolve(call.params["commit_sha"])
    if sha is None:
        raise not_found()
    (made,) = call.repo.git.describe("-1", sha)
    return Answer(body=views.git_commit(hub, call.repo, made))


def _move(hub: Hub, call: Call, ref: str) -> str:
    git, before = call.repo.git, call.repo.git.refs()
    sha = git.resolve(str(call.body.get("sha", "")))
    if sha is None:
        raise Refusal(422, "Object does not exist")
    git.set_ref(ref, sha)
    hub.pushed(call.repo, before, hub.state.app.bot)
    return sha


def _ref(hub: Hub, call: Call, ref: str, sha: str) -> Json:
    api = f"{hub.url}/repos/{call.repo.full_name}/git"
    target = {"sha": sha, "type": "commit", "url": f"{api}/commits/{sha}"}
    node = views.node_id("REF", call.repo.id)
    return {"ref": ref, "node_id": node, "url": f"{api}/{ref}", "object": target}


def _index_row(call: Call, entry: Any) -> bytes:
    sha, path = entry.get("sha"), str(entry["path"])
    if "content" in entry:
        data = str(entry["content"]).encode()
        sha = call.repo.git.text("hash-object", "-w", "--stdin", stdin=data)
    if sha is None:
        return f"0 {ZERO}\t{path}\0".encode()
    return f"{entry['mode']} {sha}\t{path}\0".encode()


def _tree_row(call: Call, line: str) -> Json:
    meta, _, path = line.partition("\t")
    mode, kind, sha = meta.split(" ")
    row: Json = {"path": path, "mode": mode, "type": kind, "sha": sha}
    if kind == "blob":
        row |= {"size": 0, "url": f"{call.url.removesuffix('trees')}blobs/{sha}"}
    return row

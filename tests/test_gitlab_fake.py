"""The simulated GitLab keeps its promises to a raw HTTP client, to git and to python-gitlab."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import gitlab
import pytest
import requests

from tests.forge import Executable, Symlink, faults
from tests.forge.courier import Mishap
from tests.forge.gitrepo import ENVIRONMENT, Content
from tests.forge.receiver import Receiver
from tests.gitlab import FakeGitLab, MergeRequest, Project, quick_actions, schemas
from tests.gitlab.faults import rate_limit, revoked_token
from tests.gitlab.rest import ROUTES

INFRA = "/projects/acme%2Finfra"
MR = f"{INFRA}/merge_requests/1"
KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()


@dataclass(frozen=True)
class Client:
    """A raw client with one token."""

    fake: FakeGitLab
    token: str

    def __call__(self, method: str, path: str, **body: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.fake.url}/api/v4{path}"
        headers = {"private-token": self.token} if self.token else {}
        return requests.request(method, url, json=body or None, headers=headers, timeout=10)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitLab]:
    with FakeGitLab(root=tmp_path / "gitlab") as running:
        yield running
    assert running.violations == []


@pytest.fixture
def project(fake: FakeGitLab) -> Project:
    return fake.create_project("acme/infra", files={"app.yaml": "replicas: 1\n"})


@pytest.fixture
def mr(project: Project) -> MergeRequest:
    project.commit("feature", {"app.yaml": "replicas: 2\n"})
    return project.open_merge_request("feature")


@pytest.fixture
def client(fake: FakeGitLab, project: Project) -> Client:
    return Client(fake, fake.token)


@pytest.fixture
def library(fake: FakeGitLab, project: Project) -> gitlab.Gitlab:
    return gitlab.Gitlab(fake.url, private_token=fake.token, timeout=10)


@pytest.fixture
def receiver(fake: FakeGitLab) -> Iterator[Receiver]:
    with Receiver() as running:
        fake.webhook_url = running.url
        yield running


def run_git(*args: str, token: str = "", cwd: Path | None = None) -> str:
    """git with the machine's configuration shut out; the token travels in the environment."""
    environment = {**ENVIRONMENT, "GIT_TERMINAL_PROMPT": "0"}
    if token:
        secret = base64.b64encode(f"oauth2:{token}".encode()).decode()
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {secret}",
        }
    done = subprocess.run(
        ("git", *args), env=environment, cwd=cwd, capture_output=True, check=False
    )
    if done.returncode:
        raise AssertionError(os.fsdecode(done.stderr))
    return os.fsdecode(done.stdout).strip()


def told(receiver: Receiver, fake: FakeGitLab) -> list[tuple[str, Any, Any]]:
    """(event, action or ref, oldrev) of every webhook that arrived, and forget them."""
    fake.webhooks.flush()
    out = []
    for each in receiver.received:
        body = json.loads(each.body)
        attributes = body.get("object_attributes", {})
        what = attributes.get("action", body.get("ref"))
        out.append((each.headers["x-gitlab-event"], what, attributes.get("oldrev")))
    receiver.received.clear()
    return out


# Tokens.


def test_the_token_says_who_calls(client: Client, fake: FakeGitLab) -> None:
    me = client("GET", "/user").json()
    assert (me["username"], me["id"], me["bot"]) == (fake.bot.username, fake.bot.id, True)
    bearer = {"authorization": f"Bearer {fake.token}"}
    answer = requests.get(f"{fake.url}/api/v4/user", headers=bearer, timeout=10)
    assert answer.json() == me
    assert client("GET", "/personal_access_tokens/self").json()["scopes"] == ["api"]


def test_unknown_revoked_and_expired_tokens_are_refused(client: Client, fake: FakeGitLab) -> None:
    for wrong in ("", "glpat-wrong"):
        answer = Client(fake, wrong)("GET", "/user")
        assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})
    old = fake.issue_token()
    old.expires_at = datetime.now(UTC).date() - timedelta(days=1)
    assert Client(fake, old.value)("GET", "/user").json()["error"] == "invalid_token"
    fake.revoke_tokens()
    answer = client("GET", INFRA)
    assert answer.status_code == 401
    assert "revoked" in answer.json()["error_description"]


def test_a_scope_that_is_missing_is_named(
    client: Client, fake: FakeGitLab, mr: MergeRequest
) -> None:
    reader = Client(fake, fake.issue_token(scopes=("read_api",)).value)
    assert reader("GET", MR).status_code == 200
    answer = reader("POST", f"{MR}/notes", body="hello")
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


# Projects, members, branches.


def test_a_project_by_path_and_by_id(client: Client, project: Project) -> None:
    found = client("GET", INFRA).json()
    assert found == client("GET", f"/projects/{project.id}").json()
    assert found["path_with_namespace"] == "acme/infra"
    assert found["default_branch"] == "main"
    assert found["permissions"]["project_access"]["access_level"] == 30


def test_projects_of_others_are_not_found(client: Client, fake: FakeGitLab) -> None:
    fake.create_project("other/secret", level=0)
    fake.create_project("deep/er/open", level=0, visibility="public")
    hidden = client("GET", "/projects/other%2Fsecret")
    assert (hidden.status_code, hidden.json()) == (404, {"message": "404 Project Not Found"})
    assert client("GET", "/projects/deep%2Fer%2Fopen").status_code == 200
    refused = client("POST", "/projects/deep%2Fer%2Fopen/statuses/" + "a" * 40, state="success")
    assert refused.status_code == 403


def test_projects_are_listed_by_pages_and_by_keyset(
    library: gitlab.Gitlab, fake: FakeGitLab
) -> None:
    for number in range(4):
        fake.create_project(f"acme/more-{number}")
    fake.create_project("other/public", level=0, visibility="public")
    for way in ({}, {"pagination": "keyset", "order_by": "id"}):
        found = library.projects.list(membership=True, iterator=True, per_page=2, **way)
        names = [each.path for each in found]
        assert names == ["more-3", "more-2", "more-1", "more-0", "infra"]
    assert len(library.projects.list(get_all=True)) == 6


def test_members_and_users(client: Client, project: Project) -> None:
    project.add_member("rita", 20)
    (rita,) = client("GET", "/users?username=Rita").json()
    member = client("GET", f"{INFRA}/members/all/{rita['id']}").json()
    assert (member["username"], member["access_level"]) == ("rita", 20)
    assert client("GET", f"{INFRA}/members/all/4").status_code == 404
    assert client("GET", "/users?username=nobody").json() == []
    assert len(client("GET", f"{INFRA}/members/all").json()) == 3


def test_branches(client: Client, project: Project) -> None:
    made = client("POST", f"{INFRA}/repository/branches", branch="a/b", ref="main")
    assert made.json()["commit"]["id"] == project.sha()
    again = client("POST", f"{INFRA}/repository/branches", branch="a/b", ref="main")
    assert (again.status_code, again.json()) == (400, {"message": "Branch already exists"})
    assert client("GET", f"{INFRA}/repository/branches/a%2Fb").json()["name"] == "a/b"
    names = [b["name"] for b in client("GET", f"{INFRA}/repository/branches").json()]
    assert names == ["a/b", "main"]
    assert client("DELETE", f"{INFRA}/repository/branches/a%2Fb").status_code == 204
    assert client("GET", f"{INFRA}/repository/branches/a%2Fb").status_code == 404
    assert client("DELETE", f"{INFRA}/repository/branches/main").status_code == 403


# Merge requests.


def test_a_merge_request(client: Client, project: Project, mr: MergeRequest) -> None:
    shown = client("GET", MR).json()
    main, head = project.sha("main"), project.sha("feature")
    assert shown["sha"] == head == mr.head_sha
    assert shown["diff_refs"] == {"base_sha": main, "head_sha": head, "start_sha": main}
    assert (shown["state"], shown["draft"], shown["head_pipeline"]) == ("opened", False, None)
    assert shown["source_project_id"] == shown["target_project_id"] == project.id
    assert shown["changes_count"] == "1"


def test_diff_refs_are_those_of_the_last_push(
    client: Client, project: Project, mr: MergeRequest
) -> None:
    first = project.sha("main")
    second = project.commit("main", {"other.yaml": "x"})
    assert client("GET", MR).json()["diff_refs"]["start_sha"] == first
    project.commit("feature", {"more.yaml": "y"})
    refs = client("GET", MR).json()["diff_refs"]
    assert (refs["start_sha"], refs["base_sha"]) == (second, first)
    versions = client("GET", f"{MR}/versions").json()
    assert [v["start_commit_sha"] for v in versions] == [second, first]


def test_a_new_merge_request_may_not_be_prepared(client: Client, project: Project) -> None:
    project.commit("slow", {"a": "b"})
    project.open_merge_request("slow", preparing=1)
    early, late = client("GET", MR).json(), client("GET", MR).json()
    assert (early["sha"], early["diff_refs"], early["detailed_merge_status"]) == (
        None,
        None,
        "preparing",
    )
    assert late["diff_refs"]["head_sha"] == late["sha"] is not None


def test_merge_requests_are_listed(library: gitlab.Gitlab, project: Project) -> None:
    for number in range(5):
        project.commit(f"topic-{number}", {"n": str(number)})
        project.open_merge_request(f"topic-{number}", draft=number == 3)
    project.merge_request(2).close()
    found = library.projects.get(project.id).mergerequests
    opened = found.list(state="opened", iterator=True, per_page=2)
    assert [(m.iid, m.draft) for m in opened] == [(5, False), (4, True), (3, False), (1, False)]
    (topic,) = found.list(source_branch="topic-1", state="all", get_all=True)
    assert topic.state == "closed"


def test_create_change_and_close(library: gitlab.Gitlab, project: Project) -> None:
    project.commit("topic", {"n": "1"})
    own = library.projects.get(project.id).mergerequests
    wanted = {"source_branch": "topic", "target_branch": "main", "title": "T", "labels": ["bot"]}
    made = own.create({**wanted, "description": "why"})
    assert (made.labels, made.author["name"]) == (["bot"], "plumbline")
    with pytest.raises(gitlab.GitlabCreateError, match="Another open merge request") as twice:
        own.create(wanted)
    assert twice.value.response_code == 409
    made.title = "Draft: T"
    made.save()
    assert own.get(made.iid).draft
    made.state_event = "close"
    made.save()
    assert (made.state, made.closed_by["username"][:8]) == ("closed", "group_17")


def test_a_merge_request_needs_its_branches(client: Client, project: Project) -> None:
    path = f"{INFRA}/merge_requests"
    none = client("POST", path, source_branch="none", target_branch="main", title="T")
    assert (none.status_code, none.json()) == (
        400,
        {"message": {"source_branch": ["does not exist"]}},
    )
    assert client("GET", f"{path}/9").status_code == 404


def test_approvals_have_their_time_and_can_be_reset(
    client: Client, project: Project, mr: MergeRequest
) -> None:
    mr.approve("bob")
    shown = client("GET", f"{MR}/approvals").json()
    (approval,) = shown["approved_by"]
    assert (approval["user"]["username"], shown["approved"]) == ("bob", True)
    assert approval["approved_at"] >= client("GET", f"{MR}/versions").json()[0]["created_at"]
    project.commit("feature", {"x": "y"})
    assert len(client("GET", f"{MR}/approvals").json()["approved_by"]) == 1
    project.rule(reset_approvals_on_push=True, approvals_required=2)
    assert client("GET", f"{INFRA}/approvals").json()["reset_approvals_on_push"] is True
    project.commit("feature", {"x": "z"})
    assert client("GET", f"{MR}/approvals").json()["approvals_left"] == 2


# Notes.


def test_notes(
    library: gitlab.Gitlab, project: Project, mr: MergeRequest, fake: FakeGitLab
) -> None:
    notes = library.projects.get(project.id).mergerequests.get(1).notes
    fake.add_note("acme/infra", 1, "from a person")
    mr.approve("bob")
    ours = notes.create({"body": "report"})
    assert next(n.body for n in notes.list(get_all=True)) == "report"
    listed = notes.list(sort="asc", order_by="created_at", iterator=True, per_page=1)
    assert [(n.body, n.system) for n in listed] == [
        ("from a person", False),
        ("approved this merge request", True),
        ("report", False),
    ]
    ours.body = "new report"
    ours.save()
    assert [n.body for n in fake.notes("acme/infra", 1)] == ["from a person", "new report"]
    ours.delete()
    with pytest.raises(gitlab.GitlabGetError, match="404 Note Not Found"):
        notes.get(ours.id)
    with pytest.raises(gitlab.GitlabUpdateError) as foreign:
        notes.update(fake.notes("acme/infra", 1)[0].id, {"body": "mine"})
    assert foreign.value.response_code == 403


def test_notes_are_not_blank_and_not_too_long(client: Client, mr: MergeRequest) -> None:
    assert "can't be blank" in client("POST", f"{MR}/notes", body=" ").json()["message"]
    long = client("POST", f"{MR}/notes", body="x" * 1_000_001)
    assert (long.status_code, "too long" in long.json()["message"]) == (400, True)
    assert client("POST", f"{MR}/notes", body="x" * 1_000_000).status_code == 201


def test_an_emoji_twice_is_refused(library: gitlab.Gitlab, mr: MergeRequest) -> None:
    note = library.projects.get("acme/infra").mergerequests.get(1).notes.create({"body": "hi"})
    award = note.awardemojis.create({"name": "eyes"})
    with pytest.raises(gitlab.GitlabCreateError, match="already been taken") as twice:
        note.awardemojis.create({"name": "eyes"})
    assert twice.value.response_code == 404
    assert [a.name for a in note.awardemojis.list(get_all=True)] == ["eyes"]
    note.awardemojis.delete(award.id)
    assert note.awardemojis.list(get_all=True) == []


def test_quick_actions_act_with_the_rights_of_the_author(
    client: Client, fake: FakeGitLab, mr: MergeRequest
) -> None:
    made = client("POST", f"{MR}/notes", body="They said:\n/approve\nbye").json()
    assert made["body"] == "They said:\nbye"
    assert client("GET", f"{MR}/approvals").json()["approved_by"][0]["user"]["id"] == fake.bot.id
    only = client("POST", f"{MR}/notes", body="/close")
    assert (only.status_code, mr.state.state) == (202, "closed")
    assert fake.quick_actions == [
        (fake.bot.username, "approve", ""),
        (fake.bot.username, "close", ""),
    ]


@pytest.mark.parametrize(
    ("text", "rest", "found"),
    [
        ("/plumbline recheck", "/plumbline recheck", []),
        ("```\n/close\n```", "```\n/close\n```", []),
        ("````\n```\n/close\n````\nx", "````\n```\n/close\n````\nx", []),
        ("a\n/LABEL ~x y\nb", "a\nb", [("label", "~x y")]),
        (" /close", " /close", []),
        ("/closed", "/closed", []),
        ("say /close", "say /close", []),
    ],
)
def test_what_is_a_quick_action(text: str, rest: str, found: list[tuple[str, str]]) -> None:
    assert quick_actions.split(text) == (rest, found)


# Commit statuses.


def test_a_status_makes_a_pipeline_and_moves(
    client: Client, fake: FakeGitLab, mr: MergeRequest
) -> None:
    path, listing = f"{INFRA}/statuses/{mr.head_sha}", f"{INFRA}/repository/commits/{mr.head_sha}"
    running = client("POST", path, state="running", name="plumbline", description="…").json()
    assert (running["status"], running["ref"]) == ("running", "feature")
    head = client("GET", MR).json()["head_pipeline"]
    assert (head["id"], head["status"], head["source"]) == (
        running["pipeline_id"],
        "running",
        "external",
    )
    done = client("POST", path, state="success", name="plumbline", description="fine").json()
    assert (done["id"], done["description"]) == (running["id"], "fine")
    newer = client("POST", path, state="failed", name="plumbline").json()
    assert newer["id"] > done["id"]
    assert [s["id"] for s in client("GET", f"{listing}/statuses").json()] == [newer["id"]]
    assert len(client("GET", f"{listing}/statuses?all=true").json()) == 2
    assert [s.state for s in fake.statuses("acme/infra", mr.head_sha)] == ["failed"]


@pytest.mark.parametrize(
    ("first", "second", "event"),
    [
        ("pending", "pending", "enqueue"),
        ("running", "running", "run"),
        ("running", "pending", "enqueue"),
        ("running", "skipped", "skip"),
    ],
)
def test_a_status_refuses_what_it_is_already(
    client: Client, mr: MergeRequest, first: str, second: str, event: str
) -> None:
    path = f"{INFRA}/statuses/{mr.head_sha}"
    assert client("POST", path, state=first, name="p").status_code == 201
    refused = client("POST", path, state=second, name="p", description="new")
    assert refused.status_code == 400
    start = f"Cannot transition status via :{event} from :{first} "
    assert refused.json()["message"].startswith(start)
    (kept,) = client("GET", f"{INFRA}/repository/commits/{mr.head_sha}/statuses").json()
    assert (kept["status"], kept["description"]) == (first, None)


def test_old_gitlabs_took_repeats(client: Client, fake: FakeGitLab, mr: MergeRequest) -> None:
    fake.refuses_repeats = False
    path = f"{INFRA}/statuses/{mr.head_sha}"
    first = client("POST", path, state="pending", name="p").json()
    second = client("POST", path, state="pending", name="p", description="new").json()
    assert (second["id"], second["description"]) == (first["id"], "new")


@pytest.mark.parametrize("key", ["name", "description", "target_url"])
def test_a_status_has_room_for_255_characters(client: Client, mr: MergeRequest, key: str) -> None:
    path = f"{INFRA}/statuses/{mr.head_sha}"
    long = client("POST", path, state="success", **{key: "x" * 256})
    assert (long.status_code, list(long.json()["message"])) == (400, [key])
    assert client("POST", path, state="success", **{key: "é" * 255}).status_code == 201


def test_a_status_joins_the_newest_pipeline_or_the_named_one(
    client: Client, project: Project, mr: MergeRequest
) -> None:
    path = f"{INFRA}/statuses/{mr.head_sha}"
    branch = project.run_pipeline(mr.head_sha, "feature")
    own = project.run_pipeline(mr.head_sha, "refs/merge-requests/1/head", result="running")
    assert client("POST", path, state="success", name="a").json()["pipeline_id"] == own.id
    there = client("POST", path, state="success", name="b", pipeline_id=branch.id).json()
    assert (there["pipeline_id"], there["ref"]) == (branch.id, "feature")
    assert client("POST", path, state="success", name="c", pipeline_id=4).status_code == 404
    assert client("GET", MR).json()["head_pipeline"]["status"] == "running"
    pipelines = client("GET", f"{MR}/pipelines").json()
    assert [p["id"] for p in pipelines] == [own.id, branch.id]
    statuses = f"{INFRA}/repository/commits/{mr.head_sha}/statuses"
    assert {s["name"] for s in client("GET", statuses).json()} == {"build", "a", "b"}
    assert len(client("GET", f"{statuses}?pipeline_id={branch.id}").json()) == 2


def test_a_commit_of_a_fork_needs_a_ref(client: Client, project: Project) -> None:
    project.commit("theirs", {"app.yaml": "replicas: 9\n"})
    mr = project.open_merge_request("theirs", author="mallory", fork="mallory/infra")
    shown = client("GET", MR).json()
    assert shown["source_project_id"] != shown["target_project_id"]
    path = f"{INFRA}/statuses/{mr.head_sha}"
    refused = client("POST", path, state="running", name="p")
    assert refused.json() == {"message": "404 References for commit Not Found"}
    made = client("POST", path, state="running", name="p", ref="refs/merge-requests/1/head")
    assert made.status_code == 201
    assert client("GET", "/projects/mallory%2Finfra").status_code == 404
    project_of_fork = client.fake.project("mallory/infra")
    project_of_fork.delete()
    assert client("GET", MR).json()["source_project_id"] is None


# Commits and files.


def commit(client: Client, branch: str, *actions: dict[str, Any], **more: Any) -> Any:
    body = {"branch": branch, "commit_message": "Rightsize", "actions": list(actions), **more}
    return client("POST", f"{INFRA}/repository/commits", **body)


def test_a_commit_with_every_action(client: Client, fake: FakeGitLab, project: Project) -> None:
    start: dict[str, Content] = {
        "run.sh": Executable("old\n"),
        "gone": "1",
        "here": "move me",
        "odd [x].txt": "1",
    }
    base = project.commit("main", start)
    made = commit(
        client,
        "plumbline/1",
        {"action": "update", "file_path": "run.sh", "content": "new\n"},
        {"action": "delete", "file_path": "gone"},
        {"action": "move", "file_path": "there", "previous_path": "here"},
        {"action": "create", "file_path": "a/b", "content": "/w==", "encoding": "base64"},
        {"action": "update", "file_path": "odd [x].txt", "content": "2"},
        start_sha=base,
    ).json()
    assert (made["parent_ids"], made["title"]) == ([base], "Rightsize")
    assert made["author_name"] == fake.bot.name
    assert project.sha("plumbline/1") == made["id"]
    tree = run_git("--git-dir", str(project.git.path), "ls-tree", "-r", "plumbline/1")
    lines = {line.split("\t")[1]: line.split(" ")[0] for line in tree.splitlines()}
    assert lines == {
        "a/b": "100644",
        "app.yaml": "100644",
        "odd [x].txt": "100644",
        "run.sh": "100755",
        "there": "100644",
    }
    raw = client("GET", f"{INFRA}/repository/files/a%2Fb/raw?ref=plumbline/1")
    assert raw.content == b"\xff"
    shown = client("GET", f"{INFRA}/repository/files/run.sh?ref=plumbline%2F1").json()
    assert base64.b64decode(shown["content"]) == b"new\n"
    assert (shown["execute_filemode"], shown["last_commit_id"]) == (True, made["id"])
    assert client("GET", f"{INFRA}/repository/files/gone?ref=plumbline/1").status_code == 404
    assert client("GET", f"{INFRA}/repository/files/run.sh").status_code == 400


def test_what_a_commit_refuses(client: Client, project: Project) -> None:
    main, new = project.sha(), {"action": "create", "file_path": "n", "content": "x"}
    update = {"action": "update", "file_path": "app.yaml", "content": "x"}
    refusals = [
        (commit(client, "none", new), "You can only create or edit files when you are on a branch"),
        (commit(client, "main", new), "You are not allowed to push into this branch"),
        (
            commit(client, "b", {**new, "file_path": "app.yaml"}, start_branch="main"),
            "A file with this name already exists",
        ),
        (
            commit(client, "b", {**update, "file_path": "none"}, start_branch="main"),
            "A file with this name doesn't exist",
        ),
        (
            commit(client, "b", {**update, "last_commit_id": "a" * 40}, start_branch="main"),
            "The file has changed since you started editing it: app.yaml",
        ),
        (
            commit(client, "b", {**new, "file_path": "../n"}, start_branch="main"),
            "file_path should be a valid file path",
        ),
        (
            commit(client, "main2", new, start_sha=main, start_branch="main"),
            "start_branch, start_sha are mutually exclusive",
        ),
    ]
    for answer, why in refusals:
        assert answer.status_code in (400, 403)
        assert next(iter(answer.json().values())) == why


def test_a_commit_can_start_a_branch_anew(client: Client, project: Project) -> None:
    new = {"action": "create", "file_path": "n", "content": "1"}
    first = commit(client, "b", new, start_branch="main").json()["id"]
    again = commit(client, "b", new, start_branch="main")
    assert "already exists" in again.json()["message"]
    forced = commit(client, "b", new, start_branch="main", force=True).json()
    assert forced["id"] != first
    assert forced["parent_ids"] == [project.sha()]
    listed = client("GET", f"{INFRA}/repository/commits?ref_name=b").json()
    assert [c["id"] for c in listed] == [forced["id"], project.sha()]


def test_compare(client: Client, project: Project, mr: MergeRequest) -> None:
    project.commit("main", {"unrelated": "x"})
    path = f"{INFRA}/repository/compare?from=main&to=feature"
    shown = client("GET", path).json()
    assert [c["id"] for c in shown["commits"]] == [mr.head_sha]
    (diff,) = shown["diffs"]
    assert (diff["new_path"], diff["diff"]) == (
        "app.yaml",
        "@@ -1 +1 @@\n-replicas: 1\n+replicas: 2\n",
    )
    straight = client("GET", f"{path}&straight=true").json()["diffs"]
    assert [d["new_path"] for d in straight] == ["app.yaml", "unrelated"]
    assert client("GET", f"{INFRA}/repository/compare?from=main&to=no").status_code == 404


# git.


def test_clone_fetch_and_push(fake: FakeGitLab, project: Project, tmp_path: Path) -> None:
    deep = fake.create_project("acme/sub/deep", files={"link": Symlink("x"), "a": "b"})
    run_git("clone", "-q", deep.clone_url, str(tmp_path / "deep"), token=fake.token)
    clone = tmp_path / "clone"
    options = ("--depth", "1", "--filter=blob:none", "--no-checkout")
    run_git("clone", "-q", *options, project.clone_url, str(clone), token=fake.token)
    project.commit("topic", {"app.yaml": "replicas: 3\n"})
    mr = project.open_merge_request("topic")
    old = mr.head_sha
    project.commit("topic", {"app.yaml": "replicas: 4\n"}, force=True)
    run_git("fetch", "-q", "--depth", "1", "origin", old, token=fake.token, cwd=clone)
    ref = "refs/merge-requests/1/head"
    run_git("fetch", "-q", "origin", ref, token=fake.token, cwd=clone)
    assert run_git("rev-parse", "FETCH_HEAD", cwd=clone) == mr.head_sha != old
    run_git("fetch", "-q", "--unshallow", "origin", old, token=fake.token, cwd=clone)
    run_git("push", "-q", "origin", f"{old}:refs/heads/topic", "-f", token=fake.token, cwd=clone)
    assert mr.head_sha == old
    with pytest.raises(AssertionError, match="hidden ref"):
        run_git("push", "-q", "origin", f"{old}:{ref}", "-f", token=fake.token, cwd=clone)


def test_a_head_of_a_closed_merge_request_stays(
    fake: FakeGitLab, project: Project, mr: MergeRequest, tmp_path: Path
) -> None:
    project.delete_branch("feature")
    assert mr.state.state == "closed"
    listed = run_git("ls-remote", project.clone_url, token=fake.token)
    assert f"{mr.head_sha}\trefs/merge-requests/1/head" in listed
    assert "refs/heads/feature" not in listed


def test_git_asks_for_a_token_and_for_its_scope(fake: FakeGitLab, project: Project) -> None:
    for token in ("", "wrong"):
        with pytest.raises(AssertionError, match=r"Authentication failed|could not read Username"):
            run_git("ls-remote", project.clone_url, token=token)
    reader = fake.issue_token(scopes=("read_repository",)).value
    assert "refs/heads/main" in run_git("ls-remote", project.clone_url, token=reader)
    with pytest.raises(AssertionError, match="403"):
        run_git("push", project.clone_url, ":refs/heads/main", token=reader)
    fake.create_project("other/secret", level=0)
    with pytest.raises(AssertionError, match="not found"):
        run_git("ls-remote", f"{fake.url}/other/secret.git", token=fake.token)


# Webhooks.


def test_what_people_do_is_told(
    fake: FakeGitLab, project: Project, receiver: Receiver, mr: MergeRequest
) -> None:
    told(receiver, fake)
    old = mr.head_sha
    project.push("feature", {"x": "y"})
    assert told(receiver, fake) == [
        ("Push Hook", "refs/heads/feature", None),
        ("Merge Request Hook", "update", old),
    ]
    mr.edit_title("Draft: New")
    project.commit("stable", {"z": "z"})
    mr.change_target("stable")
    mr.close()
    mr.reopen()
    mr.approve()
    fake.add_note("acme/infra", 1, "/plumbline recheck")
    mr.merge()
    assert told(receiver, fake) == [
        ("Merge Request Hook", "update", None),
        ("Merge Request Hook", "update", None),
        ("Merge Request Hook", "close", None),
        ("Merge Request Hook", "reopen", None),
        ("Merge Request Hook", "approved", None),
        ("Note Hook", "create", None),
        ("Push Hook", "refs/heads/stable", None),
        ("Merge Request Hook", "merge", None),
    ]


def test_payloads_say_what_changed(
    fake: FakeGitLab, project: Project, receiver: Receiver, mr: MergeRequest
) -> None:
    told(receiver, fake)
    # To where it aims already: nothing happens.
    mr.change_target("main")
    mr.edit_title("Draft: New")
    fake.add_note("acme/infra", 1, "hello", author="rita")
    project.push("feature", {"x": "y"}, by="rita")
    fake.webhooks.flush()
    bodies = [json.loads(each.body) for each in receiver.received]
    edited, noted, pushed, moved = bodies
    assert edited["changes"]["draft"] == {"previous": False, "current": True}
    assert edited["object_attributes"]["iid"] == 1
    assert (noted["object_attributes"]["note"], noted["user"]["username"]) == ("hello", "rita")
    assert noted["merge_request"]["iid"] == 1
    assert noted["project"]["path_with_namespace"] == "acme/infra"
    assert pushed["commits"][0]["added"] == ["x"]
    assert (pushed["total_commits_count"], pushed["user_username"]) == (1, "rita")
    assert moved["object_attributes"]["last_commit"]["id"] == mr.head_sha


def test_headers_token_and_signature(
    fake: FakeGitLab, project: Project, receiver: Receiver
) -> None:
    fake.webhook_signing_key = KEY
    project.push("topic", {"a": "b"})
    project.open_merge_request("topic")
    fake.webhooks.flush()
    for each in receiver.received:
        headers = each.headers
        assert headers["x-gitlab-token"] == fake.webhook_token
        assert headers["x-gitlab-instance"] == fake.url
        assert headers["idempotency-key"] == headers["webhook-id"]
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + each.body
        digest = base64.b64encode(hmac.new(b"k" * 32, text, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"
    first, second = (each.headers for each in receiver.received)
    assert first["x-gitlab-webhook-uuid"] == second["x-gitlab-webhook-uuid"]
    assert first["x-gitlab-event-uuid"] != second["x-gitlab-event-uuid"]
    assert first["idempotency-key"] != second["idempotency-key"]


def test_without_secrets_nothing_is_proved(
    fake: FakeGitLab, receiver: Receiver, project: Project
) -> None:
    fake.webhook_token = ""
    project.push("topic", {"a": "b"})
    fake.webhooks.flush()
    (only,) = receiver.received
    assert not {"x-gitlab-token", "webhook-signature"} & set(only.headers)


def test_a_resend_keeps_its_key(fake: FakeGitLab, receiver: Receiver, project: Project) -> None:
    receiver.status = 500
    project.push("topic", {"a": "b"})
    (failed,) = fake.deliveries()
    assert failed.status_code == 500
    receiver.status = 202
    fake.webhooks.resend(failed)
    _, good = fake.deliveries()
    assert (good.status_code, good.resent) == (202, True)
    first, second = receiver.received
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body
    assert first.headers["x-gitlab-event-uuid"] != second.headers["x-gitlab-event-uuid"]


def test_mishaps(fake: FakeGitLab, receiver: Receiver, project: Project, mr: MergeRequest) -> None:
    told(receiver, fake)
    for mishap in (Mishap.TWICE, Mishap.LATE, Mishap.LOST, Mishap.FAILED):
        fake.webhooks.disturb(mishap, "merge_request")
    mr.close()
    mr.reopen()
    mr.edit_title("lost")
    mr.edit_title("failed")
    mr.approve()
    arrived = [action for _, action, _ in told(receiver, fake)]
    assert sorted(arrived) == ["approved", "close", "close", "reopen"]
    assert arrived[:2] == ["close", "close"]
    failed = [each for each in fake.deliveries() if not each.status_code]
    assert [each.error for each in failed] == ["Failed to open TCP connection"]


def test_the_bot_hears_of_itself_only_where_asked(
    client: Client, fake: FakeGitLab, receiver: Receiver, mr: MergeRequest
) -> None:
    told(receiver, fake)
    client("POST", f"{MR}/notes", body="quiet")
    assert told(receiver, fake) == []
    fake.webhooks.echoes = True
    client("POST", f"{MR}/notes", body="loud")
    assert told(receiver, fake) == [("Note Hook", "create", None)]


def test_projects_without_the_hook_send_nothing(fake: FakeGitLab, receiver: Receiver) -> None:
    other = fake.create_project("other/thing", level=0)
    other.push("topic", {"a": "b"})
    assert told(receiver, fake) == []


# Faults, and what is not known.


def test_faults(client: Client, fake: FakeGitLab, mr: MergeRequest) -> None:
    fake.faults.add("GET", "/user", rate_limit(7))
    limited = client("GET", "/user")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    fake.faults.add("GET", "/user", revoked_token())
    assert client("GET", "/user").json()["error"] == "invalid_token"
    fake.faults.add("GET", "/user", faults.status(502))
    assert client("GET", "/user").status_code == 502
    fake.faults.add("POST", "/notes", faults.lost_answer())
    with pytest.raises(requests.ConnectionError):
        client("POST", f"{MR}/notes", body="written all the same")
    assert [n.body for n in fake.notes("acme/infra", 1)] == ["written all the same"]
    fake.faults.add("GET", "/user", faults.truncated())
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client("GET", "/user")
    fake.faults.add("GET", "/user", faults.reset())
    with pytest.raises(requests.ConnectionError):
        client("GET", "/user")
    assert fake.faults.pending == 0


def test_strange_requests_are_violations(
    client: Client, fake: FakeGitLab, mr: MergeRequest
) -> None:
    client("GET", f"{INFRA}/issues")
    client("GET", f"{INFRA}/merge_requests?sate=opened")
    client("POST", f"{MR}/notes", body="x", colour="red")
    client("PUT", MR, state_event="explode")
    found = [each.partition(": ")[2] or each for each in fake.violations]
    assert found[0] == f"GET /api/v4{INFRA}/issues is no route of the fake"
    assert found[1] == "unknown query parameter 'sate'"
    assert "'colour'" in found[2]
    assert "explode" in found[3]
    fake.violations.clear()


def test_every_route_is_described_once() -> None:
    assert [route.operation for route in ROUTES] == sorted(
        {route.operation for route in ROUTES},
        key=[route.operation for route in ROUTES].index,
    )
    assert {route.operation for route in ROUTES} == set(schemas.OPERATIONS)


def test_pages_have_gitlabs_headers(client: Client, fake: FakeGitLab, mr: MergeRequest) -> None:
    for number in range(5):
        fake.add_note("acme/infra", 1, f"note {number}")
    url: str | None = f"{MR}/notes?per_page=2&sort=asc"
    seen, pages = [], []
    while url:
        answer = client("GET", url)
        seen += [note["body"] for note in answer.json()]
        pages.append((answer.headers["x-page"], answer.headers["x-next-page"]))
        url = answer.links.get("next", {}).get("url")
    assert seen == [f"note {number}" for number in range(5)]
    assert pages == [("1", "2"), ("2", "3"), ("3", "")]
    assert all(after == before for (_, after), (before, _) in pairwise(pages))

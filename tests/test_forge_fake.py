"""The simulated GitHub keeps its promises to a raw HTTP client, to git and to PyGithub."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth, Github, GithubIntegration

from tests.forge import Executable, FakeGitHub, Gitlink, Repo, Symlink, events, faults
from tests.forge.gitrepo import ENVIRONMENT, Content
from tests.forge.receiver import Receiver
from tests.forge.webhooks import Mishap
from tests.payloads import examples

INFRA = "/repos/acme/infra"


@dataclass(frozen=True)
class Client:
    """A raw client with one set of credentials."""

    fake: FakeGitHub
    credentials: str

    def __call__(self, method: str, path: str, **body: Any) -> requests.Response:
        url = path if path.startswith("http") else self.fake.url + path
        headers = {"authorization": f"Bearer {self.credentials}"} if self.credentials else {}
        return requests.request(method, url, json=body or None, headers=headers, timeout=10)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(root=tmp_path / "github") as running:
        yield running
    assert running.violations == []


@pytest.fixture
def repo(fake: FakeGitHub) -> Repo:
    return fake.create_repo("acme/infra", files={"app.yaml": "replicas: 1\n"})


@pytest.fixture
def client(fake: FakeGitHub, repo: Repo) -> Client:
    return Client(fake, fake.token("acme/infra"))


@pytest.fixture
def receiver(fake: FakeGitHub) -> Iterator[Receiver]:
    with Receiver() as running:
        fake.webhook_url = running.url
        yield running


def app_jwt(fake: FakeGitHub, key: str = "", **claims: Any) -> str:
    current = int(time.time())
    whole = {"iat": current - 60, "exp": current + 300, "iss": str(fake.app.id)} | claims
    return jwt.encode(whole, key or fake.app.private_key_pem, algorithm="RS256")


def run_git(*args: str, token: str = "", cwd: Path | None = None) -> str:
    """git with the machine's configuration shut out; the token travels in the environment."""
    environment = {**ENVIRONMENT, "GIT_TERMINAL_PROMPT": "0"}
    if token:
        secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
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


def events_of(receiver: Receiver) -> list[str]:
    """ "pull_request opened" of each webhook, in the order of arrival."""
    return [
        f"{each.headers['x-github-event']} {json.loads(each.body).get('action', '')}".strip()
        for each in receiver.received
    ]


# The app and its tokens


def test_app_sees_itself_and_its_installations(fake: FakeGitHub, repo: Repo) -> None:
    call = Client(fake, app_jwt(fake))
    grant = call("GET", f"{INFRA}/installation").json()
    assert call("GET", "/app").json()["slug"] == "plumbline"
    assert [each["id"] for each in call("GET", "/app/installations").json()] == [grant["id"]]
    assert call("GET", "/repos/acme/nothing/installation").status_code == 404


def test_jwt_is_refused(fake: FakeGitHub) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    current = int(time.time())
    bad = {
        "": 401,
        "not.a.jwt": 401,
        jwt.encode({"iss": "4711"}, "x" * 32, algorithm="HS256"): 401,
        app_jwt(fake, key=other.decode()): 401,
        app_jwt(fake, exp=current - 1): 401,
        app_jwt(fake, exp=current + 3600): 401,
        app_jwt(fake, iat=current + 300): 401,
        app_jwt(fake, iat="now"): 401,
        app_jwt(fake, iss="9"): 404,
    }
    got = {text: Client(fake, text)("GET", "/app").status_code for text in bad}
    assert got == bad


def test_token_is_limited_as_asked(fake: FakeGitHub, repo: Repo) -> None:
    fake.create_repo("acme/other")
    app = Client(fake, app_jwt(fake))
    grant = app("GET", f"{INFRA}/installation").json()
    url = grant["access_tokens_url"]
    made = app("POST", url, repositories=["infra"], permissions={"checks": "read"}).json()
    assert made["token"].startswith("ghs_4711_")
    assert len(made["token"]) > 200
    call = Client(fake, made["token"])
    listed = call("GET", "/installation/repositories").json()
    assert [each["full_name"] for each in listed["repositories"]] == ["acme/infra"]
    assert call("GET", "/repos/acme/other").status_code == 404
    refused = call("POST", f"{INFRA}/check-runs", name="x", head_sha=repo.sha())
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"
    assert refused.headers["x-accepted-github-permissions"] == "checks=write"
    assert app("POST", url, permissions={"contents": "admin"}).status_code == 422
    assert app("POST", url, repositories=["nothing"]).status_code == 422
    assert len(fake.violations) == 1, "GitHub's description knows no level admin of contents"
    fake.violations.clear()


def test_tokens_expire_and_are_revoked(fake: FakeGitHub, client: Client) -> None:
    assert client("GET", INFRA).status_code == 200
    fake.revoke_tokens()
    assert client("GET", INFRA).json()["message"] == "Bad credentials"
    fake.token_lifetime = timedelta(seconds=0)
    late = Client(fake, fake.token("acme/infra"))("GET", INFRA)
    assert (late.status_code, late.json()["message"]) == (401, "Bad credentials")


# git


def test_clone_and_read_modes_and_odd_names(fake: FakeGitHub, repo: Repo, tmp_path: Path) -> None:
    files: dict[str, Content] = {
        'odd "näme"\n\t.yaml': b"\x00\xff",
        "latin-\udce9": "x",
        "run.sh": Executable("#!/bin/sh\n"),
        "link": Symlink("../../etc/passwd"),
        "module": Gitlink("a" * 40),
        "app.yaml": None,
    }
    repo.commit("main", files)
    there = tmp_path / "clone"
    run_git("clone", "-q", repo.clone_url, str(there), token=fake.token("acme/infra"))
    tree = run_git("ls-tree", "-r", "-z", "HEAD", cwd=there).split("\0")[:-1]
    modes = {line.partition("\t")[2]: line.split(" ")[0] for line in tree}
    assert modes["run.sh"] == "100755"
    assert modes["link"] == "120000"
    assert modes["module"] == "160000"
    assert (there / 'odd "näme"\n\t.yaml').read_bytes() == b"\x00\xff"
    assert "latin-\udce9" in [each.name for each in there.iterdir()]
    assert "app.yaml" not in modes


def test_shallow_and_blobless_fetch_by_sha(fake: FakeGitHub, repo: Repo, tmp_path: Path) -> None:
    sha = repo.commit("feature", {"app.yaml": "replicas: 2\n"})
    repo.commit("feature", {"app.yaml": "replicas: 3\n"})
    token, there = fake.token("acme/infra"), tmp_path / "mirror"
    run_git("init", "-q", "--bare", str(there))
    fetch = ("fetch", "-q", "--depth=1", "--filter=blob:none", repo.clone_url)
    run_git(*fetch, sha, token=token, cwd=there)
    assert run_git("rev-list", "--count", sha, cwd=there) == "1"
    missing = run_git("rev-list", "--objects", "--missing=print", sha, cwd=there)
    assert missing.count("?") == 1


def test_many_files(fake: FakeGitHub, repo: Repo, tmp_path: Path) -> None:
    repo.commit("main", {f"apps/{n}/app.yaml": f"replicas: {n}\n" for n in range(3000)})
    token, there = fake.token("acme/infra"), tmp_path / "clone"
    run_git("clone", "-q", "-n", repo.clone_url, str(there), token=token)
    assert run_git("ls-tree", "-r", "-z", repo.sha(), cwd=there).count("\0") == 3001


def test_compressed_requests(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    """git compresses a request with many commits of its own."""
    answer = requests.post(
        f"{repo.clone_url}/git-upload-pack",
        data=gzip.compress(b"0014command=ls-refs\n0000"),
        headers={
            "content-encoding": "gzip",
            "content-type": "application/x-git-upload-pack-request",
            "git-protocol": "version=2",
        },
        auth=("x-access-token", client.credentials),
        timeout=10,
    )
    assert f"{repo.sha()} refs/heads/main" in answer.text


def test_push_needs_a_token_that_may(fake: FakeGitHub, repo: Repo, tmp_path: Path) -> None:
    there, token = tmp_path / "clone", fake.token("acme/infra")
    run_git("clone", "-q", repo.clone_url, str(there), token=token)
    run_git("commit", "-q", "--allow-empty", "-m", "mine", cwd=there)
    push = ("push", "-q", "origin", "HEAD:refs/heads/proposal")
    with pytest.raises(AssertionError, match="could not read Username"):
        run_git(*push, cwd=there)
    with pytest.raises(AssertionError, match="could not read Username"):
        run_git(*push, token="ghs_made_up", cwd=there)
    reader = fake.token("acme/infra", {"contents": "read"})
    with pytest.raises(AssertionError, match="403"):
        run_git(*push, token=reader, cwd=there)
    with pytest.raises(AssertionError, match="hidden ref"):
        run_git("push", "-q", "origin", "HEAD:refs/pull/7/head", token=token, cwd=there)
    assert repo.git.branch("proposal") is None
    run_git(*push, token=token, cwd=there)
    assert repo.sha("proposal") == run_git("rev-parse", "HEAD", cwd=there)


def test_push_over_http_moves_the_pull_request(
    fake: FakeGitHub, repo: Repo, receiver: Receiver, tmp_path: Path
) -> None:
    old = repo.commit("feature", {"app.yaml": "replicas: 2\n"})
    pull = repo.open_pull("feature")
    token, there = fake.token("acme/infra"), tmp_path / "clone"
    run_git("clone", "-q", "-b", "feature", repo.clone_url, str(there), token=token)
    run_git("commit", "-q", "--allow-empty", "-m", "more", cwd=there)
    run_git("push", "-q", token=token, cwd=there)
    fake.webhooks.flush()
    assert pull.head_sha == run_git("rev-parse", "HEAD", cwd=there)
    assert repo.sha("refs/pull/1/head") == pull.head_sha
    assert events_of(receiver) == ["pull_request opened", "pull_request synchronize"]
    last = json.loads(receiver.received[-1].body)
    assert (last["before"], last["after"]) == (old, pull.head_sha)


def test_fork_is_reachable_through_the_base(fake: FakeGitHub, repo: Repo, tmp_path: Path) -> None:
    repo.commit("feature", {"app.yaml": "replicas: 2\n"})
    pull = repo.open_pull("feature", fork="mallory/infra", author="mallory")
    assert repo.git.branch("feature") is None
    fork = fake.repo("mallory/infra")
    sha = fork.push("feature", {"app.yaml": "replicas: 5\n"}, by="mallory")
    there, token = tmp_path / "mirror", fake.token("acme/infra")
    run_git("init", "-q", "--bare", str(there))
    run_git("fetch", "-q", repo.clone_url, "refs/pull/1/head", token=token, cwd=there)
    assert run_git("rev-parse", "FETCH_HEAD", cwd=there) == sha == pull.head_sha
    with pytest.raises(AssertionError, match="not found"):
        run_git("ls-remote", fork.clone_url, token=token)


def test_public_repositories_can_be_read_not_written(fake: FakeGitHub, client: Client) -> None:
    public = fake.create_repo("globex/public", install=False, private=False)
    assert public.sha() in run_git("ls-remote", public.clone_url)
    assert client("GET", "/repos/globex/public").json()["private"] is False
    made = client("POST", "/repos/globex/public/check-runs", name="x", head_sha=public.sha())
    assert made.status_code == 403
    fake.create_repo("globex/private", install=False)
    assert client("GET", "/repos/globex/private").status_code == 404


# Pull requests


def test_pulls_are_listed_and_filtered(repo: Repo, client: Client) -> None:
    repo.commit("release", {"x": "1"})
    for name in ("a", "b", "c"):
        repo.commit(name, {name: "1"})
    repo.open_pull("a")
    repo.open_pull("b", base="release", draft=True)
    repo.open_pull("c", fork="mallory/infra").close()

    def numbers(query: str) -> list[int]:
        return [each["number"] for each in client("GET", f"{INFRA}/pulls?{query}").json()]

    assert numbers("") == [2, 1]
    assert numbers("state=all&direction=asc") == [1, 2, 3]
    assert numbers("base=release") == [2]
    assert numbers("state=all&head=mallory:c") == [3]
    assert numbers("state=all&head=acme:c") == []


def test_pull_is_made_and_changed(repo: Repo, client: Client) -> None:
    repo.commit("fix", {"app.yaml": "replicas: 2\n"})
    made = client("POST", f"{INFRA}/pulls", title="Fix", head="fix", base="main", body="why")
    assert made.status_code == 201
    assert made.json()["user"]["login"] == "plumbline[bot]"
    shape = [made.json()[name] for name in ("commits", "additions", "deletions", "changed_files")]
    assert shape == [1, 1, 1, 1]
    again = client("POST", f"{INFRA}/pulls", title="Fix", head="acme:fix", base="main")
    assert again.json()["errors"][0]["message"] == "A pull request already exists for acme:fix."
    nothing = client("POST", f"{INFRA}/pulls", title="No", head="main", base="main")
    assert nothing.json()["errors"][0]["message"] == "No commits between main and main"
    bad = client("POST", f"{INFRA}/pulls", title="No", head="nowhere", base="main")
    assert bad.json()["errors"][0]["field"] == "head"
    closed = client("PATCH", made.json()["url"], title="Fixed", state="closed").json()
    assert (closed["title"], closed["state"]) == ("Fixed", "closed")
    assert client("GET", f"{INFRA}/pulls/99").status_code == 404


def test_base_sha_is_of_the_last_push_to_the_head(repo: Repo, client: Client) -> None:
    start = repo.sha()
    repo.commit("feature", {"x": "1"})
    pull = repo.open_pull("feature")
    tip = repo.commit("main", {"y": "1"})
    assert client("GET", f"{INFRA}/pulls/1").json()["base"]["sha"] == start
    assert client("GET", f"{INFRA}/branches/main").json()["commit"]["sha"] == tip
    repo.commit("feature", {"x": "2"})
    assert client("GET", f"{INFRA}/pulls/1").json()["base"]["sha"] == tip == pull.base_sha


def test_merge_and_deleted_fork(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    repo.commit("feature", {"x": "1"})
    pull = repo.open_pull("feature", fork="mallory/infra")
    fake.repo("mallory/infra").delete()
    merged = pull.merge()
    shown = client("GET", f"{INFRA}/pulls/1").json()
    assert (shown["merged"], shown["merge_commit_sha"]) == (True, merged)
    assert shown["head"]["repo"] is None
    assert client("GET", f"{INFRA}/pulls?state=closed").json()[0]["head"]["repo"] is None
    assert repo.sha() == merged


def test_pull_follows_its_branch(
    fake: FakeGitHub, repo: Repo, client: Client, receiver: Receiver
) -> None:
    repo.commit("feature", {"x": "1"})
    pull = repo.open_pull("feature")
    forced = repo.push("feature", {"x": "2"}, from_="main", force=True)
    assert (pull.head_sha, repo.sha("refs/pull/1/head")) == (forced, forced)
    pull.close()
    later = repo.push("feature", {"x": "3"})
    assert pull.head_sha == forced
    pull.reopen()
    assert client("GET", f"{INFRA}/pulls/1").json()["head"]["sha"] == later
    client("DELETE", f"{INFRA}/git/refs/heads/feature")
    assert client("GET", f"{INFRA}/pulls/1").json()["state"] == "closed"
    fake.webhooks.flush()
    actions = ["opened", "synchronize", "closed", "reopened", "closed"]
    assert events_of(receiver) == [f"pull_request {action}" for action in actions]


def test_compare(repo: Repo, client: Client) -> None:
    start = repo.sha()
    head = repo.commit("feature", {"app.yaml": "replicas: 2\nmore: 1\n", "new": "x"})
    repo.commit("main", {"other": "x"})
    got = client("GET", f"{INFRA}/compare/main...{head}").json()
    assert (got["status"], got["ahead_by"], got["behind_by"]) == ("diverged", 1, 1)
    assert got["merge_base_commit"]["sha"] == start
    files = [(each["filename"], each["status"], each["additions"]) for each in got["files"]]
    assert files == [("app.yaml", "modified", 2), ("new", "added", 1)]
    assert client("GET", f"{INFRA}/compare/main...nowhere").status_code == 404


def test_commit_without_a_clone(repo: Repo, client: Client) -> None:
    base = repo.sha()
    blob = client("POST", f"{INFRA}/git/blobs", content="replicas: 4\n").json()["sha"]
    entry = {"path": "app.yaml", "mode": "100644", "type": "blob", "sha": blob}
    tree = client("POST", f"{INFRA}/git/trees", base_tree=base, tree=[entry]).json()["sha"]
    commit = client("POST", f"{INFRA}/git/commits", message="m", tree=tree, parents=[base]).json()
    assert commit["verification"]["verified"] is True
    ref = {"ref": "refs/heads/proposal", "sha": commit["sha"]}
    assert client("POST", f"{INFRA}/git/refs", **ref).status_code == 201
    assert client("POST", f"{INFRA}/git/refs", **ref).json()["message"].endswith("already exists")
    path = f"{INFRA}/git/refs/heads/proposal"
    assert client("PATCH", path, sha=base).json()["message"] == "Update is not a fast forward"
    assert client("PATCH", path, sha=base, force=True).status_code == 200
    assert client("GET", f"{INFRA}/git/ref/heads/proposal").json()["object"]["sha"] == base
    assert client("DELETE", path).status_code == 204
    assert repo.git.branch("proposal") is None


# Comments


def test_comment_lives_and_dies(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    repo.commit("feature", {"x": "1"})
    repo.open_pull("feature")
    fake.add_comment("acme/infra", 1, "<!-- marker --> mine!", author="mallory")
    made = client("POST", f"{INFRA}/issues/1/comments", body="<!-- marker -->").json()
    assert (made["user"]["login"], made["user"]["type"]) == ("plumbline[bot]", "Bot")
    assert made["performed_via_github_app"]["slug"] == "plumbline"
    assert client("PATCH", made["url"], body="new").json()["body"] == "new"
    both = client("GET", f"{INFRA}/issues/1/comments").json()
    assert [each["user"]["login"] for each in both] == ["mallory", "plumbline[bot]"]
    assert both[0]["performed_via_github_app"] is None
    assert client("DELETE", made["url"]).status_code == 204
    assert client("DELETE", made["url"]).status_code == 404
    assert [each.author for each in fake.comments("acme/infra", 1)] == ["mallory"]


def test_comment_limits(repo: Repo, client: Client) -> None:
    repo.commit("feature", {"x": "1"})
    repo.open_pull("feature")
    url = f"{INFRA}/issues/1/comments"
    assert client("POST", url, body="é" * 65536).status_code == 201
    long = client("POST", url, body="x" * 65537)
    assert long.status_code == 422
    assert "maximum is 65536 characters" in long.json()["errors"][0]["message"]
    assert client("POST", url, body=" \n").status_code == 422
    assert client("POST", f"{INFRA}/issues/9/comments", body="x").status_code == 404


def test_comments_are_paged(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    repo.commit("feature", {"x": "1"})
    repo.open_pull("feature")
    for number in range(250):
        fake.add_comment("acme/infra", 1, str(number))
    pages, url = [], f"{fake.url}{INFRA}/issues/1/comments?per_page=1000"
    while url:
        answer = client("GET", url)
        pages.append([each["body"] for each in answer.json()])
        url = answer.links.get("next", {}).get("url", "")
    assert [len(page) for page in pages] == [100, 100, 50]
    assert list(chain(*pages)) == [str(number) for number in range(250)]
    default = client("GET", f"{INFRA}/issues/1/comments?page=2")
    assert len(default.json()) == 30
    assert set(default.links) == {"first", "prev", "next", "last"}
    assert client("GET", f"{INFRA}/issues/1/comments?since=2100-01-01T00:00:00Z").json() == []


# Check runs


def annotation(number: int) -> dict[str, Any]:
    where = {"path": "app.yaml", "start_line": number, "end_line": number}
    return {**where, "annotation_level": "warning", "message": f"number {number}"}


def test_check_run_lives(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    sha = repo.commit("feature", {"x": "1"})
    repo.open_pull("feature")
    url, begun = f"{INFRA}/check-runs", {"status": "in_progress", "external_id": "infra#1"}
    made = client("POST", url, name="cost", head_sha=sha, **begun).json()
    assert (made["status"], made["conclusion"]) == ("in_progress", None)
    assert [each["number"] for each in made["pull_requests"]] == [1]
    for start in (1, 51):
        rows = [annotation(number) for number in range(start, start + 50)]
        output = {"title": "t", "summary": "s", "annotations": rows}
        client("PATCH", made["url"], output=output)
    done = client("PATCH", made["url"], status="completed", conclusion="failure").json()
    assert (done["status"], done["conclusion"]) == ("completed", "failure")
    assert done["output"]["annotations_count"] == 100
    last = client("GET", f"{done['output']['annotations_url']}?per_page=40&page=3").json()
    assert [each["start_line"] for each in last] == list(range(81, 101))
    (kept,) = fake.check_runs("acme/infra", sha)
    assert (kept.external_id, kept.title, len(kept.annotations)) == ("infra#1", "t", 100)


def test_check_run_limits(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    sha, url = repo.sha(), f"{INFRA}/check-runs"
    good = {"title": "t", "summary": "s"}
    refused = [
        good | {"annotations": [annotation(number) for number in range(1, 52)]},
        good | {"summary": "x" * 65536},
        good | {"text": "x" * 65536},
        good | {"title": "x" * 256},
        good | {"annotations": [annotation(1) | {"message": "x" * 65537}]},
        good | {"annotations": [annotation(1) | {"title": "x" * 256}]},
        good | {"annotations": [annotation(2) | {"end_line": 1}]},
        good | {"annotations": [annotation(1) | {"annotation_level": "error"}]},
        good | {"annotations": [annotation(1) | {"end_line": 2, "start_column": 1}]},
        {"title": "t"},
    ]
    for output in refused:
        answer = client("POST", url, name="cost", head_sha=sha, output=output)
        assert answer.status_code == 422, str(output)[:80]
    assert client("POST", url, name="cost", head_sha=sha, status="completed").status_code == 422
    assert client("POST", url, name="cost", head_sha="a" * 40).status_code == 422
    assert fake.check_runs("acme/infra", sha) == []
    full = good | {"summary": "x" * 65535, "text": "x" * 65535, "title": "x" * 255}
    assert client("POST", url, name="cost", head_sha=sha, output=full).status_code == 201
    # The description knows five of these limits, and says so beside GitHub's own refusal.
    assert len(fake.violations) == 5, fake.violations
    fake.violations.clear()


def test_check_runs_of_a_commit(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    sha = repo.sha()
    fake.add_check_run("acme/infra", sha, "build", app_id=1)
    for name in ("cost", "policy", "cost"):
        client("POST", f"{INFRA}/check-runs", name=name, head_sha=sha, external_id=name)

    def names(query: str) -> list[str]:
        listed = client("GET", f"{INFRA}/commits/{sha}/check-runs?{query}").json()
        assert listed["total_count"] >= len(listed["check_runs"])
        return [each["name"] for each in listed["check_runs"]]

    assert names("") == ["cost", "policy", "build"]
    assert names("filter=all") == ["cost", "policy", "cost", "build"]
    assert names(f"app_id={fake.app.id}&filter=all&per_page=2") == ["cost", "policy"]
    assert names("check_name=build") == ["build"]
    assert names("status=completed") == ["build"]
    foreign = fake.check_runs("acme/infra", sha)[0].id
    refused = client("PATCH", f"{INFRA}/check-runs/{foreign}", conclusion="failure")
    assert refused.status_code == 403
    assert client("GET", f"{INFRA}/commits/{'a' * 40}/check-runs").status_code == 422


def test_check_run_of_a_fork_names_no_pull_request(
    fake: FakeGitHub, repo: Repo, client: Client, receiver: Receiver
) -> None:
    repo.commit("feature", {"x": "1"})
    pull = repo.open_pull("feature", fork="mallory/infra")
    run = client("POST", f"{INFRA}/check-runs", name="cost", head_sha=pull.head_sha).json()
    fake.rerequest_check_run(run["id"], by="mallory")
    fake.rerequest_check_suite("acme/infra", pull.head_sha)
    fake.webhooks.flush()
    assert run["pull_requests"] == []
    wanted = ["pull_request opened", "check_run rerequested", "check_suite rerequested"]
    assert events_of(receiver) == wanted
    payload = json.loads(receiver.received[1].body)
    assert payload["check_run"]["check_suite"]["head_branch"] is None
    assert payload["sender"]["login"] == "mallory"


# Webhooks


def test_webhooks_are_signed(fake: FakeGitHub, repo: Repo, receiver: Receiver) -> None:
    repo.commit("feature", {"x": "1"})
    pull = repo.open_pull("feature", draft=True)
    repo.commit("release", {"y": "1"})
    pull.ready()
    pull.change_base("release")
    pull.close()
    pull.reopen()
    fake.ping()
    fake.create_repo("globex/infra", install=False)
    fake.create_repo("globex/more", install=False)
    fake.install("globex/infra")
    fake.install("globex/more")
    fake.webhooks.flush()
    assert events_of(receiver) == [
        "pull_request opened",
        "pull_request ready_for_review",
        "pull_request edited",
        "pull_request closed",
        "pull_request reopened",
        "ping",
        "installation created",
        "installation_repositories added",
    ]
    for each in receiver.received:
        secret = fake.app.webhook_secret.encode()
        signed = hmac.new(secret, each.body, hashlib.sha256).hexdigest()
        assert each.headers["x-hub-signature-256"] == f"sha256={signed}"
        assert each.headers["x-github-hook-installation-target-id"] == str(fake.app.id)
        assert each.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert json.loads(receiver.received[2].body)["changes"]["base"]["ref"]["from"] == "main"


def test_failed_deliveries_are_listed_and_sent_again(
    fake: FakeGitHub, repo: Repo, receiver: Receiver
) -> None:
    repo.commit("feature", {"x": "1"})
    receiver.status = 500
    pull = repo.open_pull("feature")
    fake.webhooks.flush()
    receiver.status = 202
    pull.close()
    pull.reopen()
    fake.webhooks.flush()
    app = Client(fake, app_jwt(fake))
    first = app("GET", "/app/hook/deliveries?per_page=2")
    assert [each["status_code"] for each in first.json()] == [202, 202]
    (failed,) = app("GET", first.links["next"]["url"]).json()
    assert (failed["status"], failed["redelivery"]) == ("Invalid HTTP Response: 500", False)
    path = f"/app/hook/deliveries/{failed['id']}"
    assert app("GET", path).json()["request"]["payload"]["action"] == "opened"
    assert app("POST", f"{path}/attempts").status_code == 202
    fake.webhooks.flush()
    newest = app("GET", "/app/hook/deliveries?status=success").json()[0]
    assert (newest["guid"], newest["redelivery"]) == (failed["guid"], True)
    assert newest["id"] != failed["id"]
    assert receiver.received[0].body == receiver.received[-1].body


def test_webhooks_go_astray(fake: FakeGitHub, repo: Repo, receiver: Receiver) -> None:
    for mishap in (Mishap.LATE, Mishap.TWICE, Mishap.LOST, Mishap.FAILED):
        fake.webhooks.disturb(mishap, event="pull_request")
    repo.commit("feature", {"x": "1"})
    pull = repo.open_pull("feature")
    pull.close()
    pull.reopen()
    pull.ready()
    fake.webhooks.flush()
    late = ["pull_request closed", "pull_request closed", "pull_request opened"]
    assert events_of(receiver) == late
    assert len({each.headers["x-github-delivery"] for each in receiver.received}) == 2
    assert [
        each.status_code for each in fake.deliveries() if each.action == "ready_for_review"
    ] == [502]
    fake.webhooks.chaos(7, {Mishap.TWICE: 1.0})
    pull.edit_title("New")
    fake.webhooks.flush()
    assert events_of(receiver)[3:] == ["pull_request edited"] * 2


def test_echoes_are_sent_when_asked(
    fake: FakeGitHub, repo: Repo, client: Client, receiver: Receiver
) -> None:
    fake.webhooks.echoes = True
    sha = repo.push("feature", {"x": "1"})
    client("POST", f"{INFRA}/check-runs", name="cost", head_sha=sha, conclusion="success")
    repo.open_pull("feature")
    client("POST", f"{INFRA}/issues/1/comments", body="hello")
    fake.webhooks.flush()
    assert sorted(events_of(receiver)) == [
        "check_run created",
        "check_suite requested",
        "issue_comment created",
        "pull_request opened",
        "push",
    ]


def common_shape(payloads: list[Any]) -> Any:
    """The keys that all of them have, at every level; None for what is no object."""
    if not all(isinstance(each, dict) for each in payloads):
        return None
    shared = set.intersection(*(set(each) for each in payloads))
    return {key: common_shape([each[key] for each in payloads]) for key in shared}


def missing(wanted: Any, got: Any, at: str = "") -> list[str]:
    """Where `got` lacks a key. Permissions differ from app to app."""
    if not isinstance(wanted, dict) or not isinstance(got, dict) or at.endswith("/permissions"):
        return []
    absent = [f"{at}/{key}" for key in wanted if key not in got]
    inner = [missing(wanted[key], got[key], f"{at}/{key}") for key in wanted if key in got]
    return sum(inner, absent)


@pytest.mark.parametrize(
    "name",
    [
        "pull_request opened",
        "pull_request synchronize",
        "pull_request closed",
        "pull_request ready_for_review",
        "check_run rerequested",
        "check_suite rerequested",
        "issue_comment created",
        "pull_request_review submitted",
        "pull_request_review dismissed",
        "installation created",
        "installation_repositories added",
    ],
)
def test_payloads_have_the_shape_of_real_ones(fake: FakeGitHub, repo: Repo, name: str) -> None:
    event, _, action = name.partition(" ")
    real = [it for kind, it in examples() if (kind, it.get("action")) == (event, action)]
    assert real, name
    sha = repo.commit("feature", {"x": "1"})
    opened = repo.open_pull("feature")
    pull = opened.state
    run = fake.hub.state.runs[fake.add_check_run("acme/infra", sha, "cost").id]
    about: dict[str, Any] = {
        "pull": pull,
        "review": opened.review(),
        "before": sha,
        "after": sha,
        "run": run,
        "suite": run.suite,
        "comment": fake.add_comment("acme/infra", 1, "hello"),
        "installation": repo.state.installation,
        "repositories": [repo.state],
        "added": [repo.state],
    }
    where = None if event.startswith("installation") else repo.state
    ours = events.payload(fake.hub, event, action, where, about, "alice")
    assert missing(common_shape(real), ours) == []


# Faults


def test_refusals_are_played_in_turn(fake: FakeGitHub, client: Client) -> None:
    fake.faults.add("GET", r"/acme/infra$", faults.primary_limit(reset_in=90), skip=1)
    fake.faults.add("GET", r"/acme/infra$", faults.secondary_limit(retry_after=7), times=2)
    fake.faults.add("", "", faults.status(502))
    answers = [client("GET", INFRA) for _ in range(5)]
    codes = [each.status_code for each in answers]
    assert codes == [403, 403, 403, 502, 200]
    assert answers[0].headers["retry-after"] == "7"
    quota = answers[1].headers
    assert quota["x-ratelimit-remaining"] == "0"
    assert 80 <= int(quota["x-ratelimit-reset"]) - time.time() <= 91
    assert fake.faults.pending == 0
    assert len(fake.faults.played) == 4


def test_lost_answers_and_resets(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    repo.commit("feature", {"x": "1"})
    repo.open_pull("feature")
    url = f"{INFRA}/issues/1/comments"
    effects = [faults.reset(), faults.lost_answer(), faults.truncated()]
    for effect in effects:
        fake.faults.add("POST", "/comments$", effect)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            client("POST", url, body=effect.name)
    fake.faults.add("POST", "/comments$", faults.lost_answer(504))
    assert client("POST", url, body="lost answer 504").status_code == 504
    kept = [each.body for each in fake.comments("acme/infra", 1)]
    assert kept == ["lost answer", "truncated", "lost answer 504"]


def test_slow_answers(fake: FakeGitHub, client: Client) -> None:
    fake.faults.add("GET", "", faults.slow(0.2))
    started = time.monotonic()
    assert client("GET", INFRA).status_code == 200
    assert 0.2 <= time.monotonic() - started < 2


def test_git_faults(fake: FakeGitHub, repo: Repo) -> None:
    token = fake.token("acme/infra")
    fake.faults.add("GET", r"\.git/info/refs", faults.status(503))
    with pytest.raises(AssertionError, match="503"):
        run_git("ls-remote", repo.clone_url, token=token)
    fake.faults.add("POST", "git-upload-pack", faults.truncated())
    with pytest.raises(AssertionError, match=r"fatal|error"):
        run_git("ls-remote", repo.clone_url, token=token)
    assert repo.sha() in run_git("ls-remote", repo.clone_url, token=token)


def test_clients_that_die_are_no_violation(fake: FakeGitHub, repo: Repo, client: Client) -> None:
    host = f"Host: x\r\nAuthorization: Bearer {client.credentials}\r\nUser-Agent: x\r\n"
    basic = base64.b64encode(f"x-access-token:{client.credentials}".encode()).decode()
    paths = {
        f"{INFRA}/check-runs": host,
        "/acme/infra.git/git-upload-pack": f"Host: x\r\nAuthorization: Basic {basic}\r\n",
    }
    for path, headers in paths.items():
        with socket.create_connection(("127.0.0.1", int(fake.url.rpartition(":")[2]))) as dying:
            head = f"POST {path} HTTP/1.1\r\n{headers}Content-Length: 900\r\n\r\n{{"
            dying.sendall(head.encode())
    assert client("GET", INFRA).status_code == 200
    assert fake.check_runs("acme/infra", repo.sha()) == []


# The watch over the description


def test_violations_are_noticed(fake: FakeGitHub, client: Client) -> None:
    assert client("GET", "/repos/acme/infra/stargazers").status_code == 404
    client("GET", f"{INFRA}/pulls?colour=red")
    client("POST", f"{INFRA}/issues/1/comments", text="no body")
    found, fake.violations[:] = list(fake.violations), []
    assert found[0] == "GET /repos/acme/infra/stargazers is no route of the fake"
    assert found[1] == "GET /repos/{owner}/{repo}/pulls: unknown query parameter 'colour'"
    assert '"body" is a required property' in found[2]
    assert len(found) == 3


def test_pygithub_works_against_it(fake: FakeGitHub, repo: Repo) -> None:
    sha = repo.commit("feature", {"x": "1"})
    repo.open_pull("feature")
    app_auth = Auth.AppAuth(fake.app.id, fake.app.private_key_pem)
    integration = GithubIntegration(auth=app_auth, base_url=fake.url, retry=None)
    grant = integration.get_repo_installation("acme", "infra")
    github = Github(
        auth=Auth.AppInstallationAuth(app_auth, grant.id),
        base_url=fake.url,
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )
    there = github.get_repo("acme/infra")
    pull = there.get_pull(1)
    assert (pull.head.sha, pull.additions) == (sha, 1)
    pull.create_issue_comment("hi").edit("hello")
    assert [each.body for each in pull.get_issue_comments()] == ["hello"]
    run = there.create_check_run("cost", sha, status="in_progress")
    run.edit(conclusion="success", output={"title": "t", "summary": "s"})
    assert [each.conclusion for each in there.get_commit(sha).get_check_runs()] == ["success"]

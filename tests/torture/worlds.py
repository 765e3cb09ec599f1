"""The two forges under torture: how to push on them, and what must be in order at the end."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bot import checkruns
from tests.bench.repos import manifest
from tests.demo.server import environment
from tests.forge import faults
from tests.forge.fake import FakeGitHub, Pull, Repo
from tests.gitlab import FakeGitLab, MergeRequest, Project

_REPOS = 4
SIZED = "sized"
Counts: TypeAlias = tuple[int, int, int]


def sized(namespace: str) -> str:
    """A Deployment that asks for far more than the tortured Prometheus saw it use."""
    text = manifest(0, "2").replace("service-0", SIZED).replace("team-0", namespace)
    return text.replace("256Mi", "2Gi")


def _order(where: str, bodies: list[str], head: str, states: dict[str, list[str]]) -> list[str]:
    said: list[str] = []
    if len(bodies) != 1:
        said.append(f"{where} has {len(bodies)} comments")
    elif f"head={head} " not in bodies[0]:
        said.append(f"{where}: its comment is not about its newest head")
    if set(states) != set(checkruns.names()):
        said.append(f"{where} has the check runs {sorted(states)}")
    for name, found in states.items():
        if len(found) > 1:
            said.append(f"{where}: {name} is there {len(found)} times")
        said += [f"{where}: {name} is {state}" for state in found if state in _RUNNING]
    return said


_RUNNING = {"queued", "in_progress", "pending", "running", "created"}


def _proposed(where: str, branches: list[str], pulls: list[str], ahead: list[int]) -> list[str]:
    """Never two and never half. None is right too: an errand whose worker is killed three times is
    given up until the next day, which its log says."""
    whole = (len(branches), len(pulls), ahead) == (1, 1, [1]) and branches == pulls
    if whole or not (branches or pulls):
        return []
    return [f"{where}: proposal branches {branches}, requests {pulls}, commits {ahead}"]


@dataclass(kw_only=True)
class GitHubWorld:
    """Pull requests on the simulated GitHub."""

    fake: FakeGitHub
    name: str = "GitHub"
    repos: list[Repo] = field(default_factory=list)
    pulls: list[tuple[Repo, Pull]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for i in range(_REPOS):
            files = {f"apps/{n}.yaml": manifest(n) for n in range(50)}
            files["sized.yaml"] = sized(f"sized-{i}")
            self.repos.append(self.fake.create_repo(f"acme/infra-{i}", dict(files)))
        self.faults, self.courier = self.fake.faults, self.fake.webhooks
        self.violations = self.fake.violations

    def environ(self, data: Path, port: int) -> dict[str, str]:
        self.fake.webhook_url = f"http://127.0.0.1:{port}/webhooks/github"
        return environment(data, port, github=self.fake)

    def spoil(self, dice: random.Random) -> None:
        for _ in range(6):
            self.faults.add("POST", "/check-runs$", faults.lost_answer(), skip=dice.randrange(60))
            self.faults.add("POST", "/comments$", faults.lost_answer(502), skip=dice.randrange(30))
            self.faults.add("PATCH", "/check-runs/", faults.reset(), skip=dice.randrange(60))
            self.faults.add("GET", "/pulls/", faults.status(502), skip=dice.randrange(90))
        self.faults.add("POST", "/git/(trees|commits|refs)", faults.lost_answer(), times=3)
        self.faults.add("POST", "/pulls$", faults.lost_answer(502), times=2)

    def open(self, number: int) -> None:
        repo = self.repos[number % _REPOS]
        repo.commit(f"change-{number}", {f"apps/{number}.yaml": manifest(number, "500m")})
        self.pulls.append((repo, repo.open_pull(f"change-{number}")))

    def push(self, number: int, cpu: str) -> None:
        repo, _ = self.pulls[number]
        repo.push(f"change-{number}", {f"apps/{number}.yaml": manifest(number, cpu)})

    def sent(self) -> tuple[int, int]:
        found = self.fake.deliveries()
        return len({each.guid for each in found}), len(found)

    def disorder(self) -> list[str]:
        said: list[str] = []
        for repo, pull in self.pulls:
            states: dict[str, list[str]] = {}
            for run in self.fake.check_runs(repo.full_name, pull.head_sha):
                states.setdefault(run.name, []).append(run.status)
            bodies = [c.body for c in self.fake.comments(repo.full_name, pull.number)]
            said += _order(f"{repo.full_name}#{pull.number}", bodies, pull.head_sha, states)
        return said

    def left_over(self) -> list[str]:
        runs = list(self.fake.hub.state.runs.values())
        return [
            f"{run.name} on {run.head_sha[:12]} is {run.status}"
            for run in runs
            if run.status != "completed"
        ]

    def proposals(self) -> list[str]:
        said: list[str] = []
        for repo in self.repos:
            found = repo.git.refs("refs/heads/plumbline/")
            branches = sorted(f"plumbline/{name}" for name in found)
            pulls = [p for p in repo.state.pulls.values() if p.head_ref.startswith("plumbline/")]
            ahead = [repo.git.count(f"main..{sha}") for sha in found.values()]
            names = sorted(pull.head_ref for pull in pulls)
            said += _proposed(repo.full_name, branches, names, ahead)
        return said

    def counts(self) -> Counts:
        notes = sum(len(self.fake.comments(r.full_name, p.number)) for r, p in self.pulls)
        runs = sum(len(self.fake.check_runs(r.full_name, p.head_sha)) for r, p in self.pulls)
        made = sum(len(repo.git.refs("refs/heads/plumbline/")) for repo in self.repos)
        return notes, runs, made


@dataclass(kw_only=True)
class GitLabWorld:
    """Merge requests on the simulated GitLab."""

    fake: FakeGitLab
    name: str = "GitLab"
    projects: list[Project] = field(default_factory=list)
    requests: list[tuple[Project, MergeRequest]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for i in range(_REPOS):
            files = {f"apps/{n}.yaml": manifest(n) for n in range(50)}
            files["sized.yaml"] = sized(f"sized-{i}")
            self.projects.append(self.fake.create_project(f"acme/infra-{i}", dict(files)))
        self.faults, self.courier = self.fake.faults, self.fake.webhooks
        self.violations = self.fake.violations

    def environ(self, data: Path, port: int) -> dict[str, str]:
        self.fake.webhook_url = f"http://127.0.0.1:{port}/webhooks/gitlab"
        return environment(data, port, gitlab=self.fake)

    def spoil(self, dice: random.Random) -> None:
        for _ in range(6):
            self.faults.add("POST", "/statuses/", faults.lost_answer(), skip=dice.randrange(60))
            self.faults.add("POST", "/notes$", faults.lost_answer(502), skip=dice.randrange(30))
            self.faults.add("PUT", "/notes/", faults.reset(), skip=dice.randrange(60))
            self.faults.add("GET", "/merge_requests/", faults.status(502), skip=dice.randrange(90))
        self.faults.add("POST", "/repository/commits", faults.lost_answer(), times=2)
        self.faults.add("POST", "/merge_requests$", faults.lost_answer(502), times=2)

    def open(self, number: int) -> None:
        project = self.projects[number % _REPOS]
        project.commit(f"change-{number}", {f"apps/{number}.yaml": manifest(number, "500m")})
        self.requests.append((project, project.open_merge_request(f"change-{number}")))

    def push(self, number: int, cpu: str) -> None:
        project, _ = self.requests[number]
        project.push(f"change-{number}", {f"apps/{number}.yaml": manifest(number, cpu)})

    def sent(self) -> tuple[int, int]:
        found = self.fake.deliveries()
        return len({each.key for each in found}), len(found)

    def disorder(self) -> list[str]:
        said: list[str] = []
        for project, request in self.requests:
            states: dict[str, list[str]] = {}
            for status in self.fake.statuses(project.path, request.head_sha):
                states.setdefault(status.name.rpartition(" !")[0], []).append(status.state)
            bodies = [note.body for note in self.fake.notes(project.path, request.iid)]
            said += _order(f"{project.path}!{request.iid}", bodies, request.head_sha, states)
        return said

    def left_over(self) -> list[str]:
        statuses = list(self.fake.hub.state.statuses.values())
        return [
            f"{status.name} on {status.pipeline.sha[:12]} is {status.state}"
            for status in statuses
            if not status.retried and status.state in _RUNNING
        ]

    def proposals(self) -> list[str]:
        said: list[str] = []
        for project in self.projects:
            found = project.git.refs("refs/heads/plumbline/")
            branches = sorted(f"plumbline/{name}" for name in found)
            requests = project.state.merge_requests.values()
            ours = [r for r in requests if r.source_branch.startswith("plumbline/")]
            ahead = [project.git.count(f"main..{sha}") for sha in found.values()]
            names = sorted(request.source_branch for request in ours)
            said += _proposed(project.path, branches, names, ahead)
        return said

    def counts(self) -> Counts:
        notes = sum(len(self.fake.notes(p.path, r.iid)) for p, r in self.requests)
        found = Counter(p.path for p, r in self.requests for _ in self._on(p, r))
        made = sum(len(project.git.refs("refs/heads/plumbline/")) for project in self.projects)
        return notes, found.total(), made

    def _on(self, project: Project, request: MergeRequest) -> list[object]:
        return list(self.fake.statuses(project.path, request.head_sha))

"""A whole run: a real Prometheus, a simulated GitHub, and the pull request between them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from github.Auth import AppAuth

from bot.facts import load_facts
from bot.forges import Forge, Proposing
from bot.forges.github_app import GitHubApp
from bot.forges.github_propose import GitHubProposing
from bot.forges.github_wire import Lease, Setup, Wire
from bot.forges.wire import Pace, classify
from bot.jobs.proposals import Proposals
from bot.model import Proposal, ProposedPull
from bot.repo import Mirrors, Repository
from bot.retry import Policy
from bot.rightsizing.command import project_of, run
from bot.rightsizing.config import Rightsizing, rightsizing
from bot.rightsizing.declared import declared
from bot.rightsizing.lifecycle import Action, Result
from bot.rightsizing.plan import Plan, Project, plan
from bot.rightsizing.prometheus import Prometheus
from bot.rightsizing.run import Needs, rightsize
from checks.model import Facts
from tests.forge import FakeGitHub, Repo
from tests.repo.builder import Builder
from tests.rightsizing.metrics import NOW
from tests.rightsizing.plain_proposing import Died

pytestmark = pytest.mark.xdist_group("prometheus")
PROJECT = "acme/infra"


def manifest(name: str, cpu: str = "2", memory: str = "1Gi", namespace: str = "shop") -> str:
    """A Deployment of three replicas that asks for so much."""
    where = f"  namespace: {namespace}\n" if namespace else ""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
{where}spec:
  replicas: 3
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: app
          image: "shop/{name}:1"
          resources:
            requests:
              cpu: {cpu} # since May
              memory: {memory}
"""


def law(repo: Repository, sha: str, now: datetime = NOW) -> tuple[Rightsizing, Facts]:
    """The shipped defaults, and the clock of the measurements."""
    return rightsizing(), load_facts("default", "", NOW)


@dataclass
class World:
    """One repository on a simulated GitHub, and all that a run needs."""

    fake: FakeGitHub
    repo: Repo
    forge: Forge
    proposing: Proposing
    needs: Needs
    now: datetime = field(default=NOW)

    def run(self) -> list[Result]:
        return rightsize(PROJECT, self.forge, self.proposing, self.needs)

    def actions(self) -> dict[str, Action]:
        return {result.title.split(":")[0]: result.action for result in self.run()}


@pytest.fixture
def world(tmp_path: Path, prometheus: Prometheus) -> Iterator[World]:
    with FakeGitHub(root=tmp_path / "github") as fake:
        files = {"shop/steady.yaml": manifest("steady"), "shop/small.yaml": manifest("gone")}
        repo = fake.create_repo(PROJECT, files)
        installation = repo.state.installation
        assert installation is not None
        key = fake.app.private_key_pem
        app = GitHubApp(app_id=fake.app.id, private_key=key, api_url=fake.url, write_pause=0)
        policy = Policy(classify=classify, sleep=lambda _: None)
        setup = Setup(api_url=fake.url, timeout=5, policy=policy, pace=Pace(0.0, policy))
        wire = Wire(AppAuth(fake.app.id, key), setup)
        wire = Wire(Lease(wire, installation.id, setup.now), setup)
        ledger = Proposals(f"sqlite:///{tmp_path / 'x.sqlite'}")
        mirrors = Mirrors(
            tmp_path / "mirrors", max_total_bytes=2**30, max_repo_bytes=2**30, timeout=20
        )
        yield World(
            fake=fake,
            repo=repo,
            forge=app.acting_for(PROJECT, str(installation.id)),
            proposing=GitHubProposing(wire=wire, login=lambda: fake.app.bot),
            needs=Needs(
                prometheus=prometheus,
                mirrors=mirrors,
                ledger=ledger,
                law=law,
                clock=lambda: NOW,
            ),
        )
        ledger.close()
        assert fake.violations == []


def test_a_workload_that_asks_for_too_much_gets_one_pull_request(world: World) -> None:
    (result,) = world.run()
    assert result.action is Action.OPENED
    pull = world.repo.pull(result.number)
    git, head = world.repo.git, pull.head_sha
    assert head in world.fake.hub.state.signed
    assert [path for _, _, path in git.changed("main", head)] == ["shop/steady.yaml"]
    text = git.text("show", f"{head}:shop/steady.yaml")
    assert "cpu: 1 # since May" in text
    assert "ai.apexlogic.com/review-priority:" in text
    assert result.title == pull.state.title
    assert "Deployment shop/steady: CPU 2 → 1" in result.title
    assert "(one step towards it)" in (pull.state.body or "")
    assert world.run() == [replace(result, action=Action.KEPT)]
    assert len(world.repo.state.pulls) == 1


@dataclass
class Dying:
    """An adapter whose worker is killed once, just before the pull request is opened."""

    inner: Proposing
    lives: int = 0

    def default_branch(self, project: str) -> str:
        return self.inner.default_branch(project)

    def proposed(self, project: str, branch: str) -> ProposedPull | None:
        return self.inner.proposed(project, branch)

    def commit(self, project: str, branch: str, base_sha: str, proposal: Proposal) -> str:
        return self.inner.commit(project, branch, base_sha, proposal)

    def open_proposal(
        self, project: str, branch: str, base: str, proposal: Proposal
    ) -> ProposedPull:
        self.lives -= 1
        if self.lives < 0:
            self.lives = 9
            raise Died
        return self.inner.open_proposal(project, branch, base, proposal)

    def update_proposal(self, project: str, existing: ProposedPull, proposal: Proposal) -> None:
        self.inner.update_proposal(project, existing, proposal)

    def close_proposal(self, project: str, existing: ProposedPull, why: str) -> None:
        self.inner.close_proposal(project, existing, why)


def test_a_worker_that_dies_between_branch_and_pull_request_leaves_nothing_twice(
    world: World,
) -> None:
    world.proposing = Dying(inner=world.proposing)
    with pytest.raises(Died):
        world.run()
    branches = [name for name in world.repo.git.refs() if name.startswith("plumbline/")]
    assert (len(branches), len(world.repo.state.pulls)) == (1, 0)
    tip = world.repo.sha(branches[0])
    (result,) = world.run()
    assert result.action is Action.OPENED
    assert world.repo.pull(result.number).head_sha == tip


def test_a_base_that_changes_the_file_moves_the_commit(world: World) -> None:
    (first,) = world.run()
    tip = world.repo.commit("main", {"shop/steady.yaml": "# moved\n" + manifest("steady")})
    (result,) = world.run()
    assert (result.action, result.number) == (Action.UPDATED, first.number)
    head = world.repo.pull(first.number).head_sha
    assert world.repo.git.text("rev-parse", f"{head}^") == tip
    assert world.repo.git.text("show", f"{head}:shop/steady.yaml").startswith("# moved")


def test_a_change_that_people_made_by_hand_closes_the_pull_request(world: World) -> None:
    (first,) = world.run()
    world.repo.commit("main", {"shop/steady.yaml": manifest("steady", "120m", "245Mi")})
    (result,) = world.run()
    assert (result.action, result.number) == (Action.CLOSED, first.number)
    assert world.repo.pull(first.number).state.state == "closed"


def test_a_manifest_that_is_gone_closes_the_pull_request(world: World) -> None:
    (first,) = world.run()
    world.repo.commit("main", {"shop/steady.yaml": None})
    (result,) = world.run()
    assert (result.action, result.number) == (Action.CLOSED, first.number)
    assert "No manifest" in result.why


def test_a_file_that_cannot_be_read_closes_nothing(world: World) -> None:
    world.run()
    world.repo.commit("main", {"shop/steady.yaml": manifest("steady") + "  a: [\n"})
    assert world.run() == []
    assert [pull.state for pull in world.repo.state.pulls.values()] == ["open"]


def test_a_closed_one_is_remembered_and_a_merged_one_cools(world: World) -> None:
    (first,) = world.run()
    world.repo.pull(first.number).close()
    # GitHub's clock is today's, which is not the measurements'.
    world.needs = replace(world.needs, clock=lambda: datetime.now(NOW.tzinfo) + timedelta(days=20))
    assert list(world.actions().values()) == [Action.REMEMBERED]
    world.needs = replace(world.needs, clock=lambda: datetime.now(NOW.tzinfo) + timedelta(days=31))
    (second,) = world.run()
    assert second.action is Action.OPENED
    world.repo.pull(second.number).merge()
    world.needs = replace(world.needs, clock=lambda: datetime.now(NOW.tzinfo) + timedelta(days=3))
    assert set(world.actions().values()) <= {Action.COOLING}


def test_a_law_that_switches_it_off_is_obeyed(world: World) -> None:
    off = rightsizing({"enabled": False})
    world.needs = replace(world.needs, law=lambda *_: (off, load_facts("default", "", NOW)))
    assert world.run() == []
    assert world.repo.state.pulls == {}


def planned(where: Path, prometheus: Prometheus, files: dict[str, str]) -> Plan:
    """The plan for a repository of these files."""
    builder = Builder(where / "repo")
    sha = builder.commit(files)
    facts = load_facts("default", "", NOW)
    about = Project(forge="local", name="x", config=rightsizing(), facts=facts, model="m/1")
    with Repository.local(builder.path) as repo:
        return plan(declared(repo, sha), prometheus, about)


def test_a_manifest_without_a_namespace_is_found_where_its_pods_are(
    tmp_path: Path, prometheus: Prometheus
) -> None:
    found = planned(tmp_path, prometheus, {"a.yaml": manifest("steady", namespace="")})
    (only,) = found.drafts
    assert str(only.workload) == "Deployment shop/steady"
    assert only.match.note == "matched by its name alone: a.yaml does not say the namespace"
    nowhere = planned(tmp_path / "2", prometheus, {"a.yaml": manifest("nobody", namespace="")})
    assert [r.reason for r in nowhere.refusals] == [
        "its manifest does not say the namespace, and Prometheus has it in no namespace"
    ]
    assert nowhere.known is None


def test_what_is_refused_says_why(tmp_path: Path, prometheus: Prometheus) -> None:
    files = {
        "twice-1.yaml": manifest("steady"),
        "twice-2.yaml": manifest("steady"),
        "gen.yaml": "# Generated by x. DO NOT EDIT.\n" + manifest("peak"),
        "leak.yaml": manifest("leak"),
        "unknown.yaml": manifest("nobody"),
    }
    found = planned(tmp_path, prometheus, files)
    said = {f"{r.workload.name} {r.resource}".strip(): r.reason for r in found.refusals}
    assert "twice-1.yaml:1 and twice-2.yaml:1" in said["steady"]
    assert "gen.yaml is generated" in said["peak"]
    assert "its memory grows by" in said["leak memory"]
    assert "Prometheus has no usage of it" in said["nobody"]


def test_the_command_prints_what_it_would_propose(
    tmp_path: Path, prometheus: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = Builder(tmp_path / "repo")
    builder.commit({"a.yaml": manifest("steady"), "b.yaml": manifest("nobody")})
    args = argparse.Namespace(
        repo=str(builder.path), prometheus=prometheus._url, format="text", open=False
    )
    assert run(args, law) == 0
    out = capsys.readouterr().out
    assert out.startswith("Rightsize Deployment shop/steady: CPU 2 → 1")
    assert "in a.yaml:1" in out
    assert "Deployment shop/nobody: Prometheus has no usage" in out
    args.format = "json"
    assert run(args, law) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["recommendations"][0]["proposed"] == "1"
    assert "Deployment shop/nobody" in {refusal["workload"] for refusal in data["refusals"]}


def test_the_command_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = argparse.Namespace(repo=str(tmp_path), prometheus="http://x", format="text", open=True)
    assert run(args, law) == 2
    assert "--open needs the settings of a forge" in capsys.readouterr().err
    args.open = False
    assert run(args, law) == 2
    assert "is not in a git repository" in capsys.readouterr().err


@pytest.mark.parametrize("action", [Action.OPENED, Action.FAILED])
def test_the_command_says_what_became_of_pull_requests(
    action: Action, capsys: pytest.CaptureFixture[str]
) -> None:
    args = argparse.Namespace(repo=".", prometheus="http://x", format="text", open=True)
    result = Result(key="k", title="Rightsize x", action=action, url="https://f/1", why="so")
    status = run(args, law, lambda _: [result])
    assert status == (4 if action is Action.FAILED else 0)
    assert capsys.readouterr().out == f"{action.value}: Rightsize x https://f/1 (so)\n"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/infra.git",
        "https://x:secret@github.com/acme/infra",
        "git@github.com:acme/infra.git",
        "ssh://git@github.com:22/acme/infra.git",
    ],
)
def test_a_remote_names_its_project(url: str) -> None:
    assert project_of(url) == "acme/infra"


def test_a_path_names_no_project() -> None:
    with pytest.raises(ValueError, match="names no project"):
        project_of("/srv/git/infra.git")

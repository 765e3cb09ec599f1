"""From what a real Prometheus saw to a pull request on either forge, by the server and by hand."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.demo.server import environment, free_port, serving
from tests.demo.story import sample
from tests.demo.usage import measured, missing
from tests.forge.fake import FakeGitHub
from tests.forge.gitrepo import ENVIRONMENT
from tests.gitlab import FakeGitLab

pytestmark = pytest.mark.xdist_group("prometheus")
_PATIENCE = 40.0
PROJECT = "acme/ai-platform"
PATH = "prod/speech-to-text/service.yaml"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if reason := missing():
        pytest.skip(reason)
    with measured(tmp_path_factory.mktemp("usage") / "data") as url:
        yield url


def until(done: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if done():
            return
        time.sleep(0.1)
    pytest.fail(f"not after {_PATIENCE:.0f} s\n{log.read_text()[-4000:]}")


def test_the_server_proposes_on_both_forges(prometheus: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with FakeGitHub(tmp_path / "github") as github, FakeGitLab(tmp_path / "gitlab") as gitlab:
        repo = github.create_repo(PROJECT, sample())
        project = gitlab.create_project(PROJECT, sample())
        extra = {"PLUMBLINE_PROMETHEUS_URL": prometheus}
        with serving(tmp_path / "data", log, github, gitlab, extra):
            until(lambda: bool(repo.state.pulls and project.state.merge_requests), log)
        (pull,) = repo.state.pulls.values()
        (request,) = project.state.merge_requests.values()
        assert pull.title == request.title
        assert "Rightsize Deployment ai-prod/speech-to-text" in pull.title
        for git, branch in ((repo.git, pull.head_ref), (project.git, request.source_branch)):
            changed = git.text("diff", "--name-only", "main", branch)
            assert changed == PATH
            text = git.text("show", f"{branch}:{PATH}")
            assert "ai.apexlogic.com/optimisation-reason" in text
            assert 'cpu: "500m"' in text
        assert [*github.violations, *gitlab.violations] == []


def test_by_hand_it_recommends_and_on_demand_opens(prometheus: str, tmp_path: Path) -> None:
    with FakeGitHub(tmp_path / "github") as github:
        repo = github.create_repo(PROJECT, sample())
        clone = tmp_path / "clone"
        source = str(repo.git.path)
        subprocess.run(["git", "clone", "-q", source, str(clone)], env=ENVIRONMENT, check=True)
        remote = ["git", "-C", str(clone), "remote", "set-url", "origin", repo.clone_url]
        subprocess.run(remote, env=ENVIRONMENT, check=True)
        (tmp_path / "data").mkdir()
        env = environment(tmp_path / "data", free_port(), github=github)

        def run(*more: str) -> str:
            command = [sys.executable, "-m", "bot.cli", "rightsize", str(clone)]
            command += ["--prometheus", prometheus, *more]
            done = subprocess.run(command, env=env, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, b"")
            return done.stdout.decode()

        said = run()
        assert "Rightsize Deployment ai-prod/speech-to-text" in said
        assert repo.state.pulls == {}
        assert run("--open").startswith("opened: ")
        assert run("--open").startswith("kept: ")
        assert len(repo.state.pulls) == 1
        assert github.violations == []

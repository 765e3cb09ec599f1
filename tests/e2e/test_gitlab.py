"""From a GitLab webhook to a verdict: statuses and one note."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.demo.server import serving
from tests.demo.story import change, fix, sample
from tests.gitlab import FakeGitLab, MergeRequest, Project

_PATIENCE = 40.0


@pytest.fixture(scope="module")
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeGitLab]:
    root = tmp_path_factory.mktemp("gitlab")
    with FakeGitLab(root / "gitlab") as fake, serving(root / "data", root / "log", gitlab=fake):
        yield fake


def noted(fake: FakeGitLab, project: Project, request: MergeRequest) -> str:
    """The one note about the newest head, once all statuses on it are final."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        states = [each.state for each in fake.statuses(project.path, request.head_sha)]
        notes = [note.body for note in fake.notes(project.path, request.iid)]
        ours = [body for body in notes if f"head={request.head_sha}" in body]
        if ours and states and not {"pending", "running"} & set(states):
            assert len(notes) == 1
            return ours[0]
        time.sleep(0.1)
    pytest.fail(f"no verdict: statuses {states}, {len(notes)} notes")


def test_the_same_story_on_gitlab(gitlab: FakeGitLab) -> None:
    project = gitlab.create_project("acme/ai-platform", sample())
    project.commit("sentiment", change())
    request = project.open_merge_request("sentiment")
    assert "What blocks" in noted(gitlab, project, request)
    states = {s.name: s.state for s in gitlab.statuses(project.path, request.head_sha)}
    assert states == {
        f"plumbline !{request.iid}": "failed",
        f"plumbline/alignment !{request.iid}": "failed",
        f"plumbline/cost !{request.iid}": "failed",
        f"plumbline/policy !{request.iid}": "failed",
    }
    project.push("sentiment", fix())
    assert "plumbline: pass" in noted(gitlab, project, request)
    assert gitlab.violations == []


def test_a_command_asks_for_another_look(gitlab: FakeGitLab) -> None:
    project = gitlab.create_project("acme/other", sample())
    project.add_member("alice", 30)
    project.commit("docs", {"README.md": "more\n"})
    request = project.open_merge_request("docs")
    gitlab.add_note(project.path, request.iid, "/plumbline help", "alice")
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        notes = [note.body for note in gitlab.notes(project.path, request.iid)]
        if any("/plumbline recheck" in body for body in notes):
            break
        time.sleep(0.1)
    assert any("/plumbline recheck" in body for body in notes)
    assert gitlab.violations == []

"""How git is run: time-outs, environment, and what an error may say."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.repo.git import Git, GitError
from tests.repo.builder import Builder
from tests.repo.server import processes


def _script(folder: Path, text: str) -> None:
    """A program called git."""
    folder.mkdir()
    path = folder / "git"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_time_out_ends_the_whole_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path / "bin", "sleep 29.75 & sleep 29.75")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    began = time.monotonic()
    with pytest.raises(GitError, match="took longer than"):
        Git(directory=tmp_path, timeout=0.3).run("fetch")
    while b"sleep\x0029.75" in processes():
        assert time.monotonic() - began < 5, "its children are gone as well"
        time.sleep(0.02)


def test_an_error_tells_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path / "bin", 'echo "fatal: bad Bearer s3cr3t-t0ken \x1b[31m" >&2; exit 128')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    git = Git(directory=tmp_path, secrets=("Bearer s3cr3t-t0ken",), config={"a.b": "s3cr3t-t0ken"})
    with pytest.raises(GitError) as caught:
        git.run("fetch")
    assert str(caught.value) == "git fetch failed: fatal: bad *** ?[31m"
    assert "s3cr3t" not in repr(git)


def test_configuration_is_in_the_environment_alone(
    origin: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that writes down how it was called, in front of the real one."""
    log = tmp_path / "log"
    _script(tmp_path / "bin", f'printf "%s\\n" "$*" >> {log}; PATH=/usr/bin:/bin exec git "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SOME_TOKEN", "not for git")
    monkeypatch.setenv("GIT_TRACE_CURL", "1")
    git = Git(directory=origin.path, config={"http.extraHeader": "Bearer s3cr3t"})
    assert git.run("config", "http.extraHeader") == b"Bearer s3cr3t\n"
    assert log.read_text() == "config http.extraHeader\n"
    seen = set(git._environment())
    assert {"SOME_TOKEN", "GIT_TRACE_CURL"} & seen == set()


def test_a_missing_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git cannot be run"):
        Git(directory=tmp_path).run("version")

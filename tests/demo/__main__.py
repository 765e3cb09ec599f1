"""Runs the story on both forges and shows what the bot posted."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.demo import shown
from tests.demo.server import serving
from tests.demo.story import BRANCH, PROJECT, TITLE, change, fix, sample
from tests.demo.usage import measured, missing
from tests.forge.fake import FakeGitHub, Repo
from tests.forge.state import PullRequest
from tests.gitlab import FakeGitLab

_PATIENCE = 40.0


def main() -> int:
    """The demo; 0 where everything went as told, 1 otherwise."""
    out = Console(width=None if sys.stdout.isatty() else 120)
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeGitHub(Path(folder) / "github") as github,
        FakeGitLab(Path(folder) / "gitlab") as gitlab,
    ):
        log = Path(folder) / "plumbline.log"
        repo = github.create_repo(PROJECT, sample())
        with measured(Path(folder) / "usage") as prometheus:
            extra = {"PLUMBLINE_PROMETHEUS_URL": prometheus}
            with serving(Path(folder) / "data", log, github, gitlab, extra):
                notes = on_github(out, github, repo, log) + on_gitlab(out, gitlab, log)
                proposed(out, repo, log)
        violations = [*github.violations, *gitlab.violations]
    out.print(
        f"\n{notes} comments, one for each pull request, kept up to date; "
        f"{time.monotonic() - started:.1f} s."
    )
    for violation in violations:
        out.print(Text(f"against the API description: {violation}", "red"))
    return 1 if violations or notes != 2 else 0


def on_github(out: Console, fake: FakeGitHub, repo: Repo, log: Path) -> int:
    """The story on GitHub; how many comments there are at its end."""
    out.rule(f"[bold]1. GitHub: alice opens a pull request on {PROJECT}: {TITLE}")
    repo.commit(BRANCH, change())
    pull = repo.open_pull(BRANCH, title=TITLE)

    def body() -> str:
        found = [c.body for c in fake.comments(PROJECT, pull.number)]
        return next((b for b in found if f"head={pull.head_sha}" in b), "")

    def judged() -> bool:
        runs = fake.check_runs(PROJECT, pull.head_sha)
        return bool(body()) and all(run.status == "completed" for run in runs)

    for step in ("first", "fixed"):
        if step == "fixed":
            out.rule("[bold]2. she takes back what was objected to, and pushes")
            repo.push(BRANCH, fix())
        _wait(judged, log)
        shown.check_runs(out, fake.check_runs(PROJECT, pull.head_sha))
        shown.markdown(out, "The comment", body())
    link = fake.check_runs(PROJECT, pull.head_sha)[0].details_url
    out.print(Text(f"Every input and threshold: {link}", "dim"), soft_wrap=True)
    return len(fake.comments(PROJECT, pull.number))


def on_gitlab(out: Console, fake: FakeGitLab, log: Path) -> int:
    """The same on GitLab, the first step only; how many notes there are at its end."""
    project = fake.create_project(PROJECT, sample())
    out.rule("[bold]3. GitLab: the same change as a merge request")
    project.commit(BRANCH, change())
    request = project.open_merge_request(BRANCH, title=TITLE)

    def body() -> str:
        found = [note.body for note in fake.notes(PROJECT, request.iid)]
        return next((b for b in found if f"head={request.head_sha}" in b), "")

    def judged() -> bool:
        states = {s.state for s in fake.statuses(PROJECT, request.head_sha)}
        return bool(body()) and not states & {"pending", "running"}

    _wait(judged, log)
    shown.statuses(out, fake.statuses(PROJECT, request.head_sha))
    out.print(Text("The note says what the comment said on GitHub:", "dim"))
    out.print(Text("\n".join(body().splitlines()[1:4])))
    return len(fake.notes(PROJECT, request.iid))


def proposed(out: Console, repo: Repo, log: Path) -> None:
    """The bot's own pull request, made from what Prometheus has seen."""
    out.rule("[bold]4. The bot proposes to release what is not used")
    if reason := missing():
        out.print(Text(f"left out: {reason}", "yellow"))
        return

    def ours() -> list[PullRequest]:
        pulls = repo.state.pulls.values()
        return [pull for pull in pulls if pull.head_ref.startswith("plumbline/")]

    _wait(lambda: bool(ours()), log)
    pull = ours()[0]
    shown.markdown(out, f"#{pull.number} {pull.title}", pull.body or "")
    out.print(Text(repo.git.text("diff", pull.base_sha, pull.head_sha)))


def _wait(done: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if done():
            return
        time.sleep(0.1)
    said = log.read_text()[-4000:]
    raise SystemExit(f"no verdict after {_PATIENCE:.0f} s; the log ends:\n{said}")


if __name__ == "__main__":
    sys.exit(main())

"""Bring the forge to what is wanted: reconcile, never append.

Everything here can run twice, or be cut off at any point and run again, and ends in the same state:
one comment, one check run a name and its content, every one of them completed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from bot import checkruns
from bot.forges import Forge
from bot.markdown import comment, resolved
from bot.markers import parse_external_id
from bot.model import CheckRun, CheckStatus, Comment, PullRequest, Report
from bot.report import relevant

log = structlog.get_logger()

MARKER = "<!-- plumbline:report"
_MARKED = re.compile(r"^<!-- plumbline:report head=([0-9a-f]{40,64}) seq=(\d{1,20}) -->$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where one judgement publishes: a pull request on a forge, under a sequence number that is
    higher for every later judgement of the same pull request."""

    forge: Forge
    pull: PullRequest
    seq: int

    def start(self, head_sha: str) -> None:
        """Show the aggregate in progress on the head."""
        self._settle(self._ours(head_sha), checkruns.started(self.pull, head_sha))

    def end_unfinished(self, head_sha: str, title: str, summary: str) -> int:
        """Complete whatever of ours is still in progress on a commit; how many were."""
        pending = [r for r in self._ours(head_sha) if r.status is CheckStatus.IN_PROGRESS]
        for run in pending:
            final = checkruns.ended(run, CheckStatus.CANCELLED, title, summary)
            self.forge.update_check_run(self.pull.project, run, final)
        return len(pending)

    def give_up(self, head_sha: str, why: str) -> None:
        """End the aggregate as a failure that says why there is no verdict."""
        run = checkruns.started(self.pull, head_sha)
        final = checkruns.ended(
            run,
            CheckStatus.FAILURE,
            "error: plumbline could not judge this change",
            f"{why}\n\nNothing was judged, so nothing passed. Re-run the check to try again.",
        )
        self._settle(self._ours(head_sha), final)

    def finish(
        self, report: Report, still_newest: Callable[[], bool], details_url: str = ""
    ) -> bool:
        """Publish the report. False where a newer judgement took over before the comment."""
        existing = self._ours(report.change.head_sha)
        for run in checkruns.wanted(report, self.pull.number, details_url):
            self._settle(existing, run)
        if not still_newest():
            return False
        self._comment(report, details_url)
        return True

    def _ours(self, head_sha: str) -> list[CheckRun]:
        """Our runs for this pull request; another one may share the head commit."""
        runs = self.forge.check_runs(self.pull.project, head_sha)
        return [
            r for r in runs if (parse_external_id(r.external_id) or (0,))[0] == self.pull.number
        ]

    def _settle(self, existing: Iterable[CheckRun], run: CheckRun) -> None:
        run = self.forge.shown(run)
        same = [r for r in existing if r.external_id == run.external_id]
        if not same:
            self.forge.create_check_run(self.pull.project, run)
        elif not _says(same[-1], run):
            self.forge.update_check_run(self.pull.project, same[-1], run)

    def _comment(self, report: Report, details_url: str) -> None:
        project, number, head = self.pull.project, self.pull.number, report.change.head_sha
        marker = f"{MARKER} head={head} seq={self.seq} -->"
        ours = self._one_comment()
        if not relevant(report) and not ours:
            return
        body = comment(report, marker, details_url) if relevant(report) else resolved(marker, head)
        if not ours:
            self.forge.create_comment(project, number, body, MARKER)
            # A worker that was taken for dead may have written one at the same moment.
            self._one_comment()
        elif _sequence(ours[0]) > self.seq:
            log.info("comment_is_newer", project=project, number=number, seq=self.seq)
        elif not _same_but_sequence(ours[0].body, body):
            self.forge.update_comment(project, number, ours[0].id, body)

    def _one_comment(self) -> list[Comment]:
        """Our report comment, as a list of none or one; surplus ones are removed."""
        comments = self.forge.comments(self.pull.project, self.pull.number)
        ours = [c for c in comments if _MARKED.search(c.body)]
        for extra in ours[1:]:
            self.forge.delete_comment(self.pull.project, self.pull.number, extra.id)
        return ours[:1]


def _says(existing: CheckRun, wanted: CheckRun) -> bool:
    """Whether the existing run shows what is wanted already. Annotations are part of its identity,
    and a run turns final only after the last of them."""
    shown = (existing.status, existing.title, existing.summary.strip(), existing.details_url)
    want = (wanted.status, wanted.title, wanted.summary.strip(), wanted.details_url)
    return shown == want


def _sequence(comment: Comment) -> int:
    found = _MARKED.search(comment.body)
    return int(found.group(2)) if found else 0


def _same_but_sequence(existing: str, wanted: str) -> bool:
    def stripped(body: str) -> str:
        return re.sub(r" seq=\d+ -->", " -->", body, count=1).replace("\r\n", "\n").strip()

    return stripped(existing) == stripped(wanted)

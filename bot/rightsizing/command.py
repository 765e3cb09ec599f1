"""`plumbline rightsize`: what the workloads of a local repository should request, and on demand the
pull requests that say so."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.escape import visible
from bot.forges import ForgeError
from bot.repo import GitError, Repository
from bot.retry import Later
from bot.rightsizing.config import Rightsizing
from bot.rightsizing.declared import declared
from bot.rightsizing.edit import EditRefused
from bot.rightsizing.lifecycle import Action, Result
from bot.rightsizing.memory import Limits, State
from bot.rightsizing.plan import Plan, Project, plan
from bot.rightsizing.prometheus import Prometheus, PrometheusError
from bot.rightsizing.proposal import Draft, build, title
from bot.rightsizing.run import model
from checks.model import Facts, Refusal
from checks.money import spread

WRONG_USE = 2
NOT_DONE = 4
# The rules and facts of a commit.
Law = Callable[[Repository, str, datetime], tuple[Rightsizing, Facts]]
# Makes the pull requests of a repository's project, whose remote's URL it is given.
Opener = Callable[[str], Sequence[Result]]

_REMOTE = re.compile(
    r"(?:https?://(?:[^@/]+@)?[^/]+/|ssh://[^/]+/|[^/@]+@[^/:]+:)(.+?)(?:\.git)?/?"
)


def run(args: argparse.Namespace, law: Law, opener: Opener | None = None) -> int:
    """Print what is recommended and what is refused, or with `args.open` what became of the pull
    requests; the exit status: 0, 2 for wrong use, 4 where it could not be done.

    `args` has repo, prometheus, format ("text" or "json") and open.
    """
    try:
        if args.open:
            return _open(args, opener)
        found = _plan(args, law)
    except (GitError, ForgeError, PrometheusError, Later, ValueError, OSError) as error:
        sys.stderr.write(f"plumbline: {error}\n")
        return WRONG_USE if isinstance(error, GitError | ValueError) else NOT_DONE
    if args.format == "json":
        sys.stdout.write(json.dumps(to_json(found)) + "\n")
    else:
        sys.stdout.write("\n".join(_text(found)) + "\n")
    return 0


def project_of(url: str) -> str:
    """The project in a remote's URL: "acme/infra" of "git@github.com:acme/infra.git". Raises
    ValueError."""
    match = _REMOTE.fullmatch(url.strip())
    if match is None or "/" not in match[1]:
        raise ValueError(f"the remote {visible(url)} names no project of a forge")
    return match[1]


def _plan(args: argparse.Namespace, law: Law) -> Plan:
    now = datetime.now(UTC)
    with Repository.local(args.repo) as repo, Prometheus(args.prometheus) as prometheus:
        sha = repo.resolve("HEAD")
        config, facts = law(repo, sha, now)
        about = Project(forge="local", name=args.repo, config=config, facts=facts, model=model())
        return plan(declared(repo, sha), prometheus, about)


def _open(args: argparse.Namespace, opener: Opener | None) -> int:
    if opener is None:
        raise ValueError("--open needs the settings of a forge, such as PLUMBLINE_GITHUB_APP_ID")
    results = opener(args.repo)
    if args.format == "json":
        sys.stdout.write(json.dumps([_result(result) for result in results]) + "\n")
    else:
        lines = [" ".join(_said(result)) for result in results]
        sys.stdout.write("\n".join(lines or ["Nothing to propose."]) + "\n")
    return NOT_DONE if any(result.action is Action.FAILED for result in results) else 0


def _said(result: Result) -> Iterator[str]:
    yield f"{result.action.value}:"
    yield visible(result.title or result.key)
    if result.url:
        yield result.url
    if result.why:
        yield f"({visible(result.why, 1000)})"


def _result(result: Result) -> dict[str, Any]:
    return {
        "key": result.key,
        "title": result.title,
        "action": result.action.value,
        "number": result.number,
        "url": result.url,
        "why": result.why,
    }


def _text(found: Plan) -> Iterator[str]:
    for draft in found.drafts:
        yield title(draft)
        yield f"  in {visible(draft.match.place.path)}:{draft.match.place.resource.source.line}"
        if draft.saving is not None:
            currency = draft.recommendations[0].currency
            yield f"  releases {spread(draft.saving, currency)} a month"
        for wanted in draft.recommendations:
            head = f"{wanted.container} {wanted.resource} {wanted.current} → {wanted.proposed}"
            yield f"  {visible(head)}, confidence {wanted.confidence.value}"
            yield f"    {visible('; '.join(wanted.reasons), 1000)}"
            yield f"    {visible(wanted.counterfactual, 1000)}"
        if note := draft.match.note or _uneditable(draft):
            yield f"  note: {visible(note, 1000)}"
        yield ""
    if not found.drafts:
        yield "Nothing to propose."
        yield ""
    if found.refusals:
        yield f"Not proposed ({len(found.refusals)}):"
    for refusal in found.refusals:
        yield f"  {visible(_about(refusal))}: {visible(refusal.reason, 1000)}"


def _about(refusal: Refusal) -> str:
    return " ".join(filter(None, (str(refusal.workload), refusal.container, refusal.resource)))


def _uneditable(draft: Draft) -> str:
    """Why no pull request could be made of it, "" where one can."""
    try:
        build(draft, State(key=draft.key), Limits())
    except EditRefused as error:
        return f"no pull request is possible: {error}"
    return ""


def to_json(found: Plan) -> dict[str, Any]:
    """The plan as JSON types; amounts are Kubernetes quantities, money is decimal strings."""
    return {
        "schema_version": 1,
        "recommendations": [
            {
                "workload": str(draft.workload),
                "path": draft.match.place.path,
                "container": wanted.container,
                "resource": wanted.resource,
                "current": wanted.current,
                "target": wanted.target,
                "proposed": wanted.proposed,
                "confidence": wanted.confidence.value,
                "reasons": list(wanted.reasons),
                "counterfactual": wanted.counterfactual,
                "saving": str(wanted.saving.expected) if wanted.saving is not None else None,
                "currency": wanted.currency,
                "note": draft.match.note or _uneditable(draft),
            }
            for draft in found.drafts
            for wanted in draft.recommendations
        ],
        "refusals": [
            {
                "workload": str(refusal.workload),
                "container": refusal.container,
                "resource": refusal.resource,
                "reason": refusal.reason,
            }
            for refusal in found.refusals
        ],
    }

"""What a change to policies would do after the merge. They are tried here, never enforced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.model import Change, TooLarge
from bot.policy.engines import Policies
from bot.policy.files import Files, policy_files
from bot.policy.findings import CHECK, Severities
from bot.policy.model import Context, Problem, Question
from bot.policy.radius import radius
from bot.repo import Repository
from checks.model import Finding, Location, Resource, Severity

_REGULAR = ("100644", "100755")
_TOTAL_BYTES = 16 * 1024 * 1024
_TESTS_SECONDS = 120.0


def findings(
    repo: Repository,
    change: Change,
    patterns: Sequence[str],
    changed: Sequence[str],
    context: Context,
) -> tuple[Finding, ...]:
    """What is to be said about the head's policies, of which `changed` are the paths that change:
    that they change, what of them could not be used, and how their tests end. Raises GitError and
    EngineError."""
    files = policy_files(repo, change.head_sha, patterns, context.limits)
    with Policies(files, context) as policies:
        problems = dict.fromkeys(policies.problems)
    broken = [_broken(problem) for problem in problems if problem.path in changed]
    said = "policies changed: they take effect after the merge"
    note = _note("policies-changed", Severity.INFO, said, sorted(changed)[0], 0)
    return (note, *broken, *_tested(repo, change, changed, context))


def struck(
    before: Files,
    repo: Repository,
    change: Change,
    patterns: Sequence[str],
    severities: Severities,
    context: Context,
    resources: Sequence[Resource],
    ask: Callable[[Resource], Question],
) -> Finding:
    """Who in the whole repository would newly fail, and who pass. Raises GitError, EngineError."""
    after = policy_files(repo, change.head_sha, patterns, context.limits)
    return radius(before, after, resources, severities, context, ask).finding


def _tested(
    repo: Repository, change: Change, changed: Sequence[str], context: Context
) -> tuple[Finding, ...]:
    """The tests in the folders of changed policies, run on the head."""
    from bot.policy.command.findings import findings_of
    from bot.policy.command.run import cases_of, kind_of

    folders = {path.rpartition("/")[0] for path in changed}
    entries = [e for e in repo.tree(change.head_sha, folders, recursive=True) if e.mode in _REGULAR]
    if not any(kind_of(entry.path) for entry in entries):
        return ()
    blobs = [entry.blob for entry in entries]
    contents = repo.blobs(blobs, context.limits.file_bytes, _TOTAL_BYTES)
    files = {
        entry.path: content
        for entry in entries
        if (content := contents.get(entry.blob)) is not None and not isinstance(content, TooLarge)
    }
    cases = cases_of(files, now=context.now, limits=context.limits, seconds=_TESTS_SECONDS)
    return findings_of(cases)


def _broken(problem: Problem) -> Finding:
    said = f"this policy could not be used after the merge: {problem.message}"
    return _note("policy-invalid", Severity.FAIL, said, problem.path, problem.line)


def _note(rule: str, severity: Severity, message: str, path: str, line: int) -> Finding:
    return Finding(
        check=CHECK,
        rule=rule,
        severity=severity,
        message=message,
        location=Location(path=path, line=line),
        subject=f"{path} {message}" if severity is Severity.FAIL else path,
    )

"""The check `policy`: the repository's own Rego, of its base branch, over every changed object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.engines.admission import question
from bot.engines.rego import (
    Answer,
    EngineError,
    Limits,
    Problem,
    Program,
    RegoEngine,
    Source,
)
from bot.engines.said import findings
from bot.globs import matches
from bot.model import Change, TooLarge
from bot.repo import Repository
from checks.model import Finding, Location, Outcome, Resource, Severity, Subject, Tier
from checks.rule import compared

CHECK = "policy"
TITLE = "The repository's policies hold"
DEFAULT_LIMITS = Limits()

_MAX_FILES = 500
_MAX_TOTAL_BYTES = 4 * 1024 * 1024
_REGULAR = ("100644", "100755")
_MAGIC = re.compile(r"[*?\[\]{}!|()\\]")
# How many problems the reason names one by one.
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The policy files of a commit, in the order of their paths, and those that cannot be read."""

    sources: tuple[Source, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sources or self.problems)


def always_fail(tier: Tier) -> Severity:  # noqa: ARG001 - the default of what depends on the tier
    """A denial fails in every tier."""
    return Severity.FAIL


def evaluate(
    repo: Repository,
    change: Change,
    patterns: Sequence[str],
    subject: Subject,
    *,
    severity_of_tier: Callable[[Tier], Severity] = always_fail,
    limits: Limits = DEFAULT_LIMITS,
) -> Outcome:
    """Judge a change by the policy files of its base commit, and try those that it changes.

    `severity_of_tier` is how hard a `deny` or `violation` is; a `warn` warns. Raises GitError.
    """
    law = policy_files(repo, change.base_sha, patterns, limits)
    changed = [f.path for f in change.files if _is_policy(f.path, patterns)]
    objects = any(a or b for a, b in _pairs(subject))
    try:
        with RegoEngine(now=subject.facts.now, limits=limits) as engine:
            if not law:
                said = ", ".join(patterns) or "the config's empty list"
                outcome = Outcome(check=CHECK, skipped=f"no policy files match {said}")
            elif not objects:
                outcome = Outcome(check=CHECK, skipped="the change touches no objects")
            else:
                outcome = _judged(engine, law, subject, severity_of_tier)
            notes = _proposed(engine, repo, change, patterns, changed, limits) if changed else ()
    except EngineError as error:
        return Outcome(check=CHECK, failed=str(error))
    return replace(outcome, findings=outcome.findings + tuple(notes))


def policy_files(repo: Repository, sha: str, patterns: Sequence[str], limits: Limits) -> Files:
    """The policy files of a commit. Tests of policies (`*_test.rego`) are none. Raises GitError."""
    if not patterns:
        return Files()
    folders = {_folder(pattern) for pattern in patterns}
    entries = [e for e in repo.tree(sha, folders, recursive=True) if _is_policy(e.path, patterns)]
    entries.sort(key=lambda e: e.path)
    taken = [e for e in entries if e.mode in _REGULAR][:_MAX_FILES]
    contents = repo.blobs([e.blob for e in taken], limits.file_bytes, _MAX_TOTAL_BYTES)
    sources: list[Source] = []
    problems: list[Problem] = []
    for entry in entries:
        said = ""
        content = contents.get(entry.blob) if entry in taken else None
        if entry.mode not in _REGULAR:
            said = "is no regular file, so it is not followed"
        elif entry not in taken:
            said = f"is one of more than {_MAX_FILES} policy files"
        elif isinstance(content, TooLarge):
            said = f"has {content.size:,} bytes, more than policies may have"
        elif content is None:
            said = "is missing in the repository's object store"
        else:
            try:
                sources.append(Source(path=entry.path, text=content.decode("utf-8-sig")))
            except UnicodeDecodeError:
                said = "is not UTF-8"
        if said:
            problems.append(Problem(path=entry.path, line=0, message=said))
    return Files(sources=tuple(sources), problems=tuple(problems))


def _is_policy(path: str, patterns: Sequence[str]) -> bool:
    return not path.endswith("_test.rego") and bool(patterns) and matches(path, tuple(patterns))


def _folder(pattern: str) -> str:
    """The folder that holds everything a glob can match."""
    steps = pattern.split("/")[:-1]
    magic = next((i for i, step in enumerate(steps) if _MAGIC.search(step)), len(steps))
    # A brace may hold slashes, so it can begin in a later step only.
    return "/".join(steps[:magic])


def _pairs(subject: Subject) -> Iterator[tuple[Resource | None, Resource | None]]:
    """(before, after) of every object in a changed file."""
    for before, after in subject.pairs():
        old = before if before is not None and before.changed else None
        new = after if after is not None and after.changed else None
        if old is not None or new is not None:
            yield old, new


def _judged(
    engine: RegoEngine,
    law: Files,
    subject: Subject,
    severity_of_tier: Callable[[Tier], Severity],
) -> Outcome:
    program = engine.compile(law.sources)
    problems = [(problem, "") for problem in (*law.problems, *program.problems)]
    new = [(after, before) for before, after in _pairs(subject) if after is not None]
    head = engine.judge(program, (question(after, before) for after, before in new))
    for (resource, _), answer in zip(new, head, strict=True):
        problems += ((problem, f"{resource.kind} {resource.name}") for problem in answer.problems)
    known = {after.id: (after, answer) for (after, _), answer in zip(new, head, strict=True)}
    found = [f for r, answer in known.values() for f in findings(r, answer, severity_of_tier)]
    outcome = compared(CHECK, _before(engine, program, subject, known, severity_of_tier), found)
    failed = _failed(problems)
    return replace(
        outcome,
        # What was not judged after the change was not mended by it.
        fixed=() if failed else outcome.fixed,
        failed=failed,
        inconclusive="" if failed else _inconclusive(program),
    )


def _before(
    engine: RegoEngine,
    program: Program,
    subject: Subject,
    known: dict[str, tuple[Resource, Answer]],
    severity_of_tier: Callable[[Tier], Severity],
) -> list[Finding]:
    """What was to be said before the change. Problems there are none of this change's business:
    without an answer, what is found after it counts as new."""
    found: list[Finding] = []
    asked: list[Resource] = []
    for before, after in _pairs(subject):
        if before is None:
            continue
        if after is not None and after.body == before.body:
            found += findings(before, known[after.id][1], severity_of_tier)
        else:
            asked.append(before)
    # As an update that changes nothing, so that a policy for updates judges both sides.
    answers = engine.judge(program, (question(before, before) for before in asked))
    for resource, answer in zip(asked, answers, strict=True):
        found += findings(resource, answer, severity_of_tier)
    return found


def _failed(problems: Sequence[tuple[Problem, str]]) -> str:
    """The reason of an ERROR: each problem once, with the first object it arose on."""
    objects: dict[Problem, list[str]] = {}
    for problem, label in problems:
        objects.setdefault(problem, []).append(label)
    said = []
    for problem, labels in list(objects.items())[:_NAMED]:
        first = f" ({labels[0]})" if labels[0] and labels[0] not in problem.message else ""
        more = f" and on {len(labels) - 1} more" if len(labels) > 1 else ""
        said.append(f"{problem}{first}{more}")
    if len(objects) > _NAMED:
        said.append(f"and {len(objects) - _NAMED} more")
    return "; ".join(said)


def _inconclusive(program: Program) -> str:
    if not program.idle:
        return ""
    named = ", ".join(program.idle[:_NAMED]) + (", …" if len(program.idle) > _NAMED else "")
    return (
        f"{named}: no rule named deny, violation or warn, and no policy that has one uses it, "
        "so it judged nothing"
    )


def _proposed(
    engine: RegoEngine,
    repo: Repository,
    change: Change,
    patterns: Sequence[str],
    changed: Sequence[str],
    limits: Limits,
) -> tuple[Finding, ...]:
    """What is to be said about the head's policies: they are tried, never enforced."""
    files = policy_files(repo, change.head_sha, patterns, limits)
    program = engine.compile(files.sources)
    problems = dict.fromkeys((*files.problems, *program.problems))
    broken = [_broken(problem) for problem in problems if problem.path in changed]
    said = "policies changed: they take effect after the merge"
    return (_note("policies-changed", Severity.INFO, said, sorted(changed)[0], 0), *broken)


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

"""The check `policy`: the repository's own policies, of its base branch, over every changed
object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.engines.rego import EngineError
from bot.model import Change
from bot.policy.engines import Policies
from bot.policy.files import Files, is_policy, policy_files
from bot.policy.findings import CHECK, Severities, findings
from bot.policy.model import Answer, Context, Limits, Problem, Question
from bot.repo import Repository
from checks.model import Finding, Location, Node, Outcome, Resource, Severity, Subject
from checks.rule import compared

TITLE = "The repository's policies hold"
DEFAULT_LIMITS = Limits()
# How many problems the reason names one by one.
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a repository's config says of its policies."""

    patterns: tuple[str, ...] = ()
    severities: Severities = field(default_factory=Severities)
    kube_version: str = "1.34.0"


def evaluate(
    repo: Repository,
    change: Change,
    settings: Settings,
    subject: Subject,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Outcome:
    """Judge a change by the policy files of its base commit, and try those that it changes. Raises
    GitError."""
    law = policy_files(repo, change.base_sha, settings.patterns, limits)
    changed = [f.path for f in change.files if is_policy(f.path, settings.patterns)]
    context = Context(
        now=subject.facts.now,
        limits=limits,
        inventory=lambda: tuple(subject.head.resources.values()),
        kube_version=settings.kube_version,
    )
    try:
        if not law:
            said = ", ".join(settings.patterns) or "the config's empty list"
            outcome = Outcome(check=CHECK, skipped=f"no policy files match {said}")
        elif not any(a or b for a, b in _pairs(subject)):
            outcome = Outcome(check=CHECK, skipped="the change touches no objects")
        else:
            outcome = _judged(law, subject, settings.severities, context)
        notes = _proposed(repo, change, settings, changed, context) if changed else ()
    except EngineError as error:
        return Outcome(check=CHECK, failed=str(error))
    return replace(outcome, findings=outcome.findings + tuple(notes))


def _pairs(subject: Subject) -> Iterator[tuple[Resource | None, Resource | None]]:
    """(before, after) of every object that the change reaches."""
    for before, after in subject.pairs():
        old = before if before is not None and before.changed else None
        new = after if after is not None and after.changed else None
        if old is not None or new is not None:
            yield old, new


def _judged(law: Files, subject: Subject, severities: Severities, context: Context) -> Outcome:
    spaces = _namespaces(subject)
    new = [(after, before) for before, after in _pairs(subject) if after is not None]
    with Policies(law, context) as policies:
        head = policies.judge([_question(after, before, spaces) for after, before in new])
        problems = [(problem, "") for problem in policies.problems]
        for (resource, _), answers in zip(new, head, strict=True):
            label = f"{resource.kind} {resource.name}"
            problems += ((problem, label) for one in answers for problem in one.problems)
        known = {after.id: (after, answers) for (after, _), answers in zip(new, head, strict=True)}
        found = [f for r, answers in known.values() for f in findings(r, answers, severities)]
        before = _before(policies, subject, known, severities, spaces)
        idle = policies.idle
    outcome = compared(CHECK, before, found)
    failed = _failed(problems)
    return replace(
        outcome,
        # What was not judged after the change was not mended by it.
        fixed=() if failed else outcome.fixed,
        failed=failed,
        inconclusive="" if failed else _inconclusive(idle),
    )


_Spaces = dict[tuple[str, str], dict[str, Node]]


def _namespaces(subject: Subject) -> _Spaces:
    """The Namespaces that the head declares, by what they are deployed with and by name."""
    found: _Spaces = {}
    for one in subject.head.resources.values():
        if one.kind == "Namespace" and not one.group:
            found[one.home, one.name] = dict(one.body)
            found.setdefault(("", one.name), dict(one.body))
    return found


def _question(resource: Resource, before: Resource | None, spaces: _Spaces) -> Question:
    name = resource.namespace
    space = spaces.get((resource.home, name)) or spaces.get(("", name))
    return Question(resource=resource, before=before, namespace=space)


def _before(
    policies: Policies,
    subject: Subject,
    known: dict[str, tuple[Resource, list[Answer]]],
    severities: Severities,
    spaces: _Spaces,
) -> list[Finding]:
    """What was to be said before the change. Problems there are none of this change's business:
    without an answer, what is found after it counts as new."""
    found: list[Finding] = []
    asked: list[Resource] = []
    for before, after in _pairs(subject):
        if before is None:
            continue
        if after is not None and after.body == before.body:
            found += findings(before, known[after.id][1], severities)
        else:
            asked.append(before)
    # As an update that changes nothing, so that a policy for updates judges both sides.
    answers = policies.judge([_question(before, before, spaces) for before in asked])
    for resource, answer in zip(asked, answers, strict=True):
        found += findings(resource, answer, severities)
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


def _inconclusive(idle: Sequence[str]) -> str:
    if not idle:
        return ""
    named = ", ".join(idle[:_NAMED]) + (", …" if len(idle) > _NAMED else "")
    return (
        f"{named}: no rule named deny, violation or warn, and no policy that has one uses it, "
        "so it judged nothing"
    )


def _proposed(
    repo: Repository,
    change: Change,
    settings: Settings,
    changed: Sequence[str],
    context: Context,
) -> tuple[Finding, ...]:
    """What is to be said about the head's policies: they are tried, never enforced."""
    files = policy_files(repo, change.head_sha, settings.patterns, context.limits)
    with Policies(files, context) as policies:
        problems = dict.fromkeys(policies.problems)
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

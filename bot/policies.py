"""The check `policy`: the repository's own policies, of its base branch, over every changed
object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.engines.rego import EngineError
from bot.model import Change
from bot.policy import ahead
from bot.policy.engines import Policies
from bot.policy.files import Files, is_policy, policy_files
from bot.policy.findings import CHECK, Severities, findings
from bot.policy.model import Answer, Context, Limits, Problem, Question
from bot.policy.origins import Origin
from bot.policy.remote import remote_files, together
from bot.render.remote.store import Store
from bot.repo import Repository
from checks.model import Finding, Node, Outcome, Resource, Snapshot, Subject
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
    # Whether objects are held against the schemas of their kinds; None where that is possible.
    schema: bool | None = None
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What is not in the change: where policies of other repositories are fetched to, and all that
    the head declares. None where there is no such thing."""

    store: Store | None = None
    declared: Callable[[], Snapshot] | None = None
    # Where nothing is rendered, patches look like whole objects, and no schema is asked.
    rendered: bool = False


NOWHERE = Elsewhere()


def evaluate(
    repo: Repository,
    change: Change,
    settings: Settings,
    subject: Subject,
    *,
    elsewhere: Elsewhere = NOWHERE,
    limits: Limits = DEFAULT_LIMITS,
) -> Outcome:
    """Judge a change by the policy files of its base commit and by schemas, and try the policies
    that it changes. Raises GitError."""
    law = policy_files(repo, change.base_sha, settings.patterns, limits)
    if not elsewhere.rendered:
        settings = replace(settings, schema=False)
    law = together(law, remote_files(settings.origins, elsewhere.store, limits))
    changed = [f.path for f in change.files if is_policy(f.path, settings.patterns)]
    context = Context(
        now=subject.facts.now,
        limits=limits,
        inventory=lambda: tuple(subject.head.resources.values()),
        kube_version=settings.kube_version,
    )
    try:
        if not law and settings.schema is False:
            said = ", ".join(settings.patterns) or "the config's empty list"
            outcome = Outcome(check=CHECK, skipped=f"no policy files match {said}")
        elif not any(a or b for a, b in _pairs(subject)):
            outcome = Outcome(check=CHECK, skipped="the change touches no objects")
        else:
            outcome = _judged(law, subject, settings, context)
        notes = _ahead(repo, change, settings, law, changed, context, elsewhere) if changed else ()
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


def _judged(law: Files, subject: Subject, settings: Settings, context: Context) -> Outcome:
    spaces = _namespaces(subject.head)
    severities = settings.severities
    new = [(after, before) for before, after in _pairs(subject) if after is not None]
    with Policies(law, context, schema=settings.schema) as policies:
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


def _namespaces(head: Snapshot) -> _Spaces:
    """The Namespaces that the head declares, by what they are deployed with and by name."""
    found: _Spaces = {}
    for one in head.resources.values():
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


def _ahead(
    repo: Repository,
    change: Change,
    settings: Settings,
    law: Files,
    changed: Sequence[str],
    context: Context,
    elsewhere: Elsewhere,
) -> tuple[Finding, ...]:
    """What the head's policies would do, to everything that it declares where that is known."""
    notes = ahead.findings(repo, change, settings.patterns, changed, context)
    if elsewhere.declared is None:
        return notes
    whole = elsewhere.declared()
    spaces = _namespaces(whole)
    struck = ahead.struck(
        law,
        repo,
        change,
        settings.patterns,
        settings.severities,
        context,
        tuple(whole.resources.values()),
        lambda resource: _question(resource, None, spaces),
    )
    return (*notes, struck)

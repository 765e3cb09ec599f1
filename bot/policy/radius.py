"""What a change of policies means for everything there is: who would newly fail, and who pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.policy.engines import Policies
from bot.policy.files import Files
from bot.policy.findings import CHECK, Severities
from bot.policy.model import Answer, Context, Problem, Question
from checks.kube import pod_pointer
from checks.model import Finding, Location, Resource, ResourceRef, Severity

RULE = "policies-blast-radius"
_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """An object that something changes for, and the rules by which it does."""

    resource: Resource
    rules: tuple[str, ...]

    def __str__(self) -> str:
        return f"{ResourceRef.of(self.resource)} ({', '.join(self.rules)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """The objects, of all that are declared, that the changed policies judge otherwise: that would
    fail (or need approval) and do not now, only be warned, or no longer fail. `problems` are what
    the new policies could not answer: about those objects nothing is known."""

    judged: int
    newly_failing: tuple[Struck, ...] = ()
    newly_warned: tuple[Struck, ...] = ()
    newly_passing: tuple[Struck, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def said(self) -> str:
        """The whole in a sentence, with the first ten by name."""
        parts = [
            _part(self.newly_failing, "would newly fail"),
            _part(self.newly_warned, "would newly be warned of"),
            _part(self.newly_passing, "would no longer fail"),
        ]
        told = [part for part in parts if part] or ["no verdict on an object would change"]
        among = f"among the {self.judged:,} objects of the repository: "
        problems = ""
        if self.problems:
            problems = f"; what could not be judged is not counted: {self.problems[0]}"
        return among + "; ".join(told) + problems

    @property
    def finding(self) -> Finding:
        """The radius as something to be shown: it never gates, but nobody should overlook it."""
        first = (*self.newly_failing, *self.newly_warned, *self.newly_passing)
        by_rule = first[0].resource.source if first else Location(path="")
        grave = self.newly_failing or self.problems
        return Finding(
            check=CHECK,
            rule=RULE,
            severity=Severity.WARN if grave else Severity.INFO,
            message=self.said,
            location=by_rule,
            subject=RULE,
            remedy="Mend what would fail, or have it waived, before this is merged."
            if self.newly_failing
            else "",
        )


def radius(
    before: Files,
    after: Files,
    resources: Sequence[Resource],
    severities: Severities,
    context: Context,
    ask: Callable[[Resource], Question] = lambda resource: Question(resource=resource),
) -> Radius:
    """Judge every object by the policies of the base and by those of the head. Raises EngineError.

    A rule with another name or other words is no other rule: an object counts where no violation
    of the other side has the same rule or the same message, and is as hard.
    """
    questions = [ask(resource) for resource in resources]
    old, _ = _judged(before, questions, context)
    new, problems = _judged(after, questions, context)
    failing, warned, passing = [], [], []
    for resource, was, now in zip(resources, old, new, strict=True):
        had, has = _said(was, resource, severities), _said(now, resource, severities)
        fresh = [one for one in has if not _known(one, had)]
        gone = [one for one in had if one.severity >= Severity.APPROVAL and not _known(one, has)]
        if any(one.severity >= Severity.APPROVAL for one in fresh):
            hard = [one for one in fresh if one.severity >= Severity.APPROVAL]
            failing.append(_struck(resource, hard))
        elif fresh:
            warned.append(_struck(resource, fresh))
        if gone and not any(one.problems for one in now):
            passing.append(_struck(resource, gone))
    return Radius(
        judged=len(resources),
        newly_failing=tuple(failing),
        newly_warned=tuple(warned),
        newly_passing=tuple(passing),
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class _Said:
    rule: str
    message: str
    severity: Severity


def _judged(
    files: Files, questions: Sequence[Question], context: Context
) -> tuple[list[list[Answer]], tuple[Problem, ...]]:
    with Policies(files, context) as policies:
        answers = policies.judge(questions) if questions else []
        problems = dict.fromkeys(policies.problems)
    problems |= dict.fromkeys(p for all_ in answers for one in all_ for p in one.problems)
    return answers, tuple(problems)


def _said(answers: Sequence[Answer], resource: Resource, severities: Severities) -> list[_Said]:
    """What counts of the answers, from warnings upwards."""
    found = []
    for answer in answers:
        for violation in answer.violations:
            severity = severities.of(violation.rule, resource.tier)
            if severity is not None and severity > Severity.INFO:
                found.append(_Said(violation.rule.id, violation.message, severity))
    return found


def _known(one: _Said, others: Sequence[_Said]) -> bool:
    return any(
        other.severity >= one.severity and (other.rule == one.rule or other.message == one.message)
        for other in others
    )


def _struck(resource: Resource, said: Sequence[_Said]) -> Struck:
    return Struck(resource=resource, rules=tuple(dict.fromkeys(one.rule for one in said)))


def _part(struck: Sequence[Struck], what: str) -> str:
    """ "14 workloads would newly fail: Deployment shop/web (rego/main.deny), …", "" for none."""
    if not struck:
        return ""
    noun = "workload" if all(pod_pointer(one.resource) for one in struck) else "object"
    named = ", ".join(str(one) for one in struck[:_NAMED])
    more = f" and {len(struck) - _NAMED:,} more" if len(struck) > _NAMED else ""
    plural = "" if len(struck) == 1 else "s"
    return f"{len(struck):,} {noun}{plural} {what}: {named}{more}"

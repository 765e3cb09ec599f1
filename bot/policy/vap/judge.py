"""What policies say about one object after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bot.engines.cel.engine import CelEngine, Evaluated
from bot.policy.model import Answer, Context, Effect, Problem, Question, Violation
from bot.policy.vap.definition import Malformed, Validation, strictest
from bot.policy.vap.fields import field_of
from bot.policy.vap.kinds import Kind, Kinds
from bot.policy.vap.match import Unknown, is_by_kind, matches
from bot.policy.vap.parameters import Parameters
from bot.policy.vap.program import Program
from bot.policy.vap.subject import Subject

# Objects that go to the worker together: each wake-up of it costs more than most expressions.
_AT_ONCE = 16


@dataclass(frozen=True)
class _Job:
    """One policy with one parameter, and how hard what it says is."""

    program: Program
    params: Any
    effect: Effect

    @cached_property
    def asked(self) -> list[str]:
        """The rules that are asked."""
        one = self.program.definition
        return [one.rule(validation, self.effect).id for validation in one.validations]


@dataclass(slots=True)
class _Said:
    """What was said about an object so far."""

    violations: list[Violation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """Policies that see the same values."""

    jobs: list[_Job]
    bindings: dict[str, Any]
    subject: Subject
    said: _Said

    @property
    def conditional(self) -> list[_Job]:
        """Those with conditions."""
        return [job for job in self.jobs if job.program.definition.conditions]


@dataclass(slots=True)
class _Asked:
    """What is asked about one object, and what was said."""

    groups: list[_Group]
    said: _Said


class Judge:
    """Policies that are ready."""

    def __init__(self, cel: CelEngine, programs: Sequence[Program], context: Context) -> None:
        self._cel = cel
        self._programs = programs
        self._kinds = Kinds(context.inventory)
        self._parameters = Parameters(context)
        # What is to be evaluated for every object of a kind, of policies that ask for no more.
        self._of_kind: dict[tuple[Kind, str], dict[int, list[_Job]]] = {}
        self._by_kind = {one.number for one in programs if _is_by_kind(one)}

    def answers(self, questions: Sequence[Question]) -> Iterator[Answer]:
        """What the policies say about each object. Raises EngineError."""
        for start in range(0, len(questions), _AT_ONCE):
            asked = [self._asked(question) for question in questions[start : start + _AT_ONCE]]
            groups = [group for one in asked for group in one.groups]
            self._run(groups)
            for one in asked:
                yield Answer(
                    violations=tuple(one.said.violations),
                    problems=tuple(dict.fromkeys(one.said.problems)),
                    asked=tuple(dict.fromkeys(one.said.asked)),
                )

    def _asked(self, question: Question) -> _Asked:
        subject, said = Subject(question, self._kinds.of(question.resource)), _Said()
        by_params: dict[int, list[_Job]] = {}
        known = self._of_kind.setdefault((subject.kind, subject.operation), {})
        for program in self._programs:
            jobs = known.get(program.number)
            if jobs is None:
                before = len(said.problems)
                jobs = self._jobs(program, subject, said)
                if program.number in self._by_kind and len(said.problems) == before:
                    known[program.number] = jobs
            for job in jobs:
                by_params.setdefault(id(job.params), []).append(job)
        groups = [
            _Group(jobs, {**subject.bindings, "params": jobs[0].params}, subject, said)
            for jobs in by_params.values()
        ]
        return _Asked(groups, said)

    def _jobs(self, program: Program, subject: Subject, said: _Said) -> list[_Job]:
        """What is to be evaluated for an object; bindings with the same parameter are one."""
        definition = program.definition
        effects: dict[int, set[Effect]] = {}
        params: dict[int, Any] = {}
        for binding in definition.bindings:
            try:
                if not matches(binding.match, subject) or not matches(definition.match, subject):
                    continue
                for one in self._parameters.of(definition, binding, subject):
                    params[id(one)] = one
                    effects.setdefault(id(one), set()).add(binding.effect)
            except (Unknown, Malformed) as error:
                where = f", on {subject}" if isinstance(error, Unknown) else ""
                said.problems.append(definition.problem(f"{error} (binding {binding.name}){where}"))
        return [_Job(program, params[key], strictest(found)) for key, found in effects.items()]

    def _run(self, groups: Sequence[_Group]) -> None:
        """Conditions first, then what they let through."""
        units = [[job.program.conditions for job in group.conditional] for group in groups]
        for group, found in zip(groups, self._tell(groups, units), strict=True):
            for job, answer in zip(group.conditional, found, strict=True):
                if not self._is_wanted(job, answer, group.subject, group.said):
                    group.jobs.remove(job)
        units = [[job.program.validations for job in group.jobs] for group in groups]
        for group, found in zip(groups, self._tell(groups, units), strict=True):
            for job, answer in zip(group.jobs, found, strict=True):
                self._judged(job, answer, group)

    def _tell(self, groups: Sequence[_Group], units: Sequence[list[int]]) -> list[list[Evaluated]]:
        return self._cel.ask_many(
            [(wanted, group.bindings) for group, wanted in zip(groups, units, strict=True)]
        )

    def _is_wanted(self, job: _Job, answer: Evaluated, subject: Subject, said: _Said) -> bool:
        """Whether all matchConditions hold. One that is false decides, whatever the others are."""
        values = answer.values
        if any(kind == "value" and value is False for kind, value in values):
            return False
        wrong = [at for at, (_, value) in enumerate(values) if value is not True]
        if wrong:
            one = job.program.definition
            said.asked += job.asked
            self._failed(job, answer, wrong[0], one.validations[:1], subject, said)
        return not wrong

    def _judged(self, job: _Job, answer: Evaluated, group: _Group) -> None:
        definition, subject, said = job.program.definition, group.subject, group.said
        said.asked += job.asked
        if answer.held:
            return
        failed: list[Validation] = []
        for at, (kind, value) in enumerate(answer.values):
            own = definition.validations[at : at + 1]
            if own and kind == "value" and value is False:
                failed += own
            elif kind == "error" or (own and value is not True):
                self._failed(job, answer, at, own, subject, said)
        messages = None
        if any(validation.message_expression for validation in failed):
            (messages,) = self._cel.ask_each((job.program.messages,), group.bindings)
        for validation in failed:
            said.violations.append(
                Violation(
                    rule=definition.rule(validation, job.effect),
                    message=job.program.message(validation, messages),
                    pointer=field_of(validation.expression, subject.question.resource),
                )
            )

    def _failed(
        self,
        job: _Job,
        answer: Evaluated,
        at: int,
        validations: Sequence[Validation],
        subject: Subject,
        said: _Said,
    ) -> None:
        """An expression that has no answer: a problem. Where the cluster would surely admit the
        object for that (failurePolicy: Ignore), it is noted."""
        definition = job.program.definition
        kind, value = answer.values[at]
        why = str(value) if kind == "error" else f"it is {value!r}, neither true nor false"
        if definition.ignore and at not in answer.unknown and validations:
            rule = replace(definition.rule(validations[0], Effect.AUDIT), effect=Effect.AUDIT)
            message = f"not judged, which the policy's failurePolicy Ignore lets pass: {why}"
            said.violations.append(Violation(rule=rule, message=message))
            return
        line = validations[0].line if validations else 0
        said.problems.append(definition.problem(f"{why}, on {subject}", line))


def _is_by_kind(program: Program) -> bool:
    one = program.definition
    parts = (one.match, *(binding.match for binding in one.bindings))
    return not one.kind[1] and all(is_by_kind(part) for part in parts)

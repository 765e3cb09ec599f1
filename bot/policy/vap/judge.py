"""What policies say about one object after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.engines.cel.engine import CelEngine, Evaluated
from bot.policy.model import Answer, Context, Effect, Problem, Question, Violation
from bot.policy.vap.definition import Malformed, Validation, strictest
from bot.policy.vap.fields import field_of
from bot.policy.vap.kinds import Kinds
from bot.policy.vap.match import Unknown, matches
from bot.policy.vap.parameters import Parameters
from bot.policy.vap.program import Program
from bot.policy.vap.subject import Subject


@dataclass(frozen=True, slots=True)
class _Job:
    """One policy with one parameter, and how hard what it says is."""

    program: Program
    params: Any
    effect: Effect


@dataclass(slots=True)
class _Said:
    """What was said about an object so far."""

    violations: list[Violation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


class Judge:
    """Policies that are ready."""

    def __init__(self, cel: CelEngine, programs: Sequence[Program], context: Context) -> None:
        self._cel = cel
        self._programs = programs
        self._kinds = Kinds(context.inventory)
        self._parameters = Parameters(context)

    def answer(self, question: Question) -> Answer:
        """What the policies say about one object. Raises EngineError."""
        subject = Subject(question, self._kinds.of(question.resource))
        said = _Said()
        jobs = [job for program in self._programs for job in self._jobs(program, subject, said)]
        groups: dict[int, list[_Job]] = {}
        for job in jobs:
            groups.setdefault(id(job.params), []).append(job)
        for group in groups.values():
            self._run(group, subject, said)
        return Answer(
            violations=tuple(said.violations),
            problems=tuple(dict.fromkeys(said.problems)),
            asked=tuple(dict.fromkeys(said.asked)),
        )

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

    def _run(self, jobs: Sequence[_Job], subject: Subject, said: _Said) -> None:
        bindings = {**subject.bindings, "params": jobs[0].params}
        conditional = [job for job in jobs if job.program.definition.conditions]
        units = [job.program.conditions for job in conditional]
        answers = self._cel.ask_each(units, bindings)
        asked = dict(zip(units, answers, strict=True))
        wanted = [
            job
            for job in jobs
            if job not in conditional
            or self._is_wanted(job, asked[job.program.conditions], subject, said)
        ]
        found = self._cel.ask_each([job.program.validations for job in wanted], bindings)
        for job, answer in zip(wanted, found, strict=True):
            self._judged(job, answer, bindings, subject, said)

    def _is_wanted(self, job: _Job, answer: Evaluated, subject: Subject, said: _Said) -> bool:
        """Whether all matchConditions hold. One that is false decides, whatever the others are."""
        values = answer.values
        if any(kind == "value" and value is False for kind, value in values):
            return False
        wrong = [at for at, (_, value) in enumerate(values) if value is not True]
        if wrong:
            one = job.program.definition
            said.asked += [one.rule(v, job.effect).id for v in one.validations]
            self._failed(job, answer, wrong[0], one.validations[:1], subject, said)
        return not wrong

    def _judged(
        self,
        job: _Job,
        answer: Evaluated,
        bindings: dict[str, Any],
        subject: Subject,
        said: _Said,
    ) -> None:
        definition = job.program.definition
        failed: list[Validation] = []
        for at, (kind, value) in enumerate(answer.values):
            own = definition.validations[at : at + 1]
            said.asked += [definition.rule(one, job.effect).id for one in own]
            if own and kind == "value" and value is False:
                failed += own
            elif kind == "error" or (own and value is not True):
                self._failed(job, answer, at, own, subject, said)
        messages = None
        if any(validation.message_expression for validation in failed):
            (messages,) = self._cel.ask_each((job.program.messages,), bindings)
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

"""What policies say of one request: which rules are for it, then each in the engine it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.engines.cel.engine import CelEngine
from bot.engines.program import Limits
from bot.policy.kyverno import cel_rules, match, validating
from bot.policy.kyverno.asking import ConfigMaps, Rules, Told
from bot.policy.kyverno.cel_rules import CelAnswer, CelRule, Validation
from bot.policy.kyverno.policy import Policy, Rule
from bot.policy.kyverno.request import Request
from bot.policy.kyverno.validating import ValidatingPolicy, Variant
from bot.policy.model import Problem

_SENT = ("name", "context", "preconditions", "validate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a rule (with the name that Kyverno gave it) or a validation of a ValidatingPolicy said.

    `expression` is the one in CEL that decided; one that fails with an error is `faulty`: in the
    cluster the object is denied.
    """

    policy: Policy | ValidatingPolicy
    rule: Rule | None
    name: str
    body: Mapping[str, Any]
    told: Told
    index: int = -1
    expression: str = ""
    faulty: bool = False


@dataclass(slots=True)
class _Pending:
    """A rule that is for a request."""

    rule: Rule
    body: Mapping[str, Any]
    number: int
    told: Told | None = None
    expression: str = ""
    faulty: bool = False


@dataclass(slots=True)
class Judge:
    """Policies that are ready; close it to end its workers."""

    policies: Sequence[Policy]
    validating: Sequence[ValidatingPolicy]
    rules: Rules
    cel: CelEngine
    _numbers: dict[tuple[int, str], int] = field(default_factory=dict)
    _cel_rules: dict[int, CelRule | str] = field(default_factory=dict)
    _first: int = 0

    @classmethod
    def of(
        cls,
        policies: Sequence[Policy],
        cel_policies: Sequence[ValidatingPolicy],
        *,
        now: datetime,
        limits: Limits,
        config_maps: ConfigMaps = (),
    ) -> Judge:
        """A judge with workers of its own."""
        return cls(
            policies=policies,
            validating=cel_policies,
            rules=Rules(now=now, limits=limits, config_maps=config_maps),
            cel=CelEngine(now=now, limits=limits),
            _first=sum(len(one.variants) for one in cel_policies),
        )

    def close(self) -> None:
        """End the workers."""
        self.rules.stop()
        self.cel.__exit__(None, None, None)

    def load(self) -> list[Problem]:
        """Make the ValidatingPolicies ready, and look at the expressions of the others; what is
        wrong with them. Raises EngineError."""
        problems = []
        for one in self.validating:
            for variant in one.variants:
                said = variant.rule.load(self.cel)
                if said:
                    problems.append(one.problem(said, _place(said)))
                    one.variants.clear()
                    break
        for policy in self.policies:
            for rule in list(policy.rules):
                flaws = self._flaws(rule)
                problems += [rule.problem(flaw) for flaw in flaws]
                if flaws:
                    policy.rules.remove(rule)
        return problems

    def _flaws(self, rule: Rule) -> Sequence[str]:
        if rule.body["validate"].get("cel") is not None:
            said = self._cel_rule(rule, rule.body)
            return [said] if isinstance(said, str) else []
        if "{{" not in str(rule.body):
            return []
        return self.rules.check({key: rule.body[key] for key in _SENT if key in rule.body})

    def evaluate(self, request: Request) -> list[Result]:
        """What the policies say of a request. Raises EngineError."""
        results = self.of_policies(self.policies, request)
        return results + self.of_validating(self.validating, request)

    def of_policies(self, policies: Sequence[Policy], request: Request) -> list[Result]:
        """What some of the policies say. Raises EngineError."""
        pending = [self._for(policy, request) for policy in policies]
        everything = [one for several in pending for one in several]
        self._ask(everything, request)
        self._ask_cel(everything, request)
        return [one for several in pending for one in _results(several)]

    def of_validating(self, policies: Sequence[ValidatingPolicy], request: Request) -> list[Result]:
        """What ValidatingPolicies say. Raises EngineError."""
        wanted = [
            (policy, variant, validating.applies(policy, variant.match, request))
            for policy in policies
            for variant in policy.variants
        ]
        asked = [variant.rule for _, variant, applies in wanted if applies is True]
        answers = iter(cel_rules.ask(self.cel, asked, request.bindings))
        results = []
        for policy, variant, applies in wanted:
            if applies is not False:
                unsure = CelAnswer(status="unsupported", message=str(applies))
                answer = next(answers) if applies is True else unsure
                results.append(_validated(policy, variant, answer))
        return results

    def _for(self, policy: Policy, request: Request) -> list[_Pending]:
        found = []
        for rule, body in policy.rules_for(request.kind):
            wanted = match.applies(body, policy.namespace, request)
            if wanted is False:
                continue
            told = None
            if isinstance(wanted, str):
                told = Told(status="unsupported", message=wanted)
            found.append(_Pending(rule, body, self._number(rule, str(body["name"])), told))
        return found

    def _number(self, rule: Rule, name: str) -> int:
        return self._numbers.setdefault((id(rule), name), self._first + len(self._numbers))

    def _ask(self, pending: Sequence[_Pending], request: Request) -> None:
        """Ask the worker what is not in CEL alone."""
        asked = [one for one in pending if one.told is None and not _only_cel(one.body)]
        for one in asked:
            sent = {key: one.body[key] for key in _SENT if key in one.body}
            self.rules.add(one.number, {**sent, "policyNamespace": one.rule.policy.namespace})
        if not asked:
            return
        values = [
            (one.number, request.values_for(one.rule.policy.name, one.rule.name)) for one in asked
        ]
        said = self.rules.ask(values, request.admission, request.unknown)
        for one, told in zip(asked, said, strict=True):
            one.told = told

    def _ask_cel(self, pending: Sequence[_Pending], request: Request) -> None:
        """Ask what is in CEL and whose preconditions are met."""
        asked = []
        for one in pending:
            in_cel = one.body["validate"].get("cel") is not None
            if in_cel and (one.told is None or one.told.status == "pass"):
                rule = self._cel_rule(one.rule, one.body)
                if isinstance(rule, str):
                    one.told = Told(status="unsupported", message=rule)
                else:
                    asked.append((one, rule))
        answers = cel_rules.ask(self.cel, [rule for _, rule in asked], request.bindings)
        for (one, rule), answer in zip(asked, answers, strict=True):
            _take(one, rule, answer)

    def _cel_rule(self, rule: Rule, body: Mapping[str, Any]) -> CelRule | str:
        """The expressions of a rule, or why they cannot be used."""
        number = self._number(rule, str(body["name"]))
        if number not in self._cel_rules:
            read = _read_cel(body, number)
            said = read if isinstance(read, str) else read.load(self.cel)
            self._cel_rules[number] = said or read
        return self._cel_rules[number]


def _take(one: _Pending, rule: CelRule, answer: CelAnswer) -> None:
    """What a rule in CEL says as the cluster takes it."""
    message, status = answer.message, answer.status
    if answer.index >= 0:
        one.expression = rule.validations[answer.index].expression
    if status == "error":
        # The cluster denies it: the policy's failurePolicy does not count here.
        status, one.faulty, message = "fail", True, f"an expression fails: {message}"
    elif status == "fail" and not message:
        message = f"failed expression: {one.expression.strip()}"
    one.told = Told(status=status, message=message)


def _results(pending: Sequence[_Pending]) -> Iterator[Result]:
    """The results of the rules of one policy; one that wants a single rule ends after it."""
    for one in pending:
        if one.told is None or one.told.status == "none":
            continue
        yield Result(
            policy=one.rule.policy,
            rule=one.rule,
            name=str(one.body["name"]),
            body=one.body,
            told=one.told,
            expression=one.expression,
            faulty=one.faulty,
        )
        applied = one.told.status in ("pass", "fail")
        if applied and one.rule.policy.spec.get("applyRules") == "One":
            return


def _validated(policy: ValidatingPolicy, variant: Variant, answer: CelAnswer) -> Result:
    if answer.status == "error" and answer.index < 0 and policy.ignores:
        answer = CelAnswer(status="skip", message=answer.message)
    known = variant.rule.validations[answer.index].expression if answer.index >= 0 else ""
    return Result(
        policy=policy,
        rule=None,
        name=f"autogen-{variant.name}" if variant.name else "",
        body={},
        told=Told(status=answer.status, message=answer.message),
        index=answer.index,
        expression=known,
    )


def _only_cel(body: Mapping[str, Any]) -> bool:
    in_cel = body["validate"].get("cel") is not None
    return in_cel and not body.get("preconditions") and not body.get("context")


def _read_cel(body: Mapping[str, Any], number: int) -> CelRule | str:
    cel = body["validate"]["cel"]
    message = str(body["validate"].get("message") or "")
    parts = {
        "expressions": cel.get("expressions") or [] if isinstance(cel, dict) else None,
        "variables": cel.get("variables") or [] if isinstance(cel, dict) else None,
        "auditAnnotations": cel.get("auditAnnotations") or [] if isinstance(cel, dict) else None,
        "celPreconditions": body.get("celPreconditions") or [],
    }
    for name, found in parts.items():
        key = "valueExpression" if name == "auditAnnotations" else "expression"
        if not isinstance(found, list) or not all(
            isinstance(one, dict) and isinstance(one.get(key), str) for one in found
        ):
            return f"{name}: an expression is missing or no text"
    return CelRule(
        number=number,
        conditions=[one["expression"] for one in parts["celPreconditions"] or []],
        variables=[(str(one.get("name")), one["expression"]) for one in parts["variables"] or []],
        validations=[
            Validation(
                expression=one["expression"],
                message=str(one.get("message") or message),
                message_expression=str(one.get("messageExpression") or ""),
            )
            for one in parts["expressions"] or []
        ],
        annotations=[one["valueExpression"] for one in parts["auditAnnotations"] or []],
    )


def _place(said: str) -> int:
    """The validation that an error is about: "expression 2: …" counts from 1."""
    where, _, number = said.partition(":")[0].partition(" ")
    return int(number) - 1 if where == "expression" and number.isdigit() else -1

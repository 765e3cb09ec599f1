"""One rule on one object: preconditions, then deny, pattern, anyPattern or foreach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.policy.kyverno.inside import conditions, pod_security
from bot.policy.kyverno.inside.context import Context, World
from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.jmespath.query import Interpreter
from bot.policy.kyverno.inside.pattern import Path, judged, said

__all__ = ["Result", "evaluate"]
_NO_PRECONDITIONS = "failed to evaluate preconditions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a rule says: "pass", "fail", "skip", "error" (Kyverno's own), "unsupported" (ours)
    or "none": it says nothing at all. `path` leads to the field that broke it, where that is
    known; it is `whole` once it is counted from the object and not from an element of a loop."""

    status: str
    message: str = ""
    path: Path = ()
    whole: bool = False


def evaluate(rule: Mapping[str, Any], resource: Any, world: World, jmes: Interpreter) -> Result:
    """Judge an object, None for one that is deleted, by a rule that matches it."""
    context = Context(world, jmes)
    try:
        context.add(rule.get("context") or [])
        try:
            met, message = conditions.met(rule.get("preconditions"), context)
        except Fault as fault:
            return Result(status="error", message=f"{_NO_PRECONDITIONS}: {fault}")
        if not met:
            return _skipped(message)
        if any(name.split(".")[:2] == ["request", "object"] for name in world.values):
            resource = context.resource("object")
        return _Validator(rule, context, resource).validate(rule["validate"])
    except Unsupported as unsupported:
        return Result(status="unsupported", message=str(unsupported))
    except Fault as fault:
        return Result(status="error", message=str(fault))


def _skipped(message: str) -> Result:
    return Result(
        status="skip", message="; ".join(filter(None, ("preconditions not met", message)))
    )


class _Validator:
    """The part `validate` of a rule, or an element of its foreach."""

    def __init__(
        self,
        rule: Mapping[str, Any],
        context: Context,
        resource: Any,
        nesting: int = 0,
    ) -> None:
        self._rule = rule
        self._name = str(rule["name"])
        self._message = rule["validate"].get("message") or ""
        self._context = context
        self._resource = resource
        self._nesting = nesting

    def validate(self, what: Mapping[str, Any]) -> Result:
        """Judge by deny, pattern, anyPattern, foreach or podSecurity: the first that is there."""
        if what.get("podSecurity") is not None:
            return pod_security_result(what["podSecurity"], self._resource, self._name)
        if what.get("deny") is not None:
            return self._deny(what["deny"])
        if what.get("pattern") is not None or what.get("anyPattern") is not None:
            return self._patterns(what)
        if what.get("foreach") is not None:
            return self._foreach(what["foreach"])
        return Result(status="none")

    def element(self, loop: Mapping[str, Any]) -> Result:
        """Judge an element of a list, whose scope was entered."""
        self._context.add(loop.get("context") or [])
        try:
            met, message = conditions.met(loop.get("preconditions"), self._context)
        except Fault as fault:
            return Result(status="error", message=f"{_NO_PRECONDITIONS}: {fault}")
        return self.validate(loop) if met else _skipped(message)

    def _deny(self, deny: Mapping[str, Any]) -> Result:
        try:
            denied, message = conditions.met(deny.get("conditions"), self._context)
        except Fault as fault:
            told = f"failed to check deny conditions: {fault}"
            return Result(status="error", message=told)
        if not denied:
            return Result(status="pass")
        return Result(status="fail", message=self._denial(message))

    def _denial(self, message: str) -> str:
        if not self._message and not message:
            return f"validation error: rule {self._name} failed"
        whole = "; ".join(filter(None, (self._message, message)))
        try:
            text = self._context.substituted(whole)
        except Fault:
            return message
        except Unsupported:
            # What it says is not known, that it denies is.
            return whole
        if isinstance(text, str):
            return text
        return "the produced message didn't resolve to a string, check your policy definition."

    def _patterns(self, what: Mapping[str, Any]) -> Result:
        single = what.get("pattern") is not None
        try:
            pattern = self._context.substituted(what["pattern" if single else "anyPattern"])
        except Fault as fault:
            return Result(status="error", message=f"variable substitution failed: {fault}")
        if self._resource is None:
            return Result(status="none")
        return self._pattern(pattern) if single else self._any_pattern(pattern)

    def _pattern(self, pattern: Any) -> Result:
        verdict = judged(self._resource, pattern)
        if verdict is None:
            return Result(status="pass")
        if verdict.status == "skip":
            return Result(status="skip", message=verdict.message)
        how = f"execution error: {verdict.message}"
        if verdict.status == "fail":
            how = f"failed at path {said(verdict.path)}"
        return self._failed(verdict.status, f"rule {self._name} {how}", verdict.path)

    def _failed(self, status: str, told: str, path: Path) -> Result:
        """A failure with the rule's own message before what is told of it."""
        message = f"validation error: {told}"
        if self._message:
            try:
                own = self._context.substituted(self._message)
            except Fault:
                own = f"variables substitution error in rule {self._name} execution error."
            except Unsupported:
                own = self._message
            own = own if isinstance(own, str) else str(own)
            message = f"validation error: {own}{'' if own.endswith('.') else '.'} {told}"
        return Result(status=status, message=message, path=path)

    def _any_pattern(self, patterns: Any) -> Result:
        failed, skipped, first = [], [], None
        for number, pattern in enumerate(patterns if isinstance(patterns, list) else [patterns]):
            verdict = judged(self._resource, pattern)
            if verdict is None:
                return Result(status="pass")
            which = f"rule {self._name}[{number}]"
            if verdict.status == "skip":
                skipped.append(f"{which} skipped: {verdict.message}")
                continue
            first = first or verdict
            if verdict.status == "fail":
                failed.append(f"{which} failed at path {said(verdict.path)}")
            else:
                failed.append(f"{which} failed: {verdict.message}")
        if failed:
            return self._failed("fail", " ".join(failed), first.path if first else ())
        if skipped:
            return Result(status="skip", message=" ".join(skipped))
        return Result(status="pass")

    def _foreach(self, loops: Any) -> Result:
        applied, failure = 0, None
        for loop in loops if isinstance(loops, list) else [loops]:
            try:
                elements = self._context.query(str(loop.get("list") or ""))
            except Fault as fault:
                if "Unknown key" not in str(fault):
                    failure = fault
                continue
            elements = elements if isinstance(elements, list) else [elements]
            result, count = self._elements(loop, elements)
            if result is not None:
                return result
            applied += count
        if applied:
            return Result(status="pass")
        if failure is not None:
            return Result(status="error", message=f"failed to evaluate list: {failure}")
        return Result(status="none")

    def _elements(self, loop: Mapping[str, Any], elements: list[Any]) -> tuple[Result | None, int]:
        """The first element that does not pass, and how many were judged."""
        applied = 0
        for index, element in enumerate(elements):
            if element is None:
                continue
            self._context.enter(element, index, self._nesting)
            try:
                result = self._of(loop, element)
            finally:
                self._context.leave()
            if result.status in ("skip", "none"):
                continue
            if result.status != "pass":
                if result.status == "error" and _NO_PRECONDITIONS in result.message:
                    continue
                told = f"validation failure: {result.message}"
                return self._placed(loop, element, replace(result, message=told)), applied
            applied += 1
        return None, applied

    def _of(self, loop: Mapping[str, Any], element: Any) -> Result:
        scope = loop.get("elementScope")
        if scope and not isinstance(element, dict):
            told = "cannot use elementScope=true foreach rules for elements that are not maps"
            return Result(status="error", message=f"failed to process foreach: {told}")
        resource = element if _scoped(loop, element) else self._resource
        return _Validator(self._rule, self._context, resource, self._nesting + 1).element(loop)

    def _placed(self, loop: Mapping[str, Any], element: Any, result: Result) -> Result:
        """The result with its path counted from the object, where the element is part of that."""
        if result.whole:
            return result
        where = _found(self._context.resource("object"), element)
        scoped = _scoped(loop, element)
        if not scoped and (result.path or where is None):
            # It is of what this one judges: an element of the loop around it, or the object.
            return result if self._nesting else replace(result, whole=True)
        return replace(result, path=() if where is None else where + result.path, whole=True)


def _scoped(loop: Mapping[str, Any], element: Any) -> bool:
    """Whether patterns are about the element and not about what is around it."""
    scope = loop.get("elementScope")
    return isinstance(element, dict) if scope is None else bool(scope)


def _found(tree: Any, wanted: Any) -> Path | None:
    """Where in an object the very value is that a list of it had."""
    if not isinstance(wanted, dict | list):
        return None
    if tree is wanted:
        return ()
    pairs = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for step, value in pairs:
        below = _found(value, wanted)
        if below is not None:
            return (step, *below)
    return None


def pod_security_result(wanted: Mapping[str, Any], resource: Any, name: str) -> Result:
    """Judge the pod of an object by the Pod Security Standards."""
    if resource is None:
        return Result(status="none")
    found = pod_security.violations(wanted, resource)
    if not found:
        return Result(status="pass")
    level, version = wanted.get("level", ""), wanted.get("version") or ""
    told = "".join(one.told for one in found)
    message = f"Validation rule '{name}' failed. It violates PodSecurity \"{level}:{version}\": "
    return Result(status="fail", message=message + told, path=found[0].path)

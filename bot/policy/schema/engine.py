"""The engine of schemas: it needs no policy file, and judges every object by what its kind is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from bot.policy.model import (
    Answer,
    Context,
    Document,
    Effect,
    PolicyRule,
    Problem,
    Question,
    Source,
    Violation,
)
from bot.policy.schema.bundle import EXTRA, Bundle, installed
from bot.policy.schema.crds import Definition, definitions, nearest
from bot.policy.schema.talk import Asked, Talk
from checks.model import Location, Patch, Resource

# What we make of Terraform, and what tools read themselves, is no object of a cluster.
_NO_OBJECTS = ("terraform", "kustomize.config.k8s.io")
# Their schemas are made by Gatekeeper of templates; a definition in the repository is a fixture.
_TEMPLATED = "constraints.gatekeeper.sh"
_SCHEMA_BYTES = 4 * 1024 * 1024
_REMEDY = "Write it as the schema of its kind has it."
_NOWHERE = "Nothing takes its place: take it out, or have what defines it in the repository."
_PATCH = "not judged by its schema: it looks like a patch that nothing names"
_NOTES = PolicyRule(id="schema/not-judged", location=Location(path=""), effect=Effect.AUDIT)


class SchemaEngine:
    """The engine of Kubernetes' schemas and of those of CustomResourceDefinitions.

    Where the extra is not installed, or has no schemas for the version, that is said once as a
    note; with `demanded` it is a problem.
    """

    name = "schema"

    def __init__(
        self, *, demanded: bool = False, bundle: Callable[[], Bundle | None] = installed
    ) -> None:
        self._demanded = demanded
        self._bundle = bundle

    def takes(self, document: Document) -> bool:  # noqa: ARG002 - schemas are no policy files
        """No YAML document of a policy file is a schema."""
        return False

    def compile(
        self,
        sources: Sequence[Source],  # noqa: ARG002 - none is read
        documents: Sequence[Document],  # noqa: ARG002 - none is taken
        context: Context,
    ) -> CompiledSchemas:
        """Find the schemas. Raises EngineError where no worker starts."""
        bundle = self._bundle()
        folder = bundle.of(context.kube_version) if bundle else None
        if bundle is None:
            why = f"not judged by its schema: this needs plumbline's extra [{EXTRA}]"
        else:
            minor = ".".join(context.kube_version.split(".")[:2])
            why = (
                f"not judged by its schema: there are schemas of Kubernetes {bundle.said}, "
                f"none of {minor}"
            )
        talk = Talk(folder, now=context.now, limits=context.limits) if folder else None
        return CompiledSchemas(talk, context, why, demanded=self._demanded)


class CompiledSchemas:
    """The schemas of one version of Kubernetes with the worker that holds them."""

    idle: Sequence[str] = ()

    def __init__(self, talk: Talk | None, context: Context, why: str, *, demanded: bool) -> None:
        self._talk = talk
        self._why = why
        self._noted: set[tuple[str, str]] = set()
        self._bad: dict[str, Problem] = {}
        self._names: dict[str, Definition] = {}
        self.problems: Sequence[Problem] = ()
        inventory = context.inventory() if talk else ()
        self._defined = definitions(inventory)
        self._patched = {_root_of(one) for one in inventory if one.rendered_from != "plain"}
        said = talk.open() if talk else why if demanded else ""
        if said:
            self.problems = (Problem(path="policy.schema", line=0, message=said),)

    def __enter__(self) -> CompiledSchemas:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._talk is not None:
            self._talk.close()

    @property
    def rules(self) -> Sequence[PolicyRule]:
        """One for every kind that there is a schema of."""
        own = [_rule(*kind) for kind in self._talk.kinds] if self._talk else []
        theirs = (_rule(*kind, found[0].location) for kind, found in self._defined.items())
        return (*own, *theirs)

    def judge(self, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Ask every object's schema. Raises EngineError."""
        asked = [self._asked(one.resource) for one in questions]
        wanted = [one for one in asked if isinstance(one, Asked)]
        told = iter(self._talk.judge(wanted) if self._talk and wanted else ())
        return tuple(
            self._answer(question, next(told))
            if isinstance(one, Asked)
            else self._told(question, one)
            for question, one in zip(questions, asked, strict=True)
        )

    def _asked(self, resource: Resource) -> Asked | Answer | str:
        """What the worker is asked; else the answer, or why there is none."""
        if resource.group in _NO_OBJECTS or self.problems:
            return Answer()
        if self._talk is None:
            return self._why
        if isinstance(resource.get("sops"), dict):
            return "not judged by its schema: it is encrypted"
        found = self._defined.get((resource.api_version, resource.kind), [])
        if resource.group == _TEMPLATED:
            found = []
        names = []
        for one in nearest(found, resource):
            name = self._named(one)
            if name in self._bad:
                return Answer(problems=(self._bad[name],), asked=(_id(resource),))
            names.append(name)
        return Asked(body=resource.body, definitions=tuple(names))

    def _named(self, definition: Definition) -> str:
        """The definition's name for the worker, which knows it then, or it is bad."""
        at = definition.location
        name = f"{at.path}:{at.line} {' '.join(definition.kind)}"
        if name not in self._names and self._talk is not None:
            self._names[name] = definition
            size = len(json.dumps(definition.schema))
            if size > _SCHEMA_BYTES:
                said = f"it has {size:,} bytes"
            else:
                said = self._talk.define(name, definition.schema, status=definition.status)
            if said:
                message = f"the schema of {definition.kind[1]} cannot be used: {said}"
                self._bad[name] = Problem(path=at.path, line=at.line, message=message)
        return name

    def _told(self, question: Question, said: Answer | str) -> Answer:
        if isinstance(said, Answer):
            return said
        return Answer(violations=self._note(question, said, "" if said == self._why else "kind"))

    def _answer(self, question: Question, told: dict[str, Any]) -> Answer:
        resource = question.resource
        if "problem" in told:
            return Answer(problems=(_problem(resource, told["problem"]),), asked=(_id(resource),))
        if "absent" in told:
            return self._absent(question, told["absent"])
        if told["incomplete"] and self._is_patch(resource):
            return Answer(violations=self._note(question, _PATCH, "file"))
        found = self._defined.get((resource.api_version, resource.kind))
        rule = _rule(resource.api_version, resource.kind, found[0].location if found else None)
        violations = tuple(_violation(rule, flaw) for flaw in told["flaws"])
        notes: tuple[Violation, ...] = ()
        if told["held"]:
            notes += self._note(question, "a placeholder is not judged by the schema", "file")
        if found and any(one.asks_cel for one in found):
            said = "the CEL rules (x-kubernetes-validations) of this kind are not asked"
            notes += self._note(question, said, "kind")
        return Answer(violations=(*violations, *notes), asked=(rule.id,))

    def _is_patch(self, resource: Resource) -> bool:
        """Whether what stands by itself, and is not whole, is likely to be meant as a patch."""
        path = resource.source.path
        named = "patch" in path.lower() or path.rpartition("/")[0] in self._patched
        return resource.rendered_from == "plain" and (named or "$patch" in resource.body)

    def _absent(self, question: Question, said: Sequence[str] | None) -> Answer:
        resource = question.resource
        if said is None:
            message = (
                f"{resource.kind} of {resource.api_version} is not judged by a schema: neither "
                "Kubernetes nor a CustomResourceDefinition read here defines it"
            )
            return Answer(violations=self._note(question, message, "kind"))
        if self._is_patch(resource):
            return Answer(violations=self._note(question, _PATCH, "file"))
        rule = _rule(resource.api_version, resource.kind)
        violation = Violation(
            rule=rule, message=said[0], pointer=("apiVersion",), remedy=said[1] or _NOWHERE
        )
        return Answer(violations=(violation,), asked=(rule.id,))

    def _note(self, question: Question, said: str, each: str) -> tuple[Violation, ...]:
        """What is to be said once: for each kind, each file, or ("") at all. Not of what was
        there before, or what is gone would count as mended."""
        resource = question.resource
        by = {"kind": _id(resource), "file": resource.source.path}.get(each, "")
        if (said, by) in self._noted or question.before is resource:
            return ()
        self._noted.add((said, by))
        return (Violation(rule=_NOTES, message=said),)


def _root_of(resource: Resource) -> str:
    """The folder of the kustomization that an object was rendered from."""
    kind, _, key = resource.rendered_from.partition(" ")
    return key.partition(" as ")[0] if kind == "kustomize" else resource.rendered_from


def _id(resource: Resource) -> str:
    return f"schema/{resource.api_version}/{resource.kind}"


def _rule(api_version: str, kind: str, location: Location | None = None) -> PolicyRule:
    return PolicyRule(
        id=f"schema/{api_version}/{kind}",
        location=location or Location(path=""),
        effect=Effect.DENY,
        title=f"the schema of {kind}",
        remedy=_REMEDY,
    )


def _violation(rule: PolicyRule, flaw: dict[str, Any]) -> Violation:
    return Violation(
        rule=rule,
        message=flaw["message"],
        pointer=tuple(flaw["pointer"]),
        remedy=flaw["remedy"],
        patches=tuple(
            Patch(pointer=tuple(pointer), value=value) for pointer, value in flaw["patches"]
        ),
    )


def _problem(resource: Resource, said: str) -> Problem:
    return Problem(
        path=resource.source.path,
        line=resource.source.line,
        message=f"{resource.kind} {resource.name} could not be judged by its schema: {said}",
    )

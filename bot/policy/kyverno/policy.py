"""Kyverno's policies, read from their documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.policy.kyverno import autogen
from bot.policy.kyverno.inside import operators
from bot.policy.kyverno.shape import POLICY, misshapen, said
from bot.policy.model import Document, Problem
from checks.model import Pointer, line_of

GROUP = "kyverno.io"
KINDS = ("ClusterPolicy", "Policy")
VERSIONS = ("v1", "v2beta1")
OTHER_RULES = ("mutate", "generate", "verifyImages")
_HANDLERS = ("pattern", "anyPattern", "deny", "foreach", "podSecurity", "cel", "manifests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as its policy states it; `index` is its place there."""

    policy: Policy
    index: int
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["name"])

    @property
    def id(self) -> str:
        """What findings and waivers name, also where Kyverno made a rule for controllers of it."""
        return f"kyverno/{self.policy.name}/{self.name}"

    @property
    def line(self) -> int:
        """The line of the rule."""
        return self.policy.line("spec", "rules", self.index)

    def problem(self, message: str, *pointer: str | int) -> Problem:
        """A problem of this rule."""
        line = self.policy.line("spec", "rules", self.index, *pointer)
        told = f"rule {self.name} of {self.policy.name}: {message}"
        return Problem(path=self.policy.document.path, line=line, message=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A ClusterPolicy or a Policy; `namespace` is "" for the former."""

    document: Document
    name: str
    namespace: str
    spec: Mapping[str, Any]
    annotations: Mapping[str, Any]
    rules: list[Rule] = field(default_factory=list)
    _made: dict[str, list[tuple[Rule, Mapping[str, Any]]]] = field(default_factory=dict)

    def line(self, *pointer: str | int) -> int:
        """The line of a field of the document."""
        return line_of(self.document.lines, pointer) or self.document.line

    def problem(self, message: str, *pointer: str | int) -> Problem:
        """A problem of the policy."""
        told = f"{self.name}: {message}"
        return Problem(path=self.document.path, line=self.line(*pointer), message=told)

    def rules_for(self, kind: str) -> Sequence[tuple[Rule, Mapping[str, Any]]]:
        """The validating rules for a kind of object, each with the one that it was made of."""
        if kind not in self._made:
            by_name = {rule.name: rule for rule in self.rules}
            self._made[kind] = [
                (by_name[origin], body)
                for body in autogen.rules_for(self.spec, self.annotations, kind)
                if (origin := _origin(str(body.get("name")), by_name)) is not None
            ]
        return self._made[kind]


def _origin(name: str, known: Mapping[str, Rule]) -> str | None:
    """The rule that a rule was made of: itself, or what its name says after the prefix."""
    if name in known:
        return name
    for prefix in ("autogen-cronjob-", "autogen-"):
        if name.startswith(prefix):
            cut = name.removeprefix(prefix)
            # Long names are cut off.
            return next((one for one in known if one == cut or one.startswith(cut)), None)
    return None


def read(document: Document) -> tuple[Policy | None, list[Problem]]:
    """A policy and what is wrong with it. Rules that cannot work are left out of it."""
    version = str(document.body.get("apiVersion") or "").rpartition("/")[2]
    metadata = document.body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    spec = document.body.get("spec")
    told = ""
    if version not in VERSIONS:
        told = f"unsupported version {version} of {document.body.get('kind')}"
    elif not isinstance(name, str) or not name:
        told = f"a {document.body.get('kind')} without a name"
    elif not isinstance(spec, dict) or not isinstance(spec.get("rules"), list):
        told = f"{name}: spec.rules is no list"
    if told or not isinstance(metadata, dict) or not isinstance(spec, dict):
        return None, [Problem(path=document.path, line=document.line, message=told)]
    namespace = ""
    if document.body.get("kind") == "Policy":
        namespace = str(metadata.get("namespace") or "default")
    notes = metadata.get("annotations")
    policy = Policy(
        document=document,
        name=str(name),
        namespace=namespace,
        spec=spec,
        annotations=notes if isinstance(notes, dict) else {},
    )
    problems = list(_fill(policy))
    wrong = list(misshapen(document.body, POLICY))
    if wrong:
        # Rules for controllers are made of all of them, so none works.
        return None, problems + [policy.problem(said(where), *where) for where in wrong]
    return policy, problems


def _fill(policy: Policy) -> Iterator[Problem]:
    hooks = policy.spec.get("webhookConfiguration")
    if isinstance(hooks, dict) and hooks.get("matchConditions"):
        yield policy.problem(
            "webhookConfiguration.matchConditions is not supported",
            "spec",
            "webhookConfiguration",
        )
        return
    names: set[str] = set()
    for index, body in enumerate(policy.spec["rules"]):
        where = ("spec", "rules", index)
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            yield policy.problem("a rule without a name", *where)
        elif body["name"] in names:
            yield policy.problem(f"two rules are named {body['name']}", *where)
        elif body.get("validate") is not None:
            names.add(body["name"])
            rule = Rule(policy=policy, index=index, body=body)
            found = list(_flaws(rule))
            if not found:
                policy.rules.append(rule)
            yield from found


def _flaws(rule: Rule) -> Iterator[Problem]:
    """What cannot work of a rule, or is not supported of it."""
    validate = rule.body["validate"]
    if not isinstance(validate, dict):
        yield rule.problem("validate is no map", "validate")
        return
    if not isinstance(rule.body.get("match"), dict):
        yield rule.problem("it has no match", "match")
    handlers = [name for name in _HANDLERS if validate.get(name) is not None]
    if not handlers:
        told = "it validates by none of " + ", ".join(_HANDLERS)
        yield rule.problem(told, "validate")
    if "manifests" in handlers:
        yield rule.problem("validate.manifests (signatures) is not supported", "validate")
    if validate.get("assert") is not None:
        yield rule.problem("validate.assert is not supported", "validate", "assert")
    if not isinstance(validate.get("message") or "", str):
        yield rule.problem("its message is no text", "validate", "message")
    cel = validate.get("cel")
    if isinstance(cel, dict) and (cel.get("paramKind") or cel.get("paramRef")):
        yield rule.problem("cel.paramKind is not supported", "validate", "cel")
    for pointer, operator in _operators(rule.body, ()):
        if not operators.known(operator):
            yield rule.problem(f"there is no operator {operator}", *pointer)


def _operators(node: Any, path: Pointer) -> Iterator[tuple[Pointer, Any]]:
    """The operators of conditions anywhere in a rule."""
    if isinstance(node, dict):
        for name in ("preconditions", "conditions"):
            if name in node:
                yield from _of_conditions(node[name], (*path, name))
        for key, value in node.items():
            if key in ("validate", "deny", "foreach"):
                yield from _operators(value, (*path, key))
    elif isinstance(node, list):
        for number, one in enumerate(node):
            yield from _operators(one, (*path, number))


def _of_conditions(node: Any, path: Pointer) -> Iterator[tuple[Pointer, Any]]:
    lists: list[tuple[tuple[str, ...], Any]] = [((), node)] if isinstance(node, list) else []
    if isinstance(node, dict):
        lists = [((name,), node[name]) for name in ("any", "all") if node.get(name)]
    for below, conditions in lists:
        for number, one in enumerate(conditions if isinstance(conditions, list) else []):
            if isinstance(one, dict):
                yield (*path, *below, number, "operator"), one.get("operator")

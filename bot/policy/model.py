"""What policies are asked, what they say, and what every engine for them does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import Protocol

from bot.engines.program import Limits, Problem, Source
from checks.model import Lines, Location, Node, Patch, Pointer, Resource

__all__ = [
    "Answer",
    "Compiled",
    "Context",
    "Document",
    "Effect",
    "Engine",
    "Limits",
    "PolicyRule",
    "Problem",
    "Question",
    "Source",
    "Violation",
]


class Effect(Enum):
    """What a rule does where it objects, in the cluster and so here: refuse, warn, or only note
    (Gatekeeper's dryrun, a VAP's Audit, Kyverno's Audit)."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document of a policy file: a ConstraintTemplate, a constraint, a ClusterPolicy, …
    `path` and `line` are where it begins, `lines` its line tree."""

    path: str
    line: int
    body: Mapping[str, Node]
    lines: Lines

    @property
    def kind(self) -> str:
        """ "group/Kind", without the version: "templates.gatekeeper.sh/ConstraintTemplate"."""
        group = str(self.body.get("apiVersion") or "").rpartition("/")[0]
        return f"{group}/{self.body.get('kind') or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What engines know besides the objects. `inventory` is every object of the head that was read
    (for what looks at others: unique hosts, a namespace's labels), `parameters` the documents of
    the policy files that no engine takes: what policies may name as their parameters."""

    now: datetime
    limits: Limits
    inventory: Callable[[], Sequence[Resource]]
    parameters: Sequence[Document] = ()
    kube_version: str = "1.34.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An object to be judged. `before` is what it replaces, if anything; `namespace` the body of
    the Namespace it stands in, where the repository declares that."""

    resource: Resource
    before: Resource | None = None
    namespace: Mapping[str, Node] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """A rule that can object. `id` is what findings and waivers name: "rego/main.deny",
    "gatekeeper/K8sRequiredLabels/must-have-owner", "vap/replica-limit/0",
    "kyverno/disallow-latest-tag/require-image-tag", "schema/apps/v1/Deployment"."""

    id: str
    location: Location
    effect: Effect
    title: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule objects to an object. `pointer` leads to the field that broke it, () where the rule
    does not say; `patches` would mend it where that is safe."""

    rule: PolicyRule
    message: str
    pointer: Pointer = ()
    remedy: str = ""
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the rules said of one question; `asked` are the ids of those that applied to it (and
    so passed where they did not object), `problems` what could not be answered: never a pass."""

    violations: tuple[Violation, ...] = ()
    problems: tuple[Problem, ...] = ()
    asked: tuple[str, ...] = ()


class Compiled(Protocol):
    """Policies of one kind, made ready. It holds workers: close it."""

    @property
    def rules(self) -> Sequence[PolicyRule]:
        """Every rule that can object."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What cannot work, and is not a pass: a syntax error, an unsupported part, a constraint
        without its template."""

    @property
    def idle(self) -> Sequence[str]:
        """Paths of files that judge nothing."""

    def judge(self, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """An answer for each question, in order. Raises EngineError where no worker starts."""

    def __enter__(self) -> Compiled: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Engine(Protocol):
    """One kind of policy."""

    @property
    def name(self) -> str:
        """ "rego", "gatekeeper", "vap", "kyverno", "schema"."""

    def takes(self, document: Document) -> bool:
        """Whether a document of a YAML policy file is this engine's."""

    def compile(
        self, sources: Sequence[Source], documents: Sequence[Document], context: Context
    ) -> Compiled:
        """Make policies ready: `sources` are .rego files (for Rego alone), `documents` those that
        it takes. What cannot work is among the problems; nothing is raised for a bad policy."""

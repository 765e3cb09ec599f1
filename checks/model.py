"""The values every check reads and returns. Standard library only; nothing here does I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import TypeAlias

# One value of a parsed manifest. Integers, floats and booleans follow Kubernetes' scalar rules.
Node: TypeAlias = "bool | int | float | str | list[Node] | dict[str, Node] | None"
# Where each node of a manifest starts, shaped like the manifest: a scalar is its line, a
# container is (its line, its children's lines). Lines count from 1.
Lines: TypeAlias = "int | tuple[int, dict[str, Lines] | list[Lines]]"
# A path into a manifest: ("spec", "containers", 0, "image").
Pointer: TypeAlias = "tuple[str | int, ...]"


class Tier(Enum):
    """How strictly a place is judged; each is stricter than the one before."""

    EXPERIMENT = "experiment"
    STAGING = "staging"
    PRODUCTION = "production"


class Severity(IntEnum):
    """What a finding does to the verdict; ordered, so that `max` combines."""

    INFO = 0
    WARN = 1
    APPROVAL = 2
    FAIL = 3


class Verdict(IntEnum):
    """The answer for a whole change; ordered, so that `max` combines."""

    PASS = 0
    WARN = 1
    NEEDS_APPROVAL = 2
    FAIL = 3
    ERROR = 4

    @property
    def word(self) -> str:
        """The word of the JSON contract: pass, warn, needs_approval, fail, error."""
        return self.name.lower()


class Grade(Enum):
    """How sure a price is: A known SKU and replicas, B a range on one, C derived, D defaults."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a repository; `line` counts from 1, 0 means the file as a whole."""

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One Kubernetes object as the repository declares it.

    `id` is the same on both sides of a change for what is the same object there, also when its
    file was renamed; it is unique within a snapshot. `changed` is False for an object that was
    read only for context (an HPA beside a changed Deployment).
    """

    id: str
    api_version: str
    kind: str
    namespace: str
    name: str
    body: Mapping[str, Node]
    source: Location
    lines: Lines = 0
    tier: Tier = Tier.STAGING
    changed: bool = True
    rendered_from: str = "plain"

    @property
    def group(self) -> str:
        """The API group: "apps" of "apps/v1", "" for the core group."""
        return self.api_version.rpartition("/")[0]

    def get(self, *pointer: str | int) -> Node:
        """The value at `pointer`, None where any step of it is absent or of another shape."""
        node: Node = self.body  # type: ignore[assignment]
        for step in pointer:
            if isinstance(node, dict) and isinstance(step, str):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                return None
        return node

    def locate(self, *pointer: str | int) -> Location:
        """The line of the value at `pointer`, or of its deepest ancestor that exists."""
        return Location(
            path=self.source.path, line=line_of(self.lines, pointer) or self.source.line
        )

    def labels(self) -> Mapping[str, str]:
        """metadata.labels, string values only."""
        return _strings(self.get("metadata", "labels"))

    def annotations(self) -> Mapping[str, str]:
        """metadata.annotations, string values only."""
        return _strings(self.get("metadata", "annotations"))


def line_of(lines: Lines, pointer: Sequence[str | int]) -> int:
    """The line at `pointer` in a line tree, or of its deepest ancestor that exists."""
    for step in pointer:
        if not isinstance(lines, tuple):
            return lines
        here, children = lines
        if isinstance(children, dict) and isinstance(step, str) and step in children:
            lines = children[step]
        elif isinstance(children, list) and isinstance(step, int) and step < len(children):
            lines = children[step]
        else:
            return here
    return lines[0] if isinstance(lines, tuple) else lines


def _strings(node: Node) -> Mapping[str, str]:
    if not isinstance(node, dict):
        return {}
    return {key: value for key, value in node.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderFailure:
    """A file or root that could not be read or rendered, so nothing in it was judged.

    `code` is stable ("yaml-syntax", "duplicate-key", "too-large", …) and names a row of the docs;
    `error` says what is wrong, `remedy` what to do. `broken` is False where the input is fine but
    plumbline has no way to read it (a Helm template without a renderer).
    """

    location: Location
    code: str
    error: str
    remedy: str
    broken: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a repository declares at one commit, as far as the change reaches."""

    sha: str
    resources: Mapping[str, Resource] = field(default_factory=dict)
    unreadable: tuple[RenderFailure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """The price of one unit of something. `unit` is "vCPU-hour", "GiB-hour", "GPU-hour" or
    "GiB-month"; `source` and `as_of` say where the figure is from and of what day."""

    amount: Decimal
    unit: str
    source: str
    as_of: date
    grade: Grade = Grade.D


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Unit prices by resource name: "cpu", "ram", "gpu", "storage"."""

    currency: str = "USD"
    units: Mapping[str, UnitPrice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What judging needs to know besides the two snapshots; each with its source and date."""

    now: datetime
    prices: Prices = Prices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a check is asked about: the same objects before and after, and the facts."""

    base: Snapshot
    head: Snapshot
    facts: Facts

    def pairs(self) -> Iterator[tuple[Resource | None, Resource | None]]:
        """(before, after) of every object of either side, ordered by id."""
        for key in sorted(self.base.resources.keys() | self.head.resources.keys()):
            yield self.base.resources.get(key), self.head.resources.get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One value a finding rests on: where it stands and what it is."""

    location: Location
    pointer: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Why a finding is one: what was read, what was asked of it, what was seen and allowed."""

    inputs: tuple[Input, ...] = ()
    predicate: str = ""
    observed: str = ""
    threshold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRef:
    """The name of an object, without its content."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, resource: Resource) -> ResourceRef:
        """The reference to `resource`."""
        return cls(kind=resource.kind, namespace=resource.namespace, name=resource.name)

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check has to say about one place.

    `subject` tells what the finding is about without line numbers (a resource id and a field), so
    that the same finding on both sides of a change has the same fingerprint. `preexisting` findings
    stood there before the change and never gate.
    """

    check: str
    rule: str
    severity: Severity
    message: str
    location: Location
    subject: str
    resource: ResourceRef | None = None
    trace: Trace = Trace()
    remedy: str = ""
    preexisting: bool = False
    waived: bool = False

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same while the finding does."""
        text = "\0".join((self.check, self.rule, self.subject))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def gates(self) -> bool:
        """Whether it counts towards the verdict."""
        return not (self.preexisting or self.waived)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An amount of money with what bounds it; low ≤ expected ≤ high."""

    low: Decimal
    expected: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not self.low <= self.expected <= self.high:
            raise ValueError(f"not ordered: {self.low} ≤ {self.expected} ≤ {self.high}")

    @classmethod
    def exact(cls, amount: Decimal) -> Range:
        """A range of one point."""
        return cls(low=amount, expected=amount, high=amount)

    def __add__(self, other: Range) -> Range:
        return Range(
            low=self.low + other.low,
            expected=self.expected + other.expected,
            high=self.high + other.high,
        )

    def minus(self, before: Range) -> Range:
        """What changed from `before` to this: each bound against its own, then put in order.

        Interval subtraction would turn an unchanged autoscaled workload into a change of
        ±(high − low); what is uncertain on both sides alike is no change.
        """
        parts = sorted((self.low - before.low, self.high - before.high))
        middle = self.expected - before.expected
        return Range(low=min(parts[0], middle), expected=middle, high=max(parts[1], middle))


ZERO = Range.exact(Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """What one object costs a month before and after; None on the side where it does not exist."""

    resource_id: str
    resource: ResourceRef
    location: Location
    before: Range | None
    after: Range | None
    grade: Grade
    basis: str = ""
    tier: Tier = Tier.STAGING

    @property
    def delta(self) -> Range:
        """after − before, a missing side counting as nothing."""
        return (self.after or ZERO).minus(self.before or ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCost:
    """An object whose cost cannot be told on at least one side, so it is in no total."""

    resource_id: str
    resource: ResourceRef
    location: Location
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDelta:
    """The monthly cost of what the change reaches. Unknown lines are in no sum."""

    currency: str
    lines: tuple[CostLine, ...]
    unknown: tuple[UnknownCost, ...]

    @property
    def before(self) -> Range:
        """Σ of the lines' cost before."""
        return sum((line.before for line in self.lines if line.before), start=ZERO)

    @property
    def after(self) -> Range:
        """Σ of the lines' cost after."""
        return sum((line.after for line in self.lines if line.after), start=ZERO)

    @property
    def delta(self) -> Range:
        """Σ of the lines' deltas."""
        return sum((line.delta for line in self.lines), start=ZERO)


class State(Enum):
    """How a check ended."""

    PASS = "pass"
    WARN = "warn"
    NEEDS_APPROVAL = "needs_approval"
    FAIL = "fail"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


_STATE_OF = {
    Severity.INFO: State.PASS,
    Severity.WARN: State.WARN,
    Severity.APPROVAL: State.NEEDS_APPROVAL,
    Severity.FAIL: State.FAIL,
}
_VERDICT_OF = {
    State.PASS: Verdict.PASS,
    State.SKIPPED: Verdict.PASS,
    State.WARN: Verdict.WARN,
    # What could not be told must be seen by a person; it is never a pass.
    State.INCONCLUSIVE: Verdict.WARN,
    State.NEEDS_APPROVAL: Verdict.NEEDS_APPROVAL,
    State.FAIL: Verdict.FAIL,
    State.ERROR: Verdict.ERROR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a check returned: findings, or the reason why there are none.

    At most one of `skipped`, `inconclusive` and `failed` is given. `fixed` holds findings of the
    base side that the change removes. `cost` is set by the check that prices the change.
    """

    check: str
    findings: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    skipped: str = ""
    inconclusive: str = ""
    failed: str = ""
    cost: CostDelta | None = None

    @property
    def reason(self) -> str:
        """Why it was skipped, inconclusive or failed; "" otherwise."""
        return self.failed or self.inconclusive or self.skipped

    @property
    def state(self) -> State:
        """The worst of what it says. Findings can be worse than an inconclusive part."""
        if self.failed:
            return State.ERROR
        worst = max((f.severity for f in self.findings if f.gates), default=Severity.INFO)
        if self.inconclusive and worst <= Severity.WARN:
            return State.INCONCLUSIVE
        if self.skipped and worst == Severity.INFO:
            return State.SKIPPED
        return _STATE_OF[worst]

    @property
    def verdict(self) -> Verdict:
        """The state as a contribution to the verdict of the whole change."""
        return _VERDICT_OF[self.state]

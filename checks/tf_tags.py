"""tf_tags: what Terraform makes says whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from checks.model import Outcome, Pointer, Resource, Severity, Subject
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in
from checks.terraform.attributes import is_terraform
from checks.terraform.tags import Answer, Tags, tags_of
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import listed
from checks.workloads.sides import Side, sides

_ID = "tf_tags"
_WHY = """\
A bill knows machines, disks and databases by their tags alone: what has none is nobody's, and
cannot be charged to anybody. Which kinds of resources can be tagged, and where, is in
`config/policies/tf_tags.yaml`; any other is not looked at. The spelling does not matter
(CostCenter, cost-center, cost_center). What the provider adds (`default_tags` of AWS,
`default_labels` of Google Cloud) counts. Where tags come from what is known only after apply, or
from a caller, nobody can tell without a plan: that is no finding, but where a missing tag would be
more than a hint the outcome is inconclusive."""
_MISSING = Rule(
    id="tag-missing",
    title="A resource lacks a tag that it needs",
    remedy="Add the tag, or add it to the provider's default tags.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which tags are needed, how hard it is where one is missing, and where each kind of resource
    has its tags: the path of the attribute ("tags", "settings.0.user_labels"), null for none."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "info", "production": "warn"}
    )
    required: tuple[str, ...] = ("cost-center",)
    kinds: Mapping[str, str | None] = field(default_factory=dict)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:  # noqa: ARG001
    """At most one objection: to the tags that are missing for certain."""
    tags = _tags(resource, config)
    if tags is None:
        return
    missing = [name for name in config.required if tags.has(name) is Answer.NO]
    if missing:
        yield objection(
            _ID,
            resource,
            _MISSING,
            severity_in(config.severity, resource.tier),
            [
                Place(key=name, label=name, pointer=_pointer(resource, tags.pointer))
                for name in missing
            ],
            f"{resource.name} has no tag {listed(missing)}",
            threshold=f"required in {resource.tier.value}",
            remedy=f"Add {listed(missing)} to its {tags.pointer[-1]}{_or_default(resource)}.",
        )


def _tags(resource: Resource, config: Config) -> Tags | None:
    path = config.kinds.get(resource.kind) if is_terraform(resource) else None
    return tags_of(resource, path.split(".")) if path else None


def _or_default(resource: Resource) -> str:
    """Another place for tags, where the provider has one."""
    names = {"aws": "default_tags", "google": "default_labels"}
    name = names.get(resource.kind.partition("_")[0])
    return f", or to the provider's {name}" if name else ""


def _pointer(resource: Resource, pointer: Pointer) -> Pointer:
    """Where the tags are, else the resource itself."""
    return pointer if resource.get(*pointer) is not None else ("kind",)


_over = over(_ID, inspect)


def judge(subject: Subject, config: Config) -> Outcome:
    """The objections; inconclusive where it is not known and would be more than a hint."""
    outcome = _over(subject, config)
    side = sides(subject)[1]
    unknown = [
        one.name
        for _, one in sorted(side.snapshot.resources.items())
        if one.changed
        and severity_in(config.severity, one.tier) > Severity.INFO
        and (tags := _tags(one, config)) is not None
        and any(tags.has(name) is Answer.UNKNOWN for name in config.required)
    ]
    if not unknown:
        return outcome
    said = f"without a plan nobody knows the tags of {listed(unknown)}"
    return replace(outcome, inconclusive=said)


CHECK = Check(
    id=_ID,
    domain="policy",
    title="What Terraform makes says whose it is",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(_MISSING,),
)

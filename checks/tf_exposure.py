"""tf_exposure: what Terraform makes is not open to everybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from checks.exposure import aws, azure, google
from checks.exposure.found import Look, Opening, Way, World
from checks.model import Outcome, Patch, Pointer, Resource, Severity, Subject
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in
from checks.terraform.attributes import Attributes, is_terraform
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import listed
from checks.workloads.sides import Side, sides

_ID = "tf_exposure"
_WHY = """\
A bucket that everybody can read, a database with a public address and an SSH port that is open to
the Internet are how data gets lost; they are found by others within minutes. What cannot be read
from the files or the plan is not guessed at: where it decides whether a port is open to all, the
outcome is inconclusive.

Buckets that are declared as a website, access blocks that are switched off and disks without
encryption are only warned of. A public ACL or policy is not objected to where an
`aws_s3_bucket_public_access_block` makes it void, and neither is a policy with a condition."""
_RULES: Mapping[Way, Rule] = {
    Way.BUCKET: Rule(
        id="public-bucket",
        title="Everybody can read or write a bucket",
        remedy="Give it to those who need it; serve what is public through a CDN with an identity"
        " of its own.",
    ),
    Way.PORT: Rule(
        id="open-port",
        title="A port of administration or of a database is open to the whole Internet",
        remedy="Name the addresses that need it, or go through a bastion, a VPN or the provider's"
        " session manager.",
    ),
    Way.DATABASE: Rule(
        id="public-database",
        title="The whole Internet can reach a database",
        remedy="Keep it in private subnets, and name the networks that connect to it.",
    ),
    Way.WEBSITE: Rule(
        id="public-website",
        title="A bucket is a public website",
        remedy="Serve it through a CDN, and let only that read the bucket.",
        setting="hardening",
    ),
    Way.UNBLOCKED: Rule(
        id="bucket-not-blocked",
        title="What keeps a bucket from becoming public is switched off",
        remedy="Switch it on, unless the bucket is public on purpose.",
        setting="hardening",
    ),
    Way.PLAIN: Rule(
        id="not-encrypted",
        title="A disk or database is not encrypted",
        remedy="Switch encryption on; most can only be encrypted when they are made.",
        setting="hardening",
    ),
}
# What lets strangers in for certain; the rest is a guard less.
_OPEN = (Way.BUCKET, Way.PORT, Way.DATABASE)
_LOOKS: Mapping[str, Look] = {**aws.LOOKS, **azure.LOOKS, **google.LOOKS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard it is where something is open, and where a guard is missing; and the ports that
    nobody should reach, with what they are for."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "warn", "staging": "warn", "production": "fail"}
    )
    hardening: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "info", "production": "warn"}
    )
    ports: Mapping[int, str] = field(default_factory=dict)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """One objection for each way in which a resource is open."""
    ways: dict[Way, list[Opening]] = {}
    for one in _openings(resource, side, config):
        ways.setdefault(one.way, []).append(one)
    for way, them in ways.items():
        if way is Way.UNKNOWN:
            continue
        setting = config.severity if way in _OPEN else config.hardening
        yield objection(
            _ID,
            resource,
            _RULES[way],
            severity_in(setting, resource.tier),
            [_place(one) for one in them],
            f"{resource.name} {listed([one.said for one in them])}",
            threshold="not open to everybody" if way in _OPEN else "switched on",
        )


def _openings(resource: Resource, side: Side, config: Config) -> Iterable[Opening]:
    look = _LOOKS.get(resource.kind)
    if look is None or not is_terraform(resource):
        return ()

    def near(kind: str) -> Sequence[Resource]:
        return [one for one in side.objects.kind(kind) if _together(one, resource)]

    return look(Attributes(resource=resource), World(ports=config.ports, near=near))


def _together(one: Resource, other: Resource) -> bool:
    return one.home == other.home and one.namespace == other.namespace


def _place(one: Opening) -> Place:
    patches = (Patch(pointer=one.pointer, value=one.instead),) if one.instead is not None else ()
    return Place(
        key=one.key,
        label=_label(one.pointer),
        pointer=one.pointer,
        value=one.value,
        patches=patches,
    )


def _label(pointer: Pointer) -> str:
    return ".".join(map(str, pointer[1:]))


def related(resource: Resource, side: Side) -> Iterable[Resource]:
    """What decides whether a bucket is open besides its own attributes."""
    if not is_terraform(resource) or not resource.kind.startswith("aws_s3_bucket"):
        return ()
    kinds = ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block")
    return [one for kind in kinds for one in side.objects.kind(kind) if _together(one, resource)]


_over = over(_ID, inspect, related)


def judge(subject: Subject, config: Config) -> Outcome:
    """The objections; inconclusive where it is unknown who is let in and that would fail."""
    outcome = _over(subject, config)
    side = sides(subject)[1]
    unknown = [
        f"{one.name} ({_label(opening.pointer)})"
        for _, one in sorted(side.snapshot.resources.items())
        if one.changed and severity_in(config.severity, one.tier) is Severity.FAIL
        for opening in _openings(one, side, config)
        if opening.way is Way.UNKNOWN
    ]
    if not unknown:
        return outcome
    said = f"nobody knows before apply for whom these open their ports: {listed(unknown)}"
    return replace(outcome, inconclusive=said)


CHECK = Check(
    id=_ID,
    domain="policy",
    title="What Terraform makes is not open to everybody",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=tuple(_RULES.values()),
)

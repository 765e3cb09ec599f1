"""image_tag: every image is of a version that stays what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.kube import Container, containers
from checks.model import Finding, Input, Resource, ResourceRef, Severity, Trace
from checks.rule import Check, Rule, by_resource
from checks.severity import SeverityByTier, TierWord, severity_in

_ID = "image_tag"
_WHY = """\
An image without a tag, or with one that moves, makes what runs depend on when a node pulled it: two
replicas can differ, a rollback does not bring the old version back, and a review approves
something that nobody has seen. A digest (`@sha256:…`) is always fine."""
_MISSING = Rule(
    id="image-tag-missing",
    title="An image has no tag",
    remedy="Name the version: 'image: name:1.2.3', or pin the digest.",
)
_MOVES = Rule(
    id="image-tag-latest",
    title="An image has a tag that moves",
    remedy="Name the version instead of a tag such as 'latest', or pin the digest.",
)
_UNPINNED = Rule(
    id="image-digest-missing",
    title="An image is not pinned by its digest where that is asked for",
    remedy="Write the digest behind the name: 'image: name:1.2.3@sha256:…'.",
)
_UNRESOLVED = Rule(
    id="image-tag-unresolved",
    title="An image is filled in later, so its tag cannot be judged",
    remedy="Put the placeholder behind the colon ('image: name:${TAG}'), or write the version.",
)
# What other tools fill in after plumbline has read the file.
_PLACEHOLDERS = ("${", "$(", "{{")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard a finding is, which tags move, and in which tiers an image needs a digest."""

    severity: SeverityByTier = "warn"
    moving_tags: tuple[str, ...] = ("latest",)
    require_digest: tuple[TierWord, ...] = ()

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, config: Config) -> Iterator[Finding]:
    """One finding for each container whose image is not of a fixed version."""
    severity = severity_in(config.severity, resource.tier)
    for container in containers(resource):
        image = container.body.get("image")
        if not isinstance(image, str) or not image or "@" in image:
            continue
        name, tag = split_tag(image)
        if any(mark in name for mark in _PLACEHOLDERS) and not tag:
            what = "is filled in later, so its tag cannot be judged"
            yield _finding(resource, container, _UNRESOLVED, Severity.INFO, image, what)
        elif not tag:
            yield _finding(resource, container, _MISSING, severity, image, "has no tag")
        elif tag in config.moving_tags:
            what = f"has the tag {tag}, which moves"
            yield _finding(resource, container, _MOVES, severity, image, what)
        elif resource.tier.value in config.require_digest:
            what = f"is not pinned by its digest, as is asked for in {resource.tier.value}"
            yield _finding(resource, container, _UNPINNED, severity, image, what)


def split_tag(image: str) -> tuple[str, str]:
    """The name and the tag ("" for none) of an image reference without a digest.

    A colon before the last slash is a registry's port: "host:5000/app" has no tag.
    """
    folder, slash, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{folder}{slash}{name}", tag


def _finding(
    resource: Resource, container: Container, rule: Rule, severity: Severity, image: str, what: str
) -> Finding:
    location = resource.locate(*container.pointer, "image")
    pointer = ".".join(map(str, (*container.pointer, "image")))
    return Finding(
        check=_ID,
        rule=rule.id,
        severity=severity,
        message=f"the image {image} of {container.label} {what}",
        location=location,
        subject=f"{resource.id} {container.key}",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=(Input(location=location, pointer=pointer, value=image),),
            predicate="every image has a tag that does not move, or a digest",
            observed=image,
            threshold="a fixed version",
        ),
        remedy=rule.remedy,
    )


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Images are of a fixed version",
    config=Config,
    judge=by_resource(_ID, inspect),
    why=_WHY,
    rules=(_MOVES, _MISSING, _UNPINNED, _UNRESOLVED),
)

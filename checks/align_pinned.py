"""align_pinned: the images of AI workloads are pinned by digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.alignment.rule import Said, Untold, over_workloads
from checks.alignment.sides import Side
from checks.alignment.workload import Workload, is_placeholder
from checks.kube import Container
from checks.model import Finding, Input, ResourceRef, Trace
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in

_ID = "align_pinned"
_RULE = Rule(
    id="ALN03",
    title="An image of an AI workload is not pinned by digest",
    remedy="Write the digest behind the tag: 'image: name:1.2.3@sha256:…'.",
)
# The length is that of the hash: a digest that is cut short pins nothing.
_PINNED = re.compile(r".+@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})")
_WHY = """\
A tag can be pushed again: what was evaluated for bias, signed and approved is then not what runs.
Only a digest (`@sha256:…`) names one image for good, so every container of an AI workload has one,
sidecars and init containers too. An image that is filled in later, or that a serving runtime of
KServe supplies, cannot be judged here, and the outcome says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard a finding is."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "warn", "production": "fail"}
    )

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(one: Workload, side: Side, config: Config) -> Iterator[Said]:  # noqa: ARG001
    """One finding for each image that is not pinned; what stands elsewhere is untold."""
    if not one.containers:
        yield Untold(reason="it names no containers, so its images are not known here")
    for container in one.containers:
        image = container.body.get("image")
        if not isinstance(image, str) or not image:
            yield Untold(
                reason=f"{container.label} has no image here; what supplies it is not read"
            )
        elif _PINNED.fullmatch(image):
            continue
        elif is_placeholder(image):
            yield Untold(reason=f"the image {image} of {container.label} is filled in later")
        else:
            yield _finding(one, container, image, config)


def _finding(one: Workload, container: Container, image: str, config: Config) -> Finding:
    resource = one.resource
    location = resource.locate(*container.pointer, "image")
    pointer = ".".join(map(str, (*container.pointer, "image")))
    return Finding(
        check=_ID,
        rule=_RULE.id,
        severity=severity_in(config.severity, resource.tier),
        message=f"the image {image} of {container.label} is not pinned by digest",
        location=location,
        subject=f"{resource.id} {container.key}",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=(Input(location=location, pointer=pointer, value=image), *one.signs[:1]),
            predicate="every image of an AI workload is pinned by digest",
            observed=image,
            threshold="@sha256: and 64 hex digits",
        ),
        remedy=_RULE.remedy,
    )


CHECK = Check(
    id=_ID,
    domain="alignment",
    title="AI workloads run images pinned by digest",
    config=Config,
    judge=over_workloads(_ID, inspect),
    why=_WHY,
    rules=(_RULE,),
)

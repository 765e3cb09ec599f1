"""image_registry: images come from the registries that are trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from checks.alignment.workload import is_placeholder
from checks.model import Outcome, Pointer, Resource, Severity, Subject
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import Pods, inner, listed, mappings
from checks.workloads.sides import Side

_ID = "image_registry"
_WHY = """\
An image is a program that somebody else can replace. From a registry of your own it has been looked
at, is still there when it is needed, and costs no transfer from outside. Names are compared as
container runtimes complete them: `nginx` is `docker.io/library/nginx`. Which registries are trusted
only you can say: while `allowed` is empty the check is skipped. That images are pinned by digest is
asked for by `image_tag`."""
_FOREIGN = Rule(
    id="image-registry-foreign",
    title="An image is from a registry that is not trusted",
    remedy="Copy the image to one of the trusted registries and name it there, or add its registry"
    " to `allowed` in the config of the base branch.",
)
_UNRESOLVED = Rule(
    id="image-registry-unresolved",
    title="The registry of an image is filled in later, so it cannot be judged",
    remedy="Write the registry, and leave only the tag to be filled in.",
)
_DOCKER = "docker.io"
_OTHER_NAMES = frozenset({"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard a finding is, and the beginnings of image names that are trusted; in a tier that
    `allowed_in` names only its own are."""

    severity: SeverityByTier = "warn"
    allowed: tuple[str, ...] = ()
    allowed_in: Mapping[TierWord, tuple[str, ...]] = field(default_factory=dict)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def trusted(self, resource: Resource) -> tuple[str, ...]:
        """What is trusted in the tier of an object."""
        return self.allowed_in.get(resource.tier.value, self.allowed)


def judge(subject: Subject, config: Config) -> Outcome:
    """Skipped where nobody said what is trusted."""
    if not config.allowed and not any(config.allowed_in.values()):
        return Outcome(check=_ID, skipped="the config names no trusted registries (`allowed`)")
    return _JUDGE(subject, config)


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """One finding for the images of a workload that are from elsewhere, one for those whose name is
    not known yet."""
    pods, trusted = side.pods.get(resource.id), config.trusted(resource)
    if pods is None or not trusted:
        return
    foreign: list[Place] = []
    unknown: list[Place] = []
    for label, pointer, image in _images(pods):
        place = Place(
            key=f"{label} {completed(image)[0]}", label=label, pointer=pointer, value=image
        )
        if is_placeholder(image.partition("/")[0]):
            unknown.append(place)
        elif not any(fits(image, prefix) for prefix in trusted):
            foreign.append(place)
    if foreign:
        severity = severity_in(config.severity, resource.tier)
        yield _said(resource, _FOREIGN, severity, foreign, trusted)
    if unknown:
        yield _said(resource, _UNRESOLVED, Severity.INFO, unknown, trusted)


def _images(pods: Pods) -> Iterator[tuple[str, Pointer, str]]:
    for one in pods.containers:
        image = one.body.get("image")
        if isinstance(image, str) and image.strip():
            yield one.label, (*one.pointer, "image"), image.strip()
    for index, volume in mappings(pods.get("volumes")):
        image = inner(volume, "image", "reference")
        if isinstance(image, str) and image.strip():
            label = f"volume {volume.get('name')}"
            yield label, pods.at("volumes", index, "image", "reference"), image.strip()


def completed(image: str) -> tuple[str, str]:
    """The name of an image with its registry, and what follows (tag and digest): "nginx:1" is
    ("docker.io/library/nginx", ":1")."""
    name, at, digest = image.partition("@")
    folder, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    name = f"{folder}{slash}{last}"
    first, slash, rest = name.partition("/")
    if not slash or not (first == "localhost" or "." in first or ":" in first):
        first, rest = _DOCKER, name
    elif first.lower() in _OTHER_NAMES:
        first = _DOCKER
    if first == _DOCKER and "/" not in rest:
        rest = f"library/{rest}"
    return f"{first.lower()}/{rest}", f"{colon}{tag}{at}{digest}"


def fits(image: str, prefix: str) -> bool:
    """Whether the name of an image begins with `prefix`, in whole parts between slashes. A "*" in
    the prefix is anything within one part."""
    return _pattern(prefix.strip()).fullmatch(completed(image)[0]) is not None


@lru_cache(maxsize=256)
def _pattern(prefix: str) -> re.Pattern[str]:
    first, _, rest = prefix.strip("/").partition("/")
    host = _DOCKER if first.lower() in _OTHER_NAMES else first.lower()
    whole = f"{host}/{rest}" if rest else host
    return re.compile("[^/]*".join(map(re.escape, whole.split("*"))) + "(/.*)?")


def _said(
    resource: Resource,
    rule: Rule,
    severity: Severity,
    places: list[Place],
    trusted: tuple[str, ...],
) -> Objection:
    images = listed([f"{place.value} ({place.label})" for place in places])
    what = "from" if rule is _FOREIGN else "not known to be from"
    verb = "is" if len(places) == 1 else "are"
    not_ = "not " if rule is _FOREIGN else ""
    return objection(
        _ID,
        resource,
        rule,
        severity,
        places,
        f"{images} {verb} {not_}{what} {listed(trusted, 'or')}",
        threshold=", ".join(trusted),
    )


_JUDGE = over(_ID, inspect)
CHECK = Check(
    id=_ID,
    domain="policy",
    title="Images come from trusted registries",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(_FOREIGN, _UNRESOLVED),
)

"""Image references, as Kyverno takes them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.kyverno.inside.faults import Fault

_HOST = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_HOST}(?:\.{_HOST})*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"({_DOMAIN})/({_PART}(?:/{_PART})*)(?::([\w][\w.-]{{0,127}}))?"
    r"(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_POD = ("spec",)
_TEMPLATE = ("spec", "template", "spec")
_WHERE: Mapping[str, tuple[str, ...]] = {
    "Pod": _POD,
    **dict.fromkeys(
        (
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "ReplicationController",
            "StatefulSet",
            "Job",
        ),
        _TEMPLATE,
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_LISTS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The parts of a reference; "" for those that are not there."""

    registry: str
    path: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def text(self) -> str:
        """ "docker.io/library/nginx:1.2", by the digest where there is one."""
        return f"{self.registry}/{self.path}" + (
            f"@{self.digest}" if self.digest else f":{self.tag}"
        )

    def fields(self) -> dict[str, str]:
        """The image as rules see it; what is empty is left out."""
        found = {
            "registry": self.registry,
            "name": self.name,
            "path": self.path,
            "tag": self.tag,
            "digest": self.digest,
            "reference": self.text,
            "referenceWithTag": f"{self.registry}/{self.path}:{self.tag}",
        }
        return {k: v for k, v in found.items() if v or k in ("name", "path")}


def parse(reference: str) -> Image:
    """Take a reference apart; without a registry it is docker.io's. Raises Fault."""
    first, slash, _ = reference.partition("/")
    plain = not any(c in first for c in ".:") and first != "localhost" and first.lower() == first
    whole = f"docker.io/{reference}" if not slash or plain else reference
    found = _REFERENCE.fullmatch(whole)
    if found is None or len(found[1]) + len(found[2]) + 1 > 255:
        raise Fault(f"bad image: {whole}: invalid reference format")
    registry, path, tag, digest = found.groups()
    if not tag and not digest:
        tag = "latest"
    return Image(registry=registry, path=path, tag=tag or "", digest=digest or "")


def of(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The images of an object: list of containers → container → parts. Raises Fault."""
    where = _WHERE.get(str(resource.get("kind") or ""))
    found: dict[str, Any] = {}
    for name in _LISTS if where else ():
        images = dict(_images(resource, (*(where or ()), name)))
        if images:
            found[name] = images
    return found


def _images(resource: Any, where: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    node, secrets = resource, []
    for step in where:
        if node is None:
            return
        if not isinstance(node, dict):
            raise Fault("invalid image config")
        secrets += _names(node.get("imagePullSecrets"))
        node = node.get(step)
    if node is None:
        return
    pairs = enumerate(node) if isinstance(node, list) else None
    if pairs is None:
        raise Fault("invalid type")
    for at, container in pairs:
        if container is None:
            continue
        if not isinstance(container, dict):
            raise Fault("invalid image config")
        name, image = container.get("name"), container.get("image")
        if not isinstance(name, str):
            raise Fault("invalid key")
        if isinstance(image, str) and image.strip():
            pointer = "/".join(("", *where, str(at), "image"))
            pulled = secrets or None
            yield (
                name,
                {**parse(image).fields(), "jsonPointer": pointer, "imagePullSecrets": pulled},
            )


def _names(secrets: Any) -> list[str]:
    if not isinstance(secrets, list):
        return []
    names = (one.get("name") for one in secrets if isinstance(one, dict))
    return [name for name in names if isinstance(name, str)]

"""Which model an AI workload says it runs: its names, its versions and its digests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, Literal, TypeAlias

from checks.alignment.workload import (
    Workload,
    devices,
    environment,
    is_kserve,
    is_placeholder,
    model_id_key,
    stated,
)
from checks.kube import Container
from checks.model import Input, Pointer, Resource

Source: TypeAlias = Literal["image-tag", "model-version", "storage-uri", "model-id", "ml-bom"]

# The version that a name ends with: "sentiment-v4", "whisper:7.0.3-rc1". A bare number at the end
# of a name is most often a size ("resnet-50"), so it is none.
_ENDING = re.compile(
    r"(?:^|[-_@:])(?P<version>(?:v\d+(?:\.\d+)*|\d+(?:\.\d+)+)(?:[-.]?(?:rc|alpha|beta)\.?\d*)?)$",
    re.IGNORECASE,
)
# A folder that is nothing but a version: ".../sentiment/4/".
_FOLDER = re.compile(r"v?\d{1,3}(?:\.\d+)*", re.IGNORECASE)
_EXTENSION = re.compile(
    r"\.(?:bin|gguf|gz|h5|joblib|json|mar|onnx|pb|pkl|pt|pth|safetensors|tar|tgz|zip)$",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\d+(?:\.\d+)*(?:[-+._][0-9a-z.+_-]*)?", re.IGNORECASE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_URI_ENV = ("STORAGE_URI", "MODEL_URI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one place says of the model's version. `version` is as it is written there, "" where it
    is filled in later; `pointer` leads to it in the manifest, None where it stands elsewhere."""

    source: Source
    version: str
    input: Input
    pointer: Pointer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalise:
    """What about a version is only its spelling. `partial`: "4" agrees with "4.2.1"."""

    strip_prefixes: tuple[str, ...] = ("v",)
    strip_suffixes: tuple[str, ...] = ()
    partial: bool = True

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __call__(self, version: str) -> str:
        """The version without its spelling."""
        text = version.strip().casefold()
        for prefix in self.strip_prefixes:
            text = text.removeprefix(prefix.casefold())
        for suffix in self.strip_suffixes:
            text = text.removesuffix(suffix.casefold())
        return text

    def is_version(self, text: str) -> bool:
        """Whether it looks like a version: "v4.2.1" does, "main" and a commit's hash do not."""
        return _VERSION.fullmatch(self(text)) is not None

    def agree(self, one: str, other: str) -> bool:
        """Whether two versions can be the same one."""
        a, b = self(one), self(other)
        if a == b:
            return True
        parts = sorted((a.split("."), b.split(".")), key=len)
        return self.partial and parts[1][: len(parts[0])] == parts[0]

    def differing(self, versions: Iterable[str]) -> bool:
        """Whether any two of them cannot be the same version."""
        return any(not self.agree(a, b) for a, b in combinations(versions, 2))


def claims(one: Workload) -> tuple[Claim, ...]:
    """What the manifest says of the model's version. An image's tag speaks for the model only where
    the model is in the image: with a storage URI the image is the server."""
    found = [*_variables(one), *_uris(one), *_ids(one)]
    if not storage_uris(one) and not is_kserve(one.resource):
        found += _tags(one)
    return tuple(found)


def versions(one: Workload, normalise: Normalise) -> tuple[Claim, ...]:
    """The claims that name a version. A tag, a path or a name that does not look like one is one
    only where MODEL_VERSION says the same."""
    every = claims(one)
    explicit = {normalise(c.version) for c in every if c.source == "model-version" and c.version}
    return tuple(
        c
        for c in every
        if c.version
        and (
            c.source == "model-version"
            or normalise.is_version(c.version)
            or normalise(c.version) in explicit
        )
    )


def names(one: Workload) -> frozenset[str]:
    """The names of the model, in lower case, with and without the version at their end; where
    nothing names it, the workload's own."""
    said = [value.value for key in _id_keys(one) for value in stated(one.resource, key)]
    for container in one.containers:
        said += [
            variable.value
            for variable in environment(container)
            if variable.name in ("MODEL_NAME", "MODEL_ID") and variable.value
        ]
    own = one.resource.get("spec", "model", "name")
    if isinstance(own, str) and own:
        said.append(own)
    return frozenset(
        spelled(name) for given in said or [one.resource.name] for name in _forms(given)
    )


def digests(one: Workload) -> frozenset[str]:
    """The digests of the model itself, as its storage URI or our annotation has them. An image's
    digest is that of the image."""
    said = [uri.value for uri in storage_uris(one)]
    said += [value.value for value in stated(one.resource, f"ai.{one.domain}/model-digest")]
    return frozenset(found for text in said for found in _DIGEST.findall(text.casefold()))


def spelled(name: str) -> str:
    """A model's name for comparison."""
    return name.strip().casefold()


def stem(name: str) -> str:
    """A name without the version at its end: "sentiment" of "sentiment-v4"."""
    found = _ENDING.search(name)
    return name[: found.start()] or name if found else name


def _forms(name: str) -> set[str]:
    # Hubs put an organisation before the name.
    last = name.rpartition("/")[2] or name
    return {name, last, stem(name), stem(last)}


def _id_keys(one: Workload) -> tuple[str, str]:
    return (model_id_key(one.domain), f"ai.{one.domain}/model-id")


def model_containers(one: Workload) -> tuple[Container, ...]:
    """The containers that run the model: those with a model's variables or an accelerator, else
    the only one. A sidecar's image says nothing of the model."""
    running = [c for c in one.containers if "initContainers" not in c.key]
    marked = [
        c for c in running if devices(c) or any(v.name.startswith("MODEL_") for v in environment(c))
    ]
    return tuple(marked or (running if len(running) == 1 else ()))


def _variables(one: Workload) -> Iterator[Claim]:
    for container in one.containers:
        for variable in environment(container):
            if variable.name == "MODEL_VERSION":
                said = _input(one.resource, variable.pointer, variable.value or "filled in later")
                yield Claim(
                    source="model-version",
                    version=variable.value or "",
                    input=said,
                    pointer=variable.pointer,
                )


def storage_uris(one: Workload) -> tuple[Input, ...]:
    """Where the model is loaded from, "" as the value where that is filled in later."""
    return tuple(_input(one.resource, pointer, value) for pointer, value in _locations(one))


def _locations(one: Workload) -> Iterator[tuple[Pointer, str]]:
    pointers: list[Pointer] = [(*c.pointer, "storageUri") for c in one.containers]
    pointers.append(("spec", "model", "uri"))
    for pointer in pointers:
        value = one.resource.get(*pointer)
        if isinstance(value, str) and value:
            yield pointer, "" if is_placeholder(value) else value
    for container in one.containers:
        for variable in environment(container):
            if variable.name in _URI_ENV:
                yield variable.pointer, variable.value or ""


def _uris(one: Workload) -> Iterator[Claim]:
    for pointer, uri in _locations(one):
        version = _of_uri(uri)
        # A URI without a version in it says nothing; one that is filled in later may.
        if uri and not version:
            continue
        yield Claim(
            source="storage-uri",
            version=version,
            input=_input(one.resource, pointer, uri or "filled in later"),
            pointer=pointer if uri else None,
        )


def _of_uri(uri: str) -> str:
    """The version in a storage URI, that nearest to its end; "" for none."""
    scheme, _, rest = uri.partition("://")
    rest = rest.partition("@sha256:")[0].rstrip("/")
    last = rest.rpartition("/")[2]
    if scheme in ("oci", "hf") and ":" in last:
        return last.partition(":")[2]
    for place, folder in enumerate(reversed(rest.split("/"))):
        bare = folder
        while _EXTENSION.search(bare):
            bare = _EXTENSION.sub("", bare)
        # A number alone is a version only where the path ends: before that it may be a year.
        whole = _FOLDER.fullmatch(bare) and (place == 0 or not bare.isdigit())
        found = _ENDING.search(bare)
        if whole or found:
            return bare if whole else found["version"] if found else ""
    return ""


def _ids(one: Workload) -> Iterator[Claim]:
    for key in _id_keys(one):
        for said in stated(one.resource, key):
            found = _ENDING.search(said.value)
            if found or is_placeholder(said.value):
                # The key has dots in it, so the pointer cannot be taken apart again.
                place = said.pointer.removesuffix(f".{key}").split(".")
                steps = tuple(int(step) if step.isdigit() else step for step in place)
                version = found["version"] if found else ""
                yield Claim(source="model-id", version=version, input=said, pointer=(*steps, key))


def _tags(one: Workload) -> Iterator[Claim]:
    for container in model_containers(one):
        image = container.body.get("image")
        if not isinstance(image, str):
            continue
        _, colon, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
        if not colon and not is_placeholder(image):
            continue
        pointer = (*container.pointer, "image")
        yield Claim(
            source="image-tag",
            version="" if is_placeholder(image) else tag,
            input=_input(one.resource, pointer, image),
            # With a digest behind it, another tag would be a lie.
            pointer=None if "@" in image else pointer,
        )


def _input(resource: Resource, pointer: Pointer, value: str) -> Input:
    return Input(
        location=resource.locate(*pointer), pointer=".".join(map(str, pointer)), value=value
    )

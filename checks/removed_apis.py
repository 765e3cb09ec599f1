"""removed_apis: every object is of an API version that the cluster serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.model import Patch, Resource, Severity
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.sides import Side

_ID = "removed_apis"
_WHY = """\
A cluster refuses objects of an API version that it no longer serves: the first apply after an
upgrade fails, or a Helm release can be neither upgraded nor rolled back. What is removed, and since
when, is in `config/policies/removed_apis.yaml`: all that Kubernetes removed since 1.16, and a few
other projects' versions of which it is certain. The findings name the version to write instead; it
is proposed as a change where the rest of the object may stay as it is."""
_REMOVED = Rule(
    id="api-removed",
    title="An object is of an API version that the cluster does not serve",
    remedy="Write the `apiVersion` that the finding names, and what else it says.",
    setting="removed",
)
_DEPRECATED = Rule(
    id="api-deprecated",
    title="An object is of an API version that a later cluster does not serve",
    remedy="Write the `apiVersion` that the finding names before the upgrade.",
    setting="deprecated",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What became of one kind of one API version.

    `removed` and `deprecated` are minor versions of Kubernetes ("1.25"), or of what `of` names,
    whose version nobody knows here. `use` is the version to write instead ("" for none); `same`
    says that the rest of the object may stay as it is, where it has all of `needs` (dotted paths);
    `note` says what else to do.
    """

    deprecated: str = ""
    removed: str = ""
    of: str = ""
    use: str = ""
    same: bool = False
    needs: tuple[str, ...] = ()
    note: str = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        for version in (self.deprecated, self.removed):
            if version:
                minor(version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard findings are, what the clusters run ("" is what charts are rendered for), and what
    became of which API: "group/version/Kind", or "group/version" for all its kinds."""

    removed: SeverityByTier = field(
        default_factory=lambda: {"experiment": "warn", "staging": "warn", "production": "fail"}
    )
    deprecated: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "info", "production": "warn"}
    )
    kube_version: str = ""
    apis: Mapping[str, Api | None] = field(default_factory=dict)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if self.kube_version:
            minor(self.kube_version)


# Where nobody says what the clusters run.
_DEFAULT = "1.34"


def minor(version: str) -> tuple[int, int]:
    """(1, 25) of "1.25", "v1.25.3". Raises ValueError for anything else."""
    major, _, rest = version.removeprefix("v").partition(".")
    second = rest.partition(".")[0]
    if not (major.isdecimal() and second.isdecimal() and len(version) < 20):
        raise ValueError(f"{version!r} is no version such as 1.34")
    return int(major), int(second)


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:  # noqa: ARG001
    """At most one objection: to what is removed, or is going to be."""
    key = f"{resource.api_version}/{resource.kind}"
    api = config.apis.get(key) or config.apis.get(resource.api_version)
    if api is None:
        return
    target = ".".join(map(str, minor(config.kube_version or _DEFAULT)))
    if api.of:
        # Which version of it the cluster has, nobody can tell from here.
        severity = severity_in(config.deprecated, resource.tier)
        said = f"which {api.of} {api.removed} and later do not serve"
        yield _objection(resource, api, _DEPRECATED, severity, said, api.of)
    elif api.removed and minor(api.removed) <= minor(target):
        severity = severity_in(config.removed, resource.tier)
        said = f"which Kubernetes {target} does not serve (removed in {api.removed})"
        yield _objection(resource, api, _REMOVED, severity, said, f"Kubernetes {target}")
    elif api.deprecated and minor(api.deprecated) <= minor(target):
        severity = severity_in(config.deprecated, resource.tier)
        goes = f" and removed in {api.removed}" if api.removed else ""
        said = f"which is deprecated since Kubernetes {api.deprecated}{goes}"
        yield _objection(resource, api, _DEPRECATED, severity, said, f"Kubernetes {target}")


def _objection(
    resource: Resource, api: Api, rule: Rule, severity: Severity, said: str, target: str
) -> Objection:
    return objection(
        _ID,
        resource,
        rule,
        severity,
        [
            Place(
                key="apiVersion",
                label="apiVersion",
                pointer=("apiVersion",),
                value=resource.api_version,
            )
        ],
        f"{resource.kind} {resource.name} is of {resource.api_version}, {said}",
        threshold=f"served by {target}",
        observed=resource.api_version,
        remedy=_remedy(api),
        patches=_patches(resource, api),
        topic=resource.api_version,
    )


def _remedy(api: Api) -> str:
    if not api.use:
        return api.note or "There is no such API any more: take the object out."
    rest = " The rest may stay as it is." if api.same and not api.needs else ""
    return f"Write 'apiVersion: {api.use}'.{rest}{' ' + api.note if api.note else ''}"


def _patches(resource: Resource, api: Api) -> tuple[Patch, ...]:
    whole = all(resource.get(*path.split(".")) for path in api.needs)
    if not (api.use and api.same and whole):
        return ()
    return (Patch(pointer=("apiVersion",), value=api.use),)


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Objects are of API versions that the cluster serves",
    config=Config,
    judge=over(_ID, inspect),
    why=_WHY,
    rules=(_REMOVED, _DEPRECATED),
)

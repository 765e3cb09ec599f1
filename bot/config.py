"""The law of a repository: its base branch's config over the shipped defaults."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from bot import policies
from bot.config_file import ConfigError, explained, mapping
from bot.data import data_root, merged
from bot.globs import Glob
from bot.policy.findings import SeveritySection
from bot.render.config import RenderSection
from bot.render.roots.model import Rendering
from bot.rightsizing.config import Rightsizing, rightsizing
from bot.tiers import TierRule, Tiers
from checks.model import Lines, Place, Resource, Tier, line_of
from checks.registry import CHECKS

# First one found wins; both are looked for on the base branch only.
CONFIG_PATHS = (".github/plumbline.yml", ".plumbline.yml")
_DOMAIN = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"


class _Prices(BaseModel):
    model_config = ConfigDict(extra="forbid")
    provider: Literal["default", "aws", "gcp", "azure", "onprem"] = "default"
    region: str = ""


class ConfigFile(BaseModel):
    """What a repository may write. `checks` is validated against each check's own config."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1]
    tiers: list[TierRule] = []
    default_tier: Tier = Tier.STAGING
    checks: dict[str, dict[str, Any] | Literal[False] | None] = {}
    policies: list[Glob] = [".plumbline/policies/**/*.{rego,yaml,yml}"]
    policy: SeveritySection = SeveritySection()
    waivers: str = ".plumbline/waivers.yml"
    prices: _Prices = _Prices()
    rightsizing: dict[str, Any] = {}
    render: RenderSection = RenderSection()
    # The domain of our labels and annotations: finops.DOMAIN/cost-center, ai.DOMAIN/owner, …
    domain: Annotated[str, StringConstraints(pattern=_DOMAIN)] = "apexlogic.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A valid config. `checks` maps a check's id to its config, None where it is switched off.

    `source` is where it was read ("" for the shipped defaults alone); `digest` changes whenever
    what is enforced does.
    """

    source: str
    digest: str
    tiers: Tiers
    checks: Mapping[str, Any]
    provider: str = "default"
    region: str = ""
    policing: policies.Settings = field(default_factory=policies.Settings)
    waivers: str = ""
    label_domain: str = "apexlogic.com"
    rightsizing: Rightsizing = field(default_factory=rightsizing)
    rendering: Rendering = field(default_factory=Rendering)

    def tier_of(self, *paths: str, of: Resource | None = None) -> Tier:
        """The tier of what stands at these paths from the root, and of the object if given."""
        return self.tiers.of(paths, of)

    def into(self, branch: str) -> Policy:
        """The same law for pull requests into that branch."""
        return replace(self, tiers=replace(self.tiers, branch=branch))

    def place_of(self, *paths: str) -> Place:  # noqa: ARG002 - until clusters
        """Where the prices say that what stands at these paths runs."""
        return Place(provider=self.provider, region=self.region)


def defaults() -> Policy:
    """The shipped defaults: what holds where a repository has no config."""
    return _policy("", ConfigFile(version=1), 0)


def parse(path: str, data: bytes) -> Policy:
    """The policy that the file's bytes describe. Raises ConfigError."""
    value, lines = mapping(path, data)
    try:
        file = ConfigFile.model_validate(value)
    except ValidationError as error:
        raise explained(path, lines, (), error) from error
    return _policy(path, file, lines)


def _policy(path: str, file: ConfigFile, lines: Lines) -> Policy:
    shipped = shipped_checks()
    for name in file.checks:
        if name not in shipped:
            known = ", ".join(sorted(shipped))
            at = line_of(lines, ("checks", name))
            raise ConfigError(path, at, f"there is no check {name!r}; the checks are {known}")
    configs = {
        check.id: _check_config(path, lines, check.id, shipped[check.id], file) for check in CHECKS
    }
    canonical = file.model_dump_json() + repr(sorted(configs.items()))
    return Policy(
        source=path,
        digest=hashlib.sha256(canonical.encode()).hexdigest()[:16],
        tiers=Tiers(rules=tuple(file.tiers), default=file.default_tier),
        checks=configs,
        provider=file.prices.provider,
        region=file.prices.region,
        policing=policies.Settings(
            patterns=tuple(file.policies),
            severities=file.policy.severities,
            kube_version=file.render.kube_version.removeprefix("v"),
        ),
        waivers=file.waivers,
        label_domain=file.domain,
        rightsizing=_rightsizing(path, lines, file),
        rendering=file.render.rendering,
    )


def _rightsizing(path: str, lines: Lines, file: ConfigFile) -> Rightsizing:
    try:
        return rightsizing(file.rightsizing)
    except ValidationError as error:
        raise explained(path, lines, ("rightsizing",), error) from error


def _check_config(
    path: str, lines: Lines, name: str, shipped: dict[str, Any], file: ConfigFile
) -> Any:
    own = file.checks.get(name, {})
    if own is False:
        return None
    try:
        return _adapter(name).validate_python(merged(shipped, own or {}))
    except ValidationError as error:
        raise explained(path, lines, ("checks", name), error) from error


@cache
def _adapter(check: str) -> TypeAdapter[Any]:
    return TypeAdapter(next(known.config for known in CHECKS if known.id == check))


@cache
def shipped_checks() -> Mapping[str, dict[str, Any]]:
    """The shipped config of every check, as `config/checks/<id>.yaml` has it."""
    folder = data_root() / "config" / "checks"
    return {
        check.id: yaml.load((folder / f"{check.id}.yaml").read_bytes(), yaml.CSafeLoader) or {}
        for check in CHECKS
    }

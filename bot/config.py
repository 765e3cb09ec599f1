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
from bot.carbon_config import CarbonSection
from bot.config_file import ConfigError, explained, mapping
from bot.data import data_root, merged
from bot.globs import Glob
from bot.policy.section import PolicySection
from bot.prices.config import PriceSettings
from bot.render.config import RenderSection
from bot.render.roots.model import Rendering
from bot.rightsizing.config import Rightsizing, rightsizing
from bot.tiers import TierRule, Tiers
from bot.waivers_config import WaiverSettings, WaiversSection
from checks.model import AttributionRules, Lines, Place, Resource, Tier, line_of
from checks.registry import CHECKS

# First one found wins; both are looked for on the base branch only.
CONFIG_PATHS = (".github/plumbline.yml", ".plumbline.yml")
_DOMAIN = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"


class ConfigFile(BaseModel):
    """What a repository may write. `checks` is validated against each check's own config."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1]
    tiers: list[TierRule] = []
    default_tier: Tier = Tier.STAGING
    checks: dict[str, dict[str, Any] | Literal[False] | None] = {}
    policies: list[Glob] = [".plumbline/policies/**/*.{rego,yaml,yml}"]
    policy: PolicySection = PolicySection()
    waivers: WaiversSection = WaiversSection()
    prices: PriceSettings = PriceSettings()
    # Monthly figures of Terraform resources, in Infracost's format.
    usage: str = ".plumbline/usage.yml"
    attribution: AttributionRules = AttributionRules()
    carbon: CarbonSection = CarbonSection()
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
    prices: PriceSettings = field(default_factory=PriceSettings)
    usage: str = ""
    attribution: AttributionRules = field(default_factory=AttributionRules)
    carbon: CarbonSection = field(default_factory=CarbonSection)
    policing: policies.Settings = field(default_factory=policies.Settings)
    waivers: WaiverSettings = field(default_factory=WaiverSettings)
    label_domain: str = "apexlogic.com"
    rightsizing: Rightsizing = field(default_factory=rightsizing)
    rendering: Rendering = field(default_factory=Rendering)

    def tier_of(self, *paths: str, of: Resource | None = None) -> Tier:
        """The tier of what stands at these paths from the root, and of the object if given."""
        return self.tiers.of(paths, of)

    def into(self, branch: str) -> Policy:
        """The same law for pull requests into that branch."""
        return replace(self, tiers=replace(self.tiers, branch=branch))

    def place_of(self, *paths: str) -> Place:
        """Where what stands at these paths runs: in the cluster of the first that has one."""
        places = (self.prices.place_of(path) for path in paths)
        return next((place for place in places if place.cluster), self.prices.place)


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
    configs |= _budgets_as_deltas(configs)
    configs |= _apis_as_rendered(configs, file.render.kube_version)
    canonical = file.model_dump_json() + repr(sorted(configs.items()))
    return Policy(
        source=path,
        digest=hashlib.sha256(canonical.encode()).hexdigest()[:16],
        tiers=Tiers(rules=tuple(file.tiers), default=file.default_tier),
        checks=configs,
        prices=file.prices,
        usage=file.usage,
        attribution=file.attribution,
        carbon=file.carbon,
        policing=policies.Settings(
            patterns=tuple(file.policies),
            severities=file.policy.severities,
            kube_version=file.render.kube_version.removeprefix("v"),
            schema=file.policy.schema_,
            origins=tuple(origin.origin for origin in file.policy.origins),
        ),
        waivers=file.waivers.settings,
        label_domain=file.domain,
        rightsizing=_rightsizing(path, lines, file),
        rendering=file.render.rendering,
    )


def _budgets_as_deltas(configs: Mapping[str, Any]) -> dict[str, Any]:
    """What budgets are not told of costs they are told as cost_delta is."""
    budget, delta = configs.get("cost_budget"), configs.get("cost_delta")
    if budget is None or delta is None:
        return {}
    assume = delta.assume if budget.assume is None else budget.assume
    kinds = delta.kinds if budget.kinds is None else budget.kinds
    return {"cost_budget": replace(budget, assume=assume, kinds=kinds)}


def _apis_as_rendered(configs: Mapping[str, Any], kube_version: str) -> dict[str, Any]:
    """Where nobody says which APIs the clusters serve, they are those that charts are made for."""
    apis = configs.get("removed_apis")
    if apis is None or apis.kube_version:
        return {}
    return {"removed_apis": replace(apis, kube_version=kube_version.removeprefix("v"))}


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
    """The shipped config of every check: `config/checks/<id>.yaml`, and the tables that it has in
    `config/policies/<id>.yaml`."""
    return {
        check.id: merged(_shipped("policies", check.id), _shipped("checks", check.id))
        for check in CHECKS
    }


def _shipped(folder: str, check: str) -> dict[str, Any]:
    path = data_root() / "config" / folder / f"{check}.yaml"
    # Only checks with large tables have a file of their own for them.
    if folder == "policies" and not path.exists():
        return {}
    return yaml.load(path.read_bytes(), yaml.CSafeLoader) or {}

"""The law of a repository: its base branch's config over the shipped defaults."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, TypeAlias

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError
from wcmatch import glob
from wcmatch._wcparse import PatternLimitException

from bot.data import data_root, merged
from bot.render.yaml_reader import read
from bot.rightsizing.config import Rightsizing, rightsizing
from checks.model import Lines, Tier, line_of
from checks.registry import CHECKS

# First one found wins; both are looked for on the base branch only.
CONFIG_PATHS = (".github/plumbline.yml", ".plumbline.yml")
_DOMAIN = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"
_GLOB = glob.GLOBSTAR | glob.DOTGLOB | glob.BRACE
# A pattern may expand to this many; a repository's config is trusted, but not with our memory.
_GLOB_LIMIT = 100
# A match takes (depth of the path) to the power of (number of "**") steps, and the head's config is
# tried as well: a pattern and a path of a pull request must not keep a worker busy for hours.
_MOST_GLOBSTARS = 2
_DEEPEST = 64
_LONGEST_SHOWN = 200


class ConfigError(Exception):
    """A config that cannot be the law, with file, line and what to write instead."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


def _checked_glob(pattern: str) -> str:
    if pattern.count("**") > _MOST_GLOBSTARS:
        said = f"expected a glob with at most {_MOST_GLOBSTARS} times '**'"
        raise PydanticCustomError("glob_stars", said)
    try:
        matches("", (pattern,))
    except PatternLimitException:
        said = f"expected a glob whose braces stand for at most {_GLOB_LIMIT} others"
        raise PydanticCustomError("glob_braces", said) from None
    return pattern


def matches(text: str, patterns: Sequence[str]) -> bool:
    """Whether a path from the root (or a name with slashes) matches one of the globs: "*" within a
    part, "**" over parts, "{a,b}" either. What is deeper than 64 parts matches nothing."""
    return text.count("/") < _DEEPEST and bool(_compiled(tuple(patterns)).match(text))


@lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> glob.WcMatcher[str]:
    return glob.compile(patterns, flags=_GLOB, limit=_GLOB_LIMIT)


# A glob as a repository writes it.
Glob: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=300), AfterValidator(_checked_glob)
]


class _TierRule(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tier: Tier
    paths: Annotated[list[Glob], Field(min_length=1)]


class _Prices(BaseModel):
    model_config = ConfigDict(extra="forbid")
    provider: Literal["default", "aws", "gcp", "azure", "onprem"] = "default"
    region: str = ""


class ConfigFile(BaseModel):
    """What a repository may write. `checks` is validated against each check's own config."""

    model_config = ConfigDict(extra="forbid")
    version: Literal[1]
    tiers: list[_TierRule] = []
    default_tier: Tier = Tier.STAGING
    checks: dict[str, dict[str, Any] | Literal[False] | None] = {}
    policies: list[Glob] = [".plumbline/policies/**/*.rego"]
    waivers: str = ".plumbline/waivers.yml"
    prices: _Prices = _Prices()
    rightsizing: dict[str, Any] = {}
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
    tiers: tuple[tuple[Tier, tuple[str, ...]], ...]
    default_tier: Tier
    checks: Mapping[str, Any]
    provider: str = "default"
    region: str = ""
    policies: tuple[str, ...] = ()
    waivers: str = ""
    label_domain: str = "apexlogic.com"
    rightsizing: Rightsizing = field(default_factory=rightsizing)
    _seen: dict[str, Tier] = field(default_factory=dict, repr=False, compare=False)

    def tier_of(self, path: str) -> Tier:
        """The tier of the first rule with a glob that matches the path from the root."""
        if path not in self._seen:
            self._seen[path] = self._match(path)
        return self._seen[path]

    def _match(self, path: str) -> Tier:
        # Nobody gets out of a tier by hiding a file where no glob looks any more.
        if path.count("/") >= _DEEPEST:
            return Tier.PRODUCTION
        for tier, patterns in self.tiers:
            if matches(path, patterns):
                return tier
        return self.default_tier


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


def mapping(path: str, data: bytes) -> tuple[dict[str, Any], Lines]:
    """The one YAML mapping that a file of ours is, with its lines. Raises ConfigError."""
    documents, failures = read(path, data)
    if failures:
        worst = failures[0]
        raise ConfigError(path, worst.location.line, f"{worst.error}. {worst.remedy}")
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise ConfigError(path, 1, "expected one YAML mapping that begins with 'version: 1'")
    return documents[0].value, documents[0].lines


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
        tiers=tuple((rule.tier, tuple(rule.paths)) for rule in file.tiers),
        default_tier=file.default_tier,
        checks=configs,
        provider=file.prices.provider,
        region=file.prices.region,
        policies=tuple(file.policies),
        waivers=file.waivers,
        label_domain=file.domain,
        rightsizing=_rightsizing(path, lines, file),
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


def explained(
    path: str, lines: Lines, prefix: tuple[str | int, ...], error: ValidationError
) -> ConfigError:
    """What is wrong with a file of ours, on its line; `prefix` leads to what was validated."""
    # A union's branches each complain; the one that got deepest is the one that was meant.
    first = max(error.errors(include_url=False), key=lambda found: len(found["loc"]))
    pointer = (*prefix, *first["loc"])
    field_name = ".".join(str(step) for step in pointer) or "the file"
    if first["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        message = f"{field_name}: there is no such setting"
    elif first["type"] == "missing":
        message = f"{field_name} is missing"
    else:
        given = repr(first["input"])
        message = f"{field_name}: {first['msg']}"
        # A whole list or mapping would bury what is wrong with it.
        message += f", not {given}" if len(given) <= _LONGEST_SHOWN else ""
    return ConfigError(path, line_of(lines, pointer) or 1, message)


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

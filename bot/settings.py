"""The environment, read once: `PLUMBLINE_*` variables become one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

PREFIX = "PLUMBLINE_"
# A secret can be given as a file instead, as container platforms mount it.
FILE_SUFFIX = "_FILE"


class SettingsError(Exception):
    """The environment does not hold what the command needs; names the variable and the remedy."""


class Settings(BaseModel):
    """Every setting; its variable is PLUMBLINE_ and the field's name in capitals."""

    model_config = ConfigDict(frozen=True)

    github_app_id: int = Field(0, ge=0, description="The GitHub App's id.")
    github_private_key: SecretStr = Field(
        SecretStr(""), description="The App's private key in PEM form."
    )
    github_webhook_secret: SecretStr = Field(
        SecretStr(""), description="The secret that signs GitHub's webhooks."
    )
    github_api_url: str = Field(
        "https://api.github.com", description="GitHub's API; of an Enterprise server: …/api/v3."
    )
    github_git_url: str = Field("", description="Where to fetch from; derived from the API's URL.")
    gitlab_url: str = Field("", description="GitLab's address, such as https://gitlab.com.")
    gitlab_token: SecretStr = Field(
        SecretStr(""), description="A group or project access token with the scope api."
    )
    gitlab_webhook_token: SecretStr = Field(
        SecretStr(""), description="The secret token of GitLab's webhook."
    )
    gitlab_webhook_signing_key: SecretStr = Field(
        SecretStr(""), description="The webhook's signing key (whsec_…), where GitLab signs."
    )
    prometheus_url: str = Field(
        "", description="Where usage is read for rightsizing; none is proposed if empty."
    )
    prometheus_token: SecretStr = Field(
        SecretStr(""), description="Sent to Prometheus as a bearer token."
    )
    prometheus_timeout: float = Field(
        30, gt=0, description="Seconds to wait for an answer of Prometheus."
    )
    rightsize_hours: int = Field(24, ge=1, description="How often usage is looked at.")
    llm_api_key: SecretStr = Field(
        SecretStr(""), description="The key for Anthropic's API; without one nothing is sent."
    )
    llm_model: str = Field("", description="The model that writes summaries; needed with a key.")
    llm_price_in: Decimal = Field(
        Decimal(0), ge=0, description="USD for a million tokens in; needed with a key."
    )
    llm_price_out: Decimal = Field(
        Decimal(0), ge=0, description="USD for a million tokens out; needed with a key."
    )
    llm_base_url: str = Field("https://api.anthropic.com", description="Where the model's API is.")
    llm_deadline: float = Field(
        20, gt=0, description="Seconds that a summary may delay a comment, second try included."
    )
    llm_max_usd_per_pull: Decimal = Field(
        Decimal("0.50"), ge=0, description="The most that one pull request's summaries may cost."
    )
    llm_max_usd_per_day: Decimal = Field(
        Decimal(5), ge=0, description="The most that a machine's summaries may cost a day (UTC)."
    )
    public_url: str = Field(
        "", description="Where people reach this server; check runs then link to the details."
    )
    link_secret: SecretStr = Field(
        SecretStr(""), description="Signs the links to details; the webhook secret if empty."
    )
    data_dir: Path = Field(
        Path("data"), description="Where the database and the mirrors are kept; must outlive a run."
    )
    database_url: str = Field(
        "",
        description="postgresql://… for more than one machine; SQLite in the data folder if empty.",
    )
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="The port to listen on.")
    workers: int = Field(4, ge=1, le=64, description="Pull requests judged at once by a process.")
    catch_up_minutes: int = Field(
        30, ge=1, description="How often to ask for lost deliveries and compare open pull requests."
    )
    mirror_max_mib: int = Field(
        1024, ge=1, description="The most one repository's mirror may take."
    )
    mirrors_max_mib: int = Field(
        20_480, ge=1, description="The most all mirrors may take; the least recently used go first."
    )
    render_cache_mib: int = Field(
        2048, ge=1, description="The most that kept renders may take; the least recently used go."
    )
    render_workers: int = Field(
        2, ge=1, le=64, description="Renderers (kustomize, Helm, …) run at once for one change."
    )
    git_timeout: float = Field(300, gt=0, description="Seconds that one git command may take.")
    http_timeout: float = Field(20, gt=0, description="Seconds to wait for a forge's answer.")
    write_pause: float = Field(
        1.0, ge=0, description="Seconds between writes to one repository, as GitHub asks for."
    )
    log_level: str = Field("info", description="debug, info, warning or error.")

    @model_validator(mode="before")
    @classmethod
    def _empty_means_unset(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value != ""}

    @property
    def links_signed_with(self) -> str:
        """The secret behind the links to details."""
        secrets = (self.link_secret, self.github_webhook_secret, self.gitlab_webhook_token)
        return next((s.get_secret_value() for s in secrets if s.get_secret_value()), "")

    @property
    def database(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'plumbline.sqlite'}"


def load(environ: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises SettingsError, naming the variable."""
    values: dict[str, str] = {}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        values[name] = environ.get(variable, "") or _from_file(environ, variable + FILE_SUFFIX)
    unknown = _unknown(environ)
    if unknown:
        raise SettingsError(f"{unknown} is no setting of plumbline: docs/operating.md lists them")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{variable}: {first['msg']}") from None


def forges(settings: Settings) -> frozenset[str]:
    """The forges that are configured: "github", "gitlab". Raises SettingsError where one is only
    half configured, or none is."""
    identities: dict[str, dict[str, object]] = {
        "github": {
            "GITHUB_APP_ID": settings.github_app_id,
            "GITHUB_PRIVATE_KEY": settings.github_private_key.get_secret_value(),
            "GITHUB_WEBHOOK_SECRET": settings.github_webhook_secret.get_secret_value(),
        },
        "gitlab": {
            "GITLAB_URL": settings.gitlab_url,
            "GITLAB_TOKEN": settings.gitlab_token.get_secret_value(),
            "GITLAB_WEBHOOK_TOKEN": settings.gitlab_webhook_token.get_secret_value()
            or settings.gitlab_webhook_signing_key.get_secret_value(),
        },
    }
    found = {name for name, parts in identities.items() if any(parts.values())} or {"github"}
    missing = [
        PREFIX + part
        for name in sorted(found)
        for part, value in identities[name].items()
        if not value
    ]
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} must be set: docs/operating.md says where to find them; "
            f"a name with {FILE_SUFFIX} after it takes a file's path instead"
        )
    return frozenset(found)


def _from_file(environ: Mapping[str, str], variable: str) -> str:
    path = environ.get(variable, "")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable}: cannot read {path}: {error}") from error


def _unknown(environ: Mapping[str, str]) -> str:
    """A PLUMBLINE_ variable that means nothing: most often a typing error in one that matters."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {name + FILE_SUFFIX for name in known}
    return next((v for v in sorted(environ) if v.startswith(PREFIX) and v not in known), "")

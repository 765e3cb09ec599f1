"""plain_secrets: nobody finds a password by reading the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, TypeAlias

from checks.kube import containers
from checks.labelling.names import among
from checks.model import Outcome, Resource, Severity, Subject
from checks.rule import Check, Rule
from checks.secrets.values import (
    Text,
    decoded,
    digest_of,
    is_certificate,
    is_stand_in,
    masked,
    texts_in,
)
from checks.severity import SeverityByTier, severity_in
from checks.terraform.attributes import is_terraform
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import listed, mappings, texts
from checks.workloads.sides import Side

_ID = "plain_secrets"
Detector: TypeAlias = Literal[
    "aws-key", "azure-storage-key", "discord-token", "github-token", "gitlab-token",
    "mailchimp-key", "private-key", "pypi-token", "sendgrid-key", "slack-token", "square-secret",
    "stripe-key", "telegram-token", "basic-auth-url", "npm-token", "openai-key",
    "jwt", "twilio-key", "base64-entropy", "hex-entropy",
]  # fmt: skip
_SURE: tuple[Detector, ...] = (
    "aws-key", "azure-storage-key", "discord-token", "github-token", "gitlab-token",
    "mailchimp-key", "private-key", "pypi-token", "sendgrid-key", "slack-token", "square-secret",
    "stripe-key", "telegram-token", "basic-auth-url", "npm-token", "openai-key",
)  # fmt: skip
_WHY = """\
Whoever can read the repository, a fork of it or an old clone, can read what was ever committed: a
secret in Git is known, and has to be changed, not only taken out. base64 in a Secret is no
encryption. Values that are encrypted (SOPS, SealedSecret), fetched (ExternalSecret) or filled in
later are fine.

Keys and tokens are found by their shape, with the detectors of detect-secrets, in all that is
declared: ConfigMaps, environment variables, arguments, rendered charts, attributes of Terraform.
Entropy is not looked at unless config asks for it. No finding has a secret in it: only how it
begins and how long it is."""
_CREDENTIAL = Rule(
    id="credential",
    title="A value is a key or token by its shape",
    remedy="Change it where it is valid, then fetch it at run time (ExternalSecret, a secrets"
    " manager) or encrypt it (SOPS, SealedSecret).",
    setting="credential",
)
_SECRET = Rule(
    id="secret-in-git",
    title="A Secret is in Git in plain text",
    remedy="Change the value, then declare an ExternalSecret or SealedSecret, or encrypt the file"
    " with SOPS.",
    setting="secret",
)
_OTHER = Rule(
    id="secret-object",
    title="A Secret is in Git in plain text; whether its values are secret cannot be told",
    remedy="Make it a ConfigMap if nothing in it is secret; else encrypt or fetch it.",
    setting="other",
)
_NAME = Rule(
    id="secret-by-name",
    title="A value that is called a password is given in plain text",
    remedy="Take it from where secrets are kept: 'valueFrom.secretKeyRef' of a Secret that is"
    " encrypted or fetched, a variable or a data source of a secrets manager in Terraform.",
    setting="other",
)
_NAMED = re.compile(
    r"pass(word|wd|phrase)?$|pwd$|token$|secret([-_.]?key)?$|api[-_.]?key|access[-_.]?key"
    r"|private[-_.]?key|credential|tls\.key$|dockerconfigjson|dockercfg|htpasswd|^\.?auth$"
    r"|client[-_.]?secret|encryption[-_.]?key|\.pem$|id_rsa|kubeconfig",
    re.IGNORECASE,
)
_PASSWORDS = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET_KEY|SECRET_ACCESS_KEY|API_KEY|APIKEY|AUTH_TOKEN|ACCESS_TOKEN"
    r"|CLIENT_SECRET|PRIVATE_KEY)$",
    re.IGNORECASE,
)
# Where a value says where the secret is, and not what it is.
_ELSEWHERE = re.compile(r"^(/|\./|[a-z][a-z0-9+.-]*://|file:|secret/)|\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard findings are: `credential` by shape, `secret` for Secrets with keys that say it,
    `other` for those that do not, and for values that are called passwords. `public_keys` are keys
    of Secrets that hold nothing secret (may end in "*"), `detectors` look at every text."""

    credential: SeverityByTier = field(
        default_factory=lambda: {"experiment": "warn", "staging": "fail", "production": "fail"}
    )
    secret: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "warn", "production": "fail"}
    )
    other: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "info", "production": "warn"}
    )
    detectors: tuple[Detector, ...] = _SURE
    public_keys: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def judge(subject: Subject, config: Config) -> Outcome:
    """The objections of both sides; inconclusive where nobody looked for keys and tokens."""
    known = subject.facts.secrets
    outcome = over(_ID, _Inspection(known or {}).inspect)(subject, config)
    if known is not None or not config.detectors:
        return outcome
    said = "the values were not looked through for keys and tokens"
    changed = any(one.changed for one in subject.head.resources.values())
    return replace(outcome, inconclusive=said) if changed else outcome


@dataclass(frozen=True, slots=True)
class _Inspection:
    """What objects are asked, with what is known of texts: detectors by a text's digest."""

    known: Mapping[str, tuple[str, ...]]

    def inspect(self, resource: Resource, side: Side, config: Config) -> Iterator[Objection]:  # noqa: ARG002
        """One objection for each rule."""
        if (resource.api_version, resource.kind) == ("v1", "Secret"):
            yield from _secret(resource, config)
            return
        yield from self._credentials(resource, config)
        yield from _by_name(resource, config)

    def _credentials(self, resource: Resource, config: Config) -> Iterator[Objection]:
        places, kinds = [], []
        for found in texts_in(resource.body) if self.known else ():
            names = self.known.get(digest_of(found.text), ())
            if names:
                kinds += list(names)
                said = f"{', '.join(names)}: {masked(found.text)}"
                # The digest tells a second secret at the same place from the first.
                key = f"{found.label} {digest_of(found.text)}"
                places.append(Place(key=key, label=found.label, pointer=found.pointer, value=said))
        if places:
            where = listed([place.label for place in places])
            yield objection(
                _ID,
                resource,
                _CREDENTIAL,
                severity_in(config.credential, resource.tier),
                places,
                f"{resource.kind} {resource.name} holds {listed(_spoken(kinds))} in plain text"
                f" ({where})",
                threshold="no key or token in plain text",
            )


def _spoken(kinds: list[str]) -> list[str]:
    names = [name.replace("-", " ") for name in kinds]
    return [f"an {name}" if name[0] in "aeiou" else f"a {name}" for name in names]


def _secret(resource: Resource, config: Config) -> Iterator[Objection]:
    if _encrypted(resource):
        return
    places = list(_values(resource, config))
    if not places:
        return
    named = [place for place in places if _NAMED.search(place.key)]
    rule, setting = (_SECRET, config.secret) if named else (_OTHER, config.other)
    severity = severity_in(setting, resource.tier)
    note = ""
    if resource.rendered_from.startswith("helm"):
        # A chart can make a password up: then it is not in Git.
        severity, note = min(severity, Severity.WARN), ", or made up by its chart"
    yield objection(
        _ID,
        resource,
        rule,
        severity,
        named or places,
        f"Secret {resource.name} is in Git in plain text{note}:"
        f" {listed([place.label for place in named or places])}",
        threshold="encrypted, or fetched at run time",
    )


def _encrypted(resource: Resource) -> bool:
    """Whether SOPS encrypted it: what is left in plain text was left on purpose."""
    values = [*texts(resource.get("data")).values(), *texts(resource.get("stringData")).values()]
    sops = isinstance(resource.body.get("sops"), dict)
    return any(value.startswith("ENC[") for value in values) or (sops and not values)


def _values(resource: Resource, config: Config) -> Iterator[Place]:
    for name in ("data", "stringData"):
        for key, raw in texts(resource.get(name)).items():
            value = decoded(raw) if name == "data" else raw
            stands_in = is_stand_in(raw) or is_stand_in(value) or is_certificate(value)
            if not stands_in and not among(key, config.public_keys):
                yield Place(key=key, label=key, pointer=(name, key), value=masked(value))


def _by_name(resource: Resource, config: Config) -> Iterator[Objection]:
    """One objection to all values that are called passwords."""
    places = [
        Place(key=key, label=key, pointer=one.pointer, value=masked(one.text))
        for key, one in _named(resource)
        if _PASSWORDS.search(one.label)
        and not is_stand_in(one.text)
        and not _ELSEWHERE.search(one.text)
    ]
    if places:
        yield objection(
            _ID,
            resource,
            _NAME,
            severity_in(config.other, resource.tier),
            places,
            f"{resource.kind} {resource.name} has a password in plain text:"
            f" {listed([place.label for place in places])}",
            threshold="taken from where secrets are kept",
        )


def _named(resource: Resource) -> Iterator[tuple[str, Text]]:
    """The values that have a name of their own: environment variables, entries of ConfigMaps,
    attributes of Terraform; each with a key that does not depend on its place in a list."""
    for container in containers(resource):
        for index, body in mappings(container.body.get("env")):
            name, value = body.get("name"), body.get("value")
            if isinstance(name, str) and isinstance(value, str):
                pointer = (*container.pointer, "env", index, "value")
                yield f"{name} of {container.label}", Text(pointer, name, value)
    if (resource.api_version, resource.kind) == ("v1", "ConfigMap"):
        for key, value in texts(resource.get("data")).items():
            yield key, Text(("data", key), key, value)
    if is_terraform(resource):
        for found in texts_in(resource.get("spec"), shortest=1):
            pointer = ("spec", *found.pointer)
            yield ".".join(map(str, found.pointer)), Text(pointer, found.label, found.text)


CHECK = Check(
    id=_ID,
    domain="policy",
    title="No secret is in Git in plain text",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(_CREDENTIAL, _SECRET, _OTHER, _NAME),
)

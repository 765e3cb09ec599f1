"""Kubernetes' named formats: `format.dns1123Label().validate("a-b")`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bot.engines.cel.library.registry import Library
from bot.engines.cel.library.urls import parsed as parsed_url
from bot.engines.cel.values import NONE, CelError, Optional

LIBRARY = Library()
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_UUID = r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_DATETIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_LABEL_LENGTH, _SUBDOMAIN_LENGTH = 63, 253
_SAID_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
    " must start and end with an alphanumeric character"
)
_SAID_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
    " '.', and must start and end with an alphanumeric character"
)
_SAID_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
    " alphabetic character, and end with an alphanumeric character"
)
_SAID_NAME = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end"
    " with an alphanumeric character"
)
_SAID_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character"
)
_Check = Callable[[str], "list[str]"]


@dataclass(frozen=True, slots=True)
class Format:
    """A named format."""

    name: str
    cel_type: ClassVar[str] = "kubernetes.NamedFormat"


def _matching(expression: str, most: int, said: str, *, prefix: bool = False) -> _Check:
    pattern = re.compile(expression)

    def check(text: str) -> list[str]:
        # What is a prefix of a name may end in a dash.
        whole = text[:-1] + "a" if prefix and len(text) > 1 and text.endswith("-") else text
        wrong = [f"must be no more than {most} characters"] if most and len(text) > most else []
        return wrong if pattern.fullmatch(whole) else [*wrong, said]

    return check


def _qualified(text: str) -> list[str]:
    prefix, slash, name = text.rpartition("/")
    wrong: list[str] = []
    if "/" in prefix:
        return ["a qualified name " + _SAID_NAME.removeprefix("name part ")]
    if slash and not prefix:
        wrong.append("prefix part must be non-empty")
    elif slash:
        check = _matching(_SUBDOMAIN, _SUBDOMAIN_LENGTH, _SAID_SUBDOMAIN)
        wrong += [f"prefix part {said}" for said in check(prefix)]
    if not name:
        wrong.append("name part must be non-empty")
    elif len(name) > _LABEL_LENGTH:
        wrong.append(f"name part must be no more than {_LABEL_LENGTH} characters")
    return wrong if re.fullmatch(_NAME, name) else [*wrong, _SAID_NAME]


def _uri(text: str) -> list[str]:
    try:
        parsed_url(text)
    except CelError as error:
        return [str(error)]
    return []


def _byte(text: str) -> list[str]:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ["invalid base64"]
    return [] if text else ["invalid base64"]


def _date(text: str) -> list[str]:
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        date.fromisoformat(text)
    except ValueError:
        return ["invalid date"]
    return []


def _datetime(text: str) -> list[str]:
    if re.fullmatch(_DATETIME, text) and not _date(text[:10]):
        return []
    return ["invalid datetime"]


_FORMATS: dict[str, _Check] = {
    "dns1123Label": _matching(_LABEL, _LABEL_LENGTH, _SAID_LABEL),
    "dns1123LabelPrefix": _matching(_LABEL, _LABEL_LENGTH, _SAID_LABEL, prefix=True),
    "dns1123Subdomain": _matching(_SUBDOMAIN, _SUBDOMAIN_LENGTH, _SAID_SUBDOMAIN),
    "dns1123SubdomainPrefix": _matching(
        _SUBDOMAIN, _SUBDOMAIN_LENGTH, _SAID_SUBDOMAIN, prefix=True
    ),
    "dns1035Label": _matching(_LABEL_1035, _LABEL_LENGTH, _SAID_1035),
    "dns1035LabelPrefix": _matching(_LABEL_1035, _LABEL_LENGTH, _SAID_1035, prefix=True),
    "qualifiedName": _qualified,
    "labelValue": _matching(rf"({_NAME})?", _LABEL_LENGTH, _SAID_VALUE),
    "uri": _uri,
    "uuid": _matching(_UUID, 0, "does not match the UUID format"),
    "byte": _byte,
    "date": _date,
    "datetime": _datetime,
}


@LIBRARY.add("format.named", str)
def _named(name: str) -> Optional:
    return Optional(Format(name)) if name in _FORMATS else NONE


def _register() -> None:
    for name in _FORMATS:
        LIBRARY.add(f"format.{name}")(lambda name=name: Format(name))


_register()


@LIBRARY.add(".validate", Format, str)
def _validate(form: Format, text: str) -> Optional:
    wrong = _FORMATS[form.name](text)
    return Optional(wrong) if wrong else NONE

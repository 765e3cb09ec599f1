"""What among the values of a change is a secret: detect-secrets' detectors over every text.

The only module that imports detect_secrets. What it tells has no secret in it: the values are named
by their digests. Only detectors that take time in proportion to the text are run by default, for
the texts are strangers'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from checks.model import Resource
from checks.secrets.values import SHORTEST, Text, digest_of, texts_in

# detect-secrets' plugins by the names that config has for them: (module, class).
_PLUGINS: Mapping[str, tuple[str, str]] = {
    "aws-key": ("aws", "AWSKeyDetector"),
    "azure-storage-key": ("azure_storage_key", "AzureStorageKeyDetector"),
    "discord-token": ("discord", "DiscordBotTokenDetector"),
    "github-token": ("github_token", "GitHubTokenDetector"),
    "gitlab-token": ("gitlab_token", "GitLabTokenDetector"),
    "mailchimp-key": ("mailchimp", "MailchimpDetector"),
    "private-key": ("private_key", "PrivateKeyDetector"),
    "pypi-token": ("pypi_token", "PypiTokenDetector"),
    "sendgrid-key": ("sendgrid", "SendGridDetector"),
    "slack-token": ("slack", "SlackDetector"),
    "square-secret": ("square_oauth", "SquareOAuthDetector"),
    "stripe-key": ("stripe", "StripeDetector"),
    "telegram-token": ("telegram_token", "TelegramBotTokenDetector"),
    "jwt": ("jwt", "JwtTokenDetector"),
    "twilio-key": ("twilio", "TwilioKeyDetector"),
    "base64-entropy": ("high_entropy_strings", "Base64HighEntropyString"),
    "hex-entropy": ("high_entropy_strings", "HexHighEntropyString"),
}
# In place of plugins whose expressions take time beyond all bounds on made-up texts.
_OWN: Mapping[str, re.Pattern[str]] = {
    "basic-auth-url": re.compile(
        r"\b[a-z][a-z0-9+.-]{1,20}://(?P<user>[^\s/:@{}$<>%\"'()]{1,64})"
        r":(?P<secret>[^\s/@{}$<>\"'()*]{3,128})@(?P<host>[\w.-]{1,128})"
    ),
    "npm-token": re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"),
    "openai-key": re.compile(r"\bsk-[A-Za-z0-9_-]{0,200}T3BlbkFJ[A-Za-z0-9_-]{20}"),
}
KNOWN = (*_PLUGINS, *_OWN)
# Expressions that look for an end are slow on lines without one.
_WINDOW, _OVERLAP = 2048, 256
_AWS_SECRET = 40
# The body of a key, as far as it tells that there is one behind the header.
_KEY_BODY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(.{0,400})", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{48}")
_EXAMPLES = re.compile(r"example|(.)\1{7}|x{5}|1234567|abcdef|your[-_]?|dummy|fake|redacted", re.I)
_WEAK = frozenset({"password", "passwd", "pass", "pwd", "secret", "changeme", "token", "apikey"})
_HERE = frozenset({"localhost", "127.0.0.1", "example.com", "example.org"})


def secrets_among(
    resources: Iterable[Resource], detectors: Iterable[str]
) -> Mapping[str, tuple[str, ...]]:
    """Which detectors found a secret in which text of these resources, by the text's digest."""
    scans = [(name, _detector(name)) for name in sorted(set(detectors))]
    texts = {_seen(text) for one in resources for text in texts_in(one.body)} if scans else set()
    found: dict[str, tuple[str, ...]] = {}
    for text, seen in sorted(texts):
        kinds = tuple(name for name, scan in scans if any(map(scan, _windows(seen))))
        if kinds:
            found[digest_of(text)] = kinds
    return found


def _seen(found: Text) -> tuple[str, str]:
    """A text, and how detectors see it: a key of AWS is one only beside its name."""
    if len(found.text) == _AWS_SECRET:
        return found.text, f"{found.label} = '{found.text}'"
    return found.text, found.text


def _windows(text: str) -> Iterator[str]:
    """The text in pieces of a bounded length; what begins in one is whole in it or in the next."""
    for start in range(0, max(len(text) - _OVERLAP, 1), _WINDOW - _OVERLAP):
        piece = text[start : start + _WINDOW]
        if len(piece) >= SHORTEST:
            yield piece


@cache
def _detector(name: str) -> Callable[[str], bool]:
    if name in _OWN:
        return lambda text: any(_meant(name, found) for found in _OWN[name].finditer(text))
    module, kind = _PLUGINS[name]
    plugin: Any = getattr(import_module(f"detect_secrets.plugins.{module}"), kind)()
    if name == "private-key":
        return lambda text: any(True for _ in plugin.analyze_string(text)) and _has_key(text)
    if name.endswith("-entropy"):
        return lambda text: any(True for _ in plugin.analyze_string(f'"{text}"'))
    return lambda text: any(not _EXAMPLES.search(said) for said in plugin.analyze_string(text))


def _has_key(text: str) -> bool:
    """Whether a key stands behind its header: scripts and manuals have the header alone."""
    bodies = (re.sub(r"\\n|\s", "", found[1]) for found in _KEY_BODY.finditer(text))
    return any(any(not _EXAMPLES.search(part) for part in _BASE64.findall(body)) for body in bodies)


def _meant(name: str, found: re.Match[str]) -> bool:
    if name != "basic-auth-url":
        return not _EXAMPLES.search(found[0])
    user, secret, host = found["user"], found["secret"], found["host"]
    weak = secret.casefold() in _WEAK or secret == user or _EXAMPLES.search(secret)
    return not (weak or host in _HERE or host.endswith((".example.com", ".example.org")))

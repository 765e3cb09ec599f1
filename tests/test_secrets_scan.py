"""Which texts are secrets by their shape, and how long it takes to tell. No text here is one."""

from __future__ import annotations

import time
from typing import Any, get_args

import pytest

from bot.secrets_scan import KNOWN, secrets_among
from checks.plain_secrets import Config, Detector
from checks.secrets.values import digest_of
from tests.checks.manifests import resource

_SURE = Config().detectors
# Put together here, so that nobody who searches this repository for secrets finds any.
_BODY = "Zk3" + "q9Xw7RtB2mVc8Ly5" * 5
_KEY = "-----BEGIN RSA " + f"PRIVATE KEY-----\n{_BODY}\n-----END RSA PRIVATE KEY-----"
_AWS = "AKIA" + "Q3EGRIZ7YDSL5NWB"
_GITHUB = "ghp_" + "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3bC5"
_SLACK = "xoxb-" + "2394857610-4857620193-kZq83nVbR7"


def _found(text: str, *, name: str = "VALUE", detectors: Any = _SURE) -> tuple[str, ...]:
    meta: dict[str, Any] = {"name": "x"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {name: text}}
    return secrets_among([resource(body)], detectors).get(digest_of(text), ())


@pytest.mark.parametrize(
    ("text", "detector"),
    [
        (_KEY, "private-key"),
        (_KEY.replace("\n", "\\n"), "private-key"),
        (f"aws_access_key_id={_AWS}\nregion=eu-west-1", "aws-key"),
        (f"token: {_GITHUB}", "github-token"),
        ("glpat-" + "x7Kp2mQ9vB4nR8tW3yZ6", "gitlab-token"),
        (_SLACK, "slack-token"),
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "stripe-key"),
        ("npm_" + "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3bC5", "npm-token"),
        ("postgres://shop:kV7pQz81Lm@db.shop.svc:5432/orders", "basic-auth-url"),
        ("AccountKey=" + "pT7x" * 22, "azure-storage-key"),
    ],
)
def test_tokens_have_a_shape(text: str, detector: str) -> None:
    assert _found(text) == (detector,)


def test_a_key_of_aws_is_one_beside_its_name() -> None:
    secret = "h7Kq2mZx9Vb4Nr8Tw3Yp6Ls1Dg5Fj0Ac7Ue2Io9Q"
    assert len(secret) == 40
    assert _found(secret, name="AWS_SECRET_ACCESS_KEY") == ("aws-key",)
    assert _found(secret, name="COMMIT") == ()


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "AKIA" + "X" * 16,
        "grep -q 'BEGIN RSA PRIVATE KEY' /etc/ssl/key.pem && echo yes",
        "-----BEGIN CERTIFICATE-----\n" + _BODY,
        "https://user:password@example.org/path",
        "https://user:pass@host.internal/",
        "postgres://app:${DB_PASSWORD}@db:5432/orders",
        "postgres://app:$(DB_PASSWORD)@db:5432/orders",
        "amqp://guest:guest@rabbitmq:5672/",
        "http://10.0.0.1:8080/a@b and more text",
        "registry.example.com/web@sha256:" + "0a1b2c3d" * 8,
        "sha256-" + "q9Xw7RtB2mVc8Ly5" * 4,
        "ghp_short",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert _found(text) == ()


def test_only_what_is_asked_for() -> None:
    assert _found(_AWS, detectors=("private-key",)) == ()
    assert _found(_AWS, detectors=()) == ()
    token = "q9Xw7RtB2mVc8Ly5Zk3pT7xH4sD6fJ1gN0aE"
    assert _found(token) == ()
    assert _found(token, detectors=("base64-entropy",)) == ("base64-entropy",)


def test_config_names_every_detector() -> None:
    assert set(get_args(Detector)) == set(KNOWN)


def test_a_token_is_found_wherever_it_stands_in_a_long_text() -> None:
    for before in (0, 1780, 1800, 2030, 2048, 5000):
        assert _found("." * before + " " + _GITHUB + " " + "." * 3000) == ("github-token",), before


def test_nothing_that_is_told_holds_the_text() -> None:
    body = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "data": {"a": _GITHUB}}
    told = repr(secrets_among([resource(body)], _SURE))
    assert _GITHUB not in told
    assert _GITHUB[:8] not in told


@pytest.mark.parametrize(
    "piece",
    ["://a:", "eyJ", "sk-", "xoxb-1-", "AKIA", "//_authToken=", "aws key '", "BEGIN PRIVATE KEY ",
     "https://hooks.slack.com/services/T1", "-----BEGIN PRIVATE KEY-----", "glagent-", "1:"],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.monotonic()
    _found(text)
    assert time.monotonic() - started < 5

"""Which secrets stand in plain text. None of these is one."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import defaults
from bot.secrets_scan import secrets_among
from checks.model import Outcome, Resource, Severity, State, Tier
from checks.plain_secrets import CHECK, Config
from checks.secrets.values import is_stand_in, masked
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, resource, subject, workload

_SHIPPED: Config = defaults().checks["plain_secrets"]
_TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3bC5"


def _object(
    kind: str = "Secret", version: str = "v1", tier: Tier = Tier.PRODUCTION, **fields: Any
) -> Resource:
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, **fields}
    return resource(body, tier=tier)


def _judge(after: Resource, before: Resource | None = None, config: Config = _SHIPPED) -> Outcome:
    one = subject([before] if before else [], [after])
    found = [*one.base.resources.values(), *one.head.resources.values()]
    secrets = secrets_among(found, config.detectors)
    return CHECK.judge(replace(one, facts=replace(one.facts, secrets=secrets)), config)


def _rules(one: Resource) -> list[str]:
    return [finding.rule for finding in _judge(one).findings]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"stringData": {"password": "hunter2!"}}, "secret-in-git"),
        ({"data": {"password": _base64("hunter2!")}}, "secret-in-git"),
        ({"data": {"tls.crt": _base64("-----BEGIN CERTIFICATE-----\nabc")}}, None),
        (
            {"data": {"tls.key": _base64("-----BEGIN EC " + "PRIVATE KEY-----\nabc")}},
            "secret-in-git",
        ),
        ({"stringData": {"url": "https://git.example.net", "type": "git"}}, None),
        ({"stringData": {"config.yaml": "a: some words"}}, "secret-object"),
        ({"stringData": {"password": ""}}, None),
        ({"stringData": {"password": "${DB_PASSWORD}"}}, None),
        ({"stringData": {"password": "{{ .Values.password }}"}}, None),
        ({"stringData": {"password": "<path:secret/data/db#password>"}}, None),
        ({"stringData": {"password": "CHANGE_ME"}}, None),
        ({"stringData": {"password": "change-me"}}, None),
        ({"stringData": {"password": "ref+vault://secret/db#password"}}, None),
        ({"data": {"password": _base64("REPLACE_WITH_PASSWORD")}}, None),
        ({"stringData": {"enableOCI": "true", "port": "5432"}}, None),
        ({"stringData": {"token": "ENC[AES256_GCM,data:eA==]", "note": "left open"}}, None),
        ({"type": "kubernetes.io/service-account-token"}, None),
        ({"data": None, "stringData": ["password"]}, None),
    ],
)
def test_secrets(fields: dict[str, Any], rule: str | None) -> None:
    assert _rules(_object(**fields)) == ([rule] if rule else [])


def test_what_is_encrypted_or_fetched_is_fine() -> None:
    data = {"password": "AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq"}
    for version, kind in (
        ("bitnami.com/v1alpha1", "SealedSecret"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("example.com/v1", "Secret"),
    ):
        assert not _rules(_object(kind, version, spec={"encryptedData": data}, data=data))


def test_a_chart_may_make_a_password_up() -> None:
    one = replace(_object(stringData={"password": "kV7pQz81Lm"}), rendered_from="helm charts/web")
    (finding,) = _judge(one).findings
    assert finding.severity is Severity.WARN
    assert "made up by its chart" in finding.message


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("DB_PASSWORD", "hunter2!", True),
        ("MINIO_SECRET_KEY", "minio123", True),
        ("DB_PASSWORD_FILE", "/run/secrets/db", False),
        ("DB_PASSWORD", "/run/secrets/db", False),
        ("DB_PASSWORD", "$(OTHER)", False),
        ("GOOGLE_API_KEY", "GOOGLE_API_KEY_VAL", False),
        ("PASSWORD_POLICY", "strong", False),
        ("VAULT_API_KEY", "vault:secret/data/x#key", False),
        ("TOKENIZER", "words", False),
        ("DB_PASSWORD", None, False),
        ("DB_PASSWORD", "true", False),
    ],
)
def test_environment_variables(name: str, value: Any, found: bool) -> None:
    pod = {"containers": [container(env=[{"name": name, "value": value}])]}
    assert _rules(workload(pod=pod, tier=Tier.PRODUCTION)) == (["secret-by-name"] if found else [])


def test_config_maps_and_terraform() -> None:
    assert _rules(_object("ConfigMap", data={"DB_PASSWORD": "hunter2!"})) == ["secret-by-name"]
    spec = {"administrator_login_password": "Aa12345678!", "name": "x"}
    assert _rules(_object("azurerm_mssql_server", "terraform/v1", spec=spec)) == ["secret-by-name"]
    spec["administrator_login_password"] = "(sensitive)"
    assert not _rules(_object("azurerm_mssql_server", "terraform/v1", spec=spec))


@pytest.mark.parametrize(
    "one",
    [
        _object("ConfigMap", data={"app.yaml": f"token: {_TOKEN}"}),
        _object("Anything", "example.com/v1", spec={"deep": [{"list": [_TOKEN]}]}),
        workload(pod={"containers": [container(args=[f"--token={_TOKEN}"])]}, tier=Tier.PRODUCTION),
        _object("aws_instance", "terraform/v1", spec={"user_data": f"export TOKEN={_TOKEN}"}),
    ],
)
def test_tokens_are_found_wherever_they_are_and_never_shown(one: Resource) -> None:
    outcome = _judge(one)
    assert [(f.rule, f.severity) for f in outcome.findings] == [("credential", Severity.FAIL)]
    assert "a github token" in outcome.findings[0].message
    assert _TOKEN not in repr(outcome)
    assert _TOKEN[4:12] not in repr(outcome)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=3, max_size=300))
def test_no_secret_is_in_what_is_said(secret: str) -> None:
    one = _object(stringData={"password": secret}, data={"token": _base64(secret)})
    said = json.dumps([f.message + f.trace.observed for f in _judge(one).findings])
    assert len(secret) <= 4 or json.dumps(secret)[1:-1] not in said
    assert secret[:3] not in masked(secret) or secret[:3] in f"… ({len(secret):,} characters)"


def test_the_first_letters_and_the_length_of_a_long_one() -> None:
    assert masked("hunter2-and-more") == "hu… (16 characters)"
    assert masked("hunter2") == "… (7 characters)"


def test_another_token_at_the_same_place_is_new() -> None:
    other = _TOKEN[:-1] + "Z"
    before = _object("ConfigMap", data={"app.yaml": f"token: {_TOKEN}"})
    after = _object("ConfigMap", data={"app.yaml": f"token: {other}"})
    assert [f.preexisting for f in _judge(after, before).findings] == [False]
    assert [f.preexisting for f in _judge(before, before).findings] == [True]
    gone = _judge(_object("ConfigMap", data={"app.yaml": "token: none"}), before)
    assert (gone.state, len(gone.fixed)) == (State.PASS, 1)


@pytest.mark.parametrize(
    ("tier", "secret", "token"),
    [
        (Tier.EXPERIMENT, Severity.INFO, Severity.WARN),
        (Tier.STAGING, Severity.WARN, Severity.FAIL),
        (Tier.PRODUCTION, Severity.FAIL, Severity.FAIL),
    ],
)
def test_it_is_stricter_by_tier(tier: Tier, secret: Severity, token: Severity) -> None:
    found = [
        _judge(one).findings[0].severity
        for one in (
            _object(stringData={"password": "hunter2!"}, tier=tier),
            _object("ConfigMap", data={"a": _TOKEN}, tier=tier),
        )
    ]
    assert found == [secret, token]


def test_where_nobody_looked_it_is_inconclusive() -> None:
    one = _object("ConfigMap", data={"a": _TOKEN})
    assert CHECK.judge(subject([], [one]), _SHIPPED).state is State.INCONCLUSIVE
    assert CHECK.judge(subject([], []), _SHIPPED).state is State.PASS
    assert CHECK.judge(subject([], [one]), replace(_SHIPPED, detectors=())).state is State.PASS


@pytest.mark.parametrize("text", ["hunter2!", "s3cr3t-value", "correct horse", "p4ssw0rd"])
def test_what_is_no_stand_in(text: str) -> None:
    assert not is_stand_in(text)


def test_the_example() -> None:
    assert_golden(CHECK)

"""What of a cloud is open to everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import defaults
from bot.render.terraform.resources import resources_of
from bot.render.terraform.rows import rendered_object
from checks.exposure import aws, azure, google, ports
from checks.exposure.statements import public_statement
from checks.model import Outcome, Resource, Severity, State, Tier
from checks.patches import patched
from checks.tf_exposure import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject

_SHIPPED: Config = defaults().checks["tf_exposure"]


def _read(text: str, tier: Tier = Tier.PRODUCTION) -> list[Resource]:
    rows, failures = resources_of("", {"main.tf": text})
    assert failures == []
    return [resource(dict(rendered_object(row).body), tier=tier) for row in rows]


def _judge(after: Iterable[Resource], before: Iterable[Resource] = ()) -> Outcome:
    return CHECK.judge(subject(before, after), _SHIPPED)


def _rules(text: str) -> list[str]:
    return sorted(finding.rule for finding in _judge(_read(text)).findings)


def _block(kind: str, body: str) -> str:
    return f'resource "{kind}" "x" {{\n{body}\n}}\n'


_EVERYBODY = 'policy = jsonencode({Statement = [{Effect = "Allow", Principal = "*", '
_BLOCKED = """
resource "aws_s3_bucket_public_access_block" "x" {
  bucket                  = aws_s3_bucket.x.id
  ignore_public_acls      = true
  restrict_public_buckets = true
}
"""


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (_block("aws_s3_bucket", 'acl = "public-read"'), ["public-bucket"]),
        (_block("aws_s3_bucket", 'acl = "private"'), []),
        (_block("aws_s3_bucket", 'acl = "public-read"') + _BLOCKED, []),
        (
            _block("aws_s3_bucket", 'acl = "public-read"\nwebsite {\nindex_document = "a"\n}'),
            ["public-website"],
        ),
        (_block("aws_s3_bucket_acl", 'acl = "public-read-write"'), ["public-bucket"]),
        (
            _block("aws_s3_bucket", 'bucket = "b"')
            + _block("aws_s3_bucket_acl", 'bucket = aws_s3_bucket.x.bucket\nacl = "public-read"')
            + _block("aws_s3_bucket_website_configuration", 'bucket = "b"'),
            ["public-website"],
        ),
        (_block("aws_s3_bucket_policy", _EVERYBODY + 'Action = "s3:*"}]})'), ["public-bucket"]),
        (
            _block("aws_s3_bucket_policy", _EVERYBODY + 'Action = "a", Condition = {a = "b"}}]})'),
            [],
        ),
        (
            _block("aws_s3_bucket_public_access_block", "block_public_acls = false"),
            ["bucket-not-blocked"],
        ),
        (_block("aws_s3_bucket_public_access_block", "block_public_acls = true"), []),
        (_block("aws_db_instance", "storage_encrypted = true\npublicly_accessible = true"),
         ["public-database"]),
        (_block("aws_db_instance", ""), ["not-encrypted"]),
        (_block("aws_db_instance", 'replicate_source_db = "other"'), []),
        (_block("aws_ebs_volume", "size = 8"), []),
        (_block("aws_ebs_volume", "encrypted = false"), ["not-encrypted"]),
        (_block("google_storage_bucket_iam_member", 'member = "allUsers"'), ["public-bucket"]),
        (_block("google_storage_bucket_iam_member", 'member = "user:a@b.c"'), []),
        (_block("google_storage_bucket_iam_binding", 'members = ["allAuthenticatedUsers"]'),
         ["public-bucket"]),
        (_block("google_storage_bucket", "uniform_bucket_level_access = false"),
         ["bucket-not-blocked"]),
        (_block("azurerm_storage_container", 'container_access_type = "blob"'), ["public-bucket"]),
        (_block("azurerm_storage_account", "allow_nested_items_to_be_public = true"),
         ["bucket-not-blocked"]),
        (_block("azurerm_mssql_firewall_rule",
                'start_ip_address = "0.0.0.0"\nend_ip_address = "255.255.255.255"'),
         ["public-database"]),
        (_block("azurerm_mssql_firewall_rule",
                'start_ip_address = "0.0.0.0"\nend_ip_address = "0.0.0.0"'), []),
    ],
)  # fmt: skip
def test_buckets_and_databases(text: str, rules: list[str]) -> None:
    assert _rules(text) == rules


def _ingress(low: int, high: int, protocol: str = "tcp", source: str = "0.0.0.0/0") -> str:
    return (
        f'ingress {{\nfrom_port = {low}\nto_port = {high}\nprotocol = "{protocol}"\n'
        f'cidr_blocks = ["{source}"]\n}}'
    )


@pytest.mark.parametrize(
    ("block", "opened"),
    [
        (_ingress(22, 22), "port 22 (SSH)"),
        (_ingress(443, 443), None),
        (_ingress(20, 25), "ports 22 (SSH), 23 (Telnet)"),
        (_ingress(0, 65535), "all ports"),
        (_ingress(0, 0, "-1"), "all ports"),
        (_ingress(0, 0, "-1", "10.0.0.0/8"), None),
        (_ingress(-1, -1, "icmp"), None),
        (_ingress(22, 22, "tcp", "203.0.113.7/32"), None),
        (_ingress(5432, 5432, "6"), "port 5432 (PostgreSQL)"),
    ],
)
def test_security_groups(block: str, opened: str | None) -> None:
    findings = _judge(_read(_block("aws_security_group", block))).findings
    said = [f"aws_security_group.x opens {opened} to the whole Internet (0.0.0.0/0)"]
    assert [f.message for f in findings] == (said if opened else [])


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        ("aws_security_group_rule",
         ('type = "ingress"\nfrom_port = 22\nto_port = 22\nprotocol = "tcp"\n'
         'ipv6_cidr_blocks = ["::/0"]'), 1),
        ("aws_security_group_rule",
         ('type = "egress"\nfrom_port = 22\nto_port = 22\nprotocol = "tcp"\n'
         'cidr_blocks = ["0.0.0.0/0"]'), 0),
        ("aws_vpc_security_group_ingress_rule",
         'ip_protocol = "tcp"\nfrom_port = 3389\nto_port = 3389\ncidr_ipv4 = "0.0.0.0/0"', 1),
        ("google_compute_firewall",
         'source_ranges = ["0.0.0.0/0"]\nallow {\nprotocol = "tcp"\nports = ["22", "80"]\n}', 1),
        ("google_compute_firewall",
         'source_ranges = ["0.0.0.0/0"]\nallow {\nprotocol = "tcp"\nports = ["80", "443"]\n}', 0),
        ("google_compute_firewall",
         'source_ranges = ["0.0.0.0/0"]\nallow {\nprotocol = "icmp"\n}', 0),
        ("google_compute_firewall",
         'source_ranges = ["0.0.0.0/0"]\ndisabled = true\nallow {\nprotocol = "all"\n}', 0),
        ("google_compute_firewall",
         'direction = "EGRESS"\nsource_ranges = ["0.0.0.0/0"]\nallow {\nprotocol = "all"\n}', 0),
        ("azurerm_network_security_rule",
         ('access = "Allow"\ndirection = "Inbound"\nprotocol = "Tcp"\n'
         'source_address_prefix = "*"\ndestination_port_range = "22"'), 1),
        ("azurerm_network_security_rule",
         ('access = "Deny"\ndirection = "Inbound"\nprotocol = "Tcp"\n'
         'source_address_prefix = "*"\ndestination_port_range = "*"'), 0),
        ("azurerm_network_security_rule",
         ('access = "Allow"\ndirection = "Inbound"\nprotocol = "*"\n'
         'source_address_prefixes = ["Internet"]\n'
          'destination_port_ranges = ["80", "3300-3310"]'), 1),
        ("azurerm_network_security_rule",
         ('access = "Allow"\ndirection = "Inbound"\nprotocol = "*"\n'
         'source_address_prefix = "VirtualNetwork"\ndestination_port_range = "*"'), 0),
    ],
)  # fmt: skip
def test_other_firewalls(kind: str, body: str, found: int) -> None:
    assert _rules(_block(kind, body)) == ["open-port"] * found


def test_a_source_that_nobody_knows_is_no_pass() -> None:
    text = 'variable "from" {}\n' + _block(
        "aws_security_group", _ingress(22, 22).replace('["0.0.0.0/0"]', "var.from")
    )
    outcome = _judge(_read(text))
    assert outcome.state is State.INCONCLUSIVE
    assert "aws_security_group.x (ingress.0.cidr_blocks)" in outcome.inconclusive
    assert _judge(_read(text, Tier.STAGING)).state is State.PASS
    # What another resource gives is never the whole Internet.
    near = text.replace("var.from", "[aws_vpc.main.cidr_block]")
    vpc = 'resource "aws_vpc" "main" {\ncidr_block = "10.0.0.0/16"\n}\n'
    assert _judge(_read(near + vpc)).state is State.PASS


@pytest.mark.parametrize(
    ("tier", "open_", "guard"),
    [
        (Tier.EXPERIMENT, Severity.WARN, Severity.INFO),
        (Tier.STAGING, Severity.WARN, Severity.INFO),
        (Tier.PRODUCTION, Severity.FAIL, Severity.WARN),
    ],
)
def test_it_is_stricter_by_tier(tier: Tier, open_: Severity, guard: Severity) -> None:
    text = _block("aws_db_instance", "publicly_accessible = true")
    found = {f.rule: f.severity for f in _judge(_read(text, tier)).findings}
    assert found == {"public-database": open_, "not-encrypted": guard}


def test_what_is_proposed_mends_it() -> None:
    (one,) = _read(_block("aws_db_instance", "publicly_accessible = true"))
    mended = one
    for finding in _judge([one]).findings:
        mended = patched(mended, finding.patches)
    assert _judge([mended]).state is State.PASS


def test_taking_the_access_block_away_is_the_changes_doing() -> None:
    both = _read(_block("aws_s3_bucket", 'acl = "public-read"') + _BLOCKED)
    bucket = next(replace(one, changed=False) for one in both if one.kind == "aws_s3_bucket")
    block = next(one for one in both if one.kind != "aws_s3_bucket")
    taken = _judge([bucket], before=[bucket, block])
    assert [(f.rule, f.preexisting) for f in taken.findings] == [("public-bucket", False)]
    assert len(_judge([bucket, block], before=[bucket]).fixed) == 1


def test_a_finding_points_at_the_attribute() -> None:
    rows, _ = resources_of("", {"main.tf": _block("aws_security_group", _ingress(22, 22))})
    made = rendered_object(rows[0])
    one = replace(
        resource(dict(made.body), tier=Tier.PRODUCTION), lines=made.lines, source=made.source
    )
    (finding,) = _judge([one]).findings
    assert (finding.location.path, finding.location.line) == ("main.tf", 6)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ("[" * 100_000, ""),
        ('{"Statement": {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["a", "b"]}}',
         "a, b"),
        ('{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "a"}]}', ""),
        ('{"Statement": [{"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "a"}]}', ""),
    ],
)  # fmt: skip
def test_statements(policy: str, said: str) -> None:
    assert public_statement(policy) == said


@pytest.mark.parametrize(
    ("text", "expected"),
    [("22", (22, 22)), ("1-9", (1, 9)), ("*", (0, 65535)), ("", None), ("a-b", None), ("1-", None)],
)
def test_spans(text: str, expected: tuple[int, int] | None) -> None:
    assert ports.span(text) == expected


_KINDS = sorted({*aws.LOOKS, *azure.LOOKS, *google.LOOKS, "aws_instance"})
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(
        ["0.0.0.0/0", "tcp", "-1", "*", "22", "ingress", "public-read", "(sensitive)", "allUsers"]
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["acl", "policy", "ingress", "from_port", "to_port", "protocol", "cidr_blocks", "type",
             "allow", "ports", "source_ranges", "tags", "settings", "member", "bucket", "website"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.sampled_from(_KINDS), _VALUES, _VALUES, _VALUES)
def test_whatever_a_resource_holds_there_is_an_answer(
    kind: str, spec: Any, unknown: Any, references: Any
) -> None:
    body = {
        "apiVersion": "terraform/v1",
        "kind": kind,
        "metadata": {"name": "x"},
        "spec": spec,
        "unknown": unknown,
        "references": references,
        "default_tags": references,
    }
    one = subject([], [resource(body, tier=Tier.PRODUCTION)])
    for check in ("tf_exposure", "tf_tags", "plain_secrets"):
        config = defaults().checks[check]
        found = next(c for c in _checks() if c.id == check).judge(one, config)
        assert found.check == check


def _checks() -> Any:
    from checks.registry import CHECKS

    return CHECKS


def test_the_example() -> None:
    assert_golden(CHECK)

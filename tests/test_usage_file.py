"""Usage files: which figures a resource has, and what is wrong with a file."""

from __future__ import annotations

import pytest

from bot.config_file import ConfigError
from bot.usage_file import NO_USAGE, read

_FILE = b"""version: 0.1
resource_type_default_usage:
  aws_lambda_function: {monthly_requests: 1, request_duration_ms: 5}
resource_usage:
  module.x[*].aws_lambda_function.f[*]: {monthly_requests: 2}
  module.x["a"].aws_lambda_function.f[*]: {monthly_requests: 3, group: {a: 1, b: 2}}
  module.x["a"].aws_lambda_function.f[0]:
    monthly_requests: 4
    group: {b: 3}
    unset:
  aws_s3_bucket.b: {standard: {storage_gb: 4.5}, os: linux, busy: true}
"""


@pytest.mark.parametrize(
    ("address", "figures"),
    [
        ("aws_lambda_function.z", {"monthly_requests": 1}),
        ('module.x["b].z"].aws_lambda_function.f[12]', {"monthly_requests": 2}),
        (
            'module.x["a"].aws_lambda_function.f[1]',
            {"monthly_requests": 3, "group": {"a": 1, "b": 2}},
        ),
        (
            'module.x["a"].aws_lambda_function.f[0]',
            {"monthly_requests": 4, "group": {"a": 1, "b": 3}},
        ),
        ("module.x.aws_lambda_function.f", {"monthly_requests": 1}),
    ],
)
def test_the_most_exact_address_wins_figure_by_figure(
    address: str, figures: dict[str, object]
) -> None:
    found = read("usage.yml", _FILE).usage_of(address, "aws_lambda_function")
    assert found == {"request_duration_ms": 5, **figures}


def test_figures_may_be_in_groups_and_of_any_plain_type() -> None:
    found = read("usage.yml", _FILE).usage_of("aws_s3_bucket.b", "aws_s3_bucket")
    assert found == {"standard": {"storage_gb": 4.5}, "os": "linux", "busy": True}


def test_without_a_file_there_are_no_figures() -> None:
    assert NO_USAGE.usage_of("aws_s3_bucket.b", "aws_s3_bucket") == {}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("version: 0.2", 1, "version: expected 0.1"),
        ("resource_usage: {}", 1, "version is missing"),
        ("version: 0.1\nresource_usage: []", 2, "resource_usage"),
        ("version: 0.1\nresource_usage:\n  a.b: 3", 3, "resource_usage.a.b"),
        ("version: 0.1\nresource_usage:\n  a.b:\n    n: -1", 4, "a figure from 0 on, not -1"),
        ("version: 0.1\nresource_usage:\n  a.b:\n    n: .inf", 4, "a figure from 0 on"),
        ("version: 0.1\nresource_usage:\n  a.b:\n    n: [1]", 4, "expected a number"),
        ("version: 0.1\nresource_usage:\n  a.b: {}\n  a.b: {}", 4, "given twice"),
        ("version: 0.1\nresource_usage:\n  a.b: {a: {b: {c: {d: {e: 1}}}}}", 3, "too deeply"),
        ("- 1", 1, "expected one YAML mapping"),
        ("version: [", 1, ""),
    ],
)
def test_what_is_wrong_is_said_on_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read("usage.yml", text.encode())
    assert (caught.value.path, caught.value.line) == ("usage.yml", line)
    assert said in caught.value.message

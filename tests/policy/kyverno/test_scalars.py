from typing import Any

import pytest

from bot.policy.kyverno.inside import durations, quantities, versions
from bot.policy.kyverno.inside.faults import Fault
from bot.policy.kyverno.inside.gotext import general, json_number, scientific, sprint, to_json
from bot.policy.kyverno.inside.images import of, parse
from bot.policy.kyverno.inside.scalars import fits
from bot.policy.kyverno.wildcard import matches


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        ("nginx:1", "*:*", True),
        ("nginx", "*:*", False),
        ("nginx:latest", "!*:latest", False),
        ("", "?*", False),
        (None, "?*", False),
        ("x", "?*", True),
        ("512Mi", "<=1Gi", True),
        ("2Gi", "<=1Gi", False),
        ("2Gi", ">1Gi & <3Gi", True),
        ("1500m", "1-2", True),
        ("3", "1-2", False),
        ("3", "1!-2", True),
        ("2", "1!-2", False),
        ("90m", "<2h", True),
        ("3h", "<2h", False),
        ("b", "a | b", True),
        (8080, "<1024 | >2000", True),
        (True, True, True),
        ("true", True, False),
        (True, "true", True),
        (3, 3.0, True),
        ("3", 3, True),
        ("3.5", 3, False),
        (None, None, True),
        (0, None, True),
        ("x", None, False),
        ({}, {"a": 1}, True),
        ([], "x", False),
        (8080.0, "8080", True),
        (None, "0", True),
        ("abc", ">5", False),
    ],
)
def test_a_value_against_a_pattern(value: Any, pattern: Any, expected: bool) -> None:
    assert fits(value, pattern) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*b*c", "a1b2b3c", True),
        ("a*b*c", "a1b2b3", False),
        ("a.c", "abc", False),
        ("*é?", "caféx", True),
        ("a" + "*a" * 30, "a" * 200 + "b", False),
    ],
)
def test_wildcards(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_texts_are_as_go_writes_them() -> None:
    assert [general(n) for n in (5.0, 1e6, 123456.0, 1e-5, 0.25, 1234567.0)] == [
        "5",
        "1e+06",
        "123456",
        "1e-05",
        "0.25",
        "1.234567e+06",
    ]
    assert scientific(8080.0) == "8.08E+03"
    assert [json_number(n) for n in (1e6, 1e21, 1e-7, 0.0)] == ["1000000", "1e+21", "1e-7", "0"]
    assert sprint({"b": None, "a": [1.0, True, "x"]}) == "map[a:[1 true x] b:<nil>]"
    assert to_json({"b": 1.0, "a": "<&>"}) == r'{"a":"\u003c\u0026\u003e","b":1}'


def test_durations() -> None:
    assert durations.parse("1h30m") == 5400 * durations.SECOND
    assert durations.parse("-1.5s") == -1_500_000_000
    assert durations.parse("0") == 0
    assert [durations.parse(text) for text in ("", "5", "1x", ".s", "1h 2m")] == [None] * 5
    assert durations.text(259_380_500_000_000) == "72h3m0.5s"
    assert [durations.text(n) for n in (0, 1500, -2_000_000)] == ["0s", "1.5µs", "-2ms"]


def test_quantities() -> None:
    texts = ["1Gi", "0.5", "1e3", "100m", "1.5Gi", "1024Ki", "2000m", "1.0000000001"]
    assert [str(quantities.parse(text)) for text in texts] == [
        "1Gi",
        "500m",
        "1e3",
        "100m",
        "1536Mi",
        "1Mi",
        "2",
        "1000000001n",
    ]
    assert [quantities.parse(text) for text in ("", "x", "1gi", "1 Gi", "--1")] == [None] * 5


def test_versions() -> None:
    assert versions.parse("v1.2.3") is None
    assert versions.parse("1.2") is None
    one, other = versions.parse("1.2.3-rc.2"), versions.parse("1.2.3-rc.10")
    assert one is not None
    assert other is not None
    assert versions.compare(one, other) == -1
    assert versions.in_range(one, "<1.2.3 || >=2.0.0")
    final = versions.parse("1.4.0")
    assert final is not None
    assert versions.in_range(final, ">=1.2.0 <2.0.0")
    assert versions.in_range(final, "1.x")
    assert not versions.in_range(final, "1.3.x")
    with pytest.raises(Fault, match="could not parse Range"):
        versions.in_range(final, "one")


def test_images_are_taken_apart() -> None:
    image = parse("ghcr.io/org/app:1@sha256:" + "a" * 64)
    assert (image.registry, image.path, image.name, image.tag) == (
        "ghcr.io",
        "org/app",
        "app",
        "1",
    )
    assert parse("nginx").text == "docker.io/nginx:latest"
    assert parse("localhost:5000/x").registry == "localhost:5000"
    with pytest.raises(Fault, match="bad image"):
        parse("Not An Image")
    body = {"kind": "Pod", "spec": {"containers": [{"name": "c", "image": "a/b:2"}]}}
    assert of(body)["containers"]["c"]["jsonPointer"] == "/spec/containers/0/image"

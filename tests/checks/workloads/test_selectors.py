"""Label selectors mean what Kubernetes takes them to mean."""

from __future__ import annotations

from typing import Any

import pytest

from checks.workloads.selectors import selects, service_selects

_LABELS = {"app": "web", "tier": "front"}


def _rule(key: Any, operator: str, *values: Any) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "means"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "api"}}, False),
        ({"matchLabels": {"app": 1}}, False),
        ({"matchLabels": "app"}, False),
        (_rule("app", "In", "web", "api"), True),
        (_rule("app", "In", "api"), False),
        (_rule("app", "NotIn", "api"), True),
        (_rule("other", "NotIn", "api"), True),
        (_rule("app", "Exists"), True),
        (_rule("other", "Exists"), False),
        (_rule("other", "DoesNotExist"), True),
        (_rule("app", "Near", "web"), False),
        (_rule(1, "Exists"), False),
        ({"matchExpressions": "app"}, False),
        ({"matchLabels": {"app": "web"}, **_rule("tier", "In", "back")}, False),
    ],
)
def test_selectors(selector: Any, means: bool) -> None:
    assert selects(selector, _LABELS) is means


def test_a_service_without_a_selector_means_nobody() -> None:
    assert service_selects({"app": "web"}, _LABELS)
    assert not service_selects({}, _LABELS)
    assert not service_selects(None, _LABELS)

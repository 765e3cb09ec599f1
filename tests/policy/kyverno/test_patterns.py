from typing import Any

import pytest

from bot.policy.kyverno.inside.pattern import judged


def verdict(resource: Any, pattern: Any) -> tuple[str, tuple[str | int, ...]]:
    found = judged(resource, pattern)
    return ("pass", ()) if found is None else (found.status, found.path)


def containers(*images: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": f"c{n}", "image": i} for n, i in enumerate(images)]}}


def test_the_first_element_of_a_pattern_is_for_every_element() -> None:
    pattern = {"spec": {"containers": [{"image": "!*:latest"}]}}
    assert verdict(containers("a:1", "b:2"), pattern) == ("pass", ())
    found = verdict(containers("a:1", "b:latest"), pattern)
    assert found == ("fail", ("spec", "containers", 1, "image"))


def test_a_missing_field_fails_at_its_place() -> None:
    pattern = {"metadata": {"labels": {"app.kubernetes.io/name": "?*"}}}
    found = verdict({"metadata": {"labels": {}}}, pattern)
    assert found == ("fail", ("metadata", "labels", "app.kubernetes.io/name"))
    assert verdict({"metadata": {}}, pattern)[0] == "fail"


def test_a_condition_that_does_not_hold_skips() -> None:
    pattern = {"spec": {"containers": [{"(image)": "*:latest", "imagePullPolicy": "Always"}]}}
    assert verdict(containers("a:1"), pattern)[0] == "skip"
    assert verdict(containers("a:1", "b:latest"), pattern) == (
        "fail",
        ("spec", "containers", 1, "imagePullPolicy"),
    )


def test_a_condition_whose_field_is_missing_everywhere_is_an_error_where_the_rest_fails() -> None:
    pattern = {"spec": {"(a)": "x"}, "metadata": {"name": "y"}}
    assert verdict({"spec": {}, "metadata": {"name": "z"}}, pattern)[0] == "skip"


def test_equality_holds_only_where_the_field_is_there() -> None:
    pattern = {"spec": {"=(hostNetwork)": False}}
    assert verdict({"spec": {}}, pattern)[0] == "pass"
    assert verdict({"spec": {"hostNetwork": True}}, pattern) == ("fail", ("spec", "hostNetwork"))


def test_negation_is_for_fields_that_must_not_be_there() -> None:
    pattern = {"spec": {"=(volumes)": [{"X(hostPath)": "null"}]}}
    assert verdict({"spec": {"volumes": [{"emptyDir": {}}]}}, pattern)[0] == "pass"
    found = verdict({"spec": {"volumes": [{"hostPath": {"path": "/"}}]}}, pattern)
    assert found == ("fail", ("spec", "volumes", 0, "hostPath"))


def test_existence_needs_one_element() -> None:
    pattern = {"spec": {"^(containers)": [{"image": "b:*"}]}}
    assert verdict(containers("a:1", "b:2"), pattern)[0] == "pass"
    assert verdict(containers("a:1"), pattern) == ("fail", ("spec", "containers"))


def test_a_global_anchor_skips_the_whole_object() -> None:
    pattern = {
        "spec": {"containers": [{"<(image)": "*-private*"}], "imagePullSecrets": [{"name": "s"}]}
    }
    assert verdict(containers("public:1"), pattern)[0] == "skip"
    assert verdict(containers("x-private:1"), pattern)[0] == "fail"


def test_wildcards_in_the_keys_of_labels() -> None:
    pattern = {"metadata": {"labels": {"team-*": "?*"}}}
    assert verdict({"metadata": {"labels": {"team-a": "x"}}}, pattern)[0] == "pass"
    assert verdict({"metadata": {"labels": {"other": "x"}}}, pattern)[0] == "fail"


@pytest.mark.parametrize(
    ("resource", "pattern", "status"),
    [
        ({"a": [1, 2]}, {"a": "<3"}, "pass"),
        ({"a": [1, 5]}, {"a": "<3"}, "fail"),
        ({"a": "x"}, {"a": {"b": 1}}, "fail"),
        ({"a": "x"}, {"a": [{"b": 1}]}, "fail"),
        ({"a": []}, {"a": []}, "fail"),
        ({"a": None}, {"a": "*"}, "fail"),
        ({"a": 0}, {"a": "*"}, "pass"),
        ({"a": [["x"]]}, {"a": [["x"], ["y"]]}, "error"),
    ],
)
def test_shapes(resource: Any, pattern: Any, status: str) -> None:
    assert verdict(resource, pattern)[0] == status

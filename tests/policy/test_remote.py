"""Policies of another repository: of the commit that is named, from a host that is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.policy.model import Limits
from bot.policy.origins import Origin, OriginSection
from bot.policy.remote import remote_files
from bot.render.remote.address import Allowed
from bot.render.remote.store import Store
from tests.render.remote.servers import Server
from tests.repo.builder import Builder

REGO = "package main\n\ndeny contains msg if {\n  msg := input.kind\n}\n"
TEMPLATE = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: a}\n"
LIMITS = Limits()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        yield one


def store_of(tmp_path: Path, *hosts: str) -> Store:
    allowed = Allowed(hosts=hosts, schemes=("http", "https"))
    return Store(tmp_path / "store", allowed, seconds=10)


def published(tmp_path: Path, server: Server) -> tuple[str, str, str]:
    """(address, commit, a later commit) of a repository with policies."""
    builder = Builder(tmp_path / "policies")
    server.repositories["policies"] = builder
    files = {
        "policies/a.rego": REGO,
        "policies/a_test.rego": "package main\n",
        "policies/t.yaml": TEMPLATE,
        "other/b.rego": REGO,
        "README.md": "x",
    }
    first = builder.commit(files)
    second = builder.commit({"policies/a.rego": "package later\n"})
    return f"{server.url}/policies.git", first, second


def test_the_files_of_the_commit_that_is_named(tmp_path: Path, server: Server) -> None:
    url, first, _ = published(tmp_path, server)
    store = store_of(tmp_path, server.host)
    origin = Origin(url=url, commit=first, patterns=("policies/**",))
    found = remote_files([origin], store, LIMITS)
    name = f"{server.host}/policies@{first[:12]}"
    assert found.problems == ()
    assert [(one.path, one.text) for one in found.sources] == [(f"{name}/policies/a.rego", REGO)]
    assert [(one.path, one.kind) for one in found.documents] == [
        (f"{name}/policies/t.yaml", "templates.gatekeeper.sh/ConstraintTemplate")
    ]


def test_it_is_fetched_once(tmp_path: Path, server: Server) -> None:
    url, first, _ = published(tmp_path, server)
    store = store_of(tmp_path, server.host)
    origin = Origin(url=url, commit=first, patterns=("policies/**",))
    found = remote_files([origin], store, LIMITS)
    asked = len(server.asked)
    assert remote_files([origin], store, LIMITS) == found
    assert len(server.asked) == asked > 0


@pytest.mark.parametrize(
    ("commit", "patterns", "host", "message"),
    [
        ("0" * 40, ("policies/**",), True, "cannot be fetched"),
        ("", ("nothing/**",), True, "no policy file matches nothing/**"),
        ("", ("policies/**",), False, "its host is not allowed. Have a maintainer add the host"),
    ],
)
def test_what_cannot_be_had_is_a_problem_that_names_it(
    tmp_path: Path,
    server: Server,
    commit: str,
    patterns: tuple[str, ...],
    host: bool,
    message: str,
) -> None:
    url, first, _ = published(tmp_path, server)
    store = store_of(tmp_path, server.host if host else "example.com")
    origin = Origin(url=url, commit=commit or first, patterns=patterns)
    found = remote_files([origin], store, LIMITS)
    (problem,) = found.problems
    assert (found.sources, found.documents) == ((), ())
    assert problem.path == origin.label
    assert message in problem.message


def test_without_a_store_nothing_is_fetched() -> None:
    origin = Origin(url="https://e.org/a/b", commit="1" * 40, patterns=("**",))
    (problem,) = remote_files([origin], None, LIMITS).problems
    assert str(problem).startswith("e.org/a/b@111111111111: the policies of this repository are no")


def test_one_that_fails_takes_no_other_with_it(tmp_path: Path, server: Server) -> None:
    url, first, second = published(tmp_path, server)
    store = store_of(tmp_path, server.host)
    origins = [
        Origin(url=url, commit="0" * 40, patterns=("policies/**",)),
        Origin(url=url, commit=second, patterns=("policies/*.rego",)),
        Origin(url=url, commit=first, patterns=("other/*.rego",)),
    ]
    found = remote_files(origins, store, LIMITS)
    assert [one.text for one in found.sources] == ["package later\n", REGO]
    assert len(found.problems) == 1


def test_what_is_too_large_is_a_problem(tmp_path: Path, server: Server) -> None:
    url, first, _ = published(tmp_path, server)
    store = store_of(tmp_path, server.host)
    origin = Origin(url=url, commit=first, patterns=("policies/**",))
    found = remote_files([origin], store, Limits(file_bytes=10))
    assert found.sources == ()
    assert {one.path.rpartition("/")[2] for one in found.problems} == {"a.rego", "t.yaml"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"commit": "main"},
        {"commit": "1" * 39},
        {"commit": "1" * 64},
        {"repository": "http://e.org/a"},
        {"repository": "git@e.org:a/b"},
        {"repository": "https://e.org/a b"},
        {"paths": []},
        {"branch": "main"},
    ],
)
def test_the_config_takes_only_what_is_pinned(wrong: dict[str, object]) -> None:
    right = {"repository": "https://e.org/a/b", "commit": "1" * 40, "paths": ["policies/**"]}
    assert OriginSection.model_validate(right).origin.label == "e.org/a/b@111111111111"
    with pytest.raises(ValidationError):
        OriginSection.model_validate({**right, **wrong})

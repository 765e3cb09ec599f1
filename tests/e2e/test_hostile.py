"""Pull requests that attack: each gets a finding on its file, and the rest is judged."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import World
from tests.e2e.test_main_job import app
from tests.forge.gitrepo import Content, Gitlink, Symlink

GOOD = "prod/web.yaml"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{c}: &{c} [{', '.join([f'*{b}'] * 9)}]\n" for b, c in zip("abcdefgh", "bcdefghi", strict=True)
)
ATTACKS: dict[str, tuple[str, Content, str]] = {
    "syntax": ("prod/bad.yaml", "a: [1,\nb: }\n", "yaml-syntax"),
    "duplicate": ("prod/bad.yaml", app("twice") + "kind: Job\n", "duplicate-key"),
    "tab": ("prod/bad.yaml", "a:\n\tb: 1\n", "yaml-syntax"),
    "latin-1": ("prod/bad.yaml", "a: größe\n".encode("latin-1"), "not-utf8"),
    "binary": ("prod/bad.yaml", bytes(range(256)), "binary"),
    "nested": ("prod/bad.yaml", "[" * 200_000, "too-deep"),
    "bomb": ("prod/bad.yaml", BOMB, "alias-bomb"),
    "huge": ("prod/bad.yaml", b"a: " + b"x" * 20_000_000, "too-large"),
    "symlink": ("prod/bad.yaml", Symlink("/etc/passwd"), "symlink"),
    "submodule": ("vendor/charts", Gitlink("1" * 40), "submodule"),
    "spaces": ("prod/a b  c.yaml", "a: [", "yaml-syntax"),
    "quotes": ("prod/a\"b'c`d.yaml", "a: [", "yaml-syntax"),
    "newline": ("prod/a\nb | @acme/all.yaml", "a: [", "yaml-syntax"),
    "non-ascii": ("prod/größe-日本.yaml", "a: [", "yaml-syntax"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_named_and_the_rest_is_judged(world: World, attack: str) -> None:
    path, content, code = ATTACKS[attack]
    repo = world.repo({GOOD: app()})
    repo.commit("attack", {path: content, GOOD: app(image="registry.example.com/web:latest")})
    pull = repo.open_pull("attack")
    run = world.verdict(repo, pull)["plumbline/policy"]
    assert run.conclusion == ("failure" if code != "submodule" else "neutral")
    body = world.commented(repo, pull)
    assert "image-tag-latest" in body
    shown = code in body or "submodule" in body
    assert shown, body
    assert "\n| @acme" not in body


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom", b"\xef\xbb\xbf" + app("bom", image="x:latest").encode()),
        ("crlf", app("crlf", image="x:latest").replace("\n", "\r\n").encode()),
    ],
)
def test_what_is_only_odd_is_read(world: World, name: str, content: bytes) -> None:
    repo = world.repo({GOOD: app()})
    repo.commit("odd", {f"prod/{name}.yaml": content})
    pull = repo.open_pull("odd")
    marks = world.verdict(repo, pull)["plumbline/policy"].annotations
    places = [(m["path"], m["start_line"]) for m in marks if "latest" in m["message"]]
    assert places == [(f"prod/{name}.yaml", 12)]


def test_an_empty_file_is_nothing_to_talk_about(world: World) -> None:
    repo = world.repo({GOOD: app()})
    repo.commit("empty", {"prod/empty.yaml": "", "prod/comment.yml": "# soon\n"})
    assert world.verdict(repo, repo.open_pull("empty"))["plumbline"].conclusion == "success"


def test_three_thousand_changed_files_are_all_judged_and_fit(world: World) -> None:
    repo = world.repo({f"prod/{n // 50}/app-{n}.yaml": app(f"app-{n}") for n in range(3000)})
    changed: dict[str, Content | None] = {
        f"prod/{n // 50}/app-{n}.yaml": app(f"app-{n}", image="x:latest") for n in range(3000)
    }
    repo.commit("all", changed)
    pull = repo.open_pull("all")
    runs = world.verdict(repo, pull)
    assert "3,000 warnings" in str(runs["plumbline"].title)
    policy = runs["plumbline/policy"]
    assert len(policy.annotations) == 200
    assert "200 of 3000 annotations shown." in str(policy.summary)
    body = world.commented(repo, pull)
    assert len(body.encode()) <= 65_000
    assert "of 3000 shown" in body

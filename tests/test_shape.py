"""The shape of the house, proved from the source: who imports whom, what belongs together."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from checks.registry import CHECKS

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "checks").rglob("*.py")])
STANDARD = {"__future__", "base64", "binascii", "collections", "dataclasses", "datetime", "decimal"}
STANDARD |= {"enum", "fractions"}
STANDARD |= {"functools", "hashlib", "itertools", "json", "math", "operator", "re", "typing"}
# A vendor's package, and the only rooms that may import it.
VENDORS = {
    "dbos": ("bot/jobs",),
    "sqlalchemy": ("bot/jobs",),
    "psycopg": ("bot/jobs",),
    "tenacity": ("bot/retry.py",),
    "github": ("bot/forges/github",),
    "gidgethub": ("bot/intake/github",),
    "gitlab": ("bot/forges/gitlab",),
    "anthropic": ("bot/advisor.py",),
    "httpx2": ("bot/advisor.py",),
    "httpx": ("bot/rightsizing/prometheus.py",),
    "fastapi": ("bot/main.py", "bot/web/"),
    "starlette": ("bot/main.py", "bot/web/"),
    "uvicorn": ("bot/server_command.py",),
    "jinja2": ("bot/markdown.py", "bot/web/page.py", "bot/docs.py", "bot/rightsizing/body.py"),
    "rfc8785": ("bot/record.py",),
    "regorus": ("bot/engines/worker.py", "bot/engines/builtins.py"),
    "rich": ("bot/terminal.py", "bot/check_command.py"),
    "helm_python": ("bot/render/helm/worker.py",),
    "jsonschema_rs": ("bot/policy/schema/worker.py",),
    "jmespath": ("bot/policy/kyverno/inside/jmespath/query.py",),
    "wcmatch": ("bot/globs.py",),
    "detect_secrets": ("bot/secrets_scan.py",),
}
COMPOSITION = {"bot/main.py", "bot/server_command.py", "bot/rightsize_command.py"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            # `from bot.jobs import wire` is about the module wire, not about its package.
            yield from names
            if not all(module_file(name) for name in names):
                yield node.module


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if name_of(p).startswith("checks/")], ids=name_of
)
def test_judgement_is_pure(path: Path) -> None:
    foreign = {i for i in imports(path) if i.split(".")[0] not in STANDARD | {"checks"}}
    assert foreign == set()
    text = path.read_text()
    assert not re.search(r"\b(open|print|input)\(|\.now\(|\.today\(|os\.environ", text)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_vendor_has_its_room(path: Path) -> None:
    for module in imports(path):
        rooms = VENDORS.get(module.split(".")[0])
        assert rooms is None or name_of(path).startswith(rooms), module


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_reaches_for_the_composition_root_or_the_settings(path: Path) -> None:
    if name_of(path) in COMPOSITION | {"bot/settings.py"}:
        return
    assert not {i for i in imports(path) if i in {"bot.main", "bot.settings"}}


def test_no_module_of_the_app_is_in_a_circle() -> None:
    graph = {name_of(p): {m for i in imports(p) if (m := module_file(i))} for p in SOURCES}
    done: set[str] = set()

    def walk(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " → ".join((*above, name))
        if name not in done:
            for other in graph.get(name, ()):
                if other != name:
                    walk(other, (*above, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def module_file(dotted: str) -> str | None:
    base = ROOT / dotted.replace(".", "/")
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file() and ROOT in candidate.parents:
            return name_of(candidate)
    return None


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_everything_of_a_check_agrees(check: object) -> None:
    name = check.id  # type: ignore[attr-defined]
    for needed in (
        f"checks/{name}.py",
        f"config/checks/{name}.yaml",
        f"tests/checks/test_{name}.py",
        f"tests/golden/checks/{name}.json",
        f"docs/checks/{name}.md",
    ):
        assert (ROOT / needed).is_file(), f"{needed} is missing"
    assert f"({'docs/checks/' + name + '.md'})" in (ROOT / "README.md").read_text()


def test_no_check_has_files_left_over() -> None:
    ids = {check.id for check in CHECKS}
    for folder, suffix in (("config/checks", ".yaml"), ("docs/checks", ".md")):
        found = {p.stem for p in (ROOT / folder).glob(f"*{suffix}")} - {"index", "README"}
        assert found == ids, folder


def test_the_shipped_schema_is_json() -> None:
    schema = json.loads((ROOT / "config/schema/report-1.json").read_text())
    assert schema["properties"]["schema_version"] == {"const": 1}


def test_the_app_asks_for_no_more_than_its_features_need() -> None:
    app = yaml.safe_load((ROOT / "app.yml").read_text())
    assert app["default_permissions"] == {
        "metadata": "read",
        "contents": "write",
        "checks": "write",
        "pull_requests": "write",
        "issues": "read",
    }
    handled = set(re.findall(r'_on\("(\w+)"', (ROOT / "bot/intake/github.py").read_text()))
    # GitHub sends these two to every App; naming them in a manifest is refused.
    assert set(app["default_events"]) == handled - {"installation", "installation_repositories"}


def test_no_registry_is_named() -> None:
    hosts = re.compile(r"https?://[^\s]*(pypi|pythonhosted|npmjs|debian)\.")
    named = [
        name_of(p)
        for p in [*ROOT.glob("*.lock"), *ROOT.glob("tests/*.lock"), ROOT / "Makefile"]
        if hosts.search(p.read_text())
    ]
    assert named == []

"""Objects of policy tests, as the bot reads them of a repository."""

from __future__ import annotations

from collections.abc import Sequence

from bot.policy.command.folder import Folder, Unreadable
from bot.render.build import Document
from bot.render.objects import Object, objects
from bot.render.yaml_reader import read
from checks.model import Lines, Location, Node, Resource, Tier


def of_file(folder: Folder, path: str, tier: Tier) -> list[Resource]:
    """The objects of a file. Raises Unreadable, also for what is no object at all."""
    documents, failures = read(path, folder.read(path))
    if failures:
        worst = failures[0]
        raise Unreadable(f"{path}:{worst.location.line}: {worst.error}. {worst.remedy}")
    return _resources(path, documents, tier)


def of_body(path: str, body: dict[str, Node], lines: Lines, line: int, tier: Tier) -> Resource:
    """An object that stands in a fixture itself. Raises Unreadable."""
    found = _resources(path, [Document(value=body, lines=lines, line=line)], tier)
    if len(found) != 1:
        raise Unreadable(f"{path}:{line}: expected one object, not {len(found)}")
    return found[0]


def _resources(path: str, documents: Sequence[Document], tier: Tier) -> list[Resource]:
    found, failures = objects(path, documents)
    if failures:
        worst = failures[0]
        raise Unreadable(f"{path}:{worst.location.line}: {worst.error}. {worst.remedy}")
    if not found:
        line = documents[0].line if documents else 1
        raise Unreadable(f"{path}:{line}: there is no object with apiVersion and kind")
    return [_resource(path, one, number, tier) for number, one in enumerate(found)]


def _resource(path: str, one: Object, number: int, tier: Tier) -> Resource:
    return Resource(
        id=f"{one.group}/{one.kind}/{one.namespace}/{one.name}@{path}#{number}",
        api_version=one.api_version,
        kind=one.kind,
        namespace=one.namespace,
        name=one.name,
        body=one.body,
        source=Location(path=path, line=one.line),
        lines=one.lines,
        tier=tier,
    )

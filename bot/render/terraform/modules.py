"""A Terraform module as its files declare it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.render.terraform.parser import parse
from bot.render.terraform.syntax import Attribute, Block, HclError, Literal
from bot.render.terraform.trouble import trouble
from checks.model import RenderFailure

_NAME = re.compile(r"[^\W\d][\w-]{0,199}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A block and the file it stands in."""

    block: Block
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One directory of .tf files. `resources` and `data` are by (type, name), `providers` by their
    names in references ("aws", "aws.west")."""

    path: str
    variables: Mapping[str, Declared]
    locals: Mapping[str, Attribute]
    outputs: Mapping[str, Declared]
    resources: Mapping[tuple[str, str], Declared]
    data: Mapping[tuple[str, str], Declared]
    calls: Mapping[str, Declared]
    providers: Mapping[str, Declared]


def load(path: str, files: Mapping[str, str]) -> tuple[Module, list[RenderFailure]]:
    """The module of the directory `path`, and what of it cannot be read, on its lines."""
    found = _Reader(path)
    for name in sorted(files):
        if posixpath.dirname(name) == path:
            found.file(name, files[name])
    return found.module(), found.failures


def local_source(call: Declared, module: Module) -> str | None:
    """The directory of a module call, None for one that is not in the repository."""
    source = source_of(call.block)
    if not source.startswith(("./", "../")):
        return None
    path = posixpath.normpath(posixpath.join(module.path, source))
    return "" if path == "." else path


def source_of(block: Block) -> str:
    """The source of a module call, "" where there is none that can be read."""
    given = block.body.attributes.get("source")
    value = given.expr.value if given and isinstance(given.expr, Literal) else ""
    return value if isinstance(value, str) else ""


class _Reader:
    def __init__(self, path: str) -> None:
        self.failures: list[RenderFailure] = []
        self._path = path
        self._blocks: dict[str, dict[str, Declared]] = {
            kind: {} for kind in ("variable", "output", "module", "provider")
        }
        self._resources: dict[tuple[str, str], Declared] = {}
        self._data: dict[tuple[str, str], Declared] = {}
        self._locals: dict[str, Attribute] = {}

    def module(self) -> Module:
        """What has been read."""
        return Module(
            path=self._path,
            variables=self._blocks["variable"],
            locals=self._locals,
            outputs=self._blocks["output"],
            resources=self._resources,
            data=self._data,
            calls=self._blocks["module"],
            providers=self._blocks["provider"],
        )

    def file(self, name: str, text: str) -> None:
        """Read one file of the directory."""
        if name.endswith(".tf.json"):
            said = "Terraform in JSON syntax is not read"
            self.failures.append(trouble("terraform-json", name, 1, said))
        elif name.endswith("_override.tf") or posixpath.basename(name) == "override.tf":
            said = "a file that overrides others is not read"
            self.failures.append(trouble("terraform-override", name, 1, said))
        elif name.endswith(".tf"):
            try:
                body = parse(text)
            except HclError as error:
                self.failures.append(trouble("terraform-syntax", name, error.line, error.message))
                return
            for block in body.blocks:
                self._block(block, name)

    def _block(self, block: Block, name: str) -> None:
        found = Declared(block=block, path=name)
        if block.type == "locals":
            for attribute in block.body.attributes.values():
                self._once(attribute.name not in self._locals, "local", block, name)
                self._locals.setdefault(attribute.name, attribute)
        elif any(not _NAME.fullmatch(label) for label in block.labels):
            said = f"the name of this {block.type} is none"
            self.failures.append(trouble("terraform-syntax", name, block.line, said))
        elif block.type == "resource" and len(block.labels) == 2:
            key = (block.labels[0], block.labels[1])
            self._once(key not in self._resources, "resource", block, name)
            self._resources.setdefault(key, found)
        elif block.type == "data" and len(block.labels) == 2:
            self._data.setdefault((block.labels[0], block.labels[1]), found)
        elif block.type in self._blocks and len(block.labels) == 1:
            known = self._blocks[block.type]
            label = "".join(_provider_name(block)) if block.type == "provider" else block.labels[0]
            self._once(label not in known, block.type, block, name)
            known.setdefault(label, found)
        elif block.type == "resource" or block.type in self._blocks:
            said = f"a {block.type} needs {2 if block.type == 'resource' else 1} names"
            self.failures.append(trouble("terraform-syntax", name, block.line, said))

    def _once(self, first: bool, kind: str, block: Block, name: str) -> None:
        if not first:
            said = f"this {kind} is declared twice in its module: {'.'.join(block.labels)}"
            self.failures.append(trouble("terraform-syntax", name, block.line, said))


def _provider_name(block: Block) -> Iterator[str]:
    yield block.labels[0]
    alias = block.body.attributes.get("alias")
    if alias and isinstance(alias.expr, Literal):
        yield f".{alias.expr.value}"

"""The Terraform modules of a commit: what each is made of, and which of them are applied."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot.globs import matches
from bot.render.roots import graph
from bot.render.roots.files import Files
from bot.render.roots.graph import Link
from bot.render.roots.hcl import Hcl, Module, scan
from bot.render.roots.made import Draft, Made, draft
from bot.render.roots.model import RootKind
from bot.render.roots.paths import join, parent
from bot.render.roots.reading import At, Parsed, documents
from bot.render.roots.trouble import shown, trouble
from checks.model import Location, RenderFailure

_HCL, _JSON = ".tf", ".tf.json"
_VARIABLES = (".tfvars", ".tfvars.json")
_LOCK = ".terraform.lock.hcl"
_TERRAGRUNT = "terragrunt.hcl"
# Where Terraform itself keeps what it has fetched.
_CACHES = frozenset((".terraform", ".terragrunt-cache"))


@dataclass(slots=True)
class TerraformModule:
    """One directory with Terraform files. `reads` are these, and files that they name."""

    directory: str
    reads: set[str] = field(default_factory=set)
    links: list[Link[Location]] = field(default_factory=list)
    remote: list[tuple[str, Location]] = field(default_factory=list)
    failures: list[RenderFailure] = field(default_factory=list)


class TerraformModules:
    """All modules of a commit, by directory, and the plans that the config names."""

    def __init__(self, files: Files, plans: Sequence[str]) -> None:
        self._files = files
        self.all: dict[str, TerraformModule] = {}
        self._patterns = plans
        hcl = [path for path in files.paths if _is_source(path, _HCL)]
        json = [path for path in files.paths if _is_source(path, _JSON)]
        for path in sorted((*hcl, *json)):
            self.all.setdefault(parent(path), TerraformModule(parent(path))).reads.add(path)
        for path, scanned in files.made("hcl", hcl, scan).items():
            self._fill(path, scanned)
        for path, parsed in documents(files, json).items():
            self._fill(path, _of_json(path, parsed))
        for directory, module in self.all.items():
            beside = files.below[directory]
            module.reads.update(p for p in beside if p.endswith((*_VARIABLES, _LOCK)))
        for directory, edges in graph.circles(self._links).items():
            for to, at in edges:
                said = f"this leads back to {to or 'the top directory'}, which calls it"
                self.all[directory].failures.insert(0, trouble("terraform-cycle", at, said))

    def _fill(self, path: str, scanned: Hcl) -> None:
        module = self.all[parent(path)]
        for text in scanned.texts:
            named = join(module.directory, text) if text else None
            if named and self._files.is_regular(named):
                module.reads.add(named)
        for call in scanned.modules:
            at = Location(path=path, line=call.line)
            if not call.source.startswith(("./", "../")):
                module.remote.append((call.source, at))
                continue
            # What is behind "//" is a directory in a package, which for a local one is the same.
            target = join(module.directory, call.source)
            if target is not None and target in self.all:
                module.links.append(Link(target, at))
            else:
                said = f"the module {shown(call.name)} is not in {shown(call.source)}"
                module.failures.append(trouble("terraform-missing", at, said))

    @property
    def _links(self) -> Mapping[str, Sequence[Link[Location]]]:
        return {directory: module.links for directory, module in self.all.items()}

    @cached_property
    def plans(self) -> Mapping[str, list[str]]:
        """The plan files of each directory."""
        found: dict[str, list[str]] = {}
        for path in self._files.paths if self._patterns else ():
            if (
                path.endswith(".json")
                and matches(path, self._patterns)
                and self._files.is_regular(path)
            ):
                found.setdefault(parent(path), []).append(path)
        return found

    def made(self, directory: str) -> Made:
        """All that a module is made of, the local modules that it calls included."""
        found = Made()
        for name in graph.reach(self._links, directory):
            module = self.all[name]
            found.reads |= module.reads
            found.remote += module.remote
            found.failures += module.failures
        return found

    def drafts(self, also: Collection[str] = ()) -> Iterator[Draft]:
        """The modules that no other local one calls (and those in `also`), each with its plan if
        its directory has one; several plans of a directory, and one beside no module, are roots of
        their own. Variables are those that Terraform loads by itself (terraform.tfvars,
        *.auto.tfvars): other *.tfvars files make no further roots."""
        tops = sorted({*graph.tops(self._links), *(d for d in also if d in self.all)})
        for directory in tops:
            plans = self.plans.get(directory, [])
            if len(plans) < 2:
                yield self._draft(directory, directory or ".", *plans)
        for directory, plans in sorted(self.plans.items()):
            for plan in plans if len(plans) > 1 or directory not in tops else ():
                yield self._draft(directory, plan, plan)
        for path in self._files.paths:
            if path.rpartition("/")[2] == _TERRAGRUNT and parent(path) not in self.all:
                made = Made(reads={path})
                said = "Terragrunt decides what is applied here, and is not run"
                made.failures.append(trouble("terragrunt", Location(path=path), said))
                where = parent(path)
                yield draft(RootKind.TERRAFORM, where, where or ".", made, taken=(), hosts=())

    def _draft(self, directory: str, key: str, plan: str = "") -> Draft:
        made = self.made(directory) if directory in self.all else Made()
        if plan:
            made.reads.add(plan)
            # The plan says it all: what it was made of does not have to be found.
            made.failures = []
        taken = {path for path in made.reads if path.endswith(".json")}
        return draft(RootKind.TERRAFORM, directory, key, made, taken=taken, hosts=(), plan=plan)


def _is_source(path: str, suffix: str) -> bool:
    return path.endswith(suffix) and _CACHES.isdisjoint(path.split("/"))


def _of_json(path: str, parsed: Parsed) -> Hcl:
    """A .tf.json file, whose `module` is {name: {source: …}} or a list of such."""
    value = parsed.documents[0].value if parsed.documents else None
    if not isinstance(value, dict):
        return Hcl((), frozenset())
    at = At(path, value, parsed.documents[0].lines)
    modules: list[Module] = []
    blocks = [at.inside("module", index) for index in range(len(at.items("module")))]
    for block in blocks or [at.inside("module")]:
        for name in block.body:
            # One call may be a list of one.
            call = block.inside(name, 0) if block.items(name) else block.inside(name)
            source = call.text("source")
            if source:
                modules.append(Module(name, source, call.place("source").line))
    return Hcl(tuple(modules), frozenset())

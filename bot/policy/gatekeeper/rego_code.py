"""Templates with Rego: their modules checked as Gatekeeper does, and asked for each constraint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engines.program import Module, Path, Style, Unit, query
from bot.engines.rego import RegoEngine
from bot.engines.said import said
from bot.policy.gatekeeper.constraint import Constraint
from bot.policy.gatekeeper.review import Review
from bot.policy.gatekeeper.template import RegoCode
from bot.policy.model import Problem, Violation

_RULE = "violation"
_LIBRARIES = "lib"
_INVENTORY = "inventory"
_NAMESPACE = re.compile(r"\b(namespaceObject|_unstable)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """The parsed Rego of a template, the module with its rule first. `others` is whether it looks
    at `data.inventory`, `namespace` whether it may ask for the Namespace of the object, `hidden`
    the first name of something unknown that is not asked for in a way that can be told."""

    group: int
    all: tuple[Module, ...]
    others: bool
    namespace: bool
    hidden: tuple[str, int] | None

    @classmethod
    def of(cls, group: int, modules: Sequence[Module]) -> Modules:
        """What these modules ask for."""
        looked = [path[:1] for module in modules for path in module.data]
        return cls(
            group=group,
            all=tuple(modules),
            others=() in looked or (_INVENTORY,) in looked,
            namespace=any(_NAMESPACE.search(module.source.text) for module in modules),
            hidden=next((one for module in modules for one in module.hidden), None),
        )

    @property
    def main(self) -> Module:
        """The module with the rule that is asked."""
        return self.all[0]

    def unit(self, number: int, constraint: Constraint) -> Unit:
        """What asks this template for one constraint."""
        parameters = {} if constraint.parameters is None else constraint.parameters
        line = next(rule.line for rule in self.main.rules if rule.name == _RULE)
        return Unit(
            number=number,
            path=self.main.source.path,
            line=line,
            rule=constraint.rule.id,
            query=query(self.main.package, _RULE),
            entry=_RULE,
            style=Style.REVIEW,
            modules=tuple((module, module.source.text) for module in self.all),
            group=self.group,
            parameters=json.dumps(parameters),
            data=self.others,
        )


def parsed(
    engine: RegoEngine, code: RegoCode, group: int, first: int, unknown: Sequence[Path]
) -> Modules | list[Problem]:
    """The modules of a template, or what is wrong with them. Raises EngineError."""
    sources = [code.main, *code.libraries]
    modules, problems = engine.parse(sources, v0=code.v0, unknown=unknown, first=first)
    if problems:
        return problems
    found = [*_packages(modules), *(p for one in modules for p in _references(one, modules))]
    if not any(rule.name == _RULE for rule in modules[0].rules):
        found.append(_at(modules[0], 0, f"the template has no rule named {_RULE}"))
    return found or Modules.of(group, modules)


def _packages(modules: Sequence[Module]) -> Iterator[Problem]:
    main, *libraries = modules
    for library in libraries:
        if library.package[:1] != (_LIBRARIES,) or len(library.package) == 1:
            name = ".".join(library.package)
            yield _at(library, 0, f"the package of a library begins with lib., unlike {name}")
    if main.package[:1] == (_LIBRARIES,) and any(lib.package == main.package for lib in libraries):
        yield _at(main, 0, f"the package {'.'.join(main.package)} is that of a library, too")


def _references(module: Module, modules: Sequence[Module]) -> Iterator[Problem]:
    """What the module calls or looks at that is not there: to Rego it would be undefined."""
    for path, line in module.calls.items():
        name = ".".join(path)
        if name in module.refused:
            yield _at(module, line, f"{name} cannot be called: {module.refused[name]}")
        elif name in module.unknown and not _is_function(module, path, modules):
            yield _at(module, line, f"there is no function {name} in this engine")
    for path, line in module.data.items():
        if path[:1] in ((), (_INVENTORY,)) or any(_holds(one, path) for one in modules):
            continue
        said = f"no library of the template defines {'.'.join(('data', *path))}"
        yield _at(module, line, said)
    for path, line in module.input.items():
        if path[:1] not in ((), ("review",), ("parameters",)):
            name = ".".join(("input", *path[:1]))
            yield _at(module, line, f"Gatekeeper gives no {name}, only review and parameters")


def _is_function(module: Module, path: Path, modules: Sequence[Module]) -> bool:
    if path[0] == "data":
        return any(_holds(one, path[1:]) for one in modules)
    return any(path[0] in one.defines for one in modules if one.package == module.package)


def _holds(module: Module, path: Path) -> bool:
    package = module.package
    if package[: len(path)] == path:
        return True
    return path[: len(package)] == package and path[len(package)] in module.defines


def _at(module: Module, line: int, message: str) -> Problem:
    first = module.source.text.find("package")
    begins = module.source.text.count("\n", 0, max(first, 0)) + 1
    return Problem(path=module.source.path, line=line or begins, message=message)


def violations(
    constraint: Constraint, unit: Unit, value: Any, review: Review
) -> tuple[list[Violation], list[Problem]]:
    """What the value of a template's rule says about an object."""
    found: list[Violation] = []
    problems: list[Problem] = []
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("msg"), str):
            problems.append(unit.problem(f"a violation without a msg, on {review.label}"))
            continue
        details = item.get("details")
        told = said(_RULE, [{**(details if isinstance(details, dict) else {}), "msg": item["msg"]}])
        found += (
            Violation(
                rule=constraint.rule, message=one.message, pointer=one.pointer, remedy=one.remedy
            )
            for one in told
        )
    return found, problems

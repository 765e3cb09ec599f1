"""From parsed modules to a program: which files each definition needs, and which cannot work.

What does not exist is undefined in Rego, and a rule over it finds nothing, which looks like a pass.
So every name is resolved here, before anything is judged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bot.engines.program import Alone, Module, Path, Problem, Program, Rule, Style, Unit, query

# What `input.request` and `input.review` hold here.
REQUEST = frozenset(
    (
        *("uid", "kind", "resource", "requestKind", "requestResource", "name", "namespace"),
        *("operation", "object", "oldObject", "options", "dryRun"),
    )
)
_REVIEWED = ("request", "review")
# The packages of units that share an engine begin like this.
_ALONE = "plumbline_unit_"


def plan(modules: Sequence[Module], problems: Sequence[Problem] = ()) -> Program:
    """What these modules ask; `problems` are those of the files that could not be parsed."""
    return _Plan(modules).program(problems)


def needed(modules: Sequence[Module], module: Module) -> list[Module]:
    """A module with all of `modules` that it refers to, directly or through others."""
    return _Plan(modules)._needed(module, [])


def undefined(modules: Sequence[Module], module: Module) -> list[Path]:
    """The `data.…` that a module refers to and none of `modules` defines."""
    return [p for p in module.data if p and not any(_holds(other, p) for other in modules)]


class _Plan:
    def __init__(self, modules: Sequence[Module]) -> None:
        self._modules = modules
        self._of_package: dict[Path, list[Module]] = defaultdict(list)
        for module in modules:
            self._of_package[module.package].append(module)

    def program(self, unparsed: Sequence[Problem]) -> Program:
        problems = [*unparsed]
        broken: set[int] = set()
        for module in self._modules:
            found = [*self._problems(module), *self._misformed(module)]
            problems += found
            if found:
                broken.add(module.number)
        units: list[Unit] = []
        used: set[int] = set(broken)
        for module, rule, namesakes in self._definitions():
            needed = self._needed(module, namesakes)
            used |= {m.number for m in needed}
            found = list(self._ungiven(needed))
            problems += (p for p in found if p not in problems)
            # What rests on something broken would find too much or too little.
            if not found and not broken & {m.number for m in needed}:
                units.append(self._unit(len(units), module, rule, needed))
        idle = [m.source.path for m in self._modules if m.number not in used]
        return Program(units=tuple(units), problems=tuple(sorted(problems)), idle=tuple(idle))

    def _definitions(self) -> Iterator[tuple[Module, Rule, list[Module]]]:
        """What becomes a unit, and the modules that must be there whatever they refer to."""
        whole: set[tuple[Path, str]] = set()
        for module in self._modules:
            for rule in module.entries():
                if rule.form == "set":
                    yield module, rule, [module]
                elif (module.package, rule.name) not in whole:
                    whole.add((module.package, rule.name))
                    same = self._of_package[module.package]
                    yield module, rule, [m for m in same if rule.name in m.defines]

    def _unit(self, number: int, module: Module, rule: Rule, needed: list[Module]) -> Unit:
        texts = []
        for one in needed:
            same = [r for r in one.rules if r.name == rule.name and one.package == module.package]
            blank = [r for r in same if r is not rule] if rule.form == "set" else []
            texts.append((one, one.without(blank)))
        own = next(text for one, text in texts if one is module)
        return Unit(
            number=number,
            path=module.source.path,
            line=rule.line,
            rule=".".join((*module.package, rule.name)),
            query=query(module.package, rule.name),
            entry=rule.name.partition("_")[0],
            style=_style(needed),
            modules=tuple(texts),
            group=number,
            alone=self._alone(number, module, rule, needed, own.encode()),
        )

    def _alone(
        self, number: int, module: Module, rule: Rule, needed: list[Module], text: bytes
    ) -> Alone | None:
        """The unit's module in a package of its own, where nothing can tell that it is there."""
        written, at = ".".join(module.package).encode(), module.package_at
        others = [one for one in needed if one is not module]
        taken = any(package[0].startswith(_ALONE) for package in self._of_package)
        named = any(_holds(module, path) for one in needed for path in _wanted(one))
        accompanied = any(one.package == module.package for one in others)
        end = at + len(written)
        if taken or named or accompanied or text[at:end] != written:
            return None
        package = f"{_ALONE}{number}"
        moved = text[:at] + package.encode() + text[end:]
        return Alone(
            text=moved.decode(),
            query=query((package,), rule.name),
            v0=module.v0,
            libraries=tuple(others),
        )

    def _needed(self, module: Module, start: list[Module]) -> list[Module]:
        found = {m.number: m for m in [module, *start]}
        queue = list(found.values())
        while queue:
            for other in self._neighbours(queue.pop()):
                if other.number not in found:
                    found[other.number] = other
                    queue.append(other)
        return [found[number] for number in sorted(found)]

    def _neighbours(self, module: Module) -> Iterator[Module]:
        local = module.names | {path[0] for path in module.calls}
        for other in self._of_package[module.package]:
            if local & other.defines:
                yield other
        wanted = _wanted(module)
        for other in self._modules:
            if any(_holds(other, path) for path in wanted):
                yield other

    def _problems(self, module: Module) -> Iterator[Problem]:
        for path, line in module.calls.items():
            name = ".".join(path)
            if name in module.refused:
                yield _problem(module, line, f"{name} cannot be called: {module.refused[name]}")
            elif name in module.unknown and not self._is_function(module, path):
                yield _problem(module, line, f"there is no function {name} in this engine")
        for path, line in module.data.items():
            if path and not any(_holds(other, path) for other in self._modules):
                name = ".".join(("data", *path))
                said = f"no policy file defines {name}, and there is no other data here"
                yield _problem(module, line, said)
        if module.combines:
            said = "this is written for conftest --combine; here each object is judged alone"
            yield _problem(module, module.combines, said)
        for path, line in module.input.items():
            if path[:1] and path[0] in _REVIEWED and path[1:] and path[1] not in REQUEST:
                name = ".".join(("input", *path[:2]))
                yield _problem(module, line, f"{name} is not known before the merge")

    def _is_function(self, module: Module, path: Path) -> bool:
        if path[0] == "data":
            return any(_holds(other, path[1:]) for other in self._modules)
        return any(path[0] in other.defines for other in self._of_package[module.package])

    def _misformed(self, module: Module) -> Iterator[Problem]:
        for rule in module.entries():
            forms = {
                other.form
                for one in self._of_package[module.package]
                for other in one.rules
                if other.name == rule.name
            }
            below = (*module.package, rule.name)
            if rule.form == "dotted":
                yield _problem(
                    module, rule.line, f"write '{rule.name} contains …' without a further name"
                )
            elif len(forms) > 1:
                said = f"{rule.name} is defined in different forms ({', '.join(sorted(forms))})"
                yield _problem(module, rule.line, said)
            elif any(p[: len(below)] == below for p in self._of_package):
                said = f"{'.'.join(below)} is both a rule and a package"
                yield _problem(module, rule.line, said)

    def _ungiven(self, needed: list[Module]) -> Iterator[Problem]:
        """Gatekeeper's constraints hold the parameters of its policies; here are none."""
        if any("review" in path[:1] for module in needed for path in module.input):
            for module in needed:
                for path, line in module.input.items():
                    if path[:1] == ("parameters",):
                        said = "input.parameters is not known here: write the values into a policy"
                        yield _problem(module, line, said)


def _style(needed: list[Module]) -> Style:
    """By what the policy says, never by what the object looks like: the object is a stranger's."""
    first = {path[:1] for module in needed for path in module.input}
    if not first & {(name,) for name in _REVIEWED}:
        return Style.OBJECT
    if any(module.reviews for module in needed):
        return Style.REVIEW
    return Style.REQUEST if first == {("request",)} else Style.BOTH


def _wanted(module: Module) -> list[Path]:
    """The paths below `data` that a module refers to."""
    return [*module.data, *(path[1:] for path in module.calls if path[0] == "data")]


def _holds(module: Module, path: Path) -> bool:
    """Whether `data.<path>` is, is in, or leads to something that the module defines."""
    package = module.package
    if package[: len(path)] == path:
        return True
    return path[: len(package)] == package and path[len(package)] in module.defines


def _problem(module: Module, line: int, message: str) -> Problem:
    return Problem(path=module.source.path, line=line, message=message)

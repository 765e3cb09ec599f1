"""Modules that are called: what every name in them means, worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.render.terraform.blocks import attribute_value, expanded
from bot.render.terraform.constraints import converted
from bot.render.terraform.evaluate import Scope, evaluate
from bot.render.terraform.files import ModuleFiles
from bot.render.terraform.keys import Key, NotKnown, keys_of, suffix
from bot.render.terraform.modules import Declared, Module, local_source
from bot.render.terraform.providers import handed_on, provider_name
from bot.render.terraform.syntax import Attribute, Body, Literal
from bot.render.terraform.values import (
    SECRET,
    UNKNOWN,
    Budget,
    EvalError,
    TooMuch,
    Unknown,
    Value,
    boolean,
)
from checks.model import Lines

# Resources and modules of one run.
_MOST = 20_000
_DEEPEST_MODULE = 20


@dataclass(kw_only=True, slots=True)
class World:
    """What all modules of one run share. `variables` are the values given to the root module."""

    root: str
    files: ModuleFiles
    budget: Budget
    load: Callable[[str], Module]
    variables: Mapping[str, Value] = field(default_factory=dict)
    made: int = 0

    def count(self, instances: int) -> None:
        """Count instances that are made. Raises TooMuch."""
        self.made += instances
        if self.made > _MOST:
            raise TooMuch(f"it stands for more than {_MOST} resources and modules")


class _Names:
    """A root of references (var, local): its attributes come from a function."""

    def __init__(self, of: Callable[[str], Value]) -> None:
        self._of = of

    def attribute(self, name: str) -> Value:
        """The value of that name. Raises EvalError."""
        return self._of(name)


class Instance:
    """One instance of a resource."""

    def __init__(self, declared: Declared, kind: str, address: str, scope: Scope) -> None:
        self.declared = declared
        self.kind = kind
        self.address = address
        self.scope = scope

    def attribute(self, name: str) -> Value:
        """A configured attribute, UNKNOWN for what the provider fills in. Raises EvalError."""
        value = attribute_value(self.declared.block.body, name, self.scope)
        return Unknown(of=f"{self.address}.{name}") if value == UNKNOWN else value

    def values(self) -> tuple[dict[str, Value], dict[str, Lines]]:
        """All its attributes and their lines."""
        return expanded(self.declared.block.body, self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The call that a module instance comes from."""

    instance: ModuleInstance
    block: Body
    scope: Scope


class ModuleInstance:
    """A module as it is called once: `address` is "" for the root, else "module.x[0].module.y"."""

    def __init__(
        self, module: Module, world: World, address: str = "", caller: Caller | None = None
    ) -> None:
        self.module = module
        self.address = address
        self.caller = caller
        self._world = world
        self._known: dict[tuple[str, str], Value] = {}
        self._busy: set[tuple[str, str]] = set()
        self._depth: int = caller.instance._depth + 1 if caller else 0
        if self._depth > _DEEPEST_MODULE:
            raise TooMuch(f"modules call each other deeper than {_DEEPEST_MODULE} levels")
        self.scope = Scope(names=self._root, files=world.files, budget=world.budget)
        self._roots: Mapping[str, Value] = {
            "var": _Names(lambda name: self._once("var", name, self._variable)),
            "local": _Names(lambda name: self._once("local", name, self._local)),
            "module": _Names(lambda name: self._once("module", name, self._called)),
            "path": {"module": _relative(module.path, world.root), "root": ".", "cwd": UNKNOWN},
            "data": _Names(self._data),
            "ephemeral": UNKNOWN,
            "terraform": UNKNOWN,
            "tofu": UNKNOWN,
            "self": UNKNOWN,
        }

    def attribute(self, name: str) -> Value:
        """The value of an output. Raises EvalError."""
        return self._once("output", name, self._output)

    def resources(self) -> Iterator[tuple[str, str, Declared]]:
        """(type, name, block) of all its resources, in the order of their names."""
        for (kind, name), declared in sorted(self.module.resources.items()):
            yield kind, name, declared

    def instances(self, kind: str, name: str) -> Mapping[Key, Instance]:
        """The instances of a resource by key. Raises NotKnown, EvalError, TooMuch."""
        declared = self.module.resources[(kind, name)]
        found: dict[Key, Instance] = {}
        for key, scope in self._keyed(declared):
            address = f"{self._prefix}{kind}.{name}{suffix(key)}"
            found[key] = Instance(declared, kind, address, scope)
        return found

    def children(self, name: str) -> Mapping[Key, ModuleInstance]:
        """The instances of a module call by key. Raises NotKnown, EvalError, TooMuch; KeyError for
        one that is not in the repository."""
        return self._once("children", name, self._children)  # type: ignore[no-any-return]

    def _children(self, name: str) -> Value:
        declared = self.module.calls[name]
        path = local_source(declared, self.module)
        if path is None:
            raise KeyError(name)
        module = self._world.load(path)
        found: dict[Key, ModuleInstance] = {}
        for key, scope in self._keyed(declared):
            caller = Caller(instance=self, block=declared.block.body, scope=scope)
            address = f"{self._prefix}module.{name}{suffix(key)}"
            found[key] = ModuleInstance(module, self._world, address, caller)
        return found

    @property
    def _prefix(self) -> str:
        return f"{self.address}." if self.address else ""

    def _keyed(self, declared: Declared) -> list[tuple[Key, Scope]]:
        found = keys_of(declared.block.body, self.scope)
        self._world.count(len(found))
        return [(key, self.scope.binding(bound)) for key, bound in found]

    def _root(self, name: str) -> Value:
        if name in self._roots:
            return self._roots[name]
        if any(kind == name for kind, _ in self.module.resources):
            return _Names(lambda of: self._once(name, of, lambda of: self._resource(name, of)))
        raise EvalError(f"{name} is not declared")

    def _once(self, kind: str, name: str, make: Callable[[str], Value]) -> Value:
        key = (kind, name)
        if key in self._known:
            return self._known[key]
        if key in self._busy:
            raise EvalError(f"{kind}.{name} refers to itself")
        self._busy.add(key)
        try:
            self._known[key] = make(name)
        finally:
            self._busy.discard(key)
        return self._known[key]

    def _variable(self, name: str) -> Value:
        if name not in self.module.variables:
            raise EvalError(f"there is no variable {name!r}")
        attributes = self.module.variables[name].block.body.attributes
        given = self._given(name)
        default = attributes.get("default")
        nullable = _flag(attributes.get("nullable"), default=True)
        if given is _ABSENT or (given is None and not nullable):
            given = evaluate(default.expr, self.scope) if default else UNKNOWN
        if _flag(attributes.get("sensitive"), default=False):
            return SECRET
        kind = attributes.get("type")
        return converted(given, kind.expr, self.scope) if kind else given

    def _given(self, name: str) -> Value:
        if self.caller is None:
            return self._world.variables.get(name, _ABSENT)
        argument = self.caller.block.attributes.get(name)
        return evaluate(argument.expr, self.caller.scope) if argument else _ABSENT

    def _local(self, name: str) -> Value:
        if name not in self.module.locals:
            raise EvalError(f"there is no local {name!r}")
        return evaluate(self.module.locals[name].expr, self.scope)

    def _output(self, name: str) -> Value:
        if name not in self.module.outputs:
            raise EvalError(f"the module has no output {name!r}")
        attributes = self.module.outputs[name].block.body.attributes
        if _flag(attributes.get("sensitive"), default=False):
            return SECRET
        return evaluate(attributes["value"].expr, self.scope) if "value" in attributes else None

    def _data(self, kind: str) -> Value:
        """Of data sources but the region is known, where a provider is set to it."""
        return _Names(self._region) if kind == "aws_region" else UNKNOWN

    def _region(self, name: str) -> Value:
        declared = self.module.data.get(("aws_region", name))
        if declared is None or declared.block.body.attributes.keys() - {"provider"}:
            return UNKNOWN
        given = declared.block.body.attributes.get("provider")
        region = self.provider_region(provider_name(given.expr if given else None) or "aws")
        known = ("name", "id", "region") if region else ()
        return _Names(lambda attribute: region if attribute in known else UNKNOWN)

    def provider_region(self, name: str) -> str:
        """The region or zone that a provider is set to, in this module or one that calls it; ""
        where that is not known."""
        if name in self.module.providers:
            try:
                found = self._once("provider", name, self._configured)
            except EvalError:
                return ""
            return found if isinstance(found, str) else ""
        if self.caller is None:
            return ""
        name = handed_on(self.caller.block).get(name, name)
        return self.caller.instance.provider_region(name)

    def provider_tags(self, name: str) -> Value:
        """The tags or labels that a provider gives all that it makes, in this module or one that
        calls it; UNKNOWN where it is declared in none of them."""
        if name in self.module.providers:
            try:
                return self._once("provider tags", name, self._tags)
            except EvalError:
                return UNKNOWN
        if self.caller is None:
            return UNKNOWN
        name = handed_on(self.caller.block).get(name, name)
        return self.caller.instance.provider_tags(name)

    def _tags(self, name: str) -> Value:
        body = self.module.providers[name].block.body
        blocks = [block.body for block in body.blocks if block.type == "default_tags"]
        given = [one.attributes["tags"] for one in blocks if "tags" in one.attributes]
        given += [body.attributes[key] for key in ("default_labels",) if key in body.attributes]
        dynamic = any(block.type == "dynamic" for block in body.blocks)
        return evaluate(given[0].expr, self.scope) if given else UNKNOWN if dynamic else {}

    def _configured(self, name: str) -> Value:
        attributes = self.module.providers[name].block.body.attributes
        given = [attributes[key] for key in ("region", "zone") if key in attributes]
        return evaluate(given[0].expr, self.scope) if given else ""

    def _called(self, name: str) -> Value:
        if name not in self.module.calls:
            raise EvalError(f"there is no module {name!r}")
        try:
            return _shaped(self.children(name), self.module.calls[name].block.body)
        except (NotKnown, KeyError):
            return UNKNOWN

    def _resource(self, kind: str, name: str) -> Value:
        if (kind, name) not in self.module.resources:
            raise EvalError(f"{kind}.{name} is not declared")
        body = self.module.resources[(kind, name)].block.body
        try:
            return _shaped(self.instances(kind, name), body)
        except NotKnown:
            return UNKNOWN


_ABSENT = object()


def _shaped(found: Mapping[Key, Value], body: Body) -> Value:
    """All instances as an expression sees them: one, a list or a map."""
    if "count" in body.attributes:
        return list(found.values())
    return dict(found) if "for_each" in body.attributes else found[None]


def _flag(attribute: Attribute | None, *, default: bool) -> bool:
    if attribute is None or not isinstance(attribute.expr, Literal):
        return default
    try:
        return boolean(attribute.expr.value)
    except EvalError:
        return default


def _relative(path: str, root: str) -> str:
    """The path of a module from the root module, as path.module has it."""
    if path == root:
        return "."
    here, there = root.split("/") if root else [], path.split("/") if path else []
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + there[shared:])

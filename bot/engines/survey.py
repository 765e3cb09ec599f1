"""What a Rego module says about itself, read from regorus' syntax tree. Runs in the worker only.

A module's references tell which other modules it needs, which form of input it is written for, and
whether it asks for something that does not exist here: Rego calls that undefined, and a rule over
something undefined quietly finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, Any]

# How much of a reference is kept: input.request.object, data.lib.kubernetes.is_pod, …
_LONGEST = 12


@dataclass(slots=True)
class Survey:
    """The facts of one module; each list holds [what, line] with the first line of each.

    `calls`, `data` and `input` are paths with import aliases resolved and cut at the first step
    that is not constant; `names` are the plain variables, `rules` are [name, form, line, start,
    end] with byte offsets, where the form is set, value, dotted or function. `reviews` is whether
    an AdmissionReview is named, `combines` the line where several files are expected as the input,
    `package_at` the byte where the package's name begins.
    """

    package: list[str] = field(default_factory=list)
    package_at: int = 0
    rules: list[list[Any]] = field(default_factory=list)
    calls: dict[tuple[str, ...], int] = field(default_factory=dict)
    data: dict[tuple[str, ...], int] = field(default_factory=dict)
    input: dict[tuple[str, ...], int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    reviews: bool = False
    combines: int = 0
    _aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The facts as a message can carry them."""
        return {
            "package": self.package,
            "package_at": self.package_at,
            "rules": self.rules,
            "calls": [[list(path), line] for path, line in self.calls.items()],
            "data": [[list(path), line] for path, line in self.data.items()],
            "input": [[list(path), line] for path, line in self.input.items()],
            "names": sorted(self.names),
            "reviews": self.reviews,
            "combines": self.combines,
        }

    def imports(self, found: list[dict[str, Any]]) -> None:
        """Learn what the module's imports are called in it."""
        for one in found:
            path = _constant(path_of(one["refr"]))
            alias = one.get("as")
            name = alias["text"] if alias else path[-1]
            if path[0] in ("data", "input"):
                self._aliases[name] = path

    def visit(self, node: Any) -> None:
        """Note everything that is referred to in `node` and below."""
        if isinstance(node, list):
            for item in node:
                self.visit(item)
        elif isinstance(node, dict):
            for key, value in node.items():
                self._visit(key, value)

    def _visit(self, key: str, value: Any) -> None:
        if key == "Call":
            path, line = path_of(value["fcn"]), value["span"]["line"]
            self.calls.setdefault(self._resolved(_constant(path)), line)
            self.visit(value["params"])
        elif key in ("Var", "RefDot", "RefBrack"):
            self._reference({key: value}, value["span"]["line"])
        elif key == "with_mods":
            # What a `with` replaces need not exist.
            self.visit([mod["as"] for mod in value])
        elif key == "String":
            self.reviews |= value["value"] == "AdmissionReview"
        else:
            self.visit(value)

    def _reference(self, node: dict[str, Any], line: int) -> None:
        for part in _computed(node):
            self.visit(part)
        path = path_of(node)
        if path[0] is None:
            return
        self.names.setdefault(path[0], line)
        resolved = self._resolved(_constant(path))
        if resolved[0] in ("data", "input"):
            if path[:3] == ["input", None, "contents"]:
                self.combines = self.combines or line
            target = self.data if resolved[0] == "data" else self.input
            target.setdefault(resolved[1:][:_LONGEST], line)

    def _resolved(self, path: tuple[str, ...]) -> tuple[str, ...]:
        if path and path[0] in self._aliases:
            return self._aliases[path[0]] + path[1:]
        return path or ("",)


def survey(tree: dict[str, Any], text: bytes) -> Survey:
    """The facts of a module from its syntax tree and its text."""
    named = tree["package"]["refr"]
    found = Survey(package=list(_constant(path_of(named))))
    found.package_at = next(iter(named.values()))["span"]["start"]
    for one in tree["imports"]:
        if one.get("as"):
            # The tree has where the alias stands, not what it is.
            one["as"]["text"] = text[one["as"]["start"] : one["as"]["end"]].decode()
    found.imports(tree["imports"])
    starts = [next(iter(rule.values()))["span"]["start"] for rule in tree["rules"]]
    for number, rule in enumerate(tree["rules"], start=1):
        # A span can end before a closing quote; where the next rule begins is certain.
        found.rules.append([*_head(rule), [*starts, len(text)][number]])
        found.visit(_without_name(rule))
    return found


def _head(rule: dict[str, Any]) -> tuple[str, str, int, int]:
    kind, body = next(iter(rule.items()))
    form, head = ("Compr", body) if kind == "Default" else next(iter(body["head"].items()))
    path = path_of(head["refr"])
    # A constant key makes a rule of its own, of which the engine does not know the whole.
    plain = path[1:] in ([], [None])
    shape = {"Set": "set", "Compr": "value", "Func": "function"}[form]
    name = path[0] or ""
    return name, shape if plain else "dotted", body["span"]["line"], body["span"]["start"]


def _without_name(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule without its own name, which is no reference to it."""
    kind, body = next(iter(rule.items()))
    if kind == "Default":
        return {kind: {**body, "refr": None}}
    form, head = next(iter(body["head"].items()))
    return {kind: {**body, "head": {form: {**head, "refr": list(_computed(head["refr"]))}}}}


def path_of(node: Tree) -> list[str | None]:
    """The steps of a reference; None for one that is computed."""
    key, value = next(iter(node.items()))
    if key == "Var":
        return [value["value"]]
    if key == "RefDot":
        return [*path_of(value["refr"]), value["field"][1] if value["field"] else None]
    if key == "RefBrack":
        index = value["index"].get("String")
        return [*path_of(value["refr"]), index["value"] if index else None]
    return [None]


def _computed(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The expressions inside a reference: its computed steps, and what it starts from."""
    key, value = next(iter(node.items()))
    if key in ("RefDot", "RefBrack"):
        yield from _computed(value["refr"])
        if key == "RefBrack":
            yield value["index"]
    elif key != "Var":
        yield node


def _constant(path: list[str | None]) -> tuple[str, ...]:
    steps: list[str] = []
    for step in path:
        if step is None:
            break
        steps.append(step)
    return tuple(steps)

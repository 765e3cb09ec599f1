"""CEL's text as a tree, with macros recognised."""

from __future__ import annotations

from dataclasses import replace

from bot.engines.cel.lexer import RESERVED, SyntaxFault, Token, tokens
from bot.engines.cel.syntax import (
    Call,
    Expr,
    Ident,
    Index,
    ListOf,
    Literal,
    Macro,
    MapOf,
    Select,
)
from bot.engines.cel.values import INT_MAX

# As Kubernetes: longer or deeper expressions are refused.
_MAX_CHARACTERS = 100_000
_MAX_DEPTH = 250
_BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3}
_BINDING |= {"+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
_ONE_NAME = {"all", "exists", "exists_one", "existsOne", "filter", "map", "sortBy"}
_TWO_NAMES = {"all", "exists", "exists_one", "existsOne"}
_TRANSFORMS = {"transformList", "transformMap", "transformMapEntry"}


def parse(text: str) -> Expr:
    """The tree of an expression. Raises SyntaxFault."""
    if len(text) > _MAX_CHARACTERS:
        raise SyntaxFault(text, 0, f"the expression has more than {_MAX_CHARACTERS:,} characters")
    parser = _Parser(text)
    expr = parser.expression()
    parser.expect("end")
    return expr


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0
        self._depth = 0

    def expression(self) -> Expr:
        """A whole expression, also a conditional one."""
        self._deeper()
        condition = self._binary(1)
        if (token := self._take("?")) is not None:
            yes = self._binary(1)
            self.expect(":")
            condition = Call("_?_:_", None, (condition, yes, self.expression()), token.at)
        self._depth -= 1
        return condition

    def expect(self, kind: str) -> Token:
        """The next token, which must be of a kind. Raises SyntaxFault."""
        token = self._tokens[self._next]
        if token.kind != kind:
            shown = "<EOF>" if token.kind == "end" else repr(token.value)
            wanted = "<EOF>" if kind == "end" else f"'{kind}'"
            self._fail(token.at, f"Syntax error: mismatched input {shown} expecting {wanted}")
        self._next += 1
        return token

    def _fail(self, at: int, said: str) -> None:
        raise SyntaxFault(self._text, at, said)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            at = self._tokens[self._next].at
            raise SyntaxFault(self._text, at, f"expression recursion limit exceeded: {_MAX_DEPTH}")

    def _take(self, *kinds: str) -> Token | None:
        token = self._tokens[self._next]
        if token.kind not in kinds:
            return None
        self._next += 1
        return token

    def _binary(self, least: int) -> Expr:
        left = self._unary()
        while _BINDING.get((token := self._tokens[self._next]).kind, 0) >= least:
            self._next += 1
            right = self._binary(_BINDING[token.kind] + 1)
            name = "@in" if token.kind == "in" else f"_{token.kind}_"
            if name in ("_&&_", "_||_") and isinstance(left, Call) and left.name == name:
                # Kept flat, so that long chains are not deep.
                left = replace(left, args=(*left.args, right))
            else:
                left = Call(name, None, (left, right), token.at)
        return left

    def _unary(self) -> Expr:
        token = self._take("!", "-")
        if token is None:
            return self._member()
        self._deeper()
        after = self._tokens[self._next]
        if token.kind == "-" and after.kind == "value" and type(after.value) in (int, float):
            self._next += 1
            expr = self._suffixes(Literal(-after.value, token.at))
        else:
            expr = Call("!_" if token.kind == "!" else "-_", None, (self._unary(),), token.at)
        self._depth -= 1
        return expr

    def _member(self) -> Expr:
        return self._suffixes(self._primary())

    def _suffixes(self, expr: Expr) -> Expr:
        before = self._depth
        while (token := self._take(".", ".?", "[", "[?")) is not None:
            self._deeper()
            if token.kind in ("[", "[?"):
                index = self.expression()
                self.expect("]")
                expr = Index(expr, index, token.at, optional=token.kind == "[?")
                continue
            name = self._take("quoted") or self.expect("ident")
            if token.kind == "." and name.kind == "ident" and self._take("("):
                expr = self._call(name, expr)
            else:
                expr = Select(expr, name.value, token.at, optional=token.kind == ".?")
        self._depth = before
        return expr

    def _primary(self) -> Expr:
        token = self._tokens[self._next]
        self._next += 1
        match token.kind:
            case "value":
                if type(token.value) is int and token.value > INT_MAX:
                    self._fail(token.at, "invalid int literal")
                return Literal(token.value, token.at)
            case "(":
                expr = self.expression()
                self.expect(")")
                return expr
            case "[" | "[?":
                return self._list(token.at, optional=token.kind == "[?")
            case "{":
                return self._map(token.at)
            case "." | "ident":
                name = self.expect("ident") if token.kind == "." else token
                if name.value in RESERVED:
                    self._fail(name.at, f"reserved identifier: {name.value}")
                if self._take("("):
                    return self._call(name, None)
                return Ident(name.value, name.at)
        self._next -= 1
        shown = "<EOF>" if token.kind == "end" else repr(token.value)
        self._fail(token.at, f"Syntax error: unexpected {shown}")
        raise AssertionError

    def _list(self, at: int, *, optional: bool) -> Expr:
        """A list after its bracket, with whether the first item is optional."""
        items: list[tuple[Expr, bool]] = []
        while optional or not self._take("]"):
            optional = optional or self._take("?") is not None
            items.append((self.expression(), optional))
            optional = False
            if not self._take(","):
                self.expect("]")
                break
        return ListOf(tuple(items), at)

    def _map(self, at: int) -> Expr:
        entries: list[tuple[Expr, Expr, bool]] = []
        while not self._take("}"):
            optional = self._take("?") is not None
            key = self.expression()
            self.expect(":")
            entries.append((key, self.expression(), optional))
            if not self._take(","):
                self.expect("}")
                break
        return MapOf(tuple(entries), at)

    def _call(self, name: Token, target: Expr | None) -> Expr:
        args: list[Expr] = []
        while not self._take(")"):
            args.append(self.expression())
            if not self._take(","):
                self.expect(")")
                break
        call = Call(name.value, target, tuple(args), name.at)
        return self._macro(call) or call

    def _macro(self, call: Call) -> Expr | None:
        name, args, target = call.name, call.args, call.target
        if target is None:
            return self._has(call) if name == "has" and len(args) == 1 else None
        if name == "bind" and target == Ident("cel", getattr(target, "at", 0)) and len(args) == 3:
            return Macro("bind", args[1], (self._name(args[0]),), None, args[2], call.at)
        if name in ("optMap", "optFlatMap") and len(args) == 2:
            return Macro(name, target, (self._name(args[0]),), None, args[1], call.at)
        kind = "exists_one" if name == "existsOne" else name
        if (name in _ONE_NAME and len(args) == 2) or (name == "map" and len(args) == 3):
            where = args[1] if len(args) == 3 else None
            return Macro(kind, target, (self._name(args[0]),), where, args[-1], call.at)
        if (name in _TWO_NAMES and len(args) == 3) or (name in _TRANSFORMS and len(args) in (3, 4)):
            names = (self._name(args[0]), self._name(args[1]))
            if names[0] == names[1]:
                self._fail(call.at, "the two variables of a comprehension have the same name")
            where = args[2] if len(args) == 4 else None
            return Macro(kind, target, names, where, args[-1], call.at)
        return None

    def _has(self, call: Call) -> Expr:
        (arg,) = call.args
        if not isinstance(arg, Select) or arg.test:
            self._fail(call.at, "invalid argument to has() macro")
            raise AssertionError
        return replace(arg, test=True)

    def _name(self, expr: Expr) -> str:
        if not isinstance(expr, Ident):
            self._fail(expr.at, "argument must be a simple name")
            raise AssertionError
        return expr.name

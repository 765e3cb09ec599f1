"""Files of Rego: sound ones, ones that are broken for sure, and ones of random calls."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.engines.builtins import known
from tests.fuzz.piece import Piece

_LOOP = (
    "n := numbers.range(1, 3000); count([1 | a := n[_]; b := n[_]; c := n[_]; a + b + c < 0]) > 0"
)
# What goes wrong in a body that is always evaluated.
_BODIES = {
    "endless loop": _LOOP,
    "huge range": "count(numbers.range(1, 2000000000)) > 0",
    "to_number": 'to_number("16Gi") > 16',
    "sprintf": 'sprintf("%[2]d", [1]) == "x"',
    "http.send": 'http.send({"method": "GET", "url": "http://127.0.0.1:1"})',
    "lookup": 'net.lookup_ip_addr("localhost")',
    "no such function": "surely.not.there(1)",
    "json": 'json.unmarshal("{")',
    "time": 'time.parse_rfc3339_ns("yesterday")',
    "recursion": "f(1) == 2",
    "mutual": "p",
    "unsafe": "surely_unbound > 3",
}
_HELPERS = {
    "recursion": "f(x) := y if { y := f(x + 1) }\n",
    "mutual": "p if { q }\n\nq if { p }\n",
}
_FILES = {
    "syntax": "package %s\n\ndeny contains m if {\n  m := \n}\n",
    "old syntax": "package %s\n\ndeny[m] {\n  m := }{ \n}\n",
    "nesting": f"package %s\n\ndeny[m] {{ m := {'[' * 40_000}{']' * 40_000} }}\n",
    "conflict": 'package %s\n\ndeny := "a" if { true }\n\ndeny := "b" if { true }\n',
    "no package": "deny[m] { m := 1 }  # %s\n",
    "cut off": 'package %s\n\ndeny[m] { m := "',
}
_NAMES = sorted(name for name in known() if not name.startswith("rego."))
_ARGUMENTS = [
    "input",
    "input.metadata",
    "input.spec.template.spec.containers",
    "input.nope",
    '""',
    '"16Gi"',
    '"(a+)+$"',
    '"%v %d %s"',
    "[]",
    "[1, [2, {3}]]",
    "{}",
    '{"a": {"b": [null]}}',
    "{1, 2}",
    "null",
    "true",
    "-1",
    "0.5",
    "1e300",
    "99999999999999999999999",
    "numbers.range(1, 300)",
]
_packages = st.sampled_from(
    ["fuzz", "fuzz.a", "fuzz.a.deny", "main", "canary", "kubernetes.admission"]
)


def _file(package: str, body: str, helper: str = "", entry: str = "deny", *, old: bool) -> str:
    if old:
        helper = helper.replace(" := y if {", " = y {").replace(" if {", " {")
        return f'package {package}\n\n{helper}{entry}[m] {{\n  {body}\n  m := "said"\n}}\n'
    return f'package {package}\n\n{helper}{entry} contains m if {{\n  {body}\n  m := "said"\n}}\n'


@st.composite
def _called(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(_NAMES))
    arguments = draw(st.lists(st.sampled_from(_ARGUMENTS), min_size=0, max_size=4))
    return f"{name}({', '.join(arguments)})"


@st.composite
def _random(draw: st.DrawFn) -> str:
    """Calls of builtins with arguments that may not fit."""
    lines = [
        f"x{n} := {call}"
        for n, call in enumerate(draw(st.lists(_called(), min_size=1, max_size=3)))
    ]
    more = st.sampled_from(
        [
            "not x0",
            "some i; x0[i] == 1",
            "every e in [x0] { e != 1 }",
            "x0 == input",
            "walk(x0, [a, b])",
        ]
    )
    lines += draw(st.lists(more, max_size=1))
    entry = draw(st.sampled_from(["deny", "warn", "violation", "deny_all", "helper"]))
    return _file(draw(_packages), "\n  ".join(lines), entry=entry, old=draw(st.booleans()))


def hanging_rego(number: int) -> Piece:
    """A file that never ends."""
    text = _file(f"fuzz{number}", _LOOP, old=False)
    return Piece(kind="rego", files=((f"policy/rego{number}.rego", text),), broken="endless loop")


@st.composite
def rego(draw: st.DrawFn, number: int) -> Piece:
    """One file."""
    path = f"policy/rego{number}.rego"
    way = draw(st.integers(0, 4))
    if way == 0:
        what = draw(st.sampled_from(sorted(_FILES)))
        return Piece(kind="rego", files=((path, _FILES[what] % f"fuzz{number}"),), broken=what)
    if way == 1:
        what = draw(st.sampled_from(sorted(_BODIES)))
        text = _file(
            draw(_packages), _BODIES[what], _HELPERS.get(what, ""), old=draw(st.booleans())
        )
        return Piece(kind="rego", files=((path, text),), broken=what)
    if way == 2:
        noise = draw(st.text(max_size=200))
        return Piece(kind="rego", files=((path, noise.replace("package", "")),), broken="noise")
    if way == 3:
        text = draw(_random())
        cut = draw(st.integers(0, len(text)))
        text = text[:cut] + draw(st.text(max_size=4)) + text[cut + draw(st.integers(0, 4)) :]
        return Piece(kind="rego", files=((path, text),))
    return Piece(kind="rego", files=((path, draw(_random())),))

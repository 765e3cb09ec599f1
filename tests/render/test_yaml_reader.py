"""Reading one file: hostile input gets its code and line, and what is good beside it is read."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render.build import Document
from bot.render.limits import Limits
from bot.render.yaml_reader import read
from checks.model import Lines, Node, line_of


def documents(text: str | bytes) -> list[Document]:
    """The documents of a file in which nothing is wrong."""
    found, failures = read("a.yaml", text.encode() if isinstance(text, str) else text)
    assert failures == []
    return found


def value(text: str | bytes) -> Node:
    """The only document's value."""
    (document,) = documents(text)
    return document.value


def bomb(levels: int) -> bytes:
    """Ten to the power of `levels` nodes in some hundred bytes."""
    lines = [b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    for level in range(1, levels):
        aliases = b",".join([b"*a%d" % (level - 1)] * 10)
        lines.append(b"a%d: &a%d [%s]" % (level, level, aliases))
    return b"\n".join(lines) + b"\n"


GOOD = b"good: 1\n"
HOSTILE: dict[str, tuple[bytes, str, int, str]] = {
    # name: (data, code, line, words of the error)
    "unclosed list": (b"a: 1\nb: [1, 2\n", "yaml-syntax", 2, "flow sequence"),
    "unclosed list at marker": (b"a: [1\n---\n", "yaml-syntax", 1, "flow sequence"),
    "unclosed quote": (b'a: 1\nb: "x\nc: 1\n', "yaml-syntax", 2, "quoted scalar"),
    "no colon": (b"a: 1\nb\nc: 1\n", "yaml-syntax", 2, "expected ':'"),
    "two colons": (b"a: b: c\n", "yaml-syntax", 1, "mapping values are not allowed"),
    "bad indentation": (b"a:\n    b: 1\n  c: 1\n", "yaml-syntax", 3, "block mapping"),
    "tab": (b"a:\n\tb: 1\n", "yaml-syntax", 2, "indented with a tab"),
    "tab after spaces": (b"a:\n  b: 1\n \tc: 1\n", "yaml-syntax", 3, "indented with a tab"),
    "tab, crlf": (b"a:\r\n\tb: 1\r\n", "yaml-syntax", 2, "indented with a tab"),
    "control character": (b"a: 1\nb: \x01\n", "yaml-syntax", 2, "U+0001"),
    "delete character": (b"a: \x7f\n", "yaml-syntax", 1, "U+007F"),
    "unknown alias": (b"a: 1\nb: *nope\n", "yaml-syntax", 2, "*nope"),
    "alias in itself": (b"a: &a\n  b: *a\n", "yaml-syntax", 2, "ends before it"),
    "merge of a scalar": (b"a: 1\n<<: x\n", "yaml-syntax", 2, "<< needs a mapping"),
    "merge of scalars": (b"<<: [{a: 1}, x]\n", "yaml-syntax", 1, "<< needs a mapping"),
    "bad escape": (b'a: "\\q"\n', "yaml-syntax", 1, "escape"),
    "future YAML": (b"%YAML 3.0\n--- a\n", "yaml-syntax", 1, "incompatible"),
    "list closed too late": (b"a: [1\nb: 2]\nc: 3\n", "yaml-syntax", 2, "begins on line 1"),
    "template": (b"a: 1\n{{- if .x }}\nb: 1\n", "yaml-syntax", 2, ""),
    "duplicate key": (b"a: 1\nb: 1\na: 2\n", "duplicate-key", 3, "the first is on line 1"),
    "duplicate as text": (b"a:\n  1: x\n  '1': y\n", "duplicate-key", 3, "the first is on line 2"),
    "duplicate deep down": (b"- a:\n  - {b: 1,\n     b: 2}\n", "duplicate-key", 3, "'b'"),
    "latin-1": (b"a: 1\nb: caf\xe9\n", "not-utf8", 2, "0xe9"),
    "utf-16": ("a: 1\n".encode("utf-16"), "not-utf8", 1, "UTF-16"),
    "surrogate": (b"a: \xed\xa0\x80\n", "not-utf8", 1, "0xed"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0", "binary", 0, "NUL"),
    "200,000 brackets": (b"[" * 200_000, "too-deep", 1, "100 levels"),
    "200,000 braces": (b"{a: " * 200_000, "too-deep", 1, "100 levels"),
    "200,000 dashes": (b"- " * 200_000, "too-deep", 1, "100 levels"),
    "200,000 question marks": (b"? " * 200_000, "too-deep", 1, "100 levels"),
    "brackets in lines": (b"a: 1\nb: " + b"[\n" * 200, "too-deep", 101, "100 levels"),
    "deep indentation": (
        b"".join(b" " * level + b"a:\n" for level in range(200)),
        "too-deep",
        101,
        "100 levels",
    ),
    "alias bomb": (b"---\n" + bomb(9), "alias-bomb", 6, "100,000 nodes"),
    "alias bomb by merging": (
        b"a: &a {b: {c: ["
        + b"1," * 999
        + b"]}}\n"
        + b"".join(b"k%d:\n  <<: *a\n" % n for n in range(99))
        + b"z:\n  <<: ["
        + b"*a," * 99
        + b"]\n",
        "alias-bomb",
        201,
        "100,000 nodes",
    ),
    "20 MB": (b"a: b\n" * 4_000_000, "too-large", 0, "20,000,000 bytes"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_has_its_code_and_line(name: str) -> None:
    data, code, line, words = HOSTILE[name]
    began = time.monotonic()
    found, failures = read("dir/a.yaml", data)
    assert time.monotonic() - began < 2
    assert [(f.code, f.location.path, f.location.line) for f in failures] == [
        (code, "dir/a.yaml", line)
    ]
    assert words in failures[0].error
    assert failures[0].remedy.endswith(".")
    assert failures[0].broken
    assert not any(isinstance(document.value, dict) for document in found)


SPOILED = [
    n for n, (_, code, *_) in HOSTILE.items() if code not in ("not-utf8", "binary", "too-large")
]


@pytest.mark.parametrize("name", SPOILED)
def test_one_bad_document_does_not_hide_the_others(name: str) -> None:
    data, code, line, _ = HOSTILE[name]
    spoiled = data if data.startswith((b"---", b"%")) else b"---\n" + data
    # After a directive there must be the end of a document.
    begin = b"good: 1\n" + (b"...\n" if data.startswith(b"%") else b"")
    shift = begin.count(b"\n") + (spoiled is not data)
    found, failures = read("a.yaml", begin + spoiled + b"\n---\nlast: 2\n")
    assert {(f.code, f.location.line) for f in failures} == {(code, line + shift)}
    values = [document.value for document in found if isinstance(document.value, dict)]
    assert values[0] == {"good": 1}
    assert values[-1] == {"last": 2}
    last_line = (begin + spoiled + b"\n---\n").count(b"\n") + 1
    assert found[-1].lines == (last_line, {"last": last_line})


def test_templates_are_told_from_typing_errors() -> None:
    _, (failure,) = read("a.yaml", b"{{- if .x }}\na: 1\n")
    assert ".yaml.tmpl" in failure.remedy
    (document,) = documents("a: {{ .Values.x }}\n")
    assert document.oddity is not None
    assert "template" in document.oddity[1]


@pytest.mark.parametrize("document", [b"[}\n", b"{a: 1, a: 2}\n", b"a: \x01\n", b"*a\n"])
def test_thousands_of_broken_documents_are_cut_short(document: bytes) -> None:
    began = time.monotonic()
    found, failures = read("a.yaml", (b"---\n" + document) * 100_000)
    assert time.monotonic() - began < 2
    assert len(failures) == 21
    assert failures[-1].error == "20 documents are broken; from here on nothing was read"
    assert failures[-1].location.line == 41
    assert found == []


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only a comment\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_nothing_is_no_failure(data: bytes) -> None:
    assert documents(data) == []


def test_a_bom_and_crlf_change_nothing() -> None:
    plain = documents(b"a:\n  b: |\n    x\n    y\nc: 1\n---\nd: 1\n")
    windows = documents(b"\xef\xbb\xbfa:\r\n  b: |\r\n    x\r\n    y\r\nc: 1\r\n---\r\nd: 1\r\n")
    assert windows == plain


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
def test_lines_are_those_of_git_and_editors(char: str) -> None:
    """YAML 1.1 has more line breaks than anybody's editor."""
    first, second = documents(f"a: 'x{char}y'\nb: 1\n---\nc: 1\n")
    assert first.lines == (1, {"a": 1, "b": 2})
    assert second.lines == (4, {"c": 4})
    _, (failure,) = read("a.yaml", f"a: 'x{char}y'\nb: [\n".encode())
    assert failure.location.line == 2


def test_a_lone_carriage_return_is_no_line() -> None:
    assert documents(b"a: 1\rb: 2\n---\nc: 3\n")[1].lines == (3, {"c": 3})


def test_lines_of_deep_pointers() -> None:
    (document,) = documents(
        "# comment\n"
        "spec:\n"
        "  template:\n"
        "    containers:\n"
        "      - name: a\n"
        "        image: x\n"
        "      - image: >-\n"
        "          folded\n"
        "        args: [one,\n"
        "          two]\n"
        "        env: {A: b,\n"
        "          C: d}\n"
        "        empty:\n"
        "        resources:\n"
        "\n"
        "          cpu: 1\n"
    )
    containers = ("spec", "template", "containers")
    assert document.line == 2
    for pointer, line in {
        (): 2,
        ("spec",): 2,
        containers: 4,
        (*containers, 0): 5,
        (*containers, 0, "image"): 6,
        (*containers, 1): 7,
        (*containers, 1, "image"): 7,
        (*containers, 1, "args"): 9,
        (*containers, 1, "args", 1): 10,
        (*containers, 1, "env", "C"): 12,
        (*containers, 1, "empty"): 13,
        (*containers, 1, "resources"): 14,
        (*containers, 1, "resources", "cpu"): 16,
        (*containers, 1, "resources", "absent"): 14,
    }.items():
        assert line_of(document.lines, pointer) == line, pointer


def test_values_have_kubernetes_types() -> None:
    assert value("a: yes\nb: 'yes'\nc: 0777\nd: 12:30\ne: 1e3\nf: ~\n8080: x\ny: z\n") == {
        "a": True,
        "b": "yes",
        "c": 511,
        "d": "12:30",
        "e": 1000,
        "f": None,
        "8080": "x",
        "true": "z",
    }


def test_tags() -> None:
    assert value("a: !Ref x\nb: !!str 3\nc: !!int '3'\nd: !Sub {e: 1}\nf: !x [1]\n") == {
        "a": "x",
        "b": "3",
        "c": 3,
        "d": {"e": 1},
        "f": [1],
    }


def test_aliases_stand_for_what_they_name() -> None:
    (document,) = documents("a: &x {b: 1}\nc: *x\nd: &y text\n? *y\n: *x\n")
    assert document.value == {"a": {"b": 1}, "c": {"b": 1}, "d": "text", "text": {"b": 1}}
    assert line_of(document.lines, ("c", "b")) == 1


def test_merge_keys_hold_where_they_stand() -> None:
    """As in go-yaml v2, and so in kubectl: a later key overrides, an earlier one is overridden."""
    assert value("x: &x {a: 1, b: 2}\nl: {<<: *x, b: 3}\ne: {b: 3, <<: *x}\n") == {
        "x": {"a": 1, "b": 2},
        "l": {"a": 1, "b": 3},
        "e": {"a": 1, "b": 2},
    }
    assert value("m: {<<: [{a: 1}, {a: 2, b: 2}]}\nq: {'<<': 1}\n") == {
        "m": {"a": 1, "b": 2},
        "q": {"<<": 1},
    }
    (document,) = documents("x: &x\n  a: 1\nl:\n  b: 1\n  <<: *x\n")
    assert line_of(document.lines, ("l", "a")) == 2


def test_a_key_given_twice_beside_a_merge() -> None:
    _, failures = read("a.yaml", b"x: &x {a: 1}\nl:\n  b: 1\n  <<: *x\n  a: 2\n  b: 3\n")
    assert [(f.code, f.location.line) for f in failures] == [("duplicate-key", 6)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: .nan\n", 1),
        ("a:\n- -.inf\n", 2),
        ("a: 1\n~: 2\n", 2),
        ("a: 1\n? [b]\n: c\n", 2),
        ("a: 1\nb: !!int x\n", 2),
    ],
)
def test_what_json_cannot_say_is_marked(text: str, line: int) -> None:
    (document,) = documents(text)
    assert document.oddity is not None
    assert document.oddity[0] == line


def test_limits_can_be_set() -> None:
    assert read("a.yaml", b"a: {b: {c: 1}}\n", Limits(max_depth=2))[1][0].code == "too-deep"
    assert read("a.yaml", b"a: 1\n", Limits(max_file_bytes=4))[1][0].code == "too-large"
    text = b"a: &a [1, 2, 3]\nb: *a\nc: *a\n"
    assert read("a.yaml", text, Limits(max_alias_nodes=8))[1] == []
    assert read("a.yaml", text, Limits(max_alias_nodes=7))[1][0].code == "alias-bomb"


def test_a_hundred_levels_are_read() -> None:
    nested = value("[" * 100 + "]" * 100)
    for _ in range(99):
        assert isinstance(nested, list)
        (nested,) = nested
    assert nested == []


YAMLISH = st.lists(
    st.sampled_from(
        [
            *("a", "b", ": ", "\n", "- ", "  ", "[", "]", "{", "}", ", ", "---\n", "...\n", "&x "),
            *("*x", "<<: ", "'", '"', "|\n", ">-\n", "!t ", "!!int ", "? ", "#c\n", "%Y 1\n", "\t"),
            *(
                "\r\n",
                "\r",
                "\x85",
                "\u2028",
                "\x00",
                "\x01",
                "\ufeff",
                "é",
                "1e3",
                ".nan",
                "~",
                "=",
            ),
        ]
    ),
    max_size=40,
).map("".join)


def check_shape(node: Node, lines: Lines, last: int) -> None:
    """The line tree is shaped like the value, and its lines are lines of the file."""
    if isinstance(lines, int):
        assert not isinstance(node, (dict, list))
        assert 1 <= lines <= last
        return
    line, children = lines
    assert 1 <= line <= last
    if isinstance(node, dict):
        assert isinstance(children, dict)
        assert children.keys() == node.keys()
        for key in node:
            check_shape(node[key], children[key], last)
    else:
        assert isinstance(node, list)
        assert isinstance(children, list)
        for part, where in zip(node, children, strict=True):
            check_shape(part, where, last)


@settings(max_examples=400, deadline=None)
@given(st.one_of(YAMLISH.map(str.encode), st.binary(max_size=60)))
def test_whatever_it_is_it_is_read_or_refused(data: bytes) -> None:
    found, failures = read("a.yaml", data)
    last = data.count(b"\n") + 1
    for document in found:
        check_shape(document.value, document.lines, last)
    for failure in failures:
        assert 0 <= failure.location.line <= last
        assert failure.error
        assert "unacceptable character" not in failure.error, "found before the parser does"
        assert failure.remedy


@settings(max_examples=200, deadline=None)
@given(YAMLISH, YAMLISH)
def test_documents_do_not_depend_on_what_follows(first: str, second: str) -> None:
    alone, _ = read("a.yaml", first.encode() + b"\n")
    together, _ = read("a.yaml", first.encode() + b"\n---\n" + second.encode())
    if len(alone) and b"\0" not in (first + second).encode():
        assert repr([d.value for d in together[: len(alone)]]) == repr([d.value for d in alone])


def test_infinity_is_kept_for_what_is_no_kubernetes_object() -> None:
    assert value("a: .inf\n") == {"a": math.inf}

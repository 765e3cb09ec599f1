"""What came of policy tests: as text, as JSON and for JUnit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from bot.escape import visible
from bot.policy.command.case import Case
from bot.policy.command.coverage import Covered, percent

_LONGEST = 2000
_MARK = {True: "✓", False: "–"}


def closing(cases: Sequence[Case]) -> str:
    """The last line: "12 passed, 1 failed, 0 unsupported"."""
    count = Counter(case.outcome for case in cases)
    return ", ".join(f"{count[word]} {word}" for word in ("passed", "failed", "unsupported"))


def text(cases: Sequence[Case], covered: Sequence[Covered] | None) -> str:
    """Each file with how many of its cases passed, and each case that did not."""
    lines = [line for file, several in _by_file(cases) for line in _of_file(file, several)]
    if covered is not None:
        lines += ["", *_coverage(covered)]
    return "".join(f"{line}\n" for line in (*lines, "", closing(cases)))


def as_json(cases: Sequence[Case], covered: Sequence[Covered] | None) -> str:
    """Every case, with the figures of the closing line."""
    count = Counter(case.outcome for case in cases)
    said: dict[str, Any] = {
        "schema_version": 1,
        "summary": {word: count[word] for word in ("passed", "failed", "unsupported")},
        "cases": [{**asdict(case), "seconds": round(case.seconds, 4)} for case in cases],
    }
    if covered is not None:
        said["coverage"] = {"percent": percent(covered), "rules": [_rule(one) for one in covered]}
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def junit(cases: Sequence[Case]) -> str:
    """A suite for each file. What is unsupported is an error: a skipped test would look fine."""
    root = ET.Element("testsuites")
    for file, several in _by_file(cases):
        count = Counter(case.outcome for case in several)
        suite = ET.SubElement(root, "testsuite", name=visible(file, _LONGEST))
        suite.set("tests", str(len(several)))
        suite.set("failures", str(count["failed"]))
        suite.set("errors", str(count["unsupported"]))
        for case in several:
            _add(suite, case)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _add(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(suite, "testcase", name=visible(case.name or case.file))
    element.set("classname", visible(case.file, _LONGEST))
    element.set("line", str(case.line))
    element.set("time", f"{case.seconds:.4f}")
    if case.outcome != "passed":
        word = "failure" if case.outcome == "failed" else "error"
        problem = ET.SubElement(element, word, type=case.outcome)
        problem.set("message", visible(case.message, _LONGEST))


def _by_file(cases: Sequence[Case]) -> Iterator[tuple[str, list[Case]]]:
    for file, several in groupby(sorted(cases, key=lambda c: c.file), key=lambda c: c.file):
        yield file, list(several)


def _of_file(file: str, cases: Sequence[Case]) -> Iterator[str]:
    passed = sum(case.outcome == "passed" for case in cases)
    yield f"{visible(file, _LONGEST)}: {passed} of {len(cases)} passed"
    for case in cases:
        if case.outcome != "passed":
            name = f" {visible(case.name)}" if case.name else ""
            yield f"  {case.outcome.upper()}{name} (line {case.line})"
            yield f"    {visible(case.message, _LONGEST)}"


def _coverage(covered: Sequence[Covered]) -> Iterator[str]:
    yield "Rules that tests which passed have seen:"
    names = [
        f"{one.rule.id} ({one.rule.location.path}:{one.rule.location.line})" for one in covered
    ]
    width = max(map(len, names), default=0)
    for name, one in zip(names, covered, strict=True):
        yield f"  {name:{width}}  denies {_MARK[one.denies]}  allows {_MARK[one.allows]}"
    whole = sum(one.whole for one in covered)
    yield f"{percent(covered)}% ({whole} of {len(covered)} rules both ways)"


def _rule(one: Covered) -> dict[str, Any]:
    return {
        "rule": one.rule.id,
        "file": one.rule.location.path,
        "line": one.rule.location.line,
        "denies": one.denies,
        "allows": one.allows,
    }

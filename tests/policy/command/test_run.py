"""All kinds of tests in a folder: found, bounded, counted and told."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.policy.command import run
from bot.policy.command.case import Case
from bot.policy.command.findings import findings_of
from bot.policy.command.folder import Folder, Unreadable
from bot.policy.model import Limits
from checks.model import Severity
from tests.policy.command.calling import NOW, call, cases, written

GOOD = "package a\nimport rego.v1\ntest_a := true\n"
BAD = "package a\nimport rego.v1\ntest_b := false\n"
LATER = "package a\nimport rego.v1\ntodo_test_c := true\n"

Called = Callable[..., tuple[int, str, str]]


@pytest.fixture
def called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Called:
    """Call `plumbline policy …` in a folder with these files: status, output, errors."""

    def run_it(files: dict[str, str], *arguments: str) -> tuple[int, str, str]:
        written(tmp_path, files)
        monkeypatch.chdir(tmp_path)
        status = call(*arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run_it


@pytest.mark.parametrize(
    ("files", "status", "last"),
    [
        ({"a_test.rego": GOOD}, 0, "1 passed, 0 failed, 0 unsupported"),
        ({"a_test.rego": GOOD, "b/b_test.rego": BAD}, 1, "1 passed, 1 failed, 0 unsupported"),
        ({"a_test.rego": GOOD, "c_test.rego": LATER}, 4, "1 passed, 0 failed, 1 unsupported"),
        ({"b_test.rego": BAD, "c_test.rego": LATER}, 1, "0 passed, 1 failed, 1 unsupported"),
    ],
)
def test_the_status_and_the_last_line(
    called: Called, files: dict[str, str], status: int, last: str
) -> None:
    found, out, _ = called(files, "test")
    assert (found, out.splitlines()[-1]) == (status, last)


def test_without_a_test_it_is_wrong_use(called: Called) -> None:
    status, out, error = called({"a.rego": "package a\n"}, "test")
    assert (status, out) == (2, "")
    assert "there is no such test here" in error


@pytest.mark.parametrize("path", ["no", "../elsewhere"])
def test_a_path_that_is_none(called: Called, path: str) -> None:
    status, _, error = called({"a_test.rego": GOOD}, "test", path)
    assert (status, "no such file or folder" in error) == (2, True)


def test_only_what_is_asked_for(called: Called) -> None:
    files = {"a/a_test.rego": GOOD, "b/b_test.rego": BAD, "ab/x_test.rego": BAD}
    assert called(files, "test", "a")[0] == 0
    assert called(files, "test", "a", "b")[0] == 1
    assert called(files, "test", "--filter", "test_a")[0] == 0


def test_json_has_every_case(called: Called) -> None:
    files = {"a.rego": 'package a\ndeny := "x"\n', "a_test.rego": GOOD, "b_test.rego": BAD}
    said = json.loads(called(files, "test", "--format", "json", "--coverage")[1])
    assert said["summary"] == {"passed": 1, "failed": 1, "unsupported": 0}
    first = said["cases"][0]
    assert (first["file"], first["line"], first["name"]) == ("a_test.rego", 3, "a.test_a")
    assert (first["outcome"], first["message"]) == ("passed", "")
    assert first["seconds"] >= 0
    assert said["coverage"]["percent"] == 0
    assert said["coverage"]["rules"][0]["rule"] == "rego/a.deny"


def test_junit_counts_what_was_not_judged_as_an_error(called: Called) -> None:
    files = {"a_test.rego": GOOD, "b_test.rego": BAD, "c_test.rego": LATER}
    root = ET.fromstring(called(files, "test", "--format", "junit")[1])  # noqa: S314 - our own
    counted = [(s.get("name"), s.get("failures"), s.get("errors")) for s in root]
    assert counted == [
        ("a_test.rego", "0", "0"),
        ("b_test.rego", "1", "0"),
        ("c_test.rego", "0", "1"),
    ]


def test_two_processes_say_what_one_says(tmp_path: Path) -> None:
    files = {f"{n}/a_test.rego": GOOD if n % 2 else BAD for n in range(5)}
    folder = written(tmp_path, files)
    plan = run.Plan(folder=folder, now=NOW)
    paths = run.found(folder, [""])
    one, two = (
        [(c.file, c.name, c.outcome) for c in run.run(plan, paths, processes=n)] for n in (1, 2)
    )
    assert one == two
    assert len(one) == 5


def content(files: dict[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def test_the_files_of_a_change_are_run_apart() -> None:
    files = content({"a_test.rego": GOOD, "b/b_test.rego": BAD, "b/b.rego": "package b\n"})
    found = run.cases_of(files, now=NOW)
    assert [(one.file, one.outcome) for one in found] == [
        ("a_test.rego", "passed"),
        ("b/b_test.rego", "failed"),
    ]
    assert run.cases_of(content({"b.rego": "package b\n"}), now=NOW) == []


def test_what_takes_too_long_is_ended_and_unsupported() -> None:
    body = "count([1 | a := r[_]; b := r[_]; c := r[_]; a + b + c == 0])"
    slow = f"package a\nimport rego.v1\ntest_a if {body}\n"
    files = content(
        {"a_test.rego": f"{slow}r := numbers.range(1, 3000)\n", "it.policytest.yaml": ""}
    )
    started = time.monotonic()
    memory = 301_234_567
    limits = Limits(evaluation_seconds=60, memory_bytes=memory)
    found = run.cases_of(files, now=NOW, limits=limits, seconds=2)
    assert time.monotonic() - started < 10
    assert [(one.file, one.outcome) for one in found] == [
        ("a_test.rego", "unsupported"),
        ("it.policytest.yaml", "unsupported"),
    ]
    assert found[0].message.startswith("not run: the tests together took longer than 2 s")
    # The worker is gone with the process that asked it.
    assert not _running(str(memory))


def _running(word: str) -> list[int]:
    """The processes whose command has a word in it."""
    found = []
    for one in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if one.name.isdecimal() and word in (one / "cmdline").read_text():
                found.append(int(one.name))
    return found


@pytest.mark.parametrize("path", ["../x_test.rego", "/x_test.rego", "a/../../x_test.rego", ""])
def test_files_stay_in_their_folder(path: str) -> None:
    with pytest.raises(ValueError, match="is no path of a file in a repository"):
        run.cases_of({path: GOOD.encode()}, now=NOW)


SUITE = """kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests:
- {name: a, template: "%s", constraint: "%s", cases: [{name: b, object: "%s"}]}
"""


def test_other_tools_tests_read_nothing_outside() -> None:
    out = "../../../../../../../../etc/passwd"
    found = run.cases_of(content({"a/suite.yaml": SUITE % (out, out, out)}), now=NOW)
    assert {one.outcome for one in found} <= {"failed", "unsupported"}
    assert "root:" not in str(found)


def test_links_are_no_tests(tmp_path: Path) -> None:
    (tmp_path / "out_test.rego").write_text(GOOD)
    folder = written(tmp_path / "in", {"a_test.rego": GOOD})
    (tmp_path / "in" / "link_test.rego").symlink_to(tmp_path / "out_test.rego")
    (tmp_path / "in" / "more").symlink_to(tmp_path)
    assert run.found(folder, [""]) == ["a_test.rego"]
    with pytest.raises(Unreadable, match="is not followed"):
        folder.read("link_test.rego")
    with pytest.raises(Unreadable, match="is not followed"):
        folder.read("more/out_test.rego")


def test_a_folder_is_the_repository_it_is_in(tmp_path: Path) -> None:
    folder = written(tmp_path, {".git/config": "", "a/b/a_test.rego": GOOD})
    assert Folder.around(tmp_path / "a" / "b") == folder
    assert folder.inside(tmp_path / "a" / "b") == "a/b"
    assert folder.paths == ("a/b/a_test.rego",)


def test_findings_of_a_change() -> None:
    found = findings_of(cases({"a_test.rego": GOOD, "b_test.rego": BAD, "c_test.rego": LATER}))
    assert [(f.rule, f.severity, f.location.path, f.location.line) for f in found] == [
        ("policy-tests-run", Severity.INFO, "a_test.rego", 0),
        ("policy-test-failed", Severity.FAIL, "b_test.rego", 3),
        ("policy-test-unsupported", Severity.WARN, "c_test.rego", 3),
    ]
    assert found[0].message == "the policies' tests were run: 1 passed, 1 failed, 1 unsupported"
    assert found[1].message == "the test “a.test_b” failed: it is false"
    assert findings_of([]) == ()


def test_hardly_more_findings_than_people_read() -> None:
    many = [Case(file="a", line=n, name=str(n), outcome="failed") for n in range(200)]
    assert len(findings_of(many)) == 51

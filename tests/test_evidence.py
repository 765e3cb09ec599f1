"""What evidence a commit carries, read from a real repository; and what of it cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.evidence import DEFAULT, Limits, gather
from bot.repo import Repository
from checks.model import Evidence, Lines, Location, Resource
from tests.checks.aligned import DIGEST, serving
from tests.checks.manifests import workload
from tests.repo.builder import Builder

_NAMED = "ai.apexlogic.com/evidence"
_CSV = "attribute,group,n,selected\nsex,f,100,40\nsex,m,120,60\n"
_CONFUSION = "attribute,group,n,selected,tp,fp,fn,tn,model\nsex,f,10,4,3,1,2,4,sentiment:4\n"


def _bom(*models: dict[str, Any], **fields: Any) -> str:
    found = [{"type": "machine-learning-model", **model} for model in models]
    whole = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": found, **fields}
    return json.dumps(whole, indent=2)


_MODEL = {"name": "sentiment", "version": "4.2.1"}


class _World:
    """A repository with an AI workload at prod/sentiment.yaml, and what `gather` says of it."""

    def __init__(self, path: Path) -> None:
        self.origin = Builder(path / "origin")

    def gather(
        self,
        files: Mapping[str, str | bytes],
        named: str = "",
        limits: Limits = DEFAULT,
        others: tuple[Resource, ...] = (),
    ) -> Evidence:
        sha = self.origin.commit({"prod/sentiment.yaml": "kind: x\n", **files})
        return self.at(sha, named, limits, others)

    def at(
        self,
        sha: str,
        named: str = "",
        limits: Limits = DEFAULT,
        others: tuple[Resource, ...] = (),
    ) -> Evidence:
        with Repository.local(self.origin.path) as repo:
            return gather(repo, sha, [_placed(named), *others], limits)


def _placed(named: str = "", path: str = "prod/sentiment.yaml") -> Resource:
    """An AI workload whose annotation stands on line 7."""
    found = serving(annotations={_NAMED: named} if named else {})
    lines: Lines = (1, {"metadata": (3, {"annotations": (6, {_NAMED: 7})})})
    return replace(found, source=Location(path=path, line=1), lines=lines)


@pytest.fixture
def world(tmp_path: Path) -> _World:
    return _World(tmp_path)


def _problem(evidence: Evidence) -> tuple[str, str, int, str]:
    """(code, path, line, error) of the one thing that cannot be read."""
    assert (evidence.boms, evidence.counts) == ((), ())
    (failure,) = evidence.unreadable
    assert failure.remedy.endswith(".")
    return failure.code, failure.location.path, failure.location.line, failure.error


def test_what_stands_in_the_folder_is_found_and_nothing_else(world: _World) -> None:
    evidence = world.gather(
        {
            "prod/model.cdx.json": _bom(_MODEL),
            "prod/fairness-counts.csv": _CSV,
            "prod/below/model.cdx.json": _bom(_MODEL),
            "model.cdx.json": "broken",
            "prod/notes.csv": "broken",
            "prod/package.json": "broken",
        }
    )
    assert [(bom.name, bom.version) for bom in evidence.boms] == [("sentiment", "4.2.1")]
    assert (evidence.boms[0].location.path, evidence.boms[0].location.line) == (
        "prod/model.cdx.json",
        8,
    )
    found = [(row.group, row.n, row.selected, row.location.line) for row in evidence.counts]
    assert found == [("f", 100, 40, 2), ("m", 120, 60, 3)]
    assert evidence.unreadable == ()


def test_an_annotation_names_files_instead_of_the_folder(world: _World) -> None:
    files = {"prod/model.cdx.json": "broken", "cards/a.cdx.json": _bom(_MODEL), "c.csv": _CSV}
    evidence = world.gather(files, "cards/a.cdx.json , c.csv")
    assert [bom.location.path for bom in evidence.boms] == ["cards/a.cdx.json"]
    assert [row.location.path for row in evidence.counts] == ["c.csv", "c.csv"]
    assert evidence.unreadable == ()


def test_it_is_the_commits_tree_that_is_read(world: _World) -> None:
    old = world.origin.commit({"prod/counts.csv": _CSV})
    world.origin.commit({"prod/counts.csv": "newer"})
    world.origin.write({"prod/counts.csv": "not even committed"})
    assert len(world.at(old).counts) == 2


def test_objects_without_a_sign_of_a_model_bring_no_evidence(world: _World) -> None:
    sha = world.origin.commit({"counts.csv": "broken"})
    with Repository.local(world.origin.path) as repo:
        assert gather(repo, sha, [workload()]) == Evidence()


def test_neighbours_share_one_reading(world: _World) -> None:
    both = world.gather({"prod/counts.csv": _CSV}, others=(_placed(path="prod/other.yaml"),))
    assert len(both.counts) == 2


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "a/../b.csv",
        "/etc/passwd.csv",
        "a//b.csv",
        "./a.csv",
        "a\\b.csv",
        "a\x00.csv",
        "a\nb.csv",
        "\ud800.csv",
        "x" * 2000 + ".csv",
    ],
)
def test_paths_that_lead_elsewhere_are_refused_on_the_line_that_names_them(
    world: _World, path: str
) -> None:
    code, where, line, error = _problem(world.gather({}, path))
    assert (code, where, line) == ("evidence-path", "prod/sentiment.yaml", 7)
    assert error.startswith("the evidence '")


def test_a_named_file_that_is_not_there_is_told(world: _World) -> None:
    code, where, line, error = _problem(world.gather({}, "prod/counts.csv"))
    assert (code, where, line) == ("evidence-missing", "prod/sentiment.yaml", 7)
    assert error == "the evidence 'prod/counts.csv' is not in the repository at this commit"


def test_a_named_folder_is_no_file(world: _World) -> None:
    assert _problem(world.gather({"cards/x": "y"}, "cards"))[0] == "evidence-missing"


def test_symbolic_links_are_not_followed(world: _World) -> None:
    world.origin.write({"elsewhere.csv": _CSV, "real/counts.csv": _CSV, "prod/x": ""})
    (world.origin.path / "prod" / "counts.csv").symlink_to("../elsewhere.csv")
    (world.origin.path / "linked").symlink_to("real")
    sha = world.origin.commit()
    assert _problem(world.at(sha))[:3] == ("evidence-symlink", "prod/counts.csv", 0)
    named = _problem(world.at(sha, "prod/counts.csv"))
    assert named[:3] == ("evidence-symlink", "prod/sentiment.yaml", 7)
    # Through a link of a folder there is no file in git's tree.
    assert _problem(world.at(sha, "linked/counts.csv"))[0] == "evidence-missing"


def test_a_pointer_of_git_lfs_is_no_content(world: _World) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"
    assert _problem(world.gather({"prod/counts.csv": pointer}))[0] == "evidence-git-lfs"


def test_caps_are_told_not_silent(world: _World) -> None:
    small = Limits(max_file_bytes=20)
    assert _problem(world.gather({"prod/counts.csv": _CSV}, limits=small))[0] == (
        "evidence-too-large"
    )
    rows = Limits(max_rows=1)
    assert _problem(world.gather({}, limits=rows))[2:] == (3, "there are more than 1 rows")
    groups = Limits(max_groups=1)
    assert _problem(world.gather({}, limits=groups))[2:] == (3, "sex has more than 1 groups")
    files = {"prod/a-counts.csv": _CSV, "prod/counts.csv": _CSV}
    found = world.gather(files, limits=Limits(max_files=1))
    assert [row.location.path for row in found.counts] == ["prod/a-counts.csv"] * 2
    assert [failure.code for failure in found.unreadable] == ["evidence-too-many"]
    total = world.gather(files, limits=Limits(max_total_bytes=len(_CSV) + 1))
    # One blob: the same content is read once.
    assert len(total.counts) == 4
    files["prod/counts.csv"] = _CONFUSION
    total = world.gather(files, limits=Limits(max_total_bytes=len(_CSV) + 1))
    assert [failure.code for failure in total.unreadable] == ["evidence-too-large"]


@pytest.mark.parametrize(
    ("text", "line", "error"),
    [
        ("", 1, "the column 'attribute' is missing"),
        ("attribute,group,n\n", 1, "the column 'selected' is missing"),
        ("attribute,group,n,selected,tpp\n", 1, "there is no column 'tpp'"),
        ("attribute,group,n,selected,n\n", 1, "a column is there twice"),
        ("attribute,group,n,selected\n", 1, "there are no rows of counts in it"),
        (_CSV + "sex,x,1\n", 4, "the row has 3 cells, the header 4"),
        (_CSV + "sex,f,1,1\n", 4, "sex f is counted twice, first on line 2"),
        (_CSV + "sex,x,ten,1\n", 4, "n is 'ten', not a whole number"),
        (_CSV + "sex,x,-1,1\n", 4, "n is '-1', not a whole number"),
        (_CSV + "sex,x,1e3,1\n", 4, "n is '1e3', not a whole number"),
        (_CSV + "sex,x,٣,1\n", 4, "n is '٣', not a whole number"),
        (_CSV + "sex,x," + "9" * 13 + ",1\n", 4, "(at most 12 digits)"),
        (_CSV + "sex,x,0,0\n", 4, "n is 0: of nobody there is nothing to say"),
        (_CSV + "sex,x,5,6\n", 4, "selected 6 is more than n 5"),
        (_CSV + "sex,x,5,\n", 4, "selected is not given"),
        (_CSV + ",x,5,1\n", 4, "attribute is not given as text"),
        (_CSV + f"sex,{'x' * 201},5,1\n", 4, "group is too long"),
        (_CSV + "sex,a\x07b,5,1\n", 4, "group is too long, or holds control characters"),
        (_CSV + 'sex,"a\n', 4, "unexpected end of data"),
        (_CSV + 'sex,"a"b,1,1\n', 4, "',' expected after '\"'"),
        (_CONFUSION + "sex,m,10,4,3,1,2,,\n", 3, "of tp, fp, fn and tn only some are given"),
        (_CONFUSION + "sex,m,10,4,3,1,2,5,\n", 3, "tp + fp + fn + tn is not n"),
        (_CONFUSION + "sex,m,10,4,2,1,3,4,\n", 3, "tp + fp is not selected"),
    ],
)
def test_a_table_with_anything_wrong_is_refused_on_its_line(
    world: _World, text: str, line: int, error: str
) -> None:
    code, path, at, told = _problem(world.gather({"prod/counts.csv": text}))
    assert (code, path, at) == ("evidence-counts", "prod/counts.csv", line)
    assert error in told


def test_what_spreadsheets_write_is_read(world: _World) -> None:
    text = "\ufeff attribute, group,n,selected,tp,fp,fn,tn,model\r\n"
    text += 'sex,"f, all",10,4,3,1,2,4,sentiment:4\r\n,,,,,,,,\r\nsex,m,10,5,,,,,\r\n'
    first, second = world.gather({"prod/counts.csv": text}).counts
    assert (first.group, first.tp, first.tn, first.model) == ("f, all", 3, 4, "sentiment:4")
    assert (second.group, second.tp, second.model, second.location.line) == ("m", None, "", 4)


def test_a_table_that_is_not_utf_8(world: _World) -> None:
    data = _CSV.encode() + b"sex,\xff,1,1\n"
    assert _problem(world.gather({"prod/counts.csv": data}))[2:] == (4, "it is not UTF-8")


def test_counts_as_json(world: _World) -> None:
    row = {"attribute": "sex", "group": "f", "n": 10, "selected": "4", "tp": None}
    wholes: list[tuple[Any, int]] = [([row], 2), ({"rows": [row]}, 3)]
    for whole, line in wholes:
        text = json.dumps(whole, indent=1)
        evidence = world.gather({"counts.json": text}, "counts.json")
        assert [(c.n, c.selected, c.tp) for c in evidence.counts] == [(10, 4, None)]
        assert evidence.counts[0].location.line == line


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"rows": 3}', "it is no BOM, and no list of rows of counts"),
        ("[3]", "a row is no object"),
        ('[{"attribute": "a", "group": "b", "n": 1.5, "selected": 1}]', "n is '1.5', not a whole"),
        ('[{"attribute": "a", "group": "b", "n": true, "selected": 1}]', "n is 'True', not"),
        ('[{"attribute": "a", "group": 1, "n": 1, "selected": 1}]', "group is not given as text"),
        ('[{"attribute": "a", "extra": 1}]', "there is no column 'extra'"),
        ('"text"', "it is not one JSON object or list"),
        ("[1", "did not find expected"),
    ],
)
def test_json_with_anything_wrong(world: _World, text: str, error: str) -> None:
    assert error in _problem(world.gather({"counts.json": text}, "counts.json"))[3]


def test_a_file_of_another_kind_is_told(world: _World) -> None:
    assert _problem(world.gather({"card.md": "x"}, "card.md"))[:2] == ("evidence-format", "card.md")


@pytest.mark.parametrize("version", ["1.5", "1.6", "1.7"])
def test_every_version_of_cyclonedx_with_models(world: _World, version: str) -> None:
    text = _bom(_MODEL, specVersion=version)
    assert len(world.gather({"prod/a.cdx.json": text}).boms) == 1


def test_models_are_found_wherever_a_bom_holds_them(world: _World) -> None:
    main = {"type": "machine-learning-model", "name": "main", "version": "1"}
    held = {"name": "outer", "components": [{"type": "machine-learning-model", "name": "inner"}]}
    other = {"components": [{"type": "library", "name": "lib"}]}
    text = _bom(held, metadata={"component": main})
    found = world.gather({"prod/a.cdx.json": text}).boms
    assert [(bom.name, bom.version) for bom in found] == [
        ("main", "1"),
        ("outer", ""),
        ("inner", ""),
    ]
    plain = _bom(**other)
    assert world.gather({"prod/a.cdx.json": plain}) == Evidence()
    named = _problem(world.gather({}, "prod/a.cdx.json"))
    assert named[3] == "it lists no model (machine-learning-model)"


def test_digests_of_a_model(world: _World) -> None:
    hashes = [
        {"alg": "SHA-256", "content": DIGEST.removeprefix("sha256:").upper()},
        {"alg": "MD5", "content": "0" * 32},
        {"alg": "SHA-512", "content": "a" * 128},
    ]
    (bom,) = world.gather({"prod/a.cdx.json": _bom({**_MODEL, "hashes": hashes})}).boms
    assert bom.digests == (DIGEST, "sha512:" + "a" * 128)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{}", "it has no bomFormat, so it is no CycloneDX BOM"),
        (_bom(_MODEL, bomFormat="SPDX"), "its bomFormat is not CycloneDX"),
        (_bom(_MODEL, specVersion="1.4"), "its specVersion is none of 1.5, 1.6, 1.7"),
        (_bom(_MODEL, specVersion=1.6), "its specVersion is none of"),
        (_bom({"version": "1"}), "a model has no name"),
        (_bom({"name": "x", "version": 4}), "a model's version is no string"),
        (_bom({**_MODEL, "hashes": ["x"]}), "a hash has no alg"),
        (_bom({**_MODEL, "hashes": [{"alg": "SHA-256", "content": "0"}]}), "it is no SHA-256"),
        (_bom(components={}), "its components are no list"),
        (_bom(components=[3]), "a component is no object"),
        ('{"bomFormat": "CycloneDX", "bomFormat": "x"}', "is given twice"),
        ("[" * 200 + "]" * 200, "nested deeper than 40 levels"),
        ('{"a": &x [1], "b": *x}', "aliases stand for more than 0 nodes"),
        ("", "it is not one JSON object or list"),
        ("{", "did not find expected"),
    ],
)
def test_boms_that_cannot_be_used(world: _World, text: str, error: str) -> None:
    code, path, line, told = _problem(world.gather({"prod/a.cdx.json": text}))
    assert code.startswith("evidence-")
    assert path == "prod/a.cdx.json"
    assert line >= 1
    assert error in told


def test_too_many_models(world: _World) -> None:
    text = _bom(*({"name": f"m{number}"} for number in range(4)))
    evidence = world.gather({"prod/a.cdx.json": text}, limits=Limits(max_models=3))
    assert _problem(evidence)[3] == "it has more than 3 models"


def test_json_that_is_indented_with_tabs(world: _World) -> None:
    text = json.dumps(json.loads(_bom(_MODEL)), indent="\t")
    assert len(world.gather({"prod/a.cdx.json": text}).boms) == 1


def test_the_examples_of_the_page_are_read(world: _World) -> None:
    page = (Path(__file__).parents[1] / "docs" / "evidence.md").read_text("utf-8")
    bom, rows = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (table,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    files = {"prod/a.cdx.json": bom, "prod/counts.csv": table, "rows.json": rows}
    beside = world.gather(files)
    assert (len(beside.boms), len(beside.counts), beside.unreadable) == (1, 2, ())
    named = world.gather({}, "rows.json")
    assert (len(named.counts), named.unreadable) == (2, ())


def test_the_page_names_every_cap() -> None:
    page = (Path(__file__).parents[1] / "docs" / "evidence.md").read_text("utf-8")
    said = page[page.index("## What cannot be read") :].replace("\n", " ")
    mib = 1024 * 1024
    assert f"At most {DEFAULT.max_files} files of {DEFAULT.max_file_bytes // mib} MiB" in said
    assert f"({DEFAULT.max_total_bytes // mib} MiB together)" in said
    assert f"{DEFAULT.max_rows} rows and {DEFAULT.max_groups} groups" in said
    assert f"{DEFAULT.max_models} models" in said
    assert f"{DEFAULT.max_depth} levels" in said

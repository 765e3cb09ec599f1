"""Which kustomizations are deployed, what they are made of, and what is wrong with them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.render.roots import graph
from bot.render.roots.graph import Link
from bot.render.roots.model import Rendering
from tests.render.roots.tree import KUSTOMIZE, failures_of, manifest, roots_of, roots_of_many, said
from tests.repo.builder import Builder


def test_an_overlay_is_a_root_and_its_base_is_none(tmp_path: Path) -> None:
    found = roots_of(
        tmp_path,
        {
            "base/kustomization.yaml": f"{KUSTOMIZE}resources: [app.yaml, ./sub]\n",
            "base/app.yaml": manifest("app"),
            "base/left-out.yaml": manifest("left-out"),
            "base/sub/kustomization.yml": "resources: [more.yaml]\n",
            "base/sub/more.yaml": manifest("more"),
            "prod/Kustomization": "bases:\n- ../base\ncomponents: [../extra]\n",
            "extra/kustomization.yaml": "kind: Component\nresources: [hpa.yaml]\n",
            "extra/hpa.yaml": manifest("hpa"),
            "lonely/kustomization.yaml": "kind: Component\n",
        },
    )
    assert list(found.roots) == ["prod"]
    assert found.roots["prod"].reads == found.taken
    assert found.taken == {
        *("prod/Kustomization", "base/kustomization.yaml", "base/app.yaml"),
        *("base/sub/kustomization.yml", "base/sub/more.yaml"),
        *("extra/kustomization.yaml", "extra/hpa.yaml"),
    }
    assert found.failures == ()
    assert failures_of(found) == {}


def test_every_field_that_names_a_file(tmp_path: Path) -> None:
    fields = """\
resources: [res.yaml]
generators: [gen.yaml, "kind: X\\n"]
transformers: [tra.yaml]
validators: [val.yaml]
crds: [crd.json]
configurations: [conf.yaml]
patchesStrategicMerge:
- psm.yaml
- |-
  kind: Deployment
  metadata: {name: x}
patches:
- {path: patch.yaml, target: {kind: Deployment}}
- {patch: "- op: remove"}
patchesJson6902: [{path: json.yaml}]
replacements: [{path: repl.yaml}, {source: {kind: X}}]
openapi: {path: openapi.json}
configMapGenerator:
- {name: a, files: [key.txt, other=data/key.bin], envs: [a.env], env: old.env, literals: [a=b]}
secretGenerator:
- {name: b, files: [secret.txt]}
helmGlobals: {chartHome: my}
helmCharts:
- {name: web, valuesFile: values.yaml, additionalValuesFiles: [more.yaml]}
"""
    named = {
        *("res.yaml", "gen.yaml", "tra.yaml", "val.yaml", "crd.json", "conf.yaml", "psm.yaml"),
        *("patch.yaml", "json.yaml", "repl.yaml", "openapi.json", "key.txt", "data/key.bin"),
        *("a.env", "old.env", "secret.txt", "values.yaml", "more.yaml"),
        *("my/web/Chart.yaml", "my/web/templates/a.yaml"),
    }
    files: dict[str, str | bytes] = dict.fromkeys(named, "a: 1\n")
    files |= {
        "kustomization.yaml": fields,
        "my/web/Chart.yaml": "name: web\n",
        # A plugin's own file names further ones.
        "tra.yaml": "kind: PatchTransformer\npath: inner/patch.yaml\n",
        "inner/patch.yaml": "a: 1\n",
        "unrelated.yaml": "a: 1\n",
    }
    found = roots_of(tmp_path, files)
    assert failures_of(found) == {}
    assert list(found.roots) == ["."], "the chart is used by the kustomization"
    assert found.roots["."].reads == files.keys() - {"unrelated.yaml"}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("resources:\n- a.yaml\n- gone.yaml\n", "kustomize-missing", 3),
        ("resources:\n- a.yaml\n- empty\n", "kustomize-missing", 3),
        ("patches:\n- path: gone.yaml\n", "kustomize-missing", 2),
        ("configMapGenerator:\n- name: x\n  files:\n  - k=gone\n", "kustomize-missing", 4),
        ("resources: [../../../a]\n", "kustomize-outside", 1),
        ("resources: [/etc/passwd]\n", "kustomize-outside", 1),
        ("resources:\n  - .\n", "kustomize-cycle", 2),
        ("resources:\n- a.yaml\n- a: [\n", "yaml-syntax", 3),
        ("resources: a.yaml\n", "kustomize-invalid", 1),
        ("- a\n", "kustomize-invalid", 0),
        ("", "kustomize-invalid", 0),
        ("resources: [https://example.com/a?ref=1]\n", "remote-refused", 1),
        ("resources: ['git@example.com:a/b//c']\n", "remote-refused", 1),
        ("resources: [example.com/owner/name//dir]\n", "remote-refused", 1),
        ("resources: [link]\n", "kustomize-symlink", 1),
        ("resources: [link/a.yaml]\n", "kustomize-symlink", 1),
        ("resources: [vendor]\n", "kustomize-symlink", 1),
    ],
)
def test_what_is_wrong_is_said_on_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    origin = Builder(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x/link").symlink_to("/etc")
    first = origin.commit()
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{first},x/vendor")
    origin.git("commit", "--quiet", "-m", "x")
    (tmp_path / "x/vendor").mkdir()
    found = roots_of(
        tmp_path,
        {
            "x/kustomization.yaml": text,
            "x/a.yaml": manifest("a"),
            "x/empty/b.yaml": manifest("b"),
            "good/kustomization.yaml": "resources: [a.yaml]\n",
            "good/a.yaml": manifest("a"),
        },
    )
    assert failures_of(found) == {"x": (code, "x/kustomization.yaml", line)}
    assert found.roots["good"].failure is None, "the others go on"


def test_two_files_in_a_directory(tmp_path: Path) -> None:
    found = roots_of(tmp_path, {"x/kustomization.yaml": "a: 1\n", "x/Kustomization": "a: 1\n"})
    assert [code for code, *_ in failures_of(found).values()] == ["kustomize-ambiguous"]


def test_a_cycle_is_one_failing_root(tmp_path: Path) -> None:
    found = roots_of(
        tmp_path,
        {
            "a/kustomization.yaml": "resources:\n- ../b\n",
            "b/kustomization.yaml": "resources:\n- ../c\n",
            "c/kustomization.yaml": "resources:\n- ../a\n",
            "top/kustomization.yaml": "resources: [../d]\n",
            "d/kustomization.yaml": "resources: [../e]\n",
            "e/kustomization.yaml": "resources:\n\n- ../d\n",
        },
    )
    assert failures_of(found) == {
        "a": ("kustomize-cycle", "c/kustomization.yaml", 2),
        "top": ("kustomize-cycle", "e/kustomization.yaml", 3),
    }


def test_a_remote_base_with_an_allowed_host(tmp_path: Path) -> None:
    url = "https://example.com/owner/name//config?ref=v1"
    files = {"kustomization.yaml": f"resources:\n- {url}\n- git@example.org:a/b\n"}
    found = roots_of(tmp_path, files, Rendering(hosts=("example.com", "example.org")))
    (root,) = found.roots.values()
    assert root.remote == (url, "git@example.org:a/b")
    assert root.failure is None


def test_several_failures_are_all_said(tmp_path: Path) -> None:
    found = roots_of(tmp_path, {"kustomization.yaml": "resources:\n- a\n- b\n- c\n"})
    (root,) = found.roots.values()
    assert said([root.failure, *root.notes]) == [
        ("kustomize-missing", "kustomization.yaml", line) for line in (2, 3, 4)
    ]


def test_a_deep_chain_and_a_wide_fan(tmp_path: Path) -> None:
    files: dict[str, str] = {
        f"c{n}/kustomization.yaml": f"resources: [../c{n + 1}]\n" for n in range(3_000)
    }
    files["c3000/kustomization.yaml"] = "{}\n"
    files |= {f"o{n}/kustomization.yaml": "resources: [../c2990]\n" for n in range(1_000)}
    started = time.monotonic()
    found = roots_of_many(tmp_path, files)
    assert len(found.roots) == 1_001
    assert len(found.roots["c0"].reads) == 3_001
    assert len(found.roots["o5"].reads) == 12
    assert time.monotonic() - started < 15


def test_roots_that_read_too_much_together(tmp_path: Path) -> None:
    files: dict[str, str] = {
        f"c{n}/kustomization.yaml": f"resources: [../c{n + 1}]\n" for n in range(1_500)
    }
    files["c1500/kustomization.yaml"] = "{}\n"
    files |= {f"o{n}/kustomization.yaml": "resources: [../c0]\n" for n in range(1_500)}
    started = time.monotonic()
    found = roots_of_many(tmp_path, files)
    assert [failure.code for failure in found.failures] == ["too-many"]
    assert time.monotonic() - started < 15


NODES = [f"n{i}" for i in range(8)]
GRAPHS = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(NODES), max_size=3) for name in NODES}
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(GRAPHS)
def test_every_node_is_reached_from_a_top_and_circles_are_found(
    edges: dict[str, list[str]],
) -> None:
    links = {name: [Link(to, to) for to in out] for name, out in edges.items()}
    tops = graph.tops(links)
    reached = {name for top in tops for name in graph.reach(links, top)}
    assert reached == set(NODES)
    assert tops == sorted(set(tops))
    on_itself = any(name in _after(edges, name) for name in NODES)
    assert bool(graph.circles(links)) == on_itself


def _after(edges: dict[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += edges[name]
    return seen

"""Whatever is wrong with a kustomization is a failure on the line that it is about."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.render.kustomize.render import Box
from bot.render.rendered import Rendered
from tests.render.kustomize.building import built, needs_kustomize

pytestmark = needs_kustomize

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
_MIB = 1024 * 1024


def said(rendered: Rendered) -> tuple[str, str, int]:
    assert rendered.objects == ()
    (one,) = rendered.failures
    assert one.remedy
    assert "/tmp" not in one.error
    return one.code, one.location.path, one.location.line


BAD = {
    "a file that is not there": (
        {"k/kustomization.yaml": "resources:\n- a.yaml\n- gone.yaml\n", "k/a.yaml": SERVICE},
        ("kustomize-missing", "k/kustomization.yaml", 3),
    ),
    "a directory that is not there": (
        {"k/kustomization.yaml": "resources:\n- ../gone\n"},
        ("kustomize-missing", "k/kustomization.yaml", 2),
    ),
    "a circle": (
        {
            "k/kustomization.yaml": "resources: [../l]\n",
            "l/kustomization.yaml": "namespace: x\nresources: [../k]\n",
        },
        ("kustomize-cycle", "l/kustomization.yaml", 2),
    ),
    "a remote base below": (
        {
            "k/kustomization.yaml": "resources: [../l]\n",
            "l/kustomization.yaml": ("resources:\n- https://git.example/a/b//c?ref=v1\n- x.yaml\n"),
        },
        ("remote-refused", "l/kustomization.yaml", 2),
    ),
    "a patch without a target": (
        {
            "k/kustomization.yaml": (
                "resources: [a.yaml]\npatches:\n- path: a.yaml\n- path: p.yaml\n"
            ),
            "k/a.yaml": SERVICE,
            "k/p.yaml": SERVICE.replace("name: a", "name: nobody"),
        },
        ("kustomize-patch", "k/kustomization.yaml", 4),
    ),
    "a patch of what is not there": (
        {
            "k/kustomization.yaml": (
                "resources: [a.yaml]\npatches:\n- target: {kind: Service}\n  patch: |-\n"
                "    - {op: replace, path: /spec/x/y, value: 1}\n"
            ),
            "k/a.yaml": SERVICE,
        },
        ("kustomize-patch", "k/kustomization.yaml", 3),
    ),
    "the same object twice": (
        {
            "k/kustomization.yaml": "resources:\n- a.yaml\n- b.yaml\n",
            "k/a.yaml": SERVICE,
            "k/b.yaml": SERVICE,
        },
        ("kustomize-clash", "k/kustomization.yaml", 3),
    ),
    "a broken manifest": (
        {"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": "a: b\nc: [\n"},
        ("yaml-syntax", "k/a.yaml", 2),
    ),
    "a broken kustomization": (
        {"k/kustomization.yaml": "resources:\n- a\n b: c\n"},
        ("yaml-syntax", "k/kustomization.yaml", 3),
    ),
    "an unknown field": (
        {"k/kustomization.yaml": "namespace: x\nresourcess: []\n"},
        ("kustomize-invalid", "k/kustomization.yaml", 2),
    ),
    "a field of the wrong shape": (
        {"k/kustomization.yaml": "namespace: x\npatches: [a.yaml]\n"},
        ("kustomize-invalid", "k/kustomization.yaml", 2),
    ),
    "nothing in it": (
        {"k/kustomization.yaml": "# nothing\n"},
        ("kustomize-invalid", "k/kustomization.yaml", 0),
    ),
    "no kustomization": ({"k/a.yaml": SERVICE}, ("kustomize-missing", "k", 0)),
    "a chart": (
        {
            "k/kustomization.yaml": "namespace: x\nhelmCharts:\n- name: x\n  repo: https://h.example\n"
        },
        ("kustomize-helm", "k/kustomization.yaml", 2),
    ),
    "a program to run": (
        {
            "k/kustomization.yaml": "namespace: x\ngenerators: [g.yaml]\n",
            "k/g.yaml": (
                "apiVersion: v1\nkind: Gen\nmetadata:\n  name: g\n  annotations:\n"
                "    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n"
            ),
            "k/run.sh": "#!/bin/sh\ntouch ran\n",
        },
        ("kustomize-plugin", "k/kustomization.yaml", 2),
    ),
    "a way out": (
        {"k/kustomization.yaml": "resources:\n- ../../../../../../../etc/passwd\n"},
        ("kustomize-outside", "k/kustomization.yaml", 2),
    ),
    "a way out into a ConfigMap": (
        {
            "k/kustomization.yaml": (
                "configMapGenerator:\n- name: a\n  files:\n  - ../../../../../../etc/passwd\n"
            )
        },
        ("kustomize-outside", "k/kustomization.yaml", 4),
    ),
    "an absolute way out": (
        {"k/kustomization.yaml": "secretGenerator:\n- name: a\n  envs: [/etc/passwd]\n"},
        ("kustomize-outside", "k/kustomization.yaml", 3),
    ),
    "a file beside": (
        {"k/kustomization.yaml": "resources:\n- ../a.yaml\n", "a.yaml": SERVICE},
        ("kustomize-outside", "k/kustomization.yaml", 2),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_each_is_on_its_line(name: str, tmp_path: Path) -> None:
    files, expected = BAD[name]
    if name in ("a way out", "a way out into a ConfigMap"):
        # However deep the folder is, these lead to the top of the disk.
        up = "../" * 40
        files = {k: v.replace("../../../../../../", up) for k, v in files.items()}
    assert said(built(tmp_path, files, "k")) == expected
    assert not list(tmp_path.rglob("ran"))


def test_the_network_is_refused_at_once(tmp_path: Path) -> None:
    for entry in (
        "https://192.0.2.1/x.yaml",
        "https://git.example/a/b//c?ref=v1",
        "git@git.example:a/b.git",
        "ssh://git@192.0.2.1/a/b",
        "git::file:///etc",
    ):
        began = time.monotonic()
        rendered = built(tmp_path, {"kustomization.yaml": f"resources: ['{entry}']\n"}, "")
        assert rendered.objects == ()
        assert len(rendered.failures) == 1, entry
        assert time.monotonic() - began < 1, entry


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    rows = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    bomb = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\na0: &a0 [x]\n{rows}\n"
    box = Box(seconds=5, memory_bytes=256 * _MIB, output_bytes=_MIB)
    began = time.monotonic()
    rendered = built(
        tmp_path, {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": bomb}, "", box
    )
    assert rendered.objects == ()
    assert len(rendered.failures) == 1
    assert time.monotonic() - began < 10


def test_much_output_from_little_input_is_stopped(tmp_path: Path) -> None:
    # Every level has the one below it twice: 2 to the 14th objects.
    files = {
        "l0/kustomization.yaml": "resources: [a.yaml]\n",
        "l0/a.yaml": SERVICE,
    }
    for level in range(1, 15):
        for side in "ab":
            files[f"l{level}/{side}/kustomization.yaml"] = (
                f"resources: [{'../../l0' if level == 1 else f'../../l{level - 1}'}]\n"
                f"namePrefix: {side}\n"
            )
        files[f"l{level}/kustomization.yaml"] = "resources: [a, b]\n"
    box = Box(seconds=2, memory_bytes=256 * _MIB, output_bytes=_MIB)
    rendered = built(tmp_path, files, "l14", box)
    assert said(rendered)[0] in ("render-timeout", "render-memory", "render-output")


def test_an_output_that_is_too_large(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": "configMapGenerator: [{name: a, files: [big.txt]}]\n",
        "big.txt": "x" * (2 * _MIB),
    }
    box = Box(seconds=20, memory_bytes=512 * _MIB, output_bytes=_MIB)
    assert said(built(tmp_path, files, "", box)) == ("render-output", "kustomization.yaml", 0)


def test_tokens_of_the_bot_are_not_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret-of-the-bot")
    files = {
        "kustomization.yaml": (
            "configMapGenerator:\n- {name: a, envs: [names.env]}\n"
            "- {name: b, literals: [GITHUB_TOKEN]}\n"
        ),
        # A name without a value is taken from the environment.
        "names.env": "GITHUB_TOKEN\nHOME\n",
    }
    rendered = built(tmp_path, files, "")
    assert "s3cret" not in repr(rendered)


def test_many_patches_of_many_fields_do_not_keep_us(tmp_path: Path) -> None:
    data = "".join(f"  k{n}: v\n" for n in range(3_000))
    operations = "".join(f"    - {{op: add, path: /data/x{n}, value: '1'}}\n" for n in range(3_000))
    files = {
        "kustomization.yaml": (
            "resources: [a.yaml]\nnamePrefix: p-\npatches:\n"
            f"- target: {{kind: ConfigMap}}\n  patch: |-\n{operations}"
        ),
        "a.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}",
    }
    began = time.monotonic()
    rendered = built(tmp_path, files, "")
    assert rendered.failures == ()
    (one,) = rendered.objects
    # The first are traced to their lines, the last to the file.
    assert one.origins["data", "x0"].line == 6
    assert one.origins["data", "x2999"].path == "kustomization.yaml"
    assert time.monotonic() - began < 10


def test_a_file_of_many_objects_is_traced_in_passing(tmp_path: Path) -> None:
    one = "apiVersion: v1\nkind: Service\nmetadata: {{name: s{0}, namespace: shop}}\n"
    files = {
        "kustomization.yaml": "resources: [a.yaml]\nnameSuffix: -x\n",
        "a.yaml": "---\n".join(one.format(n) for n in range(1_500)),
    }
    began = time.monotonic()
    rendered = built(tmp_path, files, "")
    # In the order of names: s0, s1, s10.
    assert [o.source.line for o in rendered.objects[:3]] == [1, 5, 41]
    assert len(rendered.objects) == 1_500
    assert time.monotonic() - began < 20

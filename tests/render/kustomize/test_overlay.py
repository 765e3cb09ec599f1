"""What Argo CD and Flux lay over a kustomization."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.render.kustomize.substitute import Malformed, Substitution
from bot.render.rendered import Rendered
from tests.render.kustomize.building import built, needs_kustomize, place, resource

pytestmark = needs_kustomize

FILES = {
    "app/kustomization.yaml": """\
        resources: [web.yaml]
        namespace: old
        images:
        - {name: nginx, newTag: "1"}
        - {name: redis, newTag: "7"}
        """,
    "app/web.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 1
          template:
            spec:
              containers:
              - {name: a, image: nginx}
              - {name: b, image: redis}
        """,
}
POD = ("spec", "template", "spec")


def names(rendered: Rendered) -> list[tuple[object, object]]:
    return [(o.body["kind"], o.body["metadata"]["name"]) for o in rendered.objects]  # type: ignore[call-overload,index]


def test_it_is_as_if_it_had_been_edited(tmp_path: Path) -> None:
    overlay = {
        "namespace": "shop",
        "images": [{"name": "nginx", "newTag": "2"}],
        "patches": [
            {
                "target": {"kind": "Deployment"},
                "patch": "- {op: replace, path: /spec/replicas, value: 5}",
            }
        ],
    }
    one = resource(built(tmp_path, FILES, "app", overlay=overlay), "Deployment")
    assert one.get("metadata", "namespace") == "shop"
    assert one.get(*POD, "containers", 0, "image") == "nginx:2"
    assert one.get(*POD, "containers", 1, "image") == "redis:7"
    # What the Application gives is in the Application.
    assert place(one, "spec", "replicas") == ("apps/app.yaml", 7)
    assert place(one, "metadata", "namespace") == ("apps/app.yaml", 7)
    assert place(one, *POD, "containers", 0, "image") == ("apps/app.yaml", 7)
    assert place(one, *POD, "containers", 1, "image") == ("app/kustomization.yaml", 5)


def test_a_component_of_the_overlay_is_named_from_the_root(tmp_path: Path) -> None:
    files = {
        **FILES,
        "parts/more/kustomization.yaml": (
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            "replicas: [{name: web, count: 3}]\n"
        ),
    }
    rendered = built(tmp_path, files, "app", overlay={"components": ["../parts/more"]})
    one = resource(rendered, "Deployment")
    assert place(one, "spec", "replicas") == ("parts/more/kustomization.yaml", 3)


def test_a_directory_without_a_kustomization(tmp_path: Path) -> None:
    files = {
        "d/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
        "d/deep/b.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n",
        "d/notes.yaml": "just: notes\n",
        "d/readme.md": "# no manifest",
        "d/own/kustomization.yaml": "resources: [c.yaml]\nnamePrefix: own-\n",
        "d/own/c.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: c}\n",
        "d/broken.yaml": "a: [\n",
        "elsewhere/x.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n",
    }
    rendered = built(tmp_path, files, "d", generated=True, overlay={"namePrefix": "p-"})
    assert sorted(names(rendered)) == [
        ("Service", "p-a"),
        ("Service", "p-b"),
        ("Service", "p-own-c"),
    ]
    (broken,) = rendered.failures
    assert (broken.code, broken.location.path) == ("yaml-syntax", "d/broken.yaml")
    (b,) = [o for o in rendered.objects if o.source.path == "d/deep/b.yaml"]
    assert b.source.line == 1


def test_objects_without_a_namespace_go_where_the_application_says(tmp_path: Path) -> None:
    files = {
        "d/kustomization.yaml": "resources: [a.yaml]\n",
        "d/a.yaml": (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n"
            "apiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: own}\n---\n"
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: c}\n"
        ),
    }
    rendered = built(tmp_path, files, "d", default_namespace="shop")
    spaces = [o.body["metadata"].get("namespace") for o in rendered.objects]  # type: ignore[union-attr]
    assert sorted(map(str, spaces)) == ["None", "own", "shop"]


def test_variables_of_flux(tmp_path: Path) -> None:
    files = {
        "d/kustomization.yaml": "resources: [a.yaml]\n",
        "d/a.yaml": """\
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
            spec:
              replicas: ${REPLICAS}
              paused: ${PAUSED:=false}
              template:
                spec:
                  nodeName: ${SECRET_NODE}
                  hostname: $${KEPT}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: script
              annotations:
                kustomize.toolkit.fluxcd.io/substitute: disabled
            data:
              run: echo ${REPLICAS}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: broken
            data:
              run: echo ${1}
            """,
    }
    rendered = built(tmp_path, files, "d", substitute={"REPLICAS": "3"})
    bodies = {str(o.body["metadata"]["name"]): o for o in rendered.objects}  # type: ignore[call-overload,index]
    spec = bodies["web"].body["spec"]
    assert spec == {
        "replicas": 3,
        "paused": False,
        "template": {"spec": {"nodeName": "${SECRET_NODE}", "hostname": "${KEPT}"}},
    }
    assert bodies["script"].body["data"] == {"run": "echo ${REPLICAS}"}
    assert bodies["broken"].body["data"] == {"run": "echo ${1}"}
    assert [(f.code, f.broken) for f in rendered.failures] == [
        ("kustomize-substitute", True),
        ("kustomize-variable", False),
    ]
    assert "SECRET_NODE" in rendered.failures[1].error
    # A value that is filled in is where its variable is used.
    assert ("spec", "replicas") not in bodies["web"].origins


def test_forms_of_variables() -> None:
    variables = {"a": "Hello.World.txt", "e": "", "n": "5"}
    for text, expected in {
        "x${a}y": "xHello.World.txty",
        "${n}${n}": "55",
        "${e:-d}|${e-d}|${u:=d}|${u-d}": "d||d|d",
        "${u:-${n}}": "5",
        "${#a}": "15",
        "${a:6}|${a:0:5}": "World.txt|Hello",
        "${a^^}|${a,,}|${a,}": "HELLO.WORLD.TXT|hello.world.txt|hello.World.txt",
        "${a#*.}|${a##*.}|${a%.*}|${a%%.*}": "World.txt|txt|Hello.World|Hello",
        "${a/l/L}|${a//l/L}": "HeLlo.World.txt|HeLLo.WorLd.txt",
        "${a/#Hello/Bye}|${a/%txt/md}": "Bye.World.txt|Hello.World.md",
        "$a ${u} $${a}": "$a ${u} ${a}",
    }.items():
        substitution = Substitution(variables)
        assert substitution.text(text) == expected, text
        assert substitution.unknown == ({"u"} if "${u}" in text else set())


def test_a_bomb_of_variables_is_no_use() -> None:
    long = {"v": "x" * 100_000}
    with pytest.raises(Malformed):
        Substitution(long).text("${v}" * 10_000)
    with pytest.raises(Malformed):
        Substitution(long).text("${v//x/${v}}")
    with pytest.raises(Malformed):
        Substitution(long).text("${v##*x*x*x*x*y}")
    with pytest.raises(Malformed):
        Substitution({}).text("${a:-" * 100 + "}" * 100)
    with pytest.raises(Malformed):
        Substitution({}).text("${" * 100_000)

"""Every rendered field is traced to the line that gives it."""

from __future__ import annotations

from pathlib import Path

from tests.render.kustomize.building import built, needs_kustomize, place, resource

pytestmark = needs_kustomize

BASE = {
    "base/kustomization.yaml": """\
        resources: [app.yaml]
        """,
    "base/app.yaml": """\
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          ports:
          - port: 80
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 1
          template:
            spec:
              containers:
              - name: web
                image: nginx:1.0
                resources:
                  requests:
                    cpu: 100m
                  limits:
                    cpu: "1"
              - name: helper
                image: busybox
                args: [a, b]
        """,
}
POD = ("spec", "template", "spec")


def test_what_nobody_changed_is_on_its_line_of_the_base(tmp_path: Path) -> None:
    files = {**BASE, "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: p-\n"}
    one = resource(built(tmp_path, files, "prod"), "Deployment")
    assert (one.source.path, one.source.line) == ("base/app.yaml", 9)
    assert place(one, "spec", "replicas") == ("base/app.yaml", 14)
    assert place(one, *POD, "containers", 1, "image") == ("base/app.yaml", 26)
    assert place(one, "metadata", "name") == ("prod/kustomization.yaml", 2)
    assert one.get("metadata", "annotations") is None


def test_a_merge_patch_with_a_sidecar_that_comes_first(tmp_path: Path) -> None:
    files = {
        **BASE,
        "prod/kustomization.yaml": "resources: [../base]\npatches:\n- path: more.yaml\n",
        "prod/more.yaml": """\
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
            spec:
              replicas: 7
              template:
                spec:
                  containers:
                  - name: sidecar
                    image: proxy
                  - name: web
                    resources:
                      limits:
                        cpu: null
                        memory: 2Gi
            """,
    }
    one = resource(built(tmp_path, files, "prod"), "Deployment")
    names = [c["name"] for c in one.get(*POD, "containers") or ()]  # type: ignore[union-attr,call-overload,index]
    assert names == ["sidecar", "web", "helper"]
    assert place(one, "spec", "replicas") == ("prod/more.yaml", 6)
    assert place(one, *POD, "containers", 0) == ("prod/more.yaml", 10)
    assert place(one, *POD, "containers", 0, "image") == ("prod/more.yaml", 11)
    web = (*POD, "containers", 1)
    assert place(one, *web, "image") == ("base/app.yaml", 19)
    assert place(one, *web, "resources", "requests", "cpu") == ("base/app.yaml", 22)
    assert place(one, *web, "resources", "limits", "memory") == ("prod/more.yaml", 16)
    # What the patch took away is on the patch's line.
    assert place(one, *web, "resources", "limits", "cpu") == ("prod/more.yaml", 15)
    assert place(one, *POD, "containers", 2, "image") == ("base/app.yaml", 26)


def test_patches_in_the_kustomization_itself(tmp_path: Path) -> None:
    files = {
        **BASE,
        "prod/kustomization.yaml": """\
            resources:
            - ../base
            patches:
            - target:
                kind: Deployment
              patch: |-
                - op: replace
                  path: /spec/replicas
                  value: 3
                - op: add
                  path: /spec/template/spec/nodeSelector
                  value:
                    gpu: "yes"
            - patch: |
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  template:
                    spec:
                      priorityClassName: high
            - target: {kind: Deployment}
              patch: '[{"op": "remove", "path": "/spec/template/spec/containers/0/resources"}]'
            """,
    }
    one = resource(built(tmp_path, files, "prod"), "Deployment")
    own = "prod/kustomization.yaml"
    assert place(one, "spec", "replicas") == (own, 9)
    assert place(one, *POD, "nodeSelector", "gpu") == (own, 13)
    assert place(one, *POD, "priorityClassName") == (own, 21)
    assert place(one, *POD, "containers", 0, "resources") == (own, 23)


def test_built_in_transformers(tmp_path: Path) -> None:
    files = {
        **BASE,
        "prod/kustomization.yaml": """\
            resources: [../base]
            namespace: shop
            nameSuffix: -v2
            commonAnnotations:
              team: payments
            labels:
            - pairs:
                env: prod
              includeTemplates: true
            images:
            - name: nginx
              newName: registry.example/nginx
              newTag: "2.0"
            - name: busybox
              digest: sha256:0123
            replicas:
            - name: web
              count: 4
            """,
    }
    one = resource(built(tmp_path, files, "prod"), "Deployment")
    own = "prod/kustomization.yaml"
    assert one.get("metadata", "name") == "web-v2"
    assert place(one, "metadata", "namespace") == (own, 2)
    assert place(one, "metadata", "name") == (own, 3)
    assert place(one, "metadata", "annotations", "team") == (own, 5)
    assert place(one, "metadata", "labels", "env") == (own, 8)
    assert place(one, "spec", "template", "metadata", "labels", "env") == (own, 8)
    assert place(one, *POD, "containers", 0, "image") == (own, 13)
    assert place(one, *POD, "containers", 1, "image") == (own, 15)
    assert place(one, "spec", "replicas") == (own, 18)


def test_the_nearest_overlay_and_the_component_that_won(tmp_path: Path) -> None:
    patch = """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: web}}
        spec:
          replicas: {0}
        """
    files = {
        **BASE,
        "middle/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n",
        "middle/p.yaml": patch.format(2),
        "part/kustomization.yaml": (
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            "replicas:\n- {name: web, count: 5}\n"
        ),
        "top/kustomization.yaml": "resources: [../middle]\ncomponents: [../part]\n",
    }
    one = resource(built(tmp_path, files, "top"), "Deployment")
    assert place(one, "spec", "replicas") == ("part/kustomization.yaml", 4)
    one = resource(built(tmp_path, files, "middle"), "Deployment")
    assert place(one, "spec", "replicas") == ("middle/p.yaml", 5)


def test_two_overlays_of_the_same_base_are_told_apart(tmp_path: Path) -> None:
    files = {**BASE, "both/kustomization.yaml": "resources: [../dev, ../prod]\n"}
    for name, count in (("dev", 1), ("prod", 9)):
        files[f"{name}/kustomization.yaml"] = (
            f"resources: [../base]\nnamespace: {name}\nreplicas: [{{name: web, count: {count}}}]\n"
        )
    found = built(tmp_path, files, "both")
    spaces = {
        str(o.body["metadata"]["namespace"]): o.origins  # type: ignore[call-overload,index]
        for o in found.objects
        if o.body["kind"] == "Deployment"
    }
    assert ("spec", "replicas") not in spaces["dev"]
    assert spaces["prod"]["spec", "replicas"].path == "prod/kustomization.yaml"


def test_what_is_generated(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": """\
            configMapGenerator:
            - name: other
              literals: [x=1]
            - name: settings
              literals:
              - a=b
              envs: [some.env]
              files:
              - conf/app.properties
            """,
        "some.env": "# comment\nLEVEL=info\n",
        "conf/app.properties": "k=v\n",
    }
    found = built(tmp_path, files, "")
    assert found.failures == ()
    (one,) = [o for o in found.objects if "settings" in str(o.body["metadata"])]
    assert (one.source.path, one.source.line) == ("kustomization.yaml", 4)
    assert one.origins["data", "a"].line == 6
    assert one.origins["data", "LEVEL"].path == "some.env"
    assert one.origins["data", "LEVEL"].line == 2
    assert one.origins["data", "app.properties"].path == "conf/app.properties"


def test_a_replacement(tmp_path: Path) -> None:
    files = {
        **BASE,
        "prod/kustomization.yaml": """\
            resources: [../base]
            configMapGenerator:
            - name: knobs
              literals: [replicas=6]
            replacements:
            - source: {kind: ConfigMap, name: knobs, fieldPath: data.replicas}
              targets:
              - select: {kind: Deployment}
                fieldPaths:
                - spec.replicas
            """,
    }
    one = resource(built(tmp_path, files, "prod"), "Deployment")
    assert one.get("spec", "replicas") in (6, "6")
    assert place(one, "spec", "replicas") == ("prod/kustomization.yaml", 10)


def test_what_the_author_asked_for_stays(tmp_path: Path) -> None:
    files = {
        **BASE,
        "base/kustomization.yaml": (
            "resources: [app.yaml]\nbuildMetadata: [originAnnotations, managedByLabel]\n"
        ),
    }
    one = resource(built(tmp_path, files, "base"), "Deployment")
    assert one.annotations() == {"config.kubernetes.io/origin": "path: app.yaml\n"}
    assert one.labels()["app.kubernetes.io/managed-by"].startswith("kustomize-")


def test_names_that_follow_are_where_they_are_written(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": """\
            resources: [job.yaml]
            configMapGenerator: [{name: c, literals: [a=b]}]
            """,
        "job.yaml": """\
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              containers:
              - name: x
                image: y
                envFrom:
                - configMapRef:
                    name: c
            """,
    }
    one = resource(built(tmp_path, files, ""), "Pod")
    where = ("spec", "containers", 0, "envFrom", 0, "configMapRef", "name")
    assert str(one.get(*where)).startswith("c-")
    assert place(one, *where) == ("job.yaml", 10)


def test_a_patch_of_all_annotations_does_not_lose_the_object(tmp_path: Path) -> None:
    files = {
        **BASE,
        "prod/kustomization.yaml": """\
            resources: [../base]
            patches:
            - target: {kind: Deployment}
              patch: |-
                - op: replace
                  path: /metadata/annotations
                  value: {a: b}
            """,
        "base/kustomization.yaml": "resources: [app.yaml]\ncommonAnnotations: {c: d}\n",
    }
    one = resource(built(tmp_path, files, "prod"), "Deployment")
    assert one.annotations() == {"a": "b"}
    assert place(one, *POD, "containers", 1, "image") == ("base/app.yaml", 26)

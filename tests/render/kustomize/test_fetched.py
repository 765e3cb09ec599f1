"""What was fetched is told as the line that asks for it."""

from __future__ import annotations

from pathlib import Path

from bot.render.remote.places import FETCHED
from tests.render.kustomize.building import built, needs_kustomize, place, resource

pytestmark = needs_kustomize

FILES = {
    "prod/kustomization.yaml": f"""\
        resources:
        - ../own
        - ../{FETCHED}/base-0123
        patches:
        - path: more.yaml
        """,
    "prod/more.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          paused: true
        """,
    "own/kustomization.yaml": f"resources:\n- ../{FETCHED}/deep-4567/config\n",
    f"{FETCHED}/base-0123/kustomization.yaml": "resources: [web.yaml]\nlabels: [{pairs: {a: b}}]\n",
    f"{FETCHED}/base-0123/web.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n"
    ),
    f"{FETCHED}/deep-4567/config/kustomization.yaml": "resources: [../crd]\n",
    f"{FETCHED}/deep-4567/crd/kustomization.yaml": "resources: [a.yaml]\n",
    f"{FETCHED}/deep-4567/crd/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
}


def test_no_place_is_outside_of_the_repository(tmp_path: Path) -> None:
    rendered = built(tmp_path, FILES, "prod")
    web = resource(rendered, "Deployment")
    assert (web.source.path, web.source.line) == ("prod/kustomization.yaml", 3)
    assert place(web, "spec", "replicas") == ("prod/kustomization.yaml", 3)
    assert place(web, "metadata", "labels", "a") == ("prod/kustomization.yaml", 3)
    assert place(web, "spec", "paused") == ("prod/more.yaml", 5)
    service = resource(rendered, "Service")
    assert place(service, "metadata", "name") == ("own/kustomization.yaml", 2)


def test_nor_is_that_of_a_failure(tmp_path: Path) -> None:
    broken = {**FILES, f"{FETCHED}/deep-4567/crd/a.yaml": "a: [\n"}
    (why,) = built(tmp_path, broken, "prod").failures
    assert why.code == "yaml-syntax"
    assert (why.location.path, why.location.line) == ("own/kustomization.yaml", 2)

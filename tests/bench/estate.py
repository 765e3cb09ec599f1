"""A change to one service in a repository of 300 kustomizations and 100 charts: what is rendered,
how long that takes, and how much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.render.kustomize.tool import tool
from bot.render.limits import DEFAULT
from bot.render.roots.files import Files
from bot.render.roots.find import find_roots, reached
from bot.render.roots.model import Rendering
from bot.repo import Repository
from tests.bench.processes import Run, measure, plumbline
from tests.forge.gitrepo import GitRepo

_SERVICES = 100
_CHARTS = 100
_JUDGED = (0, 1)
_ENVIRONMENTS = ("dev", "staging", "prod")


def run(root: Path) -> None:
    """Print the figures."""
    if not tool().version:
        print("estate: left out, there is no kustomize or kubectl on PATH")
        return
    path = root / "estate.git"
    base, head = estate(path)
    print(f"estate: {_roots(path, base, head)}")
    bare = _bare(root, path)
    for name, keep in (("cold cache", False), ("warm cache", True)):
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "XDG_CACHE_HOME": cache}
            taken = measure(_command(path), 1, _JUDGED, environment=environment, rehearsed=keep)
            lines = _check(path, environment)
            _say(f"  one service changed, {name}", taken, bare, lines)


def estate(path: Path) -> tuple[str, str]:
    """The repository, with its branches main and change; their commits."""
    git = GitRepo(path)
    git.create("main")
    files: dict[str, bytes | str | None] = {}
    for number in range(_SERVICES):
        files |= _service(number)
    for number in range(_CHARTS):
        files |= _chart(number)
    base = git.commit("main", files, (), "base")
    change: dict[str, bytes | str | None] = {
        "services/s042/base/deployment.yaml": _deployment("s042", "400m"),
    }
    return base, git.commit("change", change, (base,), "change")


def _service(number: int) -> dict[str, bytes | str | None]:
    name = f"s{number:03}"
    at = f"services/{name}"
    files: dict[str, bytes | str | None] = {
        f"{at}/base/kustomization.yaml": "resources: [deployment.yaml, service.yaml]\n",
        f"{at}/base/deployment.yaml": _deployment(name, "200m"),
        f"{at}/base/service.yaml": _SERVICE.format(name=name),
    }
    for replicas, environment in enumerate(_ENVIRONMENTS, start=1):
        over = f"{at}/overlays/{environment}"
        files[f"{over}/kustomization.yaml"] = (
            f"namespace: {environment}\nresources: [../../base]\npatches:\n  - path: patch.yaml\n"
        )
        files[f"{over}/patch.yaml"] = _PATCH.format(name=name, replicas=replicas)
    return files


def _chart(number: int) -> dict[str, bytes | str | None]:
    name = f"c{number:03}"
    return {
        f"charts/{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n",
        f"charts/{name}/values.yaml": "replicas: 2\ncpu: 200m\n",
        f"charts/{name}/templates/deployment.yaml": _deployment(name, "{{ .Values.cpu }}"),
    }


def _deployment(name: str, cpu: str) -> str:
    return _DEPLOYMENT.format(name=name, cpu=cpu)


def _roots(path: Path, base: str, head: str) -> str:
    with Repository.local(path) as repo:
        sides = [Files.of(repo, sha, DEFAULT) for sha in (base, head)]
        found = [find_roots(side, Rendering()) for side in sides]
        changed = [file.path for file in repo.changed_files(base, head)]
        keys = reached(found[0], found[1], sides[0], sides[1], changed)
    kinds = [root.kind.value for root in found[1].roots.values()]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    return f"{len(kinds)} roots ({told}), {len(keys)} reached: {', '.join(sorted(keys))}"


def _command(path: Path) -> list[str]:
    return plumbline("check", str(path), "--base", "main", "--head", "change", "--format", "json")


def _check(path: Path, environment: dict[str, str]) -> int:
    """How many cost lines the check reports."""
    done = subprocess.run(_command(path), env=environment, capture_output=True, check=False)
    if done.returncode not in _JUDGED:
        sys.exit(f"the check of the estate ended with {done.returncode}: {done.stderr.decode()}")
    return len(json.loads(done.stdout)["cost"]["lines"])


def _bare(root: Path, path: Path) -> float:
    """Seconds of the bare tool for the reached roots of both sides, one after the other."""
    command = tool().command
    seconds = 0.0
    for side in ("main", "change"):
        folder = root / f"estate-{side}"
        folder.mkdir()
        packed = subprocess.run(
            ["git", "--git-dir", str(path), "archive", side], capture_output=True, check=True
        )
        subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
        for environment in _ENVIRONMENTS:
            at = folder / "services/s042/overlays" / environment
            started = time.perf_counter()
            subprocess.run([*command, str(at)], stdout=subprocess.DEVNULL, check=True)
            seconds += time.perf_counter() - started
    return seconds


def _say(what: str, taken: Run, bare: float, lines: int) -> None:
    print(
        f"{what}: {taken.seconds:.2f} s in all, {taken.mebibytes:.0f} MiB, {lines} priced objects;"
        f" the bare tool over the same roots {bare:.2f} s; {taken.seconds / bare:.1f} times"
    )


_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: app
          image: registry.example.com/{name}:1.0.0
          resources:
            requests: {{cpu: "{cpu}", memory: 256Mi}}
            limits: {{memory: 256Mi}}
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 80}}]
"""
_PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec: {{replicas: {replicas}}}
"""

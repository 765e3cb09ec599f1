"""Repositories to measure on: realistic manifests, ten to a folder."""

from __future__ import annotations

from pathlib import Path

from tests.forge.gitrepo import Files, GitRepo

_PER_FOLDER = 10


def manifest(number: int, cpu: str = "250m") -> str:
    """A Deployment with its Service, as long as they are in real repositories."""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{number}
  namespace: team-{number % 40}
  labels:
    app.kubernetes.io/name: service-{number}
    app.kubernetes.io/part-of: shop
    finops.apexlogic.com/cost-center: team-{number % 40}
  annotations:
    description: "the service of number {number}"
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: service-{number}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-{number}
    spec:
      serviceAccountName: service-{number}
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: server
          image: registry.example.com/shop/service-{number}:1.{number % 30}.0
          args: ["--listen=:8080", "--log-level=info"]
          env:
            - name: DATABASE_HOST
              value: postgres.shop.svc
            - name: TOKEN
              valueFrom:
                secretKeyRef:
                  name: service-{number}
                  key: token
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              path: /ready
              port: http
            periodSeconds: 10
          resources:
            requests:
              cpu: {cpu}
              memory: 256Mi
            limits:
              memory: 256Mi
---
apiVersion: v1
kind: Service
metadata:
  name: service-{number}
  namespace: team-{number % 40}
spec:
  selector:
    app.kubernetes.io/name: service-{number}
  ports:
    - name: http
      port: 80
      targetPort: http
"""


def path(number: int) -> str:
    """Where the manifest of that number is."""
    return f"apps/{number // _PER_FOLDER:04}/service-{number}.yaml"


def repository(folder: Path, size: int, changed: int) -> Path:
    """A bare repository: `main` with `size` manifests, `change` that edits the first `changed`."""
    git = GitRepo(folder)
    git.create("main")
    files: Files = {path(n): manifest(n) for n in range(size)}
    base = git.commit("main", files, (), "base")
    step = max(1, size // changed)
    edits: Files = {path(n): manifest(n, "500m") for n in range(0, size, step)[:changed]}
    git.commit("change", edits, (base,), "change")
    return folder

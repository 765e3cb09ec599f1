"""Objects that stand beside a workload."""

from __future__ import annotations

from typing import Any

from checks.model import Resource, Tier
from tests.checks.manifests import container, resource, workload

APP = {"app": "web"}


def deployment(
    replicas: Any = None, *, kind: str = "Deployment", tier: Tier = Tier.PRODUCTION, **pod: Any
) -> Resource:
    """A workload whose pods have the label app=web."""
    spec = {"template": {"metadata": {"labels": APP}, "spec": {"containers": [container()], **pod}}}
    if replicas is not None:
        spec["replicas"] = replicas
    return workload(kind, spec=spec, tier=tier)


def service(port: Any = 80, *, name: str = "web", labels: Any = None, **spec: Any) -> Resource:
    """A Service that means app=web."""
    ports = [{"name": "http", "port": 80, "targetPort": port}]
    selector = APP if labels is None else labels
    return resource(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": selector, "ports": ports, **spec},
        }
    )


def budget(*, labels: Any = None, name: str = "web", **spec: Any) -> Resource:
    """A PodDisruptionBudget over app=web."""
    selector = {"matchLabels": APP if labels is None else labels}
    return resource(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": name},
            "spec": {"selector": selector, **spec},
        },
        tier=Tier.PRODUCTION,
    )

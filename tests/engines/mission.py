"""The mission's two rules, as they stand there, and objects that break or keep them."""

from __future__ import annotations

from typing import Any

MISSION = """\
package kubernetes.admission

deny[msg] {
  input.request.kind.kind == "Deployment"
  not input.request.object.metadata.labels["finops.apexlogic.com/cost-center"]
  msg := "Deployment must have a 'finops.apexlogic.com/cost-center' label for FinOps attribution."
}

deny[msg] {
  input.request.kind.kind == "Deployment"
  container := input.request.object.spec.template.spec.containers[_]
  gpu_memory := container.resources.limits["nvidia.com/gpu-memory"]
  to_number(gpu_memory) > 16
  msg := sprintf("GPU memory limit for container '%s' exceeds 16GB. Consider optimising model or \
requesting smaller GPU.", [container.name])
}
"""
NO_LABEL = "Deployment must have a 'finops.apexlogic.com/cost-center' label for FinOps attribution."
TOO_MUCH = (
    "GPU memory limit for container 'c' exceeds 16GB. Consider optimising model or "
    "requesting smaller GPU."
)


def deployment(
    gpu: Any = None, *, label: bool = False, name: str = "web", kind: str = "Deployment"
) -> dict[str, Any]:
    """A workload with a container `c` that may use `gpu` of nvidia.com/gpu-memory."""
    limits = {} if gpu is None else {"nvidia.com/gpu-memory": gpu}
    containers = [{"name": "c", "image": "c:1", "resources": {"limits": limits}}]
    labels = {"finops.apexlogic.com/cost-center": "ml"} if label else {}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {"template": {"spec": {"containers": containers}}},
    }

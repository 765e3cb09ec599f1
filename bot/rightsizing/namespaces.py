"""Which namespace a workload runs in, where the repository leaves that to whoever applies it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.rightsizing.config import Rightsizing
from bot.rightsizing.prometheus import Prometheus, quoted
from checks.model import ResourceRef

# The pods of a Deployment belong to ReplicaSets: its name, and a hash without a dash.
_HASHED = "-[a-z0-9]{1,10}"


def namespaces(
    prometheus: Prometheus, workloads: Iterable[ResourceRef], now: datetime, config: Rightsizing
) -> Mapping[ResourceRef, tuple[str, ...]]:
    """The namespaces in which each of the workloads (of a kind and a name alone) has pods now.

    Raises PrometheusError.
    """
    return {
        workload: tuple(
            sorted(
                {
                    sample.metric.get("namespace", "")
                    for sample in prometheus.instant(_query(workload, config), now)
                }
                - {""}
            )
        )
        for workload in workloads
    }


def _query(workload: ResourceRef, config: Rightsizing) -> str:
    kind, name = workload.kind, re.escape(workload.name)
    if kind == "Deployment":
        kind, name = "ReplicaSet", name + _HASHED
    matchers = [f"owner_kind={quoted(kind)}", f"owner_name=~{quoted(name)}"]
    labels = sorted(config.source.labels.items())
    matchers += [f"{label}={quoted(value)}" for label, value in labels]
    seen = f"last_over_time(kube_pod_owner{{{','.join(matchers)}}}[1h])"
    return f"count by (namespace) ({seen})"

"""The PromQL of rightsizing: one query for a whole namespace, and its series named by workload.

Everything is joined to what owns the pods inside of Prometheus, so that a workload is one series
however many pods it had. `max` takes the busiest pod, and makes nothing of a container that two
scrape jobs see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.rightsizing import figures
from bot.rightsizing.prometheus import quoted

_CONTAINERS = 'container!="",container!="POD"'
_CPU = figures.CPU
_MEMORY = figures.MEMORY
_PERIODS = "container_cpu_cfs_periods_total"
_THROTTLED = "container_cpu_cfs_throttled_periods_total"
_RESTARTS = "kube_pod_container_status_restarts_total"
_REASON = "kube_pod_container_status_last_terminated_reason"
_LIMITS = "kube_pod_container_resource_limits"
_HEAP = "jvm_memory_used_bytes"
_SCALER = "kube_horizontalpodautoscaler_info"
_SCALER_METRIC = "kube_horizontalpodautoscaler_spec_target_metric"
_POD_OWNER = "kube_pod_owner"
_SET_OWNER = "kube_replicaset_owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """The queries of one namespace. `labels` narrow every selector, `cluster` is the label that
    tells clusters apart, `rate`, `gauge` and `window` are spans in seconds."""

    namespace: str
    labels: Mapping[str, str]
    cluster: str
    rate: int
    gauge: int
    window: int

    def scraped(self) -> str:
        """How many samples an hour has, of the container that has most."""
        return f"max(count_over_time({self._containers(_CPU)}[1h]))"

    def newest(self) -> str:
        """The time of the newest sample of the namespace, to the hour."""
        seen = f"timestamp({self._containers(_CPU)})"
        return f"max(max_over_time({seen}[{self.window}s:1h]))"

    def fresh(self) -> str:
        """The time of the newest sample."""
        seen = f"max_over_time(timestamp({self._containers(_CPU)})[1h:1m])"
        # Also of what ended within the hour.
        return self._owned(seen, "max", 3600, ("container",))

    def pods(self) -> str:
        """How many pods run the container."""
        one = f"count by ({self._pod},container) "
        seen = one + f"(last_over_time({self._containers(_CPU)}[{self.rate}s]))"
        return self._owned(f"({seen} > bool 0)", "sum", self.rate, ("container",))

    def cpu(self) -> str:
        """Cores of the busiest pod."""
        used = f"rate({self._containers(_CPU)}[{self.rate}s])"
        return self._owned(used, "max", self.rate, ("container",))

    def memory(self) -> str:
        """Bytes of the busiest pod, the most within a step."""
        held = f"max_over_time({self._containers(_MEMORY)}[{self.gauge}s])"
        return self._owned(held, "max", self.rate, ("container",))

    def throttled(self) -> str:
        """The share of CFS periods that were throttled, by the hour."""
        parts = [
            self._owned(f"increase({self._containers(name)}[1h])", "sum", 3600, ("container",))
            for name in (_THROTTLED, _PERIODS)
        ]
        return f"{parts[0]} / ({parts[1]} > 0)"

    def restarts(self) -> str:
        """Restarts within the window."""
        return self._owned(self._restarted(), "sum", self.window, ("container",))

    def kills(self) -> str:
        """Restarts within the window of containers that were killed for memory."""
        killed = f"{self._restarted()} and on ({self._instance}) {self._killed()}"
        return self._owned(f"({killed})", "sum", self.window, ("container",))

    def kill_limits(self) -> str:
        """The highest memory limit under which a container was killed for memory, in bytes."""
        limits = self._select(_LIMITS, 'resource="memory"')
        highest = f"max by ({self._instance}) (max_over_time({limits}[{self.window}s]))"
        killed = f"{highest} and on ({self._instance}) {self._killed()}"
        return self._owned(f"({killed})", "max", self.window, ("container",))

    def heaps(self) -> str:
        """Something for each workload whose heap is measured."""
        heap = self._select(_HEAP, 'area="heap"')
        return self._owned(f"last_over_time({heap}[1h])", "max", self.rate, ())

    def scalers(self) -> str:
        """Something for each metric that a HorizontalPodAutoscaler goes by, and what it scales."""
        on = f"{self.cluster},namespace,horizontalpodautoscaler"
        metric = f"last_over_time({self._select(_SCALER_METRIC)}[1h])"
        target = f"topk by ({on}) (1, last_over_time({self._select(_SCALER)}[1h]))"
        by = f"{self.cluster},namespace,scaletargetref_kind,scaletargetref_name,metric_name"
        join = f"* on ({on}) group_left (scaletargetref_kind, scaletargetref_name)"
        return f"max by ({by}) ({metric} {join} {target})"

    def replica_sets(self) -> str:
        """Something for each ReplicaSet of the window and what owns it."""
        owned = self._select(_SET_OWNER, 'owner_is_controller="true"')
        by = f"{self.cluster},namespace,replicaset,owner_kind,owner_name"
        return f"max by ({by}) (last_over_time({owned}[{self.window}s]))"

    def evidence(self) -> tuple[str, ...]:
        """The queries whose answers a recommendation shows."""
        return self.cpu(), self.memory(), self.throttled(), self.restarts(), self.kills()

    @property
    def _pod(self) -> str:
        return f"{self.cluster},namespace,pod"

    @property
    def _instance(self) -> str:
        """One container of one pod; a StatefulSet's next pod of that name is another one."""
        return f"{self._pod},uid,container"

    def _owned(self, expression: str, operator: str, span: int, more: tuple[str, ...]) -> str:
        """`expression`, which is by pod, gathered by what owned the pod within `span` seconds."""
        owner = self._select(_POD_OWNER, 'owner_is_controller="true"')
        # Twins of kube-state-metrics, and a pod that changed hands: one owner for each pod.
        one = f"topk by ({self._pod}) (1, last_over_time({owner}[{span}s]))"
        by = ",".join((self.cluster, "namespace", "owner_kind", "owner_name", *more))
        join = f"* on ({self._pod}) group_left (owner_kind, owner_name)"
        return f"{operator} by ({by}) ({expression} {join} {one})"

    def _restarted(self) -> str:
        """Restarts of a container of a pod within the window: the counter's end less its start."""
        counter = self._select(_RESTARTS)
        end = f"max by ({self._instance}) (max_over_time({counter}[{self.window}s]))"
        start = f"max by ({self._instance}) (last_over_time({counter}[1h] offset {self.window}s))"
        return f"({end} - ({start} or {end} * 0))"

    def _killed(self) -> str:
        killed = self._select(_REASON, 'reason="OOMKilled"')
        return f"max by ({self._instance}) (max_over_time({killed}[{self.window}s])) == 1"

    def _containers(self, metric: str) -> str:
        return self._select(metric, _CONTAINERS)

    def _select(self, metric: str, more: str = "") -> str:
        matchers = [f"namespace={quoted(self.namespace)}"]
        matchers += [f"{name}={quoted(value)}" for name, value in sorted(self.labels.items())]
        return f"{metric}{{{','.join([*matchers, *([more] if more else [])])}}}"

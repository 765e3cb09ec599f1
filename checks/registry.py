"""The explicit list of checks. A check that is not here does not run.

To add one: write `checks/<id>.py` with a `CHECK`, add it below, add `config/checks/<id>.yaml`,
`tests/checks/test_<id>.py`, a golden and run `make docs`. `tests/test_shape.py` names what is
missing.
"""

from __future__ import annotations

from checks import (
    align_approval,
    align_fairness,
    align_gpu_budget,
    align_owner,
    align_pinned,
    align_versions,
    cost_budget,
    cost_delta,
    cost_labels,
    disruption_budget,
    gpu_limits,
    hpa_sanity,
    image_registry,
    image_tag,
    label_place,
    namespace_quota,
    network_policy,
    placement,
    plain_secrets,
    pod_security,
    probes,
    public_service,
    rbac_wildcards,
    readable,
    removed_apis,
    resource_limits,
    tf_exposure,
    tf_tags,
    topology_spread,
)
from checks.rule import Check

CHECKS: tuple[Check, ...] = (
    readable.CHECK,
    cost_delta.CHECK,
    cost_budget.CHECK,
    label_place.CHECK,
    resource_limits.CHECK,
    image_tag.CHECK,
    align_owner.CHECK,
    align_versions.CHECK,
    align_pinned.CHECK,
    align_fairness.CHECK,
    align_approval.CHECK,
    align_gpu_budget.CHECK,
    plain_secrets.CHECK,
    tf_exposure.CHECK,
    public_service.CHECK,
    rbac_wildcards.CHECK,
    network_policy.CHECK,
    namespace_quota.CHECK,
    removed_apis.CHECK,
    tf_tags.CHECK,
    pod_security.CHECK,
    image_registry.CHECK,
    probes.CHECK,
    disruption_budget.CHECK,
    hpa_sanity.CHECK,
    topology_spread.CHECK,
    placement.CHECK,
    gpu_limits.CHECK,
    cost_labels.CHECK,
)

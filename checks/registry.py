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
    image_tag,
    label_place,
    namespace_quota,
    network_policy,
    plain_secrets,
    public_service,
    rbac_wildcards,
    readable,
    removed_apis,
    resource_limits,
    tf_exposure,
    tf_tags,
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
)

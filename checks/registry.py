"""The explicit list of checks. A check that is not here does not run.

To add one: write `checks/<id>.py` with a `CHECK`, add it below, add `config/checks/<id>.yaml`,
`tests/checks/test_<id>.py`, a golden and run `make docs`. `tests/test_shape.py` names what is
missing.
"""

from __future__ import annotations

from checks import cost_delta, image_tag, readable, resource_limits
from checks.rule import Check

CHECKS: tuple[Check, ...] = (
    readable.CHECK,
    cost_delta.CHECK,
    resource_limits.CHECK,
    image_tag.CHECK,
)

"""What can be wrong with Terraform, each with a stable code and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks.model import Location, RenderFailure

_PLAN = (
    "Commit the plan as JSON (terraform show -json plan.bin > tfplan.json), or have it checked"
    " with plumbline check --plan tfplan.json."
)
# The codes are a contract: pages and users' filters name them.
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "plan-json": "Write the plan anew: terraform show -json plan.bin > tfplan.json.",
        "plan-version": "Write the plan with Terraform 1.1 or later, or with OpenTofu.",
        "plan-errored": "Correct what terraform plan complains about, and write the plan anew.",
        "plan-partial": "Plan without -target, so that nothing is left out.",
        "terraform-syntax": "Correct it at this line; until then nothing of the module is judged.",
        "terraform-json": f"Only .tf files are read without a plan. {_PLAN}",
        "terraform-override": f"Overrides are known to a plan only. {_PLAN}",
        "terraform-count": f"How many there will be, only a plan knows. {_PLAN}",
        "terraform-module": f"Modules are read from this repository only. {_PLAN}",
        "terraform-missing": "Correct the module's source, or add its directory.",
        "terraform-cycle": "Remove this module call: no module can call itself.",
        "terraform-too-large": f"Split the module, or have it judged by its plan. {_PLAN}",
        "terraform-variables": "Correct the file of variables.",
        "terraform-limits": f"Simplify the module, or have it judged by its plan. {_PLAN}",
    }
)
# The input is fine, plumbline just has no way to read it.
_NOT_BROKEN = frozenset(
    {
        "plan-partial",
        "terraform-json",
        "terraform-override",
        "terraform-count",
        "terraform-module",
        "terraform-limits",
    }
)


def trouble(code: str, path: str, line: int, error: str) -> RenderFailure:
    """The failure of that code at a line; `error` begins in lower case, without a full stop."""
    return RenderFailure(
        location=Location(path=path, line=line),
        code=code,
        error=error,
        remedy=REMEDIES[code],
        broken=code not in _NOT_BROKEN,
    )

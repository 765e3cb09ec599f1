"""The values every check reads and returns. Standard library only; nothing here does I/O."""

from checks.model.costs import ZERO, CostDelta, CostLine, Grade, Range, UnknownCost
from checks.model.facts import (
    Approval,
    Evidence,
    Facts,
    GroupCounts,
    ModelBom,
    Prices,
    Review,
    Subject,
    UnitPrice,
)
from checks.model.findings import Finding, Input, Patch, Severity, Trace
from checks.model.outcomes import Outcome, State, Verdict
from checks.model.resources import (
    Lines,
    Location,
    Node,
    Pointer,
    RenderFailure,
    Resource,
    ResourceRef,
    Snapshot,
    Tier,
    line_of,
)

__all__ = [
    "ZERO",
    "Approval",
    "CostDelta",
    "CostLine",
    "Evidence",
    "Facts",
    "Finding",
    "Grade",
    "GroupCounts",
    "Input",
    "Lines",
    "Location",
    "ModelBom",
    "Node",
    "Outcome",
    "Patch",
    "Pointer",
    "Prices",
    "Range",
    "RenderFailure",
    "Resource",
    "ResourceRef",
    "Review",
    "Severity",
    "Snapshot",
    "State",
    "Subject",
    "Tier",
    "Trace",
    "UnitPrice",
    "UnknownCost",
    "Verdict",
    "line_of",
]

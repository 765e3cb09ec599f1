"""align_owner: every AI workload says how risky it is and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.alignment.rule import over_workloads
from checks.alignment.sides import Side
from checks.alignment.workload import Workload, stated
from checks.model import Finding, Input, Patch, ResourceRef, Trace
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in

_ID = "align_owner"
_RULE = Rule(
    id="ALN01",
    title="An AI workload has no risk class or no owner",
    remedy="Set the label or annotation that the finding names, on the object itself.",
)
_WHY = """\
What an AI workload must prove follows from how much harm it can do, and somebody must answer for
it. So each says its risk class and its owner, in a label or an annotation of the object or of its
pods. Two places that say different classes are as good as none. An address has an `@`, which labels
do not take: put it in an annotation.

An AI workload is an object with pods (or KServe's `InferenceService` or `LLMInferenceService`) that
shows a sign of a model: a label or annotation below `ai.<domain>/`, the label
`finops.<domain>/ai-model-id`, a request for an accelerator (`nvidia.com/gpu`, a MIG slice,
`nvidia.com/gpu-memory`, `amd.com/gpu`, `gpu.intel.com/i915` or `xe`, `google.com/tpu`,
`aws.amazon.com/neuron`, `habana.ai/gaudi`), or one of the variables `MODEL_NAME`, `MODEL_ID`,
`MODEL_VERSION`, `MODEL_URI`, `STORAGE_URI` and `AI_ALIGNMENT_CHECK_ENDPOINT` in a container's
`env`. One that loses its last sign in a change is still one in that change. Variables from
`envFrom` are not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard a finding is, which keys are read, and which classes there are."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "warn", "staging": "fail", "production": "fail"}
    )
    # "{domain}" stands for the domain of our labels.
    risk_class_key: str = "ai.{domain}/risk-class"
    owner_key: str = "ai.{domain}/owner"
    # From the mildest to the strictest.
    risk_classes: tuple[str, ...] = ("minimal", "limited", "high")

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if not self.risk_classes or not all(self.risk_classes):
            raise ValueError("there must be at least one risk class, and none may be empty")


def inspect(one: Workload, side: Side, config: Config) -> Iterator[Finding]:  # noqa: ARG001
    """One finding for the risk class and one for the owner, where they are not as they must be."""
    key = config.risk_class_key.replace("{domain}", one.domain)
    said = stated(one.resource, key)
    classes = sorted({value.value for value in said})
    known = ", ".join(config.risk_classes)
    if not classes:
        yield _finding(one, config, key, said, "has no risk class", f"one of {known}")
    elif len(classes) > 1:
        what = f"says different risk classes: {' and '.join(classes)}"
        yield _finding(one, config, key, said, what, f"one of {known}")
    elif classes[0] not in config.risk_classes:
        what = f"has the risk class {classes[0]}, which is none of {known}"
        yield _finding(one, config, key, said, what, f"one of {known}")
    key = config.owner_key.replace("{domain}", one.domain)
    if not stated(one.resource, key):
        yield _finding(one, config, key, (), "has no owner", "a person or a team")


def _finding(
    one: Workload, config: Config, key: str, said: tuple[Input, ...], what: str, wanted: str
) -> Finding:
    resource = one.resource
    pointer = ("metadata", "labels", key)
    location = said[0].location if said else resource.locate(*pointer)
    is_class = key == config.risk_class_key.replace("{domain}", one.domain)
    missing = Input(location=location, pointer=".".join(pointer), value="not given")
    return Finding(
        check=_ID,
        rule=_RULE.id,
        severity=severity_in(config.severity, resource.tier),
        message=f"the AI workload {ResourceRef.of(resource)} {what}",
        location=location,
        subject=f"{resource.id} {'risk-class' if is_class else 'owner'}",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=(*(said or (missing,)), *one.signs[:1]),
            predicate=f"every AI workload has {key}",
            observed=what,
            threshold=wanted,
        ),
        remedy=f"Set {key} to {wanted}, as a label or an annotation.",
        # Which class it is is for people to say: what surely passes is the strictest. Who owns it
        # cannot be guessed at all.
        patches=(Patch(pointer=pointer, value=config.risk_classes[-1]),)
        if is_class and not said
        else (),
    )


CHECK = Check(
    id=_ID,
    domain="alignment",
    title="AI workloads have a risk class and an owner",
    config=Config,
    judge=over_workloads(_ID, inspect),
    why=_WHY,
    rules=(_RULE,),
)

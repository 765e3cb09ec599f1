"""Where it is looked for whose cost something is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeAlias, get_args

# By what costs are added up.
Dimension: TypeAlias = Literal["cost_center", "team", "model", "environment", "cluster"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionRules:
    """The names of labels and annotations that say whose cost an object is; "{domain}" stands for
    the domain of our labels.

    The first name that has a value anywhere counts, and of one name the value nearest to the pods.
    """

    cost_center: tuple[str, ...] = (
        "finops.{domain}/cost-center",
        "cost-center",
        "costcenter",
        "cost_center",
    )
    team: tuple[str, ...] = (
        "finops.{domain}/team",
        "ai.{domain}/owner",
        "team",
        "owner",
        "app.kubernetes.io/part-of",
    )
    model: tuple[str, ...] = (
        "finops.{domain}/ai-model-id",
        "ai.{domain}/model-id",
        "ai-model-id",
    )
    environment: tuple[str, ...] = (
        "finops.{domain}/tier",
        "finops.{domain}/environment",
        "environment",
        "env",
    )

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        for field in fields(self):
            if not all(name.strip() for name in getattr(self, field.name)):
                raise ValueError(f"the name of a label in {field.name} is empty")

"""What is recommended for a workload as one pull request: its edit, its title, and its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.escape import visible
from bot.model import Edit, Proposal
from bot.rightsizing.body import Text, body
from bot.rightsizing.edit import apply
from bot.rightsizing.match import Match
from bot.rightsizing.memory import Change, Limits, State
from checks.model import (
    ZERO,
    Confidence,
    Direction,
    MemoryUsage,
    Node,
    NoUsage,
    Patch,
    Range,
    Recommendation,
    Refusal,
    ResourceRef,
)

# GitLab's limit on a title is the lower one.
_LONGEST_TITLE = 255
_LONGEST_REASON = 1000
# A month's money from which a decrease is worth more than a glance.
_MUCH = Decimal(50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What could be proposed for one workload. `raw` is the file as it is on the base branch,
    `refused` what is not recommended for other parts of it, with the reasons."""

    key: str
    match: Match
    raw: bytes
    recommendations: tuple[Recommendation, ...]
    refused: tuple[Refusal, ...] = ()
    model: str = "plumbline-rightsizer/0"
    label_domain: str = "apexlogic.com"

    @property
    def workload(self) -> ResourceRef:
        """What it is about, as the cluster names it."""
        return self.match.workload

    @property
    def blob(self) -> str:
        """The file's blob on the base branch."""
        return self.match.place.blob

    @property
    def changes(self) -> tuple[Change, ...]:
        """What it asks for, in amounts."""
        return tuple(Change.of(wanted) for wanted in self.recommendations)

    @property
    def saving(self) -> Range | None:
        """The money a month that all of it releases, None where any part has no price."""
        parts = [wanted.saving for wanted in self.recommendations]
        known = [part for part in parts if part is not None]
        return sum(known, start=ZERO) if known and len(known) == len(parts) else None

    def only(self, subjects: Sequence[tuple[str, str, bool]]) -> Draft:
        """The part of it about these subjects of changes."""
        kept = tuple(r for r in self.recommendations if Change.of(r).subject in subjects)
        return replace(self, recommendations=kept)


def key_of(forge: str, project: str, workload: ResourceRef) -> str:
    """16 hex digits that stay the same while the workload does; the branch is named after them."""
    parts = (forge, project, workload.kind, workload.namespace, workload.name)
    text = "\0".join(("rightsize", *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def build(draft: Draft, state: State, limits: Limits, notes: Sequence[str] = ()) -> Proposal:
    """The pull request that a draft asks for. `state` is what it is to remember, `notes` is what
    was left out of it and why. Raises EditRefused where the file cannot be edited safely."""
    place = draft.match.place
    patches = [_below(place.prefix, patch) for patch in [*_patches(draft), *_annotations(draft)]]
    text = apply(draft.raw, place.document, patches, place.path)
    head = title(draft)
    said = Text(
        marker=state.marker(),
        workload=draft.workload,
        path=place.path,
        changes=draft.recommendations,
        refused=draft.refused,
        notes=notes,
        match_note=draft.match.note,
        saving=draft.saving,
        priority=priority(draft),
        model=draft.model,
        opt_out=f"ai.{draft.label_domain}/rightsizing: off",
        days=limits.refused_days,
        reopen=int(limits.reopen_share * 100),
    )
    return Proposal(
        key=draft.key,
        title=head,
        body=body(said),
        commit_message=f"{head}\n\n{_reason(draft)}",
        edits=(Edit(path=place.path, base_blob=place.blob, new_text=text, mode=place.mode),),
    )


def title(draft: Draft) -> str:
    """ "Rightsize Deployment shop/web: CPU 2 → 850m, memory 4Gi → 2900Mi"."""
    about = f"Rightsize {visible(str(draft.workload), 160)}"
    whole = f"{about}: {_summary(draft)}"
    if len(whole) <= _LONGEST_TITLE:
        return whole
    return f"{about}: {len(draft.recommendations)} requests"


def priority(draft: Draft) -> str:
    """How soon and how closely a person should look: high, medium or low.

    High: it ran out of memory, or a decrease that little speaks for. Low: decreases only, well
    measured and of little money.
    """
    wanted = draft.recommendations
    decreases = [r for r in wanted if r.direction is Direction.DECREASE]
    if any(_killed(r) for r in wanted) or any(r.confidence is Confidence.LOW for r in decreases):
        return "high"
    sure = all(r.confidence is Confidence.HIGH for r in wanted)
    small = draft.saving is not None and draft.saving.expected < _MUCH
    return "low" if sure and small and len(decreases) == len(wanted) else "medium"


def _killed(wanted: Recommendation) -> bool:
    memory = wanted.evidence.memory
    if isinstance(memory, NoUsage) or wanted.resource != "memory":
        return False
    return isinstance(memory, MemoryUsage) and bool(memory.oom_kills)


def _summary(draft: Draft) -> str:
    """ "CPU 2 → 850m, memory 4Gi → 2900Mi", with containers where there are several."""
    several = len({wanted.container for wanted in draft.recommendations}) > 1
    parts = []
    for wanted in draft.recommendations:
        of = f"{visible(wanted.container, 80)} " if several else ""
        word = "CPU" if wanted.resource == "cpu" else wanted.resource
        parts.append(f"{of}{word} {wanted.current} → {wanted.proposed}")
    return ", ".join(parts)


def _patches(draft: Draft) -> list[Patch]:
    resource = draft.match.place.resource
    patches = [patch for wanted in draft.recommendations for patch in wanted.patches]
    return [_as_before(resource.get(*patch.pointer), patch) for patch in patches]


def _as_before(old: Node, patch: Patch) -> Patch:
    """A whole number stays a number where one was: to Kubernetes it is the same, to people not."""
    whole = isinstance(patch.value, str) and patch.value.isdecimal() and len(patch.value) < 16
    if whole and isinstance(old, int | float) and isinstance(patch.value, str):
        return replace(patch, value=int(patch.value))
    return patch


def _reason(draft: Draft) -> str:
    """Every change with its reasons, on one line."""
    reasons = [
        f"{wanted.container} {wanted.resource} {wanted.current} → {wanted.proposed}: "
        + "; ".join(wanted.reasons)
        for wanted in draft.recommendations
    ]
    return visible(". ".join(reasons), _LONGEST_REASON)


def _annotations(draft: Draft) -> tuple[Patch, ...]:
    values = {
        "optimisation-reason": _reason(draft),
        "proposed-by-model": draft.model,
        "review-priority": priority(draft),
    }
    return tuple(
        Patch(pointer=("metadata", "annotations", f"ai.{draft.label_domain}/{name}"), value=value)
        for name, value in values.items()
    )


def _below(prefix: tuple[str | int, ...], patch: Patch) -> Patch:
    return replace(patch, pointer=(*prefix, *patch.pointer))

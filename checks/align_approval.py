"""align_approval: a change to a high-risk AI workload is approved by its team, at this head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.alignment.rule import NONE, summed_up
from checks.alignment.sides import Side, reached, sides
from checks.alignment.workload import Workload, stated
from checks.model import (
    Approval,
    Finding,
    Input,
    Outcome,
    Resource,
    ResourceRef,
    Review,
    Severity,
    Subject,
    Trace,
)
from checks.rule import Check, Rule, compared
from checks.severity import TierWord

_ID = "align_approval"
_RULE = Rule(
    id="ALN22",
    title="A high-risk AI workload changes without its team's approval",
    remedy="Have one of the named teams or people, not the author, approve the newest commit.",
)
_UNSET = "Name `teams` or `users` of `align_approval` in the config of the base branch."
_WHY = """\
People oversee high-risk AI: somebody of the team that is named for it has seen exactly what will
run. So the approval must stand at the head commit (a push after it makes it void), the author's own
does not count, and who may approve is read from the base branch's config. Where nobody is named
there, nobody can approve, and the finding says so.

A workload is high-risk when it says so before the change or after it: lowering the class is itself
a change that needs approval, and so is removing the workload. Where neither side has a class, or
one has a class that the config does not know, the outcome is inconclusive. A check outside of a
pull request cannot ask who approved; that too is inconclusive, never a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where approvals are needed, for which classes, and whose count."""

    tiers: tuple[TierWord, ...] = ("staging", "production")
    risk_class_key: str = "ai.{domain}/risk-class"
    risk_classes: tuple[str, ...] = ("high",)
    exempt_classes: tuple[str, ...] = ("minimal", "limited")
    teams: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    approvals: int = 1

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if self.approvals < 1:
            raise ValueError("at least one approval must be needed")


def judge(subject: Subject, config: Config) -> Outcome:
    """A finding for each high-risk workload that changes, unless enough approvals stand."""
    base, head = sides(subject)
    keys = sorted(reached(base, head))
    if not keys:
        return Outcome(check=_ID, skipped=NONE)
    findings: list[Finding] = []
    untold: list[str] = []
    for key in keys:
        pair = [side.workloads[key] for side in (head, base) if key in side.workloads]
        if not _differs(base, head, key) or not _in_scope(pair, config):
            continue
        classes = _classes(pair, config)
        ref = ResourceRef.of(pair[0].resource)
        if not any(said.value in config.risk_classes for said in classes):
            untold += _unclassified(ref, classes, config)
        elif subject.facts.review is None:
            untold.append(f"{ref} is high-risk, and approvals cannot be asked here")
        else:
            standing = _standing(subject.facts.review, subject.head.sha, config)
            if len(standing) < config.approvals:
                findings.append(_finding(pair[0], classes, standing, subject, config))
    outcome = compared(_ID, (), findings)
    return Outcome(check=_ID, findings=outcome.findings, inconclusive=summed_up(untold))


def _unclassified(ref: ResourceRef, classes: Sequence[Input], config: Config) -> Iterator[str]:
    if not classes:
        yield f"{ref}: it has no risk class, so whether it needs approval is unknown"
    for said in classes:
        if said.value not in config.exempt_classes:
            yield f"{ref}: whether the risk class {said.value} needs approval is unknown"


def _differs(base: Side, head: Side, key: str) -> bool:
    """Whether the object itself changes, not only something beside it in its file."""
    before, after = base.workloads.get(key), head.workloads.get(key)
    return _content(before) != _content(after)


def _content(one: Workload | None) -> tuple[object, ...] | None:
    if one is None:
        return None
    resource: Resource = one.resource
    return (resource.namespace, resource.name, resource.tier, resource.body)


def _in_scope(pair: Sequence[Workload], config: Config) -> bool:
    return any(one.resource.tier.value in config.tiers for one in pair)


def _classes(pair: Sequence[Workload], config: Config) -> tuple[Input, ...]:
    """What either side says of its risk: the strictest counts, wherever it stands."""
    return tuple(
        said
        for one in pair
        for said in stated(one.resource, config.risk_class_key.replace("{domain}", one.domain))
    )


def _standing(review: Review, head_sha: str, config: Config) -> tuple[str, ...]:
    """Who approved what is judged here, of those who may; each person once."""
    users = {user.casefold() for user in config.users}
    teams = {team.casefold() for team in config.teams}
    author = review.author.casefold()
    standing = {
        approval.user.casefold(): approval.user
        for approval in review.approvals
        if approval.head_sha == head_sha
        and approval.user.casefold() != author
        and (approval.user.casefold() in users or teams & _teams(approval))
    }
    return tuple(standing[key] for key in sorted(standing))


def _teams(approval: Approval) -> set[str]:
    return {team.casefold() for team in approval.teams}


def _finding(
    one: Workload,
    classes: tuple[Input, ...],
    standing: tuple[str, ...],
    subject: Subject,
    config: Config,
) -> Finding:
    resource = one.resource
    named = [f"the team {team}" for team in config.teams] + list(config.users)
    wanted = f"{config.approvals} of {', '.join(named)}" if named else "nobody is named to approve"
    high = next(said for said in classes if said.value in config.risk_classes)
    # Where only the side before says it, its line is of another file's state.
    here = high in _classes([one], config)
    what = f"needs approval at {subject.head.sha[:12]}"
    return Finding(
        check=_ID,
        rule=_RULE.id,
        severity=Severity.APPROVAL,
        message=f"the {high.value}-risk AI workload {ResourceRef.of(resource)} changes and {what}:"
        f" {len(standing)} of {config.approvals} given ({wanted})",
        location=high.location if here else resource.source,
        subject=resource.id,
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=(high,),
            predicate="who may approve a high-risk AI workload has approved the head commit",
            observed=summed_up(_seen(subject)) or "no approvals",
            threshold=wanted,
        ),
        remedy=_RULE.remedy if named else _UNSET,
    )


def _seen(subject: Subject) -> Iterator[str]:
    review = subject.facts.review
    for approval in review.approvals if review else ():
        own = review is not None and approval.user.casefold() == review.author.casefold()
        stale = approval.head_sha != subject.head.sha
        why = "the author" if own else "another commit" if stale else "the head commit"
        yield f"{approval.user} ({why})"


CHECK = Check(
    id=_ID,
    domain="alignment",
    title="High-risk AI workloads change with their team's approval",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(_RULE,),
)

"""What a change does to the law: the head's config is validated and tried, never enforced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.config import CONFIG_PATHS, Policy, parse
from bot.config_file import ConfigError
from bot.model import Change
from bot.repo import Repository
from checks.model import (
    Finding,
    Location,
    Outcome,
    Resource,
    Severity,
    Snapshot,
    Subject,
    Verdict,
)

CHECK = "config"


def outcomes(
    repo: Repository,
    change: Change,
    subject: Subject,
    policy: Policy,
    now: Sequence[Outcome],
    judged: Callable[[Subject, Policy], Sequence[Outcome]],
) -> list[Outcome]:
    """An outcome of the check `config` where the change touches a config file, else none. `now` is
    how the change was judged, `judged` judges it in the same way by another policy."""
    touched = [f.path for f in change.files if f.path in CONFIG_PATHS]
    if not touched:
        return []
    path = next((p for p in CONFIG_PATHS if repo.file(change.head_sha, p) is not None), "")
    if not path:
        return [_said(touched[0], 0, Severity.WARN, "config-removed", _REMOVED)]
    try:
        proposed = parse(path, repo.file(change.head_sha, path) or b"").into(policy.tiers.branch)
    except ConfigError as error:
        said = f"this config could not be used after the merge: {error.message}"
        return [_said(path, error.line, Severity.FAIL, "config-invalid", said)]
    before = max((o.verdict for o in now), default=Verdict.PASS)
    after = max(
        (o.verdict for o in judged(_under(proposed, subject), proposed)), default=Verdict.PASS
    )
    if proposed.digest == policy.digest:
        said = "the config's text changes, what it enforces does not"
    elif after == before:
        said = f"with this config the verdict on this change would stay {before.word}"
    else:
        said = f"with this config the verdict would go from {before.word} to {after.word}"
    return [_said(path, 0, Severity.INFO, "config-preview", said)]


_REMOVED = "this removes the config; after the merge the shipped defaults would hold"


def _said(path: str, line: int, severity: Severity, rule: str, message: str) -> Outcome:
    finding = Finding(
        check=CHECK,
        rule=rule,
        severity=severity,
        message=message,
        location=Location(path=path, line=line),
        subject=path,
    )
    return Outcome(check=CHECK, findings=(finding,))


def _under(policy: Policy, subject: Subject) -> Subject:
    """The same objects in the tiers and places that the policy puts them in."""
    return replace(
        subject, base=_retiered(subject.base, policy), head=_retiered(subject.head, policy)
    )


def _retiered(snapshot: Snapshot, policy: Policy) -> Snapshot:
    resources = {key: _placed(one, policy) for key, one in snapshot.resources.items()}
    return replace(snapshot, resources=resources)


def _placed(resource: Resource, policy: Policy) -> Resource:
    paths = resource.placed_by or (resource.source.path,)
    placed = replace(resource, place=policy.place_of(*paths))
    return replace(placed, tier=policy.tier_of(*paths, of=placed))

""" "It would pass if …": tried, not claimed.

A check proposes patches with a finding. Here they are put into the object, the check is run again,
and only where the finding is gone is that said.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from bot.config import Policy
from checks.model import Finding, Outcome, Patch, Resource, Snapshot, Subject
from checks.patches import patched
from checks.registry import CHECKS

# Each costs another run of its check over one folder; the first ones are the ones people read.
_MOST = 20


def tried(outcomes: Sequence[Outcome], subject: Subject, policy: Policy) -> tuple[Outcome, ...]:
    """The outcomes, with a counterfactual on the findings whose patches proved to help."""
    left = _MOST
    result: list[Outcome] = []
    for outcome in outcomes:
        findings: list[Finding] = []
        for finding in outcome.findings:
            if left and finding.gates and finding.patches:
                left -= 1
                findings.append(_tried(finding, subject, policy))
            else:
                findings.append(finding)
        result.append(replace(outcome, findings=tuple(findings)))
    return tuple(result)


def _tried(finding: Finding, subject: Subject, policy: Policy) -> Finding:
    check = next((c for c in CHECKS if c.id == finding.check), None)
    target = _resource(finding, subject.head)
    config = policy.checks.get(finding.check)
    if check is None or target is None or config is None:
        return finding
    near = {
        key: resource
        for key, resource in subject.head.resources.items()
        if resource.home == target.home
    }
    near[target.id] = patched(target, finding.patches)
    again = check.judge(replace(subject, head=replace(subject.head, resources=near)), config)
    still = {found.fingerprint for found in again.findings}
    # What can no longer be told does not pass.
    if finding.fingerprint in still or again.failed or again.inconclusive:
        return finding
    return replace(finding, counterfactual=f"passes with {_words(finding.patches)}")


def _resource(finding: Finding, head: Snapshot) -> Resource | None:
    """The object a finding is about: its subject begins with the object's id, then says what."""
    about = finding.subject
    while about:
        if about in head.resources:
            return head.resources[about]
        about = about.rpartition(" ")[0]
    return None


def _words(patches: Sequence[Patch]) -> str:
    return " and ".join(
        f"{dotted(patch.pointer)} = {json.dumps(patch.value)}"
        if patch.value is not None
        else f"{dotted(patch.pointer)} removed"
        for patch in patches
    )


def dotted(pointer: Sequence[str | int]) -> str:
    """ "spec.containers[0].image"; a key with a dot or slash in it is quoted."""
    text = ""
    for step in pointer:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(char in step for char in "./[]"):
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text

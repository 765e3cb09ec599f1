"""What a control of the Pod Security Standards is, and how places in pods become its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from checks.kube import Container
from checks.model import Node, Patch, Pointer
from checks.rule import Rule
from checks.workloads.objections import NOT_GIVEN, Place, shown
from checks.workloads.pods import Pods, inner

# (pods, minor version of the standards: 25 is v1.25) → the places that break the control.
Ask: TypeAlias = Callable[[Pods, int], Iterable[Place]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control. `upstream` are the names it has in Kubernetes' own admission, `allowed` says
    what it lets through, `since` is the first minor version that has it, and `escape` whether
    breaking it makes a container root on its node."""

    rule: Rule
    upstream: tuple[str, ...]
    allowed: str
    ask: Ask
    since: int = 0
    escape: bool = False


def control(
    name: str,
    title: str,
    remedy: str,
    allowed: str,
    ask: Ask,
    *upstream: str,
    since: int = 0,
    escape: bool = False,
) -> Control:
    """A control of the level baseline with its rule."""
    setting = "escapes" if escape else "baseline"
    rule = Rule(id=f"pod-security-{name}", title=title, remedy=remedy, setting=setting)
    return Control(
        rule=rule, upstream=upstream, allowed=allowed, ask=ask, since=since, escape=escape
    )


def is_windows(pods: Pods) -> bool:
    """Whether the pods say that they are for Windows, where some fields cannot be set."""
    return pods.get("os", "name") == "windows"


def has_own_users(pods: Pods) -> bool:
    """Whether the pods are in a user namespace, where root is not the root of the node."""
    return pods.get("hostUsers") is False


def contexts(pods: Pods) -> Iterator[tuple[str, Pointer, Node]]:
    """The security contexts with their names and places: that of the pod, then each container's."""
    yield "the pod", pods.at("securityContext"), pods.get("securityContext")
    for one in pods.containers:
        yield one.label, (*one.pointer, "securityContext"), one.body.get("securityContext")


def said(container: Container, *keys: str) -> Node:
    """What the security context of a container says, None for nothing."""
    return inner(container.body, "securityContext", *keys)


def place(
    label: str, pointer: Pointer, value: Node, fix: Node = None, *, safe: bool = True
) -> Place:
    """A place whose value breaks a control, and the value that would keep it: None removes it."""
    return Place(
        key=f"{label} {pointer[-1]} {shown(value)}",
        label=label,
        pointer=pointer,
        value=NOT_GIVEN if value is None else f"{pointer[-1]} {shown(value)}",
        patches=(Patch(pointer=pointer, value=fix),) if safe else (),
    )

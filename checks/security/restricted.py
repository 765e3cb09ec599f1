"""The level "restricted": what it asks for besides "baseline". What baseline objects to already
is not said twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from checks.kube import Container
from checks.model import Node, Patch
from checks.security.baseline import (
    CAPABILITIES,
    USER_NAMESPACES,
    proc_mounts,
)
from checks.security.control import (
    Ask,
    Control,
    contexts,
    control,
    has_own_users,
    is_windows,
    place,
    said,
)
from checks.security.profiles import SECCOMP_FIELDS
from checks.workloads.objections import Place, shown
from checks.workloads.pods import Pods, inner, mappings

_VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"}
    | {"persistentVolumeClaim", "projected", "secret"}
)
# Since then pods for Windows are not asked for what they cannot set.
_WINDOWS = 25
_BIND = "NET_BIND_SERVICE"


def _volumes(pods: Pods, _: int) -> Iterator[Place]:
    for index, volume in mappings(pods.get("volumes")):
        given = {key for key, value in volume.items() if value is not None and key != "name"}
        # Kubernetes makes one of no kind an emptyDir.
        if not given or given & _VOLUMES or "hostPath" in given:
            continue
        label, kind = f"the volume {shown(volume.get('name'))}", min(given)
        yield Place(
            key=f"{label} {kind}",
            label=label,
            pointer=pods.at("volumes", index, kind),
            value=kind,
        )


def _escalation(pods: Pods, version: int) -> Iterator[Place]:
    if version >= _WINDOWS and is_windows(pods):
        return
    for one in pods.containers:
        value = said(one, "allowPrivilegeEscalation")
        if value is not False:
            pointer = (*one.pointer, "securityContext", "allowPrivilegeEscalation")
            yield place(one.label, pointer, value, False)


def _drop_all(pods: Pods, version: int) -> Iterator[Place]:
    if version >= _WINDOWS and is_windows(pods):
        return
    for one in pods.containers:
        yield from _kept(one)


def _kept(one: Container) -> Iterator[Place]:
    pointer = (*one.pointer, "securityContext", "capabilities")
    dropped = said(one, "capabilities", "drop")
    if not isinstance(dropped, list) or "ALL" not in dropped:
        shown_drop = ", ".join(map(shown, dropped)) if isinstance(dropped, list) else None
        yield place(one.label, (*pointer, "drop"), shown_drop, ["ALL"])
    added = said(one, "capabilities", "add")
    entries = added if isinstance(added, list) else []
    fine: Node = [_BIND] if _BIND in entries else None
    for name in entries:
        if name != _BIND and isinstance(name, str) and name in CAPABILITIES:
            yield place(one.label, (*pointer, "add"), name, fine)


def _non_root(pods: Pods, version: int) -> Iterator[Place]:
    if version >= USER_NAMESPACES and has_own_users(pods):
        return
    for label, pointer, context in contexts(pods):
        if inner(context, "runAsNonRoot") is False:
            yield place(label, (*pointer, "runAsNonRoot"), False, True)
    if pods.get("securityContext", "runAsNonRoot") is not True:
        yield from _unsaid(pods, {"runAsNonRoot": True}, ("runAsNonRoot",))


def _user(pods: Pods, version: int) -> Iterator[Place]:
    if version >= USER_NAMESPACES and has_own_users(pods):
        return
    for label, pointer, context in contexts(pods):
        user = inner(context, "runAsUser")
        # False is 0 to Python.
        if user == 0 and not isinstance(user, bool):
            yield place(label, (*pointer, "runAsUser"), user)


def _seccomp(pods: Pods, version: int) -> Iterator[Place]:
    if version >= _WINDOWS and is_windows(pods):
        return
    # What is set to something else is the baseline's business.
    if pods.get("securityContext", "seccompProfile") is None:
        fields: dict[str, Node] = {"seccompProfile": {"type": "RuntimeDefault"}}
        yield from _unsaid(pods, fields, ("seccompProfile",))


def _unsaid(pods: Pods, fields: Mapping[str, Node], keys: tuple[str, ...]) -> Iterator[Place]:
    """The containers that leave to the pod what the pod does not say either. It is mended once, for
    the whole pod."""
    patches = tuple(
        Patch(pointer=pods.at("securityContext", key), value=value) for key, value in fields.items()
    )
    for one in pods.containers:
        if said(one, *keys) is None:
            label = one.label
            pointer = (*one.pointer, "securityContext", *keys)
            yield Place(key=f"{label} {keys[0]}", label=label, pointer=pointer, patches=patches)


def _proc_mount(pods: Pods, _: int) -> Iterator[Place]:
    if has_own_users(pods):
        yield from proc_mounts(pods)


def _control(
    name: str, title: str, remedy: str, allowed: str, ask: Ask, *upstream: str, since: int = 0
) -> Control:
    found = control(name, title, remedy, allowed, ask, *upstream, since=since)
    return replace(found, rule=replace(found.rule, setting="restricted"))


RESTRICTED: tuple[Control, ...] = (
    _control(
        "volumes",
        "A pod mounts a kind of volume that is not for pods of the level restricted",
        "Use a PersistentVolumeClaim instead.",
        f"volumes are one of {', '.join(sorted(_VOLUMES))}",
        _volumes,
        "restrictedVolumes",
    ),
    _control(
        "escalation",
        "A container can get more rights than it was started with",
        "Set 'securityContext.allowPrivilegeEscalation: false'.",
        "allowPrivilegeEscalation: false",
        _escalation,
        "allowPrivilegeEscalation",
        since=8,
    ),
    _control(
        "non-root",
        "A container may run as root",
        "Set 'securityContext.runAsNonRoot: true' of the pod or its containers, and give the"
        " image a user.",
        "runAsNonRoot: true",
        _non_root,
        "runAsNonRoot",
    ),
    _control(
        "root-user",
        "A container runs as the user 0, which is root",
        "Remove 'runAsUser: 0', or name another user.",
        "runAsUser is not set, or not 0",
        _user,
        "runAsUser",
        since=23,
    ),
    _control(
        "seccomp-unset",
        "A container has no seccomp profile",
        "Set 'securityContext.seccompProfile.type: RuntimeDefault' of the pod.",
        "RuntimeDefault or Localhost",
        _seccomp,
        "seccompProfile_restricted",
        since=SECCOMP_FIELDS,
    ),
    _control(
        "drop-capabilities",
        "A container keeps capabilities",
        "Set 'capabilities.drop: [ALL]', and add nothing but NET_BIND_SERVICE.",
        "drop: [ALL], add: [NET_BIND_SERVICE] or nothing",
        _drop_all,
        "capabilities_restricted",
        since=22,
    ),
    _control(
        "proc-mount-restricted",
        "A container sees what is masked in /proc",
        "Remove 'procMount', or set it to Default.",
        "procMount is not set, or Default",
        _proc_mount,
        "procMount_restricted",
        since=USER_NAMESPACES,
    ),
)

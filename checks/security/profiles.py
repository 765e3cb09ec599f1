"""Profiles of the kernel's security modules: AppArmor, SELinux, seccomp."""

from __future__ import annotations

from collections.abc import Iterator

from checks.model import Pointer
from checks.security.control import contexts, place
from checks.workloads.objections import Place
from checks.workloads.pods import Pods, inner, texts

# Each with the first minor version that allows it.
SELINUX_TYPES = {"container_t": 0, "container_init_t": 0, "container_kvm_t": 0}
SELINUX_TYPES |= {"container_engine_t": 31}
PROFILES = ("RuntimeDefault", "Localhost")
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
# Since then seccomp profiles are fields; before they were annotations.
SECCOMP_FIELDS = 19


def app_armor(pods: Pods, _: int) -> Iterator[Place]:
    """Where AppArmor is switched off, by a field or by the annotation of old."""
    for label, pointer, context in contexts(pods):
        profile = inner(context, "appArmorProfile")
        if profile is not None and inner(profile, "type") not in PROFILES:
            at = (*pointer, "appArmorProfile", "type")
            yield place(label, at, inner(profile, "type"), "RuntimeDefault")
    for pointer, key, value in _annotations(pods):
        fine = value in ("", "runtime/default") or value.startswith("localhost/")
        if key.startswith(_APPARMOR) and not fine:
            yield place("the annotation", (*pointer, key), value, "runtime/default")


def _annotations(pods: Pods) -> Iterator[tuple[Pointer, str, str]]:
    pointer = (*pods.metadata, "annotations")
    for key, value in texts(pods.resource.get(*pointer)).items():
        yield pointer, key, value


def se_linux(pods: Pods, version: int) -> Iterator[Place]:
    """Where a container is given an SELinux user, a role, or a type of its own."""
    for label, pointer, context in contexts(pods):
        options = inner(context, "seLinuxOptions")
        kind = inner(options, "type")
        if kind and (not isinstance(kind, str) or SELINUX_TYPES.get(kind, 99) > version):
            yield place(label, (*pointer, "seLinuxOptions", "type"), kind)
        for name in ("user", "role"):
            if value := inner(options, name):
                yield place(label, (*pointer, "seLinuxOptions", name), value)


def seccomp(pods: Pods, version: int) -> Iterator[Place]:
    """Where seccomp is switched off, by a field or, before v1.19, by an annotation."""
    if version < SECCOMP_FIELDS:
        yield from _seccomp_annotations(pods)
        return
    for label, pointer, context in contexts(pods):
        profile = inner(context, "seccompProfile")
        if profile is not None and inner(profile, "type") not in PROFILES:
            at = (*pointer, "seccompProfile", "type")
            yield place(label, at, inner(profile, "type"), "RuntimeDefault")


def _seccomp_annotations(pods: Pods) -> Iterator[Place]:
    names = {one.key.rpartition("[")[2][:-1] for one in pods.containers}
    for pointer, key, value in _annotations(pods):
        ours = key == _SECCOMP_POD or (key.startswith(_SECCOMP) and key[len(_SECCOMP) :] in names)
        fine = value in ("runtime/default", "docker/default") or value.startswith("localhost/")
        if ours and not fine:
            yield place("the annotation", (*pointer, key), value, "runtime/default")

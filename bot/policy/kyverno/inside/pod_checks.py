"""The Pod Security Standards' checks, each with the field that breaks it and its value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.kyverno.inside.pattern import Path
from bot.policy.kyverno.inside.pods import Part, Pod

Version = tuple[int, int]
LATEST: Version = (1 << 30, 0)


@dataclass(frozen=True, slots=True)
class Breach:
    """A field that breaks a check; `value` "" stands for none."""

    path: Path
    value: Any = ""
    required: bool = False

    @property
    def field(self) -> str:
        """ "spec.containers[0].securityContext.privileged"."""
        text = ""
        for at, step in enumerate(self.path):
            keyed = isinstance(step, int) or (at and self.path[at - 1] == "annotations")
            text += f"[{step}]" if keyed else f"{'.' if text else ''}{step}"
        return text


Test = Callable[[Pod], "Iterator[Breach]"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its id, whether it belongs to the baseline, why it forbids, and its versions, each
    with the first version of Kubernetes that it is for."""

    id: str
    baseline: bool
    reason: str
    versions: Sequence[tuple[Version, Test]]

    def at(self, version: Version) -> Test:
        """The check as it is in a version; the first one also before it began."""
        chosen = self.versions[0][1]
        for since, test in self.versions[1:]:
            if since <= version:
                chosen = test
        return chosen


def _words(text: str) -> list[str]:
    return text.split()


def _context(part: Part, *steps: str) -> Path:
    return (*part.path, "securityContext", *steps)


def _windows(pod: Pod) -> bool:
    return bool(pod.spec.get("os", "name") == "windows")


def _unless_windows(test: Test) -> Test:
    return lambda pod: iter(()) if _windows(pod) else test(pod)


def _escalation(pod: Pod) -> Iterator[Breach]:
    steps = ("allowPrivilegeEscalation",)
    for one in pod.containers():
        value = one.typed(bool, "securityContext", *steps)
        if one.get("securityContext") is None:
            yield Breach(_context(one, *steps), required=True)
        elif value is not False:
            yield Breach(_context(one, *steps), "nil" if value is None else True)


def _app_armor(pod: Pod) -> Iterator[Breach]:
    steps = ("appArmorProfile", "type")
    for part in (pod.spec, *pod.containers()):
        if part.get("securityContext", "appArmorProfile") is not None:
            value = part.typed(str, "securityContext", *steps) or ""
            if value not in ("RuntimeDefault", "Localhost"):
                yield Breach(_context(part, *steps), value)
    prefix = "container.apparmor.security.beta.kubernetes.io/"
    for key, value in pod.annotations.items():
        fine = value in ("", "runtime/default") or value.startswith("localhost/")
        if key.startswith(prefix) and not fine:
            yield Breach(("metadata", "annotations", key), value)


_CAPABILITIES = frozenset(
    _words(
        "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID "
        "SETPCAP SETUID SYS_CHROOT"
    )
)


def _capabilities(pod: Pod) -> Iterator[Breach]:
    steps = ("capabilities", "add")
    for one in pod.containers():
        bad = set(one.texts("securityContext", *steps)) - _CAPABILITIES
        if bad:
            yield Breach(_context(one, *steps), sorted(bad))


def _few_capabilities(pod: Pod) -> Iterator[Breach]:
    added = []
    for one in pod.containers():
        drop = _context(one, "capabilities", "drop")
        if one.get("securityContext", "capabilities") is None:
            yield Breach(drop, required=True)
            continue
        dropped = one.texts("securityContext", "capabilities", "drop")
        if "ALL" not in dropped:
            yield Breach(drop, sorted(set(dropped)) or "", required=not dropped)
        bad = set(one.texts("securityContext", "capabilities", "add")) - {"NET_BIND_SERVICE"}
        if bad:
            added.append(Breach(_context(one, "capabilities", "add"), sorted(bad)))
    yield from added


def _host_namespaces(pod: Pod) -> Iterator[Breach]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.typed(bool, name):
            yield Breach(("spec", name), True)


def _host_paths(pod: Pod) -> Iterator[Breach]:
    for volume in pod.spec.parts("volumes"):
        if volume.get("hostPath") is not None:
            yield Breach((*volume.path, "hostPath"), volume.typed(str, "hostPath", "path") or "")


def _host_ports(pod: Pod) -> Iterator[Breach]:
    for one in pod.containers():
        for port in one.parts("ports"):
            if value := port.typed(int, "hostPort"):
                yield Breach((*port.path, "hostPort"), value)


def _host_probes(pod: Pod) -> Iterator[Breach]:
    handlers = [("livenessProbe",), ("readinessProbe",), ("startupProbe",)]
    handlers += [("lifecycle", "postStart"), ("lifecycle", "preStop")]  # type: ignore[list-item]
    for one in pod.containers():
        for handler in handlers:
            for kind in ("httpGet", "tcpSocket"):
                if host := one.typed(str, *handler, kind, "host"):
                    yield Breach((*one.path, *handler, kind, "host"), host)


def _privileged(pod: Pod) -> Iterator[Breach]:
    for one in pod.containers():
        if one.typed(bool, "securityContext", "privileged"):
            yield Breach(_context(one, "privileged"), True)


def _proc_mount(pod: Pod) -> Iterator[Breach]:
    for one in pod.containers():
        value = one.typed(str, "securityContext", "procMount")
        if value is not None and value != "Default":
            yield Breach(_context(one, "procMount"), value)


_VOLUMES = _words(
    "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret"
)
_OTHER_VOLUMES = _words(
    "hostPath gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume "
    "cinder cephfs flocker fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk "
    "portworxVolume scaleIO storageos"
)


def _volumes(pod: Pod) -> Iterator[Breach]:
    for volume in pod.spec.parts("volumes"):
        if all(volume.get(name) is None for name in _VOLUMES):
            kind = next((n for n in _OTHER_VOLUMES if volume.get(n) is not None), "unknown")
            yield Breach((*volume.path, kind))


def _non_root(pod: Pod) -> Iterator[Breach]:
    implicit = []
    whole = pod.spec.typed(bool, "securityContext", "runAsNonRoot")
    if whole is False:
        yield Breach(_context(pod.spec, "runAsNonRoot"), False)
    for one in pod.containers():
        value = one.typed(bool, "securityContext", "runAsNonRoot")
        if value is False:
            yield Breach(_context(one, "runAsNonRoot"), False)
        elif value is None and not whole:
            implicit.append(Breach(_context(one, "runAsNonRoot"), required=True))
    yield from implicit


def _root_user(pod: Pod) -> Iterator[Breach]:
    for part in (pod.spec, *pod.containers()):
        if part.typed(int, "securityContext", "runAsUser") == 0:
            yield Breach(_context(part, "runAsUser"), 0)


def _se_linux(*types: str) -> Test:
    allowed = ("", "container_t", "container_init_t", "container_kvm_t", *types)

    def test(pod: Pod) -> Iterator[Breach]:
        for part in (pod.spec, *pod.containers()):
            for name in ("type", "user", "role"):
                value = part.typed(str, "securityContext", "seLinuxOptions", name) or ""
                if value and not (name == "type" and value in allowed):
                    yield Breach(_context(part, "seLinuxOptions", name), value)

    return test


_SECCOMP = ("seccompProfile", "type")


def _seccomp_notes(pod: Pod) -> Iterator[Breach]:
    keys = ["seccomp.security.alpha.kubernetes.io/pod"]
    keys += [
        f"container.seccomp.security.alpha.kubernetes.io/{one.typed(str, 'name') or ''}"
        for one in pod.containers()
    ]
    for key in dict.fromkeys(keys):
        value = pod.annotations.get(key)
        if value is None or value in ("runtime/default", "docker/default"):
            continue
        if not value.startswith("localhost/"):
            yield Breach(("metadata", "annotations", key), value)


def _seccomp(pod: Pod) -> Iterator[Breach]:
    for part in (pod.spec, *pod.containers()):
        if part.get("securityContext", "seccompProfile") is not None:
            value = part.typed(str, "securityContext", *_SECCOMP) or ""
            if value not in ("RuntimeDefault", "Localhost"):
                yield Breach(_context(part, *_SECCOMP), value)


def _some_seccomp(pod: Pod) -> Iterator[Breach]:
    explicit = list(_seccomp(pod))
    if explicit:
        yield from explicit
    elif pod.spec.get("securityContext", "seccompProfile") is None:
        for one in pod.containers():
            if one.get("securityContext", "seccompProfile") is None:
                yield Breach(_context(one, *_SECCOMP), required=True)


_SYSCTLS = _words(
    "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies "
    "net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start"
)
_SYSCTLS_27 = [*_SYSCTLS, "net.ipv4.ip_local_reserved_ports"]
_SYSCTLS_29 = [
    *_SYSCTLS_27,
    *_words(
        "net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl "
        "net.ipv4.tcp_keepalive_probes"
    ),
]
_SYSCTLS_32 = [*_SYSCTLS_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]


def _sysctls(allowed: Sequence[str]) -> Test:
    def test(pod: Pod) -> Iterator[Breach]:
        for one in pod.spec.parts("securityContext", "sysctls"):
            name = one.typed(str, "name") or ""
            if name not in allowed:
                yield Breach((*one.path, "name"), name)

    return test


def _host_process(pod: Pod) -> Iterator[Breach]:
    steps = ("windowsOptions", "hostProcess")
    for part in (pod.spec, *pod.containers()):
        if part.typed(bool, "securityContext", *steps):
            yield Breach(_context(part, *steps), True)


_ALWAYS = (1, 0)
CHECKS: Sequence[Check] = (
    Check(
        "allowPrivilegeEscalation",
        False,
        "allowPrivilegeEscalation != false",
        (((1, 8), _escalation), ((1, 25), _unless_windows(_escalation))),
    ),
    Check("appArmorProfile", True, "forbidden AppArmor profile", ((_ALWAYS, _app_armor),)),
    Check("capabilities_baseline", True, "non-default capabilities", ((_ALWAYS, _capabilities),)),
    Check(
        "capabilities_restricted",
        False,
        "unrestricted capabilities",
        (((1, 22), _few_capabilities), ((1, 25), _unless_windows(_few_capabilities))),
    ),
    Check("hostNamespaces", True, "host namespaces", ((_ALWAYS, _host_namespaces),)),
    Check("hostPathVolumes", True, "hostPath volumes", ((_ALWAYS, _host_paths),)),
    Check("hostPorts", True, "hostPort", ((_ALWAYS, _host_ports),)),
    Check(
        "hostProbesAndHostLifecycle", True, "probe or lifecycle host", (((1, 34), _host_probes),)
    ),
    Check("privileged", True, "privileged", ((_ALWAYS, _privileged),)),
    Check("procMount", True, "procMount", ((_ALWAYS, _proc_mount),)),
    Check("restrictedVolumes", False, "restricted volume types", ((_ALWAYS, _volumes),)),
    Check("runAsNonRoot", False, "runAsNonRoot != true", ((_ALWAYS, _non_root),)),
    Check("runAsUser", False, "runAsUser=0", (((1, 23), _root_user),)),
    Check(
        "seLinuxOptions",
        True,
        "seLinuxOptions",
        ((_ALWAYS, _se_linux()), ((1, 31), _se_linux("container_engine_t"))),
    ),
    Check(
        "seccompProfile_baseline",
        True,
        "seccompProfile",
        ((_ALWAYS, _seccomp_notes), ((1, 19), _seccomp)),
    ),
    Check(
        "seccompProfile_restricted",
        False,
        "seccompProfile",
        (((1, 19), _some_seccomp), ((1, 25), _unless_windows(_some_seccomp))),
    ),
    Check(
        "sysctls",
        True,
        "forbidden sysctls",
        (
            (_ALWAYS, _sysctls(_SYSCTLS)),
            ((1, 27), _sysctls(_SYSCTLS_27)),
            ((1, 29), _sysctls(_SYSCTLS_29)),
            ((1, 32), _sysctls(_SYSCTLS_32)),
        ),
    ),
    Check("windowsHostProcess", True, "hostProcess", ((_ALWAYS, _host_process),)),
)

"""The level "baseline": what lets a pod out of its container."""

from __future__ import annotations

from collections.abc import Iterator

from checks.model import Node
from checks.security.control import Control, contexts, control, has_own_users, place, said
from checks.security.profiles import SELINUX_TYPES, app_armor, se_linux, seccomp
from checks.workloads.objections import Place, shown
from checks.workloads.pods import Pods, inner, mappings

CAPABILITIES = frozenset(
    {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"}
    | {"NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}
)
# With one of these a container gets at the kernel, or at the files of its node.
_ESCAPES = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "MAC_ADMIN", "MAC_OVERRIDE", "PERFMON", "SYSLOG", "SYS_ADMIN"}
    | {"SYS_BOOT", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)
# Each with the first minor version that allows it.
SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
    "net.ipv4.tcp_slow_start_after_idle": 37,
    "net.ipv4.tcp_notsent_lowat": 37,
}
USER_NAMESPACES = 35


def _host_process(pods: Pods, _: int) -> Iterator[Place]:
    for label, pointer, context in contexts(pods):
        if inner(context, "windowsOptions", "hostProcess") is True:
            yield place(label, (*pointer, "windowsOptions", "hostProcess"), True, False)


def _host_namespaces(pods: Pods, _: int) -> Iterator[Place]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pods.get(name) is True:
            yield place("the pod", pods.at(name), True, False)


def _privileged(pods: Pods, _: int) -> Iterator[Place]:
    for one in pods.containers:
        if said(one, "privileged") is True:
            yield place(one.label, (*one.pointer, "securityContext", "privileged"), True, False)


def _capabilities(pods: Pods, _: int) -> Iterator[Place]:
    return (found for name, found in _added(pods) if name not in _ESCAPES)


def _host_capabilities(pods: Pods, _: int) -> Iterator[Place]:
    return (found for name, found in _added(pods) if name in _ESCAPES)


def _added(pods: Pods) -> Iterator[tuple[str, Place]]:
    for one in pods.containers:
        added = said(one, "capabilities", "add")
        entries = added if isinstance(added, list) else []
        bad = [name for name in entries if not _allowed(name)]
        if bad:
            pointer = (*one.pointer, "securityContext", "capabilities", "add")
            kept: Node = [name for name in entries if _allowed(name)] or None
            for name in bad:
                yield shown(name), place(one.label, pointer, name, kept)


def _allowed(name: Node) -> bool:
    return isinstance(name, str) and name in CAPABILITIES


def _host_path(pods: Pods, _: int) -> Iterator[Place]:
    for index, volume in mappings(pods.get("volumes")):
        if volume.get("hostPath") is not None:
            label = f"the volume {shown(volume.get('name'))}"
            pointer = pods.at("volumes", index, "hostPath")
            path = inner(volume, "hostPath", "path")
            yield Place(
                key=f"{label} {shown(path)}", label=label, pointer=pointer, value=shown(path)
            )


def _host_ports(pods: Pods, _: int) -> Iterator[Place]:
    for one in pods.containers:
        for index, port in mappings(one.body.get("ports")):
            number = port.get("hostPort")
            if number is not None and number != 0:
                pointer = (*one.pointer, "ports", index, "hostPort")
                # On the host's network the port is the host's whatever is written.
                safe = pods.get("hostNetwork") is not True
                yield place(one.label, pointer, number, safe=safe)


_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = (("lifecycle", "postStart"), ("lifecycle", "preStop"))


def _host_of_probes(pods: Pods, _: int) -> Iterator[Place]:
    for one in pods.containers:
        for keys in (*((name,) for name in _PROBES), *_HOOKS):
            for action in ("httpGet", "tcpSocket"):
                host = inner(one.body, *keys, action, "host")
                if host:
                    yield place(one.label, (*one.pointer, *keys, action, "host"), host)


def proc_mounts(pods: Pods) -> Iterator[Place]:
    """The containers that see more of /proc than they should."""
    for one in pods.containers:
        value = said(one, "procMount")
        if value is not None and value != "Default":
            pointer = (*one.pointer, "securityContext", "procMount")
            yield place(one.label, pointer, value, "Default")


def _proc_mount(pods: Pods, version: int) -> Iterator[Place]:
    if version < USER_NAMESPACES or not has_own_users(pods):
        yield from proc_mounts(pods)


def _sysctls(pods: Pods, version: int) -> Iterator[Place]:
    for index, entry in mappings(pods.get("securityContext", "sysctls")):
        name = entry.get("name")
        if not isinstance(name, str) or SYSCTLS.get(name, 99) > version:
            pointer = pods.at("securityContext", "sysctls", index, "name")
            yield place("the pod", pointer, name, safe=False)


BASELINE: tuple[Control, ...] = (
    control(
        "host-process",
        "A Windows pod runs as a process of the host",
        "Remove 'windowsOptions.hostProcess', or set it to false.",
        "hostProcess is not set, or false",
        _host_process,
        "windowsHostProcess",
        escape=True,
    ),
    control(
        "host-namespaces",
        "A pod shares namespaces with its node",
        "Remove hostNetwork, hostPID and hostIPC; a Service reaches a pod without them.",
        "hostNetwork, hostPID and hostIPC are not set, or false",
        _host_namespaces,
        "hostNamespaces",
        escape=True,
    ),
    control(
        "privileged",
        "A container is privileged, which is root on its node",
        "Remove 'privileged: true'; add the one capability that is needed, if any.",
        "privileged is not set, or false",
        _privileged,
        "privileged",
        escape=True,
    ),
    control(
        "capabilities",
        "A container adds capabilities beyond the default ones",
        "Remove them from 'capabilities.add'.",
        f"of capabilities.add only {', '.join(sorted(CAPABILITIES))}",
        _capabilities,
        "capabilities_baseline",
        "capabilities_restricted",
    ),
    control(
        "host-capabilities",
        "A container adds capabilities that make it root on its node",
        "Remove them from 'capabilities.add'.",
        f"of capabilities.add only {', '.join(sorted(CAPABILITIES))}",
        _host_capabilities,
        "capabilities_baseline",
        "capabilities_restricted",
        escape=True,
    ),
    control(
        "host-path",
        "A pod mounts a directory of its node",
        "Use a PersistentVolumeClaim, an emptyDir, a ConfigMap or a Secret instead of 'hostPath'.",
        "no volume is a hostPath",
        _host_path,
        "hostPathVolumes",
        "restrictedVolumes",
        escape=True,
    ),
    control(
        "host-ports",
        "A container takes a port of its node",
        "Remove 'hostPort'; reach the pod through a Service.",
        "hostPort is not set, or 0",
        _host_ports,
        "hostPorts",
    ),
    control(
        "probe-host",
        "A probe or hook makes the node send requests to another host",
        "Remove 'host' from the probe or hook: without it the pod itself is asked.",
        "host of probes and hooks is not set, or empty",
        _host_of_probes,
        "hostProbesAndHostLifecycle",
        since=34,
    ),
    control(
        "app-armor",
        "The AppArmor profile of a container is switched off",
        "Remove the profile, or set 'appArmorProfile.type: RuntimeDefault'.",
        "RuntimeDefault, Localhost, or none given",
        app_armor,
        "appArmorProfile",
    ),
    control(
        "se-linux",
        "A container sets its own SELinux user, role or type",
        "Remove user and role from 'seLinuxOptions', and type unless it is a container's.",
        f"no user, no role, and of types only {', '.join(SELINUX_TYPES)}",
        se_linux,
        "seLinuxOptions",
    ),
    control(
        "proc-mount",
        "A container sees what is masked in /proc",
        "Remove 'procMount', or set it to Default.",
        "procMount is not set, or Default",
        _proc_mount,
        "procMount",
        "procMount_restricted",
    ),
    control(
        "seccomp",
        "A container switches seccomp off",
        "Set 'seccompProfile.type: RuntimeDefault'.",
        "RuntimeDefault, Localhost, or none given",
        seccomp,
        "seccompProfile_baseline",
        "seccompProfile_restricted",
    ),
    control(
        "sysctls",
        "A pod sets kernel parameters that are not its own",
        "Remove them; only those that stay within the pod are safe.",
        f"of sysctls only {', '.join(SYSCTLS)}",
        _sysctls,
        "sysctls",
    ),
)

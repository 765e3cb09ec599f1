"""validate.podSecurity: the Pod Security Standards with Kyverno's exclusions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.kyverno.inside import pods
from bot.policy.kyverno.inside.faults import Fault
from bot.policy.kyverno.inside.gotext import sprint
from bot.policy.kyverno.inside.pattern import Path
from bot.policy.kyverno.inside.pod_checks import CHECKS, LATEST, Breach, Check, Version
from bot.policy.kyverno.inside.pods import LISTS, Pod
from bot.policy.kyverno.wildcard import matches

_CONTROLS = {
    "Capabilities": ("capabilities_baseline", "capabilities_restricted"),
    "Seccomp": ("seccompProfile_baseline", "seccompProfile_restricted"),
    "Privileged Containers": ("privileged",),
    "Host Ports": ("hostPorts",),
    "/proc Mount Type": ("procMount",),
    "HostProcess": ("windowsHostProcess",),
    "SELinux": ("seLinuxOptions",),
    "Host Namespaces": ("hostNamespaces",),
    "HostPath Volumes": ("hostPathVolumes",),
    "Sysctls": ("sysctls",),
    "AppArmor": ("appArmorProfile",),
    "Privilege Escalation": ("allowPrivilegeEscalation",),
    "Running as Non-root": ("runAsNonRoot",),
    "Running as Non-root user": ("runAsUser",),
    "Volume Types": ("restrictedVolumes",),
}
_VERSION = re.compile(r"v1\.([0-9]|[1-9][0-9]*)", re.ASCII)
# It forbids without naming its fields, so nothing exempts from it.
_WITHOUT_FIELDS = "hostProbesAndHostLifecycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A check that is broken: what is told of it, and the field in the object."""

    told: str
    path: Path


def violations(wanted: Mapping[str, Any], resource: Mapping[str, Any]) -> list[Broken]:
    """The checks that the pod of an object breaks. Raises Fault."""
    pod = pods.of(resource)
    level, version = str(wanted.get("level") or ""), _version(wanted.get("version"))
    broken = _evaluated(level, version, pod)
    for exclude in wanted.get("exclude") or []:
        _exempt(broken, exclude, pod, level, version)
    checks = {check.id: check for check in CHECKS}
    return [_told(checks[name], breaches, pod) for name, breaches in broken.items()]


def _version(text: Any) -> Version:
    if text in (None, "", "latest"):
        return LATEST
    found = _VERSION.fullmatch(str(text))
    if found is None:
        raise Fault(f'failed to parse pod security api version: invalid version "{text}"')
    return 1, int(found[1])


def _evaluated(level: str, version: Version, pod: Pod) -> dict[str, list[Breach]]:
    found: dict[str, list[Breach]] = {}
    for check in CHECKS:
        if level != "baseline" or check.baseline:
            breaches = list(check.at(version)(pod))
            if breaches:
                found[check.id] = breaches
    return found


def _exempt(
    broken: dict[str, list[Breach]],
    exclude: Mapping[str, Any],
    pod: Pod,
    level: str,
    version: Version,
) -> None:
    """Take what an exclusion covers out of what is broken."""
    patterns = exclude.get("images") or []
    if patterns:
        chosen, names = _by_image(pod, patterns)
    else:
        chosen = pod.only({"containers": [{"name": "fake"}]}, fields=True)
        names = {}
    excused = _evaluated(level, version, chosen)
    for name in _CONTROLS.get(str(exclude.get("controlName")), ()):
        if name == _WITHOUT_FIELDS:
            continue
        for breach in excused.get(name, ()):
            if _covers(exclude, breach):
                _remove(broken, name, breach, pod, names)


def _by_image(pod: Pod, patterns: list[str]) -> tuple[Pod, dict[Path, str]]:
    """The pod of the containers whose image fits, and their names by place."""
    lists: dict[str, list[Any]] = {}
    names: dict[Path, str] = {}
    for kind in LISTS:
        for one in pod.spec.parts(kind):
            image = one.typed(str, "image") or ""
            if any(matches(str(pattern), image) for pattern in patterns):
                among = lists.setdefault(kind, [])
                names["spec", kind, len(among)] = one.typed(str, "name") or ""
                among.append(one.body)
    return pod.only(lists, fields=False), names


def _covers(exclude: Mapping[str, Any], breach: Breach) -> bool:
    restricted = exclude.get("restrictedField") or ""
    if restricted and restricted != _general(breach):
        return False
    values = [str(one) for one in exclude.get("values") or []]
    return not values or all(any(matches(v, bad) for v in values) for bad in _bad(breach))


def _general(breach: Breach) -> str:
    """The field with every number as `*`."""
    return re.sub(r"\d+", "*", breach.field)


def _bad(breach: Breach) -> list[str]:
    if isinstance(breach.value, list):
        return breach.value
    return [sprint(breach.value)] if breach.value != "" else []


def _remove(
    broken: dict[str, list[Breach]],
    name: str,
    excused: Breach,
    pod: Pod,
    names: Mapping[Path, str],
) -> None:
    """Take out the first breach of the same field, of the container of the same name."""
    rest = broken.get(name, [])
    container = names.get(excused.path[:3])
    for at, breach in enumerate(rest):
        own = _container(pod, breach.path)
        if container is not None and own is not None and own != container:
            continue
        if _general(breach) == _general(excused):
            # The last one takes its place, as in Kyverno: the order matters to the next.
            rest[at] = rest[-1]
            rest.pop()
            break
    if not rest:
        broken.pop(name, None)


def _container(pod: Pod, path: Path) -> str | None:
    if len(path) < 3 or path[1] not in LISTS or not isinstance(path[2], int):
        return None
    found = list(pod.spec.parts(str(path[1])))[path[2]]
    return found.typed(str, "name") or ""


def _told(check: Check, breaches: list[Breach], pod: Pod) -> Broken:
    texts = []
    for one in breaches:
        path = _placed(one.path, pod)
        where = Breach(path).field
        if one.required:
            texts.append(f"{where}: Required value")
        elif one.value == "":
            texts.append(f"{where}: Forbidden")
        else:
            texts.append(f"{where} is forbidden, forbidden values found: {sprint(one.value)}")
    errors = "" if check.id == _WITHOUT_FIELDS else ", ".join(texts)
    told = f"(Forbidden reason: {check.reason}, field error list: [{errors}])"
    return Broken(told=told, path=_placed(breaches[0].path, pod))


def _placed(path: Path, pod: Pod) -> Path:
    return (*pod.base, *path)

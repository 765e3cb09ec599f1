"""The Pod Security Standards: each control, its exceptions, and which level holds."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Finding, Resource, Severity, Tier
from checks.pod_security import CHECK, Config
from checks.security.baseline import BASELINE
from checks.security.restricted import RESTRICTED
from checks.workloads.pods import pods_of
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, resource, subject, workload

_LEVELS: Any = {"experiment": "privileged", "staging": "baseline", "production": "restricted"}
_CONFIG = Config(
    levels=_LEVELS,
    escapes={"experiment": "info", "staging": "warn", "production": "fail"},
    enforced="fail",
)
_SAFE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_NON_ROOT = {"runAsNonRoot": True}
_PROFILE = {"seccompProfile": {"type": "RuntimeDefault"}}
_POD: Any = {**_NON_ROOT, **_PROFILE}
_ROOT = {"runAsUser": 0, "runAsNonRoot": False}
_WINDOWS = {"name": "windows"}
_DEBUG = {"name": "debug", "securityContext": {"privileged": True, **_SAFE}}
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/app"
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"


def _pod(context: Any = None, **fields: Any) -> Resource:
    """A pod of the level restricted, with other fields."""
    own = {**_SAFE, **(context or {})}
    pod = {"containers": [container(securityContext=own)], "securityContext": _POD, **fields}
    return workload(pod=pod, tier=Tier.PRODUCTION)


def _container(**fields: Any) -> Resource:
    return _pod(containers=[container(securityContext=_SAFE, **fields)])


def _annotated(key: str, value: str) -> Resource:
    body = dict(_pod().body)
    body["spec"] = {"template": {"metadata": {"annotations": {key: value}}, **_template(body)}}
    return resource(body, tier=Tier.PRODUCTION)


def _template(body: Any) -> dict[str, Any]:
    return dict(body["spec"]["template"])


def _judge(*after: Resource, before: tuple[Resource, ...] = (), config: Config = _CONFIG) -> Any:
    return CHECK.judge(subject(before, after), config)


def _rules(one: Resource, minor: int = 34) -> list[str]:
    config = Config(levels=_LEVELS, version=f"1.{minor}")
    return [f.rule.removeprefix("pod-security-") for f in _judge(one, config=config).findings]


def test_a_pod_of_the_level_restricted_passes() -> None:
    assert _rules(_pod()) == []


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        (_pod({"windowsOptions": {"hostProcess": True}}), "host-process"),
        (_pod(securityContext={**_POD, "windowsOptions": {"hostProcess": True}}), "host-process"),
        (_pod(hostNetwork=True), "host-namespaces"),
        (_pod(hostPID=True), "host-namespaces"),
        (_pod(hostIPC=True), "host-namespaces"),
        (_pod(hostIPC=False), None),
        (_pod({"privileged": True}), "privileged"),
        (_pod({"privileged": False}), None),
        (_pod({"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}), "capabilities"),
        (_pod({"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}), "host-capabilities"),
        (_pod({"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}), None),
        (_pod({"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}), "drop-capabilities"),
        (_pod({"capabilities": {"drop": ["all"]}}), "drop-capabilities"),
        (_pod({"capabilities": {}}), "unset"),
        (_pod(volumes=[{"name": "a", "hostPath": {"path": "/"}}]), "host-path"),
        (_pod(volumes=[{"name": "a", "hostPath": None}]), None),
        (_pod(volumes=[{"name": "a"}, {"name": "b", "emptyDir": {}}]), None),
        (_pod(volumes=[{"name": "a", "nfs": {"server": "b"}}]), "volumes"),
        (_container(ports=[{"containerPort": 1, "hostPort": 1}]), "host-ports"),
        (_container(ports=[{"containerPort": 1, "hostPort": 0}]), None),
        (_container(livenessProbe={"httpGet": {"host": "a"}}), "probe-host"),
        (_container(livenessProbe={"httpGet": {"host": ""}}), None),
        (_container(lifecycle={"preStop": {"tcpSocket": {"host": "a"}}}), "probe-host"),
        (_pod({"appArmorProfile": {"type": "Unconfined"}}), "app-armor"),
        (_pod({"appArmorProfile": {"type": "Localhost"}}), None),
        (
            _annotated(_APPARMOR, "unconfined"),
            "app-armor",
        ),
        (_annotated(_APPARMOR, "localhost/a"), None),
        (_pod({"seLinuxOptions": {"type": "spc_t"}}), "se-linux"),
        (_pod({"seLinuxOptions": {"type": "container_t", "level": "s0"}}), None),
        (_pod({"seLinuxOptions": {"user": "a"}}), "se-linux"),
        (_pod({"seLinuxOptions": {"role": "a"}}), "se-linux"),
        (_pod({"procMount": "Unmasked"}), "proc-mount"),
        (_pod({"procMount": "Default"}), None),
        (_pod({"seccompProfile": {"type": "Unconfined"}}), "seccomp"),
        (_pod(securityContext=_NON_ROOT), "unset"),
        (
            _pod({"seccompProfile": {"type": "Localhost"}}, securityContext=_NON_ROOT),
            None,
        ),
        (_pod(securityContext={**_POD, "sysctls": [{"name": "kernel.msgmax"}]}), "sysctls"),
        (_pod(securityContext={**_POD, "sysctls": [{"name": "net.ipv4.tcp_rmem"}]}), None),
        (_pod({"allowPrivilegeEscalation": None}), "unset"),
        (_pod({"allowPrivilegeEscalation": True}), "escalation"),
        (_pod({"runAsNonRoot": False}), "non-root"),
        (
            _pod({"runAsNonRoot": True}, securityContext=_PROFILE),
            None,
        ),
        (_pod({"runAsUser": 0}), "root-user"),
        (_pod({"runAsUser": 1000}), None),
        (
            _pod(
                ephemeralContainers=[
                    {"name": "debug", "securityContext": {"privileged": True, **_SAFE}}
                ]
            ),
            "privileged",
        ),
    ],
)
def test_controls(one: Resource, rule: str | None) -> None:
    assert _rules(one) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("one", "minor", "rules"),
    [
        (_pod({"capabilities": None}), 21, []),
        (_pod({"runAsUser": 0}), 22, []),
        (_pod({"seccompProfile": {"type": "Unconfined"}}), 18, []),
        (_annotated(_SECCOMP, "unconfined"), 18, ["seccomp"]),
        (_annotated(_SECCOMP, "unconfined"), 19, []),
        (_container(livenessProbe={"tcpSocket": {"host": "a"}}), 33, []),
        (_pod({"seLinuxOptions": {"type": "container_engine_t"}}), 30, ["se-linux"]),
        (_pod({"seLinuxOptions": {"type": "container_engine_t"}}), 31, []),
        (
            _pod(_ROOT, hostUsers=False),
            34,
            ["non-root", "root-user"],
        ),
        (_pod(_ROOT, hostUsers=False), 35, []),
        (_pod({"procMount": "Unmasked"}, hostUsers=False), 34, ["proc-mount"]),
        (_pod({"procMount": "Unmasked"}, hostUsers=False), 35, ["proc-mount-restricted"]),
        (
            _pod({"capabilities": None}, os=_WINDOWS),
            25,
            [],
        ),
        (_pod({"capabilities": None}, os=_WINDOWS), 24, ["unset"]),
        (_pod({"capabilities": None}, os={"name": "linux"}), 25, ["unset"]),
    ],
)
def test_versions_and_their_exceptions(one: Resource, minor: int, rules: list[str]) -> None:
    assert _rules(one, minor) == rules


def test_what_is_not_said_is_one_finding_that_its_patches_mend() -> None:
    bare = workload(pod={"containers": [container("a"), container("b")]}, tier=Tier.PRODUCTION)
    (finding,) = _judge(bare).findings
    assert finding.rule == "pod-security-unset"
    assert finding.message.startswith("container a and container b do not say")
    assert len(finding.patches) == 6


@pytest.mark.parametrize(
    ("tier", "rules"),
    [
        (Tier.EXPERIMENT, []),
        (Tier.STAGING, [("pod-security-privileged", Severity.WARN)]),
        (
            Tier.PRODUCTION,
            [("pod-security-privileged", Severity.FAIL), ("pod-security-unset", Severity.WARN)],
        ),
    ],
)
def test_the_tier_says_which_level_holds(tier: Tier, rules: list[tuple[str, Severity]]) -> None:
    one = workload(pod={"containers": [container(securityContext={"privileged": True})]}, tier=tier)
    assert [(f.rule, f.severity) for f in _judge(one).findings] == rules


def _in(namespace: str, one: Resource, tier: Tier) -> Resource:
    body = {**one.body, "metadata": {"name": one.name, "namespace": namespace}}
    return resource(body, tier=tier)


def _namespace(level: str, tier: Tier = Tier.STAGING, version: str = "latest") -> Resource:
    labels = {
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/enforce-version": version,
    }
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}
    return resource(body, tier=tier)


def _of(outcome: Any, kind: str) -> list[Finding]:
    return [f for f in outcome.findings if f.resource and f.resource.kind == kind]


def test_a_stricter_namespace_is_a_refusal_foretold() -> None:
    one = _in("shop", workload(), Tier.STAGING)
    (finding,) = _of(_judge(one, _namespace("restricted")), "Deployment")
    assert (finding.rule, finding.severity) == ("pod-security-unset", Severity.FAIL)
    assert "the namespace shop asks for restricted" in finding.message


def test_an_older_version_of_the_standards_holds_where_the_namespace_says_so() -> None:
    one = _in("shop", _pod({"capabilities": None}), Tier.STAGING)
    assert not _of(_judge(one, _namespace("restricted", version="v1.21")), "Deployment")
    assert _of(_judge(one, _namespace("restricted", version="v9.9")), "Deployment")


def test_nobody_lets_himself_out() -> None:
    one = _in("shop", _pod(hostNetwork=True), Tier.PRODUCTION)
    mild = _namespace("privileged", Tier.PRODUCTION)
    outcome = _judge(one, mild)
    assert [f.rule for f in _of(outcome, "Deployment")] == ["pod-security-host-namespaces"]
    assert [f.rule for f in _of(outcome, "Namespace")] == ["pod-security-namespace"]
    # From the next change on the namespace counts.
    outcome = _judge(one, mild, before=(mild,))
    assert not _of(outcome, "Deployment")
    assert [f.preexisting for f in _of(outcome, "Namespace")] == [True]


def test_exempt_namespaces() -> None:
    one = _in("kube-system", _pod(hostNetwork=True), Tier.PRODUCTION)
    config = Config(levels=_LEVELS, exempt_namespaces=("kube-system",))
    assert not _judge(one, config=config).findings


def test_a_second_container_is_a_new_finding_and_a_first_one_less_is_none() -> None:
    def privileged(*names: str) -> Resource:
        context = {**_SAFE, "privileged": True}
        return _pod(containers=[container(name, securityContext=context) for name in names])

    more = _judge(privileged("a", "b"), before=(privileged("a"),))
    assert [f.preexisting for f in more.findings] == [False]
    less = _judge(privileged("a"), before=(privileged("a", "b"),))
    assert [f.preexisting for f in less.findings] == [True]
    assert not more.fixed
    assert [f.rule for f in _judge(_pod(), before=(privileged("a"),)).fixed] == [
        "pod-security-privileged"
    ]


def test_a_version_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="version is one of Kubernetes"):
        Config(version="new")


def test_broken_shapes_say_nothing_wrong() -> None:
    for fields in (
        {"containers": [None, "app"]},
        {"securityContext": "none", "volumes": {"a": 1}, "containers": [{"securityContext": []}]},
    ):
        pods = pods_of(workload(pod=fields))
        assert pods is not None
        for control in (*BASELINE, *RESTRICTED):
            assert all(place.pointer for place in control.ask(pods, 34))


def test_the_example() -> None:
    assert_golden(CHECK)

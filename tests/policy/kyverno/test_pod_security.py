import pytest

from tests.policy.kyverno.making import judged, pod, rule

GOOD = """\
securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
containers: [{name: c, image: 'ghcr.io/a/b:1', securityContext: {allowPrivilegeEscalation: false,
  capabilities: {drop: [ALL]}}}]"""


def broken(body: str, spec: str) -> list[tuple[str | int, ...]]:
    (answer,) = judged(rule(f"podSecurity: {{{body}}}"), pod(spec))
    assert answer.problems == ()
    return [violation.pointer for violation in answer.violations]


def test_restricted() -> None:
    assert broken("level: restricted, version: latest", GOOD) == []
    context = ("spec", "containers", 0)
    assert broken("level: restricted", "containers: [{name: c, image: x}]") == [context]


@pytest.mark.parametrize(
    ("spec", "pointer"),
    [
        ("hostNetwork: true, containers: []", ("spec", "hostNetwork")),
        (
            "containers: [{name: c, image: x, ports: [{containerPort: 1, hostPort: 80}]}]",
            ("spec", "containers", 0, "ports", 0, "hostPort"),
        ),
        (
            "containers: [{name: c, image: x, securityContext: {privileged: true}}]",
            ("spec", "containers", 0, "securityContext", "privileged"),
        ),
        (
            "volumes: [{name: v, hostPath: {path: /}}], containers: []",
            ("spec", "volumes", 0, "hostPath"),
        ),
        (
            "securityContext: {sysctls: [{name: kernel.x, value: '1'}]}, containers: []",
            ("spec", "securityContext", "sysctls", 0, "name"),
        ),
    ],
)
def test_baseline(spec: str, pointer: tuple[str | int, ...]) -> None:
    assert broken("level: baseline", spec) == [pointer]


def test_versions_of_checks() -> None:
    spec = """
    securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}, containers: []"""
    assert broken("level: baseline, version: v1.31", spec) != []
    assert broken("level: baseline, version: v1.32", spec) == []


def test_exclusions() -> None:
    bad = GOOD.replace("drop: [ALL]", "drop: [ALL], add: [SYS_ADMIN]")
    level = "level: restricted, exclude: [{controlName: Capabilities"
    assert broken("level: restricted", bad) != []
    assert broken(level + ", images: ['ghcr.io/a/*']}]", bad) == []
    assert broken(level + ", images: ['other/*']}]", bad) != []
    field = ", restrictedField: 'spec.containers[*].securityContext.capabilities.add'"
    assert broken(level + f", images: ['*']{field}, values: [SYS_ADMIN]}}]", bad) == []
    assert broken(level + f", images: ['*']{field}, values: [NET_RAW]}}]", bad) != []
    host = "hostPID: true, hostNetwork: true, containers: []"
    names = "level: baseline, exclude: [{controlName: Host Namespaces"
    assert broken(names + "}]", host) == []
    assert broken(names + ", restrictedField: spec.hostPID}]", host) == [("spec", "hostNetwork")]


def test_a_pod_that_the_api_would_refuse_is_a_problem() -> None:
    (answer,) = judged(
        rule("podSecurity: {level: baseline}"), pod("hostPID: 'yes', containers: []")
    )
    assert "cannot unmarshal hostPID" in answer.problems[0].message

"""Policies to measure with: 30 files of Rego and 20 ValidatingAdmissionPolicies, as teams write
them. Most objects keep most of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.policy.files import Files, documents_of
from bot.policy.model import Source

_CONTAINERS = "input.spec.template.spec.containers"
# (name, what the rule asks, its message): conftest's style in today's syntax, all of one package.
_MAIN = (
    ("latest", f'some c in {_CONTAINERS}; endswith(c.image, ":latest")', "floats"),
    ("registry", f'some c in {_CONTAINERS}; not startswith(c.image, "registry.")', "is foreign"),
    ("memory", f"some c in {_CONTAINERS}; not c.resources.limits.memory", "has no memory limit"),
    ("cpu", f"some c in {_CONTAINERS}; not c.resources.requests.cpu", "requests no cores"),
    ("probe", f"some c in {_CONTAINERS}; not c.readinessProbe", "has no readiness probe"),
    ("liveness", f"some c in {_CONTAINERS}; not c.livenessProbe", "has no liveness probe"),
    ("privileged", f"some c in {_CONTAINERS}; c.securityContext.privileged", "is privileged"),
    (
        "secrets",
        f'some c in {_CONTAINERS}; some e in c.env; regex.match("password", e.name); e.value',
        "has a secret in the open",
    ),
    (
        "ports",
        f"some c in {_CONTAINERS}; some p in c.ports; p.containerPort < 1024",
        "has a port of root's",
    ),
    (
        "sockets",
        'some v in input.spec.template.spec.volumes; v.hostPath.path == "/var/run/docker.sock"',
        "has the engine's socket",
    ),
)
# As before, each file with a package of its own, in the old syntax.
_OWN = (
    ("labels", 'not input.metadata.labels["app.kubernetes.io/name"]', "has no name label"),
    ("owner", 'not input.metadata.namespace; input.kind != "Namespace"', "has no namespace"),
    ("replicas", 'input.kind == "Deployment"; input.spec.replicas < 2', "has one replica"),
    ("balancer", 'input.spec.type == "LoadBalancer"', "is open to the world"),
    ("nodeport", "input.spec.ports[_].nodePort", "takes a port of the node"),
    (
        "selector",
        "input.spec.selector.matchLabels[k] != input.spec.template.metadata.labels[k]",
        "",
    ),
    ("host", "input.spec.template.spec.hostNetwork", "is in the host's network"),
    ("names", 'not re_match("^[a-z0-9-]+$", input.metadata.name)', "has an odd name"),
    ("history", "input.spec.revisionHistoryLimit > 10", "keeps too much"),
    ("token", "input.spec.template.spec.automountServiceAccountToken", "mounts its token"),
)
_POD = "input.request.object.spec.template.spec"
# The admission controller's style.
_ADMISSION = (
    ("cost", 'not input.request.object.metadata.labels["finops.apexlogic.com/cost-center"]', "a"),
    ("gpu", f'to_number({_POD}.containers[_].resources.limits["nvidia.com/gpu-memory"]) > 16', "b"),
    ("root", f"not {_POD}.securityContext.runAsNonRoot", "may run as root"),
    ("seccomp", f"not {_POD}.securityContext.seccompProfile", "has no seccomp profile"),
    ("account", f"not {_POD}.serviceAccountName", "is the default account"),
    ("pid", f"{_POD}.hostPID", "sees the host's processes"),
    ("ipc", f"{_POD}.hostIPC", "sees the host's memory"),
    ("kube", 'startswith(input.request.namespace, "kube-")', "is in the cluster's namespace"),
    ("caps", f'{_POD}.containers[_].securityContext.capabilities.add[_] == "SYS_ADMIN"', "rules"),
    ("shrink", "input.request.oldObject.spec.replicas > input.request.object.spec.replicas", "s"),
)
_EACH = "object.spec.template.spec.containers.all(c, {})"
# (expression, which kind it is about).
_CEL = (
    ("object.spec.replicas >= 2", "deployments"),
    ("object.spec.replicas <= 50", "deployments"),
    (_EACH.format("!c.image.endsWith(':latest')"), "deployments"),
    (_EACH.format("c.image.startsWith('registry.example.com/')"), "deployments"),
    (_EACH.format("has(c.resources.limits) && 'memory' in c.resources.limits"), "deployments"),
    (_EACH.format("has(c.resources.requests) && 'cpu' in c.resources.requests"), "deployments"),
    (_EACH.format("has(c.readinessProbe)"), "deployments"),
    (_EACH.format("has(c.livenessProbe)"), "deployments"),
    (_EACH.format("!has(c.securityContext) || !has(c.securityContext.privileged)"), "deployments"),
    (
        _EACH.format("quantity(c.resources.limits.memory).isLessThan(quantity('8Gi'))"),
        "deployments",
    ),
    (_EACH.format("!has(c.env) || c.env.all(e, e.name != 'PASSWORD')"), "deployments"),
    (_EACH.format("!has(c.ports) || c.ports.all(p, p.containerPort > 1023)"), "deployments"),
    ("object.spec.template.spec.?hostNetwork.orValue(false) == false", "deployments"),
    ("has(object.metadata.labels) && 'app.kubernetes.io/name' in object.metadata.labels", "*"),
    ("object.metadata.name.matches('^[a-z0-9-]+$')", "*"),
    ("!object.metadata.namespace.startsWith('kube-')", "*"),
    ("object.spec.?type.orValue('ClusterIP') != 'LoadBalancer'", "services"),
    ("object.spec.ports.all(p, p.port < 32768)", "services"),
    ("object.spec.ports.all(p, !has(p.nodePort))", "services"),
    ("has(object.spec.selector) && size(object.spec.selector) > 0", "services"),
)
_VAP = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: rule-{number}}}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: ["", apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: ["{resources}"]
  validations:
    - expression: "{expression}"
      message: rule {number} is broken
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: rule-{number}}}
spec: {{policyName: rule-{number}, validationActions: [Deny]}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rego:
    """A file of Rego: its text, in which syntax it is, what is asked of it, and whether that is
    asked about the object or about a request."""

    name: str
    text: str
    v0: bool
    query: str
    admission: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cel:
    """An expression and the resources that it is about ("*": all)."""

    expression: str
    resources: str


def rego() -> Iterator[Rego]:
    """The 30 files."""
    said = 'sprintf("%s {}", [input.metadata.name])'
    for name, body, message in _MAIN:
        text = "package main\n\nimport rego.v1\n\ndeny contains msg if {{\n\t{}\n\tmsg := {}\n}}\n"
        lines = body.replace("; ", "\n\t")
        yield _rego(name, text.format(lines, said.format(f"{name}: {message}")), "main")
    for name, body, message in _OWN:
        text = "package policies.{}\n\ndeny[msg] {{\n  {}\n  msg := {}\n}}\n"
        lines = body.replace("; ", "\n  ")
        text = text.format(name, lines, said.format(f"{name}: {message}"))
        yield _rego(name, text, f"policies.{name}", v0=True)
    said = said.replace("input.", "input.request.object.")
    for name, body, message in _ADMISSION:
        text = (
            "package kubernetes.admission\n\ndeny[msg] {{\n"
            '  input.request.kind.kind == "Deployment"\n  {}\n  msg := {}\n}}\n'
        )
        text = text.format(body, said.format(f"{name}: {message}"))
        yield _rego(name, text, "kubernetes.admission", v0=True, admission=True)


def _rego(name: str, text: str, package: str, *, v0: bool = False, admission: bool = False) -> Rego:
    return Rego(name=name, text=text, v0=v0, query=f"data.{package}.deny", admission=admission)


def cel() -> Iterator[Cel]:
    """The 20 expressions."""
    for expression, resources in _CEL:
        yield Cel(expression=expression, resources=resources)


def rego_files() -> Files:
    """The 30 files as a repository has them."""
    return Files(sources=tuple(Source(path=f"policy/{r.name}.rego", text=r.text) for r in rego()))


def cel_files() -> Files:
    """The 20 policies, each with its binding."""
    text = "---\n".join(
        _VAP.format(number=n, expression=one.expression, resources=one.resources)
        for n, one in enumerate(cel())
    )
    documents, problems = documents_of("policy/vap.yaml", text.encode())
    return Files(documents=tuple(documents), problems=tuple(problems))

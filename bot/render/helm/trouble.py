"""What keeps a chart from being rendered, each with a code and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.render.failures import failure
from checks.model import Location, RenderFailure

# What to do, by code. The codes are a contract: pages and users' filters name them.
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "helm-chart": "Correct the chart; `helm lint` says the same of it.",
        "helm-values": "Correct the values; `helm template` refuses them too.",
        "helm-render": "Correct the template or give it the values that it needs; "
        "`helm template` stops at the same place.",
        "helm-output": "Correct the template: what it prints is no Kubernetes object.",
        "helm-dependency": "Run `helm dependency build` and commit charts/, or have a maintainer "
        "add the repository's host to render.hosts on the base branch.",
        "helm-library": "Deploy a chart that includes it; a library has nothing to judge.",
        "helm-kube-version": "Set render.kube_version to the version of the cluster, or correct "
        "kubeVersion in Chart.yaml.",
        "helm-symlink": "Commit the file itself in place of the link.",
        "helm-random": "Let the chart print the same objects every time; random text inside of an "
        "object does no harm.",
        "helm-tool": "Have the operator install plumbline with its [helm] extra, or `helm` where "
        "plumbline runs.",
    }
)
# The input is fine, plumbline just has no way to read it.
_NOT_BROKEN = frozenset({"helm-dependency", "helm-tool", "helm-library"})


def trouble(code: str, at: Location, error: str, remedy: str = "") -> RenderFailure:
    """The failure of that code at a place; codes of all renderers are known too."""
    if code not in REMEDIES:
        return failure(code, at.path, at.line, error, remedy)
    return RenderFailure(
        location=at,
        code=code,
        error=error,
        remedy=remedy or REMEDIES[code],
        broken=code not in _NOT_BROKEN,
    )

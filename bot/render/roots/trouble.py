"""What keeps something deployed from being found or rendered, each with a code and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks.model import Location, RenderFailure

# What to do, by code. The codes are a contract: pages and users' filters name them.
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "kustomize-missing": "Correct the path, or add what it names.",
        "kustomize-cycle": "Remove this reference: no kustomization can be built of itself.",
        "kustomize-ambiguous": "Keep one of the files; kustomize refuses a directory with two.",
        "kustomize-invalid": "Give the field the shape that the kustomize reference has for it.",
        "kustomize-outside": "Point inside the repository; nothing outside of it is read.",
        "kustomize-symlink": "Commit the file or directory itself in place of the link.",
        "helm-values-missing": "Correct the path of the values file, or add the file.",
        "helm-invalid": "Correct Chart.yaml; Helm refuses the chart as it is.",
        "helm-cycle": "Remove this dependency: no chart can depend on itself.",
        "helm-dependency-missing": "Run `helm dependency build` and commit charts/, "
        "or correct the path.",
        "remote-refused": "Have a maintainer add the host to render.hosts on the base branch, "
        "or commit what it provides.",
        "remote-repository": "Judge the change in that repository; only this one is read here.",
        "argocd-path-missing": "Correct the path, or add the directory.",
        "argocd-invalid": "Correct the Application; Argo CD refuses it as it is.",
        "argocd-plugin": "Commit what the plugin renders, or use Helm, Kustomize or a directory.",
        "argocd-unread": "Give the value in values, valuesObject or parameters.",
        "argocd-revision": "Judge the change on the branch that is deployed.",
        "applicationset-unknown": "List the Applications (list, git) for them to be judged.",
        "applicationset-template": "Use a simpler expression, or list the value as an element.",
        "applicationset-invalid": "Correct the ApplicationSet; Argo CD refuses it as it is.",
        "too-many": "Split it up, or leave parts out with render.ignore.",
        "flux-path-missing": "Correct spec.path, or add the directory.",
        "flux-invalid": "Correct the object; Flux refuses it as it is.",
        "flux-substitute-unknown": "Commit the ConfigMap, or give the values in "
        "postBuild.substitute.",
        "flux-patched": "Give the values in the HelmRelease or a ConfigMap for them to be judged.",
        "flux-values-unknown": "Commit the ConfigMap, or give the values in spec.values.",
        "terraform-cycle": "Remove this module call: no module can call itself.",
        "terraform-missing": "Correct the module's source, or add its directory.",
        "terragrunt": "Commit the plan as JSON (terragrunt show -json) and name it in "
        "render.plans.",
        "root-missing": "Correct render.roots: there is no kustomization, chart or module.",
    }
)
# The input is fine, plumbline just has no way to read it.
_NOT_BROKEN = frozenset(
    {
        *("remote-refused", "remote-repository", "argocd-plugin"),
        *("argocd-unread", "argocd-revision"),
        *("applicationset-unknown", "applicationset-template", "terragrunt"),
        *("flux-substitute-unknown", "flux-values-unknown", "flux-patched", "too-many"),
    }
)


def trouble(code: str, at: Location, error: str, remedy: str = "") -> RenderFailure:
    """The failure of that code at a place. `error` begins in lower case and has no full stop;
    `remedy` defaults to the code's own."""
    return RenderFailure(
        location=at,
        code=code,
        error=error,
        remedy=remedy or REMEDIES[code],
        broken=code not in _NOT_BROKEN,
    )


def shown(text: object) -> str:
    """A value of somebody's file in a message, not too long of it."""
    said = repr(text)
    return said if len(said) <= 100 else said[:99] + "…"

"""Every way in which a file cannot be read, each with a stable code and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks.model import Location, RenderFailure

# What to do, by code. The codes are a contract: pages and users' filters name them.
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "yaml-syntax": "Correct the YAML at this line; until then this document is not judged.",
        "duplicate-key": "Keep one of the two: which one wins differs from tool to tool.",
        "not-utf8": "Save the file as UTF-8.",
        "binary": "Remove the file or give it a name that does not end in .yaml, .yml or .json.",
        "too-large": "Split the file, or keep what is not a manifest out of it.",
        "too-deep": "Flatten the document; no Kubernetes object is nested this deeply.",
        "alias-bomb": "Write the repeated parts out, or use fewer aliases (*name).",
        "symlink": "Commit the manifest itself in place of the link.",
        "submodule": "Have the submodule's repository judged; its content is not read from here.",
        "not-an-object": "Give the object the shape that the Kubernetes API has for it.",
        "not-json": "Kubernetes takes only what JSON can say; quote the value or give another one.",
        "helm-template": "Judge the rendered output: commit it, or switch Helm rendering on.",
        "git-lfs": "Keep manifests out of Git LFS: their content is not in the repository.",
        "missing-content": "Try again; if it stays, check the repository with git fsck.",
        "path": "Give the file a path inside of the repository.",
        "render-off": "Switch this kind of rendering on under `render` in the config.",
        "render-tool": "Have the operator install the tool where plumbline runs.",
        "render-timeout": "Make the root smaller, or find what in it does not come to an end.",
        "render-memory": "Make the root smaller, or find what in it grows without bound.",
        "render-output": "Split the root: more than this is not read from one.",
        "render-crashed": "Report this as a fault of plumbline, with the root's files.",
        "kustomize-build": "Run `kustomize build` in this directory and correct what it reports.",
        "kustomize-patch": "Correct the patch or its target: kustomize finds nothing to apply it "
        "to.",
        "kustomize-clash": "Keep one of the two objects, or tell them apart by name or namespace.",
        "kustomize-plugin": "Commit what the plugin makes: plugins and functions are not run here.",
        "kustomize-helm": "Deploy the chart by an Application or a HelmRelease, or commit what it "
        "renders to: kustomize's Helm charts are not rendered here.",
        "kustomize-variable": "Give it in postBuild.substitute, or a default: ${name:=value}.",
        "kustomize-substitute": "Correct the ${…} expression; a plain dollar is written $${…}.",
    }
)
# The input is fine, plumbline just has no way to read it.
_NOT_BROKEN = frozenset(
    {
        *("submodule", "helm-template", "git-lfs"),
        *("render-off", "render-tool", "render-crashed", "kustomize-plugin", "kustomize-helm"),
        "kustomize-variable",
    }
)


def failure(code: str, path: str, line: int, error: str, remedy: str = "") -> RenderFailure:
    """The failure of that code at a line (from 1; 0 is the file as a whole).

    `error` begins in lower case and ends without a full stop; `remedy` defaults to the code's own.
    """
    return RenderFailure(
        location=Location(path=path, line=line),
        code=code,
        error=error,
        remedy=remedy or REMEDIES[code],
        broken=code not in _NOT_BROKEN,
    )

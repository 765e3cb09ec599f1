"""A root: one thing a repository deploys, and everything of the repository that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from checks.model import Location, RenderFailure


class RootKind(Enum):
    """What renders a root."""

    KUSTOMIZE = "kustomize"
    HELM = "helm"
    TERRAFORM = "terraform"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelmOptions:
    """How a chart is installed. `values_files` are paths of the repository, in order, later ones
    win; `values` are inline (an Application's or a HelmRelease's) and win over the files;
    `parameters` win over both ("a.b[0]" → text, as --set does; forced to strings where the name is
    in `string_parameters`)."""

    release: str
    namespace: str = "default"
    values_files: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    string_parameters: frozenset[str] = frozenset()
    include_crds: bool = True
    # Of a chart that is not in the repository (Root.remote[0] is where it comes from): its name
    # there and the version or range that is asked for. An oci:// URL has the name at its end.
    chart: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KustomizeOptions:
    """What an Application or a Flux Kustomization lays over a kustomization. `overlay` is a mapping
    of kustomization fields (namespace, namePrefix, images, patches, commonLabels, components, …)
    that a kustomization of its own around the root would have; `substitute` are Flux's postBuild
    variables (${var}), None where there is no postBuild. Paths in `overlay` are written in relation
    to `Root.path`."""

    overlay: Mapping[str, Any] = field(default_factory=dict)
    substitute: Mapping[str, str] | None = None
    # Flux and Argo CD make a kustomization of all manifests where a directory has none: of those of
    # `Root.reads` below `Root.path`; a directory with a kustomization of its own is one resource.
    generated: bool = False
    # Where objects go that name no namespace (an Application's destination), "" where none is said;
    # `overlay` has the namespace that replaces every other.
    default_namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One thing that is deployed.

    `path` is the directory that is rendered ("" is the top). `key` tells it from all others on both
    sides of a change and is shown to people: "overlays/prod", "charts/web as web-prod".
    `reads` are all files of the repository that it is made of (paths), the file that points at it
    included; a directory that is read whole is given with its files. `by` is what points at it (an
    Application, a HelmRelease, the config), None where the directory is a root by itself. With a
    `failure` it cannot be rendered, and why; `notes` say what of it is not known although it can be
    (a variable from a Secret). `remote` are URLs it needs that are not in the
    repository (of bases, of chart repositories), refused unless their host is allowed.
    """

    kind: RootKind
    path: str
    key: str
    reads: frozenset[str]
    by: Location | None = None
    helm: HelmOptions | None = None
    kustomize: KustomizeOptions | None = None
    # Of Terraform: the plan in JSON that stands for the module, a path of the repository.
    plan: str = ""
    remote: tuple[str, ...] = ()
    failure: RenderFailure | None = None
    notes: tuple[RenderFailure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """The roots of one commit, by key. `taken` are the files that are read through a root and so
    are no plain manifests, `failures` what went wrong while looking (a cycle, an unreadable file),
    on its line."""

    roots: Mapping[str, Root]
    taken: frozenset[str] = frozenset()
    failures: tuple[RenderFailure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The settings of `render:` in a repository's config (base branch).

    `roots` are directories that are deployed although others build on them; `ignore` globs of
    directories that are not; `hosts` those from which bases and charts may be fetched; `plans`
    globs of Terraform plan JSON files.
    """

    roots: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    plans: tuple[str, ...] = ("**/*.tfplan.json", "**/tfplan.json")
    kube_version: str = "1.34.0"
    api_versions: tuple[str, ...] = ()
    enabled: frozenset[RootKind] = frozenset(RootKind)

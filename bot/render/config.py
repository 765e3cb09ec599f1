"""The section `render` of a repository's config: what is rendered, and how."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.globs import Glob
from bot.render.roots.model import Rendering, RootKind

_Directory: TypeAlias = Annotated[str, StringConstraints(max_length=500)]
_Host: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:[0-9]+)?$")]
_DEFAULT = Rendering()


class RenderSection(BaseModel):
    """What a repository may write under `render`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kustomize: bool = True
    helm: bool = True
    terraform: bool = True
    roots: list[_Directory] = []
    ignore: list[Glob] = []
    hosts: list[_Host] = []
    plans: list[Glob] = list(_DEFAULT.plans)
    kube_version: Annotated[str, Field(pattern=r"^v?1\.[0-9]+(\.[0-9]+)?$")] = _DEFAULT.kube_version
    api_versions: list[str] = []

    @property
    def rendering(self) -> Rendering:
        """The section as the renderers take it."""
        switches = {
            RootKind.KUSTOMIZE: self.kustomize,
            RootKind.HELM: self.helm,
            RootKind.TERRAFORM: self.terraform,
        }
        return Rendering(
            roots=tuple(path.strip("/") for path in self.roots),
            ignore=tuple(self.ignore),
            hosts=tuple(self.hosts),
            plans=tuple(self.plans),
            kube_version=self.kube_version.removeprefix("v"),
            api_versions=tuple(self.api_versions),
            enabled=frozenset(kind for kind, on in switches.items() if on),
        )

"""What a root is made of, gathered piece by piece, and the root that it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.render.roots.model import HelmOptions, KustomizeOptions, Root, RootKind
from bot.render.roots.paths import host_of
from bot.render.roots.trouble import shown, trouble
from checks.model import Location, RenderFailure


@dataclass(slots=True)
class Made:
    """`reads` are files, `remote` URLs with the place that names each, `failures` what keeps it
    from being rendered, `notes` what is not known of it."""

    reads: set[str] = field(default_factory=set)
    remote: list[tuple[str, Location]] = field(default_factory=list)
    failures: list[RenderFailure] = field(default_factory=list)
    notes: list[RenderFailure] = field(default_factory=list)

    def add(self, other: Made) -> None:
        """Take in another's."""
        self.reads |= other.reads
        self.remote += other.remote
        self.failures += other.failures
        self.notes += other.notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A root that was found, and what it takes in: files that are then no plain manifests."""

    root: Root
    taken: frozenset[str]


def refused(remote: Iterable[tuple[str, Location]], hosts: Sequence[str]) -> list[RenderFailure]:
    """The failures of what is to be fetched from a host that no maintainer allows."""
    found: list[RenderFailure] = []
    for url, at in dict.fromkeys(remote):
        host = host_of(url)
        if host not in hosts:
            said = f"{shown(url)} is not in the repository, and its host is not allowed"
            remedy = (
                f"Have a maintainer add {host!r} to render.hosts on the base branch, or commit "
                "what it provides."
            )
            found.append(trouble("remote-refused", at, said, remedy if host else ""))
    return found


def draft(
    kind: RootKind,
    path: str,
    key: str,
    made: Made,
    *,
    taken: Iterable[str],
    hosts: Sequence[str],
    by: Location | None = None,
    helm: HelmOptions | None = None,
    kustomize: KustomizeOptions | None = None,
    plan: str = "",
) -> Draft:
    """The root of what was gathered. The first failure is the root's, the others are its notes."""
    failures = [*made.failures]
    if kind is not RootKind.TERRAFORM:
        failures += refused(made.remote, hosts)
    root = Root(
        kind=kind,
        path=path,
        key=key,
        reads=frozenset(made.reads | ({by.path} if by else set())),
        by=by,
        helm=helm,
        kustomize=kustomize,
        plan=plan,
        remote=tuple(dict.fromkeys(url for url, _ in made.remote)),
        failure=failures[0] if failures else None,
        notes=tuple(dict.fromkeys((*failures[1:], *made.notes))),
    )
    return Draft(root=root, taken=frozenset(taken))

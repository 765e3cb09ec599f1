"""Everything a repository declares on both sides of a change, as far as the change reaches: what
roots render, and the manifests that stand by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from bot.model import Change
from bot.render.identity import Key, identify
from bot.render.limits import DEFAULT, WHOLE, Limits
from bot.render.plain import Plain, everything, sides
from bot.render.rendered import Rendered, RenderedObject
from bot.render.roots.model import Rendering, Root, RootKind, Roots
from bot.render.select import Trees
from checks.model import NOWHERE, Place, RenderFailure, Resource, Snapshot, Tier

if TYPE_CHECKING:
    from bot.render.roots.files import Files

# The file of a root's folder that globs of a config see.
_NAMES = {
    RootKind.KUSTOMIZE: "kustomization.yaml",
    RootKind.HELM: "Chart.yaml",
    RootKind.TERRAFORM: "main.tf",
}


class Law(Protocol):
    """What reading needs of a repository's config."""

    @property
    def rendering(self) -> Rendering:
        """How roots are found and rendered."""

    def tier_of(self, *paths: str, of: Resource | None = None) -> Tier:
        """The tier of what these paths decide about, and of the object if given."""

    def place_of(self, *paths: str) -> Place:
        """Where what these paths decide about runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Everywhere:
    """A law that is the same for every path."""

    tier: Tier
    place: Place = NOWHERE
    rendering: Rendering = field(default_factory=Rendering)

    def tier_of(self, *_: str, of: Resource | None = None) -> Tier:  # noqa: ARG002 - the same
        """The tier."""
        return self.tier

    def place_of(self, *_: str) -> Place:
        """The place."""
        return self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a Terraform plan says there is, and what there would be."""

    path: str
    before: Rendered
    after: Rendered


class Renders(Protocol):
    """What renders roots; None in its place reads plain manifests only."""

    def render(self, wanted: Sequence[tuple[Root, Files]]) -> list[Rendered]:
        """The output of each root of its commit, in order; nothing is raised for a bad root."""


def snapshots(
    repo: Trees,
    change: Change,
    law: Law,
    renderer: Renders | None = None,
    limits: Limits = DEFAULT,
    plan: Plan | None = None,
    own: Collection[str] = (),
) -> tuple[Snapshot, Snapshot]:
    """What the repository declares at the merge base and at the head, and what a Terraform `plan`
    from elsewhere has besides. `own` are the URLs by which an Application may mean this repository.
    Raises what `repo` raises."""
    given = _given(plan)
    if renderer is None:
        return _composed(change, law, sides(repo, change, limits=limits), given)
    from bot.render.roots.files import Files
    from bot.render.roots.find import find_roots, reached

    files = tuple(Files.of(repo, sha, limits) for sha in (change.merge_base, change.head_sha))
    found = tuple(find_roots(one, law.rendering, own) for one in files)
    changed = {file.path for file in change.files}
    keys = reached(found[0], found[1], files[0], files[1], changed)
    before, after = _rendered(renderer, keys, found, files)
    plain = sides(repo, change, (found[0].taken, found[1].taken), limits)
    plain = (
        _with_failures(plain[0], _seen(found[0], changed)),
        _with_failures(plain[1], _seen(found[1], changed)),
    )
    return _composed(change, law, plain, ((*before, *given[0]), (*after, *given[1])))


def _given(plan: Plan | None) -> tuple[_Done, _Done]:
    """A plan as a root of its own, on both sides."""
    if plan is None:
        return (), ()
    root = Root(kind=RootKind.TERRAFORM, path="", key=plan.path, reads=frozenset(), plan=plan.path)
    return ((root, plan.before),), ((root, plan.after),)


def declared(
    repo: Trees,
    sha: str,
    law: Law,
    renderer: Renders | None = None,
    limits: Limits = WHOLE,
    own: Collection[str] = (),
) -> Snapshot:
    """Everything that a commit declares, changed or not. Raises what `repo` raises."""
    from bot.render.roots.files import Files
    from bot.render.roots.find import find_roots

    files = Files.of(repo, sha, limits)
    found = find_roots(files, law.rendering, own) if renderer else Roots(roots={})
    wanted = [found.roots[key] for key in sorted(found.roots)]
    done = renderer.render([(root, files) for root in wanted]) if renderer else []
    rendered = list(zip(wanted, done, strict=True))
    plain = everything(repo, files.entries.values(), found.taken, limits)
    plain = _with_failures(plain, found.failures)
    entries = [*_from_files(plain, law), *_from_roots(rendered, law)]
    _, ids = identify([], [entry.key for entry in entries])
    failures = [*plain.unreadable, *(f for output in done for f in output.failures)]
    return Snapshot(
        sha=sha,
        resources=_identified(dict(zip(ids, entries, strict=True)), {}, after=True),
        unreadable=_ordered(failures),
    )


# The roots of one side with what they rendered.
_Done = Sequence[tuple[Root, Rendered]]


def _rendered(
    renderer: Renders,
    keys: Collection[str],
    found: Sequence[Roots],
    files: Sequence[Files],
) -> tuple[_Done, _Done]:
    wanted = [
        (number, roots.roots[key], files[number])
        for number, roots in enumerate(found)
        for key in sorted(keys)
        if key in roots.roots
    ]
    done = renderer.render([(root, tree) for _, root, tree in wanted]) if wanted else []
    pairs = list(zip(wanted, done, strict=True))
    before, after = (
        [(root, output) for (number, root, _), output in pairs if number == side] for side in (0, 1)
    )
    return before, after


def _seen(roots: Roots, changed: Collection[str]) -> list[RenderFailure]:
    """What went wrong while looking for roots, in the files that the change touches."""
    return [failure for failure in roots.failures if failure.location.path in changed]


def _with_failures(plain: Plain, failures: Sequence[RenderFailure]) -> Plain:
    return replace(plain, unreadable=[*plain.unreadable, *failures])


@dataclass(frozen=True, slots=True)
class _Entry:
    """An object of one side before it has an id. `root` is "" for what stands by itself."""

    resource: Resource
    root: str

    @property
    def key(self) -> Key:
        one = self.resource
        # A root is a place of its own: what it renders is never the same as another root's.
        path = f"{self.root}/" if self.root else one.source.path
        return Key(path, one.group, one.kind, one.namespace, one.name)


def _composed(
    change: Change, law: Law, plain: tuple[Plain, Plain], rendered: tuple[_Done, _Done]
) -> tuple[Snapshot, Snapshot]:
    entries = [
        [*_from_files(side, law), *_from_roots(done, law)]
        for side, done in zip(plain, rendered, strict=True)
    ]
    ids = identify([e.key for e in entries[0]], [e.key for e in entries[1]])
    both = [dict(zip(keys, side, strict=True)) for keys, side in zip(ids, entries, strict=True)]
    failures = [
        [*side.unreadable, *(f for _, output in done for f in output.failures)]
        for side, done in zip(plain, rendered, strict=True)
    ]
    base, head = (
        Snapshot(
            sha=(change.merge_base, change.head_sha)[number],
            resources=_identified(both[number], both[1 - number], after=number == 1),
            unreadable=_ordered(failures[number]),
        )
        for number in (0, 1)
    )
    return base, head


def _identified(
    own: Mapping[str, _Entry], other: Mapping[str, _Entry], *, after: bool
) -> dict[str, Resource]:
    """With ids. Of what a root renders that counts as changed which the other side has not."""
    found: dict[str, Resource] = {}
    for key, entry in own.items():
        one, partner = entry.resource, other.get(key)
        changed = one.changed
        if entry.root:
            changed = partner is None or partner.resource.body != one.body
        tier = one.tier
        # Nobody gets out of a tier by taking off the label or namespace that put him there.
        if after and partner and _same_place(one, partner.resource):
            tier = max(tier, partner.resource.tier, key=_STRICTNESS.index)
        found[key] = replace(one, id=key, changed=changed, tier=tier)
    return found


_STRICTNESS = list(Tier)


def _same_place(one: Resource, other: Resource) -> bool:
    return (one.placed_by or one.source.path) == (other.placed_by or other.source.path)


def _from_files(plain: Plain, law: Law) -> Iterable[_Entry]:
    for resource in plain.resources:
        path = resource.source.path
        placed = replace(resource, place=law.place_of(path))
        yield _Entry(replace(placed, tier=law.tier_of(path, of=placed)), "")


def _from_roots(done: _Done, law: Law) -> Iterable[_Entry]:
    for root, output in done:
        deciding = deciding_paths(root)
        place = law.place_of(*deciding)
        name = f"{root.kind.value} {root.key}"
        for item in output.objects:
            placed = _resource(item, name, deciding, item.place or place)
            yield _Entry(replace(placed, tier=law.tier_of(*deciding, of=placed)), name)


def deciding_paths(root: Root) -> tuple[str, ...]:
    """The paths that say where a root runs: what points at it, its values files, itself."""
    helm = reversed(root.helm.values_files) if root.helm else ()
    by = (root.by.path,) if root.by else ()
    inside = f"{root.path}/{_NAMES[root.kind]}" if root.path else _NAMES[root.kind]
    return (*by, *helm, inside)


def _resource(item: RenderedObject, name: str, deciding: tuple[str, ...], place: Place) -> Resource:
    body = item.body
    metadata = body.get("metadata")
    meta = metadata if isinstance(metadata, dict) else {}
    return Resource(
        id="",
        api_version=str(body.get("apiVersion") or ""),
        kind=str(body.get("kind") or ""),
        namespace=str(meta.get("namespace") or ""),
        name=str(meta.get("name") or ""),
        body=body,
        source=item.source,
        lines=item.lines,
        rendered_from=name,
        place=place,
        placed_by=deciding,
        origins=item.origins,
    )


def _ordered(failures: Iterable[RenderFailure]) -> tuple[RenderFailure, ...]:
    # Two roots can fail for the same reason at the same place: that is one thing to mend.
    once = dict.fromkeys(failures)
    return tuple(sorted(once, key=lambda f: (f.location.path, f.location.line, f.code, f.error)))

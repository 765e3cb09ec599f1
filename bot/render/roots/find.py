"""Every root of a commit, and which of them a change reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from bot.globs import matches
from bot.render.collector import without_collector
from bot.render.roots.applicationset import application_set
from bot.render.roots.argocd import application
from bot.render.roots.files import Files
from bot.render.roots.flux import FluxKustomizations
from bot.render.roots.flux_helm import HelmReleases
from bot.render.roots.flux_maps import ConfigMaps
from bot.render.roots.flux_sources import Sources
from bot.render.roots.ground import Found, Ground, TooMany, unique
from bot.render.roots.helm import Charts, chart_drafts, own_drafts
from bot.render.roots.kustomize import Kustomizations
from bot.render.roots.made import Draft, draft
from bot.render.roots.model import Rendering, Root, RootKind, Roots
from bot.render.roots.paths import above, same_repository
from bot.render.roots.releases import Around
from bot.render.roots.terraform import TerraformModules
from bot.render.roots.trouble import trouble
from checks.model import Location


def find_roots(files: Files, rendering: Rendering, own: Collection[str] = ()) -> Roots:
    """What the commit deploys. Raises only what reading the repository raises.

    A directory is deployed by what points at it (an Application, a Flux Kustomization, a
    HelmRelease), else by itself, unless another kustomization, chart or module builds on it;
    `rendering.roots` are deployed in any case. `own` are the URLs of this repository: an
    Application or Flux source with another URL deploys from elsewhere. Without them a path that is
    a directory here is taken to be meant here. Applications inside of Helm templates are seen only
    once these are rendered, and are left out.
    """
    found = Found()
    with without_collector():
        try:
            _find(files, rendering, frozenset(map(same_repository, own)), found)
        except TooMany as no:
            found.failures.append(trouble("too-many", Location(path=""), str(no)))
    enabled = [one for one in found.drafts if one.root.kind in rendering.enabled]
    kept = [one for one in unique(enabled) if not _is_ignored(one.root.path, rendering.ignore)]
    return Roots(
        roots={one.root.key: one.root for one in sorted(kept, key=lambda one: one.root.key)},
        taken=frozenset().union(*(one.taken for one in enabled)),
        failures=tuple(dict.fromkeys(found.failures)),
    )


def _find(files: Files, rendering: Rendering, own: frozenset[str], found: Found) -> None:
    charts = Charts(files)
    kustomizations = Kustomizations(files, charts)
    hosts = rendering.hosts
    ground = Ground(files=files, charts=charts, kustomizations=kustomizations, own=own, hosts=hosts)
    modules = TerraformModules(files, rendering.plans)
    _pointed(ground, found)
    pointed = {one.root.path for one in found.drafts if one.root.by is not None}
    wanted = [path for path in rendering.roots if path not in pointed]
    tops = kustomizations.tops(found.built_on)
    for directory in sorted({*tops, *(d for d in wanted if d in kustomizations.all)}):
        found.add(_kustomization(ground, directory))
    _releases(ground, found)
    built_on = found.built_on | kustomizations.charts
    for one in chart_drafts(charts, built_on, hosts):
        found.add(one)
    there = {one.root.path for one in found.drafts}
    for directory in wanted:
        if directory in charts.all and directory not in there:
            _add(found, own_drafts(charts, directory, hosts))
    _add(found, modules.drafts(wanted))
    there = {one.root.path for one in found.drafts}
    for directory in rendering.roots:
        if directory not in there:
            said = "render.roots names it, and nothing that can be rendered is there"
            found.failures.append(trouble("root-missing", Location(path=directory), said))


def _add(found: Found, drafts: Iterable[Draft]) -> None:
    for one in drafts:
        found.add(one)


def _pointed(ground: Ground, found: Found) -> None:
    """The roots that something points at but for those of HelmReleases, which depend on these."""
    declared, failures = ground.declared
    found.failures += failures
    flux = FluxKustomizations(ground, Sources(ground, declared), ConfigMaps(ground), found)
    for one in declared.get("Kustomization", ()):
        flux.take(one)
    for one in declared.get("Application", ()):
        application(one.at, ground, found)
    for one in declared.get("ApplicationSet", ()):
        application_set(one.at, ground, found)


def _releases(ground: Ground, found: Found) -> None:
    declared, _ = ground.declared
    releases = declared.get("HelmRelease", ())
    around = Around.of(ground.kustomizations, found.drafts, {one.at.path for one in releases})
    taker = HelmReleases(ground, Sources(ground, declared), ConfigMaps(ground), found)
    for one in releases:
        taker.take(*around.seen(one), patched=around.patched(one))


def _kustomization(ground: Ground, directory: str) -> Draft:
    made = ground.kustomizations.made([directory])
    taken = frozenset(made.reads)
    kind, key = RootKind.KUSTOMIZE, directory or "."
    return draft(kind, directory, key, made, taken=taken, hosts=ground.hosts)


def _is_ignored(directory: str, patterns: tuple[str, ...]) -> bool:
    """Whether a glob matches the directory or one that it is in."""
    if not patterns:
        return False
    return any(matches(name, patterns) for name in (directory, *above(directory)) if name)


def reached(
    base: Roots,
    head: Roots,
    base_files: Files,
    head_files: Files,
    changed: Collection[str],
) -> frozenset[str]:
    """The keys of roots whose output may differ: those of one side only, and those that are made of
    other files, or of the same in which something is different, or that are rendered otherwise."""
    differing = {
        path for path in changed if base_files.entries.get(path) != head_files.entries.get(path)
    }
    return frozenset(_reached(base, head, differing))


def _reached(base: Roots, head: Roots, changed: set[str]) -> Iterator[str]:
    for key in base.roots.keys() | head.roots.keys():
        before, after = base.roots.get(key), head.roots.get(key)
        if before is None or after is None or _options(before) != _options(after):
            yield key
        elif not (after.reads & changed) <= _only_points(after, head):
            yield key


def _options(root: Root) -> Root:
    """What a root's output depends on besides the contents of its files: the lines of what points
    at it do not matter, as long as it says the same."""
    by = Location(path=root.by.path) if root.by else None
    why = root.failure and replace(root.failure, location=Location(path=root.failure.location.path))
    return replace(root, by=by, failure=why, notes=())


def _only_points(root: Root, roots: Roots) -> set[str]:
    """The file that points at the root, if it is not rendered itself: what it says is in the root's
    options, and one file may point at hundreds."""
    if root.by is None or root.by.path in roots.taken:
        return set()
    inside = root.path == "" or root.by.path.startswith(f"{root.path}/")
    return set() if inside else {root.by.path}

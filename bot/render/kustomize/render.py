"""One kustomization built, read and traced."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.render import sandbox
from bot.render.failures import failure
from bot.render.kustomize.complaint import complaint
from bot.render.kustomize.fetched import Askers
from bot.render.kustomize.recipe import Recipe, prepare
from bot.render.kustomize.sources import Sources
from bot.render.kustomize.substitute import OPT_OUT, Malformed, Substitution
from bot.render.kustomize.told import take
from bot.render.kustomize.tool import tool
from bot.render.kustomize.trace import Tracer
from bot.render.limits import Limits
from bot.render.objects import Object, objects
from bot.render.rendered import Rendered
from bot.render.roots.model import Rendering, Root
from bot.render.yaml_reader import read
from checks.model import Location, RenderFailure

_MIB = 1024 * 1024
_SEPARATOR = re.compile(rb"^---\n", re.MULTILINE)
# Where the objects of a kind without a namespace go is for nobody to say.
_CLUSTER_WIDE = re.compile(
    r"Namespace|Node|PersistentVolume|(Storage|Ingress|Runtime|Priority|Gateway|Device)Class|CSI\w+"
    r"|Cluster\w+|CustomResourceDefinition|APIService|\w+WebhookConfiguration|VolumeAttachment"
    r"|ValidatingAdmissionPolicy\w*|MutatingAdmissionPolicy\w*|NodePool|EC2NodeClass|\w*FlowSchema"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What building one root may use."""

    seconds: float = 60.0
    memory_bytes: int = 1024 * _MIB
    output_bytes: int = 32 * _MIB


def render(
    root: Root,
    folder: Path,
    rendering: Rendering,  # noqa: ARG001 - every renderer is asked in the same way
    box: Box = Box(),
) -> Rendered:
    """The output of the kustomization in `folder`/`root.path`. Raises OSError."""
    found = tool()
    at = root.by or Location(path=root.path)
    if not found.version:
        return _only(failure("render-tool", at.path, at.line, f"not rendered: {found.why}"))
    folder = folder.resolve()
    limits = Limits(max_file_bytes=box.output_bytes, max_total_bytes=box.output_bytes)
    recipe = prepare(root, folder, limits)
    if isinstance(recipe, RenderFailure):
        return _only(recipe)
    sources = Sources(folder, limits, recipe.committed)
    ran = sandbox.run(
        (*found.command, "."),
        cwd=folder / root.path,
        seconds=box.seconds,
        memory_bytes=box.memory_bytes,
        output_bytes=box.output_bytes,
    )
    if ran.ended:
        return _only(_ended(ran.ended, recipe.path, box))
    if ran.code != 0:
        said = complaint(ran.stderr, root.path, folder, sources)
        return _only(Askers(root.path, sources).failure(said), *recipe.failures)
    return _traced(root, recipe, sources, ran.stdout, limits)


def _only(*failures: RenderFailure) -> Rendered:
    return Rendered(failures=failures)


def _ended(ended: sandbox.Ended, path: str, box: Box) -> RenderFailure:
    if ended == "time":
        return failure("render-timeout", path, 0, f"building it takes over {box.seconds:.3g} s")
    if ended == "memory":
        most = box.memory_bytes // _MIB
        return failure("render-memory", path, 0, f"building it needs over {most} MiB of memory")
    most = box.output_bytes // _MIB
    return failure("render-output", path, 0, f"it renders to more than {most} MiB")


def _traced(root: Root, recipe: Recipe, sources: Sources, out: bytes, limits: Limits) -> Rendered:
    failures = list(recipe.failures)
    options = root.kustomize
    if options is not None and options.substitute is not None:
        at = root.by or Location(path=recipe.path)
        filled, wrong = _substituted(out, Substitution(options.substitute), at)
        out = filled
        failures += wrong
    documents, unreadable = read(recipe.path, out, limits)
    found, misshapen = objects(recipe.path, documents)
    # Their lines are those of the output, which nobody sees.
    failures += (
        failure(f.code, recipe.path, 0, f"in what it renders to, {f.error}", f.remedy)
        for f in (*unreadable, *misshapen)
    )
    tracer = Tracer(root, recipe.path, sources)
    askers = Askers(root.path, sources)
    placed = list(_placed(found, options.default_namespace if options else ""))
    return Rendered(
        objects=tuple(
            askers.object(tracer.traced(one, take(one.body, root.path, recipe.told)))
            for one in placed
        ),
        failures=tuple(failures),
    )


def _placed(found: Collection[Object], namespace: str) -> Iterator[Object]:
    for one in found:
        metadata = one.body.get("metadata")
        if (
            namespace
            and not one.namespace
            and isinstance(metadata, dict)
            and not _CLUSTER_WIDE.fullmatch(one.kind)
        ):
            metadata["namespace"] = namespace
        yield one


def _substituted(
    out: bytes, substitution: Substitution, at: Location
) -> tuple[bytes, list[RenderFailure]]:
    """The output with Flux's variables filled in, object by object: one that says no is left."""
    failures: list[RenderFailure] = []
    parts: list[bytes] = []
    for part in _SEPARATOR.split(out):
        parts.append(part)
        if b"${" not in part or _opted_out(part):
            continue
        try:
            parts[-1] = substitution.text(part.decode("utf-8", "replace")).encode()
        except Malformed as wrong:
            said = f"a variable of postBuild cannot be filled in: {wrong}"
            failures.append(failure("kustomize-substitute", at.path, at.line, said))
    if substitution.unknown:
        names = sorted(substitution.unknown)
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        said = f"no value is known here for {shown}; what uses it is judged as it stands"
        failures.append(failure("kustomize-variable", at.path, at.line, said))
    return b"---\n".join(parts), failures


def _opted_out(part: bytes) -> bool:
    return any(
        re.match(rf"\s+{re.escape(OPT_OUT)}: disabled$", row)
        for row in part.decode("utf-8", "replace").splitlines()
    )

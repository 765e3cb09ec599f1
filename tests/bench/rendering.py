"""`python -m tests.bench.rendering REPOSITORY…`: every kustomization of real repositories, by
plumbline and by the bare tool in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.render.build import Document
from bot.render.cache import Cache
from bot.render.kustomize.tool import tool
from bot.render.limits import DEFAULT, Limits
from bot.render.materialise import materialise
from bot.render.objects import objects
from bot.render.rendered import Rendered
from bot.render.renderer import Renderer
from bot.render.roots.files import Files
from bot.render.roots.helm import Charts
from bot.render.roots.kustomize import Kustomizations
from bot.render.roots.made import draft
from bot.render.roots.model import Rendering, Root, RootKind
from bot.render.yaml_reader import read
from bot.repo import Repository

_MIB = 1024 * 1024
# The bare loop is to fail at remote bases as fast as it can, and not to wait for a network.
_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "GIT_ALLOW_PROTOCOL": "none",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each way over the same roots, and how many of them rendered to the same."""

    bare: float
    cold: float
    warm: float
    same: int
    roots: int


def main(repositories: Sequence[str]) -> int:
    """Print the figures of each repository; 1 where plumbline and the tool do not agree."""
    agree = True
    for path in repositories:
        with Repository.local(path) as repo:
            files = Files.of(repo, repo.resolve("HEAD"), DEFAULT)
            roots = list(kustomizations(files))
            local = [root for root in roots if root.failure is None]
            found = measure(files, local)
            agree = agree and found.same == found.roots
        print(f"{path}: {len(local)} of {len(roots)} kustomizations are local")
        refused = Counter(root.failure.code for root in roots if root.failure)
        print(f"  the rest: {dict(refused) or 'none'}")
        print(f"  {found.same} of {found.roots} are what the bare tool renders")
        print(
            f"  cold {found.cold:.2f} s, bare loop {found.bare:.2f} s, "
            f"ratio {found.cold / found.bare:.2f} (aim <= 1.5)"
        )
        print(f"  warm {found.warm:.2f} s, ratio {found.warm / found.bare:.3f} (aim <= 0.1)")
    return 0 if agree else 1


def kustomizations(files: Files) -> Iterator[Root]:
    """Every kustomization that can be built by itself, whether it is deployed or not."""
    known = Kustomizations(files, Charts(files))
    for directory, one in sorted(known.all.items()):
        if not one.component:
            made = known.made([directory])
            yield draft(RootKind.KUSTOMIZE, directory, directory, made, taken=(), hosts=()).root


def measure(files: Files, roots: Sequence[Root]) -> Measured:
    """Render all of `roots` in each way."""
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        cache = Cache(folder / "cache", 1024 * _MIB)
        cold, rendered = _timed(cache, files, roots)
        warm, again = _timed(cache, files, roots)
        materialise(files, {path for root in roots for path in root.reads}, folder / "tree")
        began = time.perf_counter()
        outputs = [_bare(folder / "tree" / root.path) for root in roots]
        bare = time.perf_counter() - began
    same = sum(
        _is_same(one, two, out) for one, two, out in zip(rendered, again, outputs, strict=True)
    )
    return Measured(bare, cold, warm, same, len(roots))


def _timed(cache: Cache, files: Files, roots: Sequence[Root]) -> tuple[float, list[Rendered]]:
    began = time.perf_counter()
    rendered = Renderer(cache, Rendering()).render([(root, files) for root in roots])
    return time.perf_counter() - began, rendered


def _bare(directory: Path) -> bytes | None:
    done = subprocess.run(
        (*tool().command, str(directory)), capture_output=True, env=_ENVIRONMENT, check=False
    )
    return done.stdout if done.returncode == 0 else None


def _is_same(one: Rendered, two: Rendered, out: bytes | None) -> bool:
    if out is None:
        return bool(one.failures) and one == two
    documents: list[Document] = read("", out, Limits(max_file_bytes=64 * _MIB))[0]
    expected = [found.body for found in objects("", documents)[0]]
    return one == two and [item.body for item in one.objects] == expected


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

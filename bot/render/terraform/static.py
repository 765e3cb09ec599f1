"""A Terraform root: its plan where it has one, else its files, read in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.render import sandbox
from bot.render.failures import failure
from bot.render.rendered import Rendered
from bot.render.roots.model import Rendering, Root
from bot.render.roots.paths import parent
from bot.render.terraform.reading import files_at
from bot.render.terraform.rows import rendered_object
from checks.model import Location, RenderFailure

# What one module may use; the largest of the public ones that were tried take a second.
SECONDS = 20.0
MEMORY_BYTES = 768 * 1024 * 1024
OUTPUT_BYTES = 64 * 1024 * 1024
# Counts up with whatever here changes what comes out.
_OURS = "1"
_HERE = Path(__file__).resolve().parents[3]
# `-I` keeps the surroundings' Python variables and folders out; so our own folder is named.
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from bot.render.terraform.worker import main; main()"
)


def render(root: Root, folder: Path, rendering: Rendering) -> Rendered:  # noqa: ARG001
    """The resources of a Terraform root; see the package."""
    files, failures = files_at(folder, root.reads - {root.plan})
    if any(failure.broken for failure in failures) and not root.plan:
        return Rendered(failures=tuple(failures))
    asked = {"root": root.path, "files": files, "plan": root.plan}
    found = _asked(asked, folder, root.plan or _first(root, files))
    return Rendered(objects=found.objects, failures=(*failures, *found.failures))


def _first(root: Root, files: Mapping[str, str]) -> str:
    """The file that stands for the module in what is wrong with it as a whole."""
    own = (name for name in sorted(files) if name.endswith(".tf") and parent(name) == root.path)
    return next(own, root.path)


def version() -> str:
    """What the answers depend on."""
    return f"terraform {_OURS}"


def _asked(asked: Mapping[str, Any], folder: Path, shown: str) -> Rendered:
    try:
        ran = sandbox.run(
            (sys.executable, "-I", "-c", _BOOT, str(_HERE)),
            cwd=folder,
            stdin=json.dumps(asked).encode(),
            seconds=SECONDS,
            memory_bytes=MEMORY_BYTES,
            output_bytes=OUTPUT_BYTES,
        )
    except OSError as error:
        why = f"no process can be started for it: {error.strerror}"
        return _failed("render-crashed", shown, why)
    if ran.ended or ran.code:
        return _failed(*_over_limit(ran, shown))
    try:
        said = json.loads(ran.stdout)
    except ValueError:
        return _failed("render-crashed", shown, "what reads it said nothing that can be read")
    return Rendered(
        objects=tuple(map(rendered_object, said["rows"])),
        failures=tuple(map(_failure, said["failures"])),
    )


def _over_limit(ran: sandbox.Ran, shown: str) -> tuple[str, str, str]:
    match ran.ended:
        case "time":
            return "render-timeout", shown, f"it takes longer than {SECONDS:.0f} s"
        case "memory":
            most = MEMORY_BYTES // 1024**2
            return "render-memory", shown, f"it takes more than {most} MiB of memory"
        case "output":
            most = OUTPUT_BYTES // 1024**2
            return "render-output", shown, f"it stands for more than {most} MiB of resources"
    return "render-crashed", shown, f"what reads it ended with the code {ran.code}"


def _failed(code: str, shown: str, error: str) -> Rendered:
    return Rendered(failures=(failure(code, shown, 0, error),))


def _failure(said: Mapping[str, Any]) -> RenderFailure:
    return RenderFailure(**{**said, "location": Location(**said["location"])})

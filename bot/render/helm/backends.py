"""Who renders here: Helm's library in a worker, or the `helm` program. Each may be killed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from bot.render import sandbox
from bot.render.helm.installing import answer
from bot.render.helm.limits import MEMORY_BYTES, OUTPUT_BYTES, SECONDS
from bot.render.helm.pool import Ended, pool
from bot.render.helm.program import Program
from bot.render.helm.trouble import trouble
from checks.model import Location, RenderFailure

_PACKAGE = "helm-python-sdk"
# Counts up with whatever here changes what comes out.
_OURS = "1"


@cache
def version() -> str:
    """Which Helm renders here, with ours; "" where there is none."""
    try:
        return f"{_PACKAGE} {installed(_PACKAGE)} {_OURS}"
    except PackageNotFoundError:
        return _program_version()


def _program_version() -> str:
    if shutil.which("helm") is None:
        return ""
    command = ("helm", "version", "--template", "{{ .Version }}")
    try:
        said = subprocess.run(command, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return f"helm {said.stdout.decode('utf-8', 'replace').strip()} {_OURS}"


def ask(
    request: Mapping[str, Any], folder: Path, at: Location, seconds: float = SECONDS
) -> dict[str, Any] | RenderFailure:
    """The answer to a request (installing.py), or why there is none."""
    if version().startswith(_PACKAGE):
        return _of_worker(request, folder, at, seconds)
    if not version():
        said = "not rendered: this is a Helm chart, and there is no Helm here"
        return trouble("helm-tool", at, said)
    with tempfile.TemporaryDirectory(prefix="plumbline-") as private:
        program = Program(request, Path(private), seconds, MEMORY_BYTES, OUTPUT_BYTES)
        said_by_helm = answer(request, program, folder, Path(private))
    return killed(program.ended, at, seconds) or said_by_helm


def _of_worker(
    request: Mapping[str, Any], folder: Path, at: Location, seconds: float
) -> dict[str, Any] | RenderFailure:
    said = pool().ask({**request, "top": str(folder.resolve())}, seconds)
    if not isinstance(said, Ended):
        return said
    if failure := killed(said.limit, at, seconds):
        return failure
    if b"stack overflow" in said.words or b"stack exceeds" in said.words:
        return trouble("helm-render", at, "a template of the chart calls itself without end")
    words = said.words.decode("utf-8", "replace").strip().splitlines()
    error = f"Helm crashed with the code {said.code}: {words[-1][:300] if words else ''}"
    return trouble("render-crashed", at, error)


def killed(ended: sandbox.Ended, at: Location, seconds: float) -> RenderFailure | None:
    """The failure of a rendering that went over a limit."""
    match ended:
        case "time":
            said = f"rendering the chart took longer than {seconds:.3g} s and was ended"
            return trouble("render-timeout", at, said)
        case "memory":
            mib = MEMORY_BYTES >> 20
            said = f"rendering the chart needs more than {mib:,} MiB of memory and was ended"
            return trouble("render-memory", at, said)
        case "output":
            said = f"the chart prints more than {OUTPUT_BYTES >> 20} MiB and was ended"
            return trouble("render-output", at, said)
        case "":
            return None

"""Helm charts: rendered by Helm itself in a worker that may be killed, with the lines they come
from. The worker starts from this package too, so it imports nothing until it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.render.rendered import Rendered
    from bot.render.roots.model import Rendering, Root

__all__ = ["render", "version"]


def render(root: Root, folder: Path, rendering: Rendering) -> Rendered:
    """What the chart at `root.path` declares, installed as `root.helm` says.

    `folder` holds the files of `root.reads`. Nothing is raised for a bad chart: what cannot be
    rendered is among the failures, with what to do about it.
    """
    from bot.render.helm.release import render as rendered

    return rendered(root, folder, rendering)


def version() -> str:
    """Which Helm renders here, with ours; "" where there is none."""
    from bot.render.helm.backends import version as said

    return said()

"""Terraform: a plan in JSON as the exact input, or a module's files read without one. The worker
starts from this package too, so it imports nothing until it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.render.rendered import Rendered
    from bot.render.roots.model import Rendering, Root

__all__ = ["render", "version"]


def render(root: Root, folder: Path, rendering: Rendering) -> Rendered:
    """The resources of the module in `root.path`: those of `root.plan` where it has one, else what
    its files say without a plan.

    `folder` holds the files of `root.reads`. Nothing is raised for a bad module: what cannot be
    read is among the failures, and what only a plan knows among the `unknown` of the bodies.
    """
    from bot.render.terraform.static import render as rendered

    return rendered(root, folder, rendering)


def version() -> str:
    """What the answers depend on, with the files: nothing else has to be installed."""
    from bot.render.terraform.static import version as said

    return said()

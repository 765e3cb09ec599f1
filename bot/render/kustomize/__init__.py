"""The kustomize renderer: the real tool in a box, its output traced back to files and lines."""

from __future__ import annotations

from bot.render.kustomize.render import render
from bot.render.kustomize.tool import version

__all__ = ["render", "version"]

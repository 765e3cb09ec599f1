"""Short ways to write a module down and read it."""

from __future__ import annotations

import textwrap
from typing import Any

from bot.render.terraform.resources import resources_of
from checks.model import RenderFailure


def read(root: str = "", /, **texts: str) -> tuple[dict[str, dict[str, Any]], list[RenderFailure]]:
    """Rows by address, and failures; `net__main` is the file net/main.tf."""
    files = {
        name.replace("__", "/").removesuffix("_tfvars") + _ending(name): textwrap.dedent(text)
        for name, text in texts.items()
    }
    rows, failures = resources_of(root, files)
    return {row["address"]: row for row in rows}, failures


def _ending(name: str) -> str:
    return ".tfvars" if name.endswith("_tfvars") else ".tf"


def resource(body: str, also: str = "") -> dict[str, Any]:
    """The row of the one resource with that body, beside other blocks."""
    rows, failures = read(main=f'resource "aws_thing" "it" {{\n{body}\n}}\n{also}')
    assert failures == []
    return rows["aws_thing.it"]

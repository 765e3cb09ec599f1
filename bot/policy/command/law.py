"""What holds in a folder of this machine: its config, its policies, its waivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.config import CONFIG_PATHS, Policy, defaults, parse
from bot.globs import matches
from bot.policy.command.folder import Folder
from bot.policy.command.run import is_below
from bot.policy.engines import Policies
from bot.policy.files import Files
from bot.policy.model import Context, Limits

LIMITS = Limits()


def law_of(folder: Folder, given: Path | None = None) -> Policy:
    """The config that is given or in the folder, the shipped defaults where there is none. Raises
    ConfigError, Unreadable and OSError."""
    if given is not None:
        return parse(str(given), given.read_bytes())
    for path in CONFIG_PATHS:
        if (folder.root / path).exists():
            return parse(path, folder.read(path))
    return defaults()


def compiled(files: Files, law: Policy) -> Policies:
    """The policies made ready; close them. Raises EngineError."""
    context = Context(
        now=datetime.now(UTC),
        limits=LIMITS,
        inventory=lambda: (),
        kube_version=law.policing.kube_version,
    )
    return Policies(files, context)


def policies_of(folder: Folder, law: Policy, paths: Sequence[str]) -> Files:
    """The policies at or below these paths from the root; without any, those that the config names,
    and where that names none, all."""
    if paths:
        return folder.policies(lambda path: is_below(path, paths))
    files = folder.policies(lambda path: matches(path, law.policing.patterns))
    return files or folder.policies(lambda _: True)

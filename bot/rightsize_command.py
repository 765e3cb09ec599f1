"""`plumbline rightsize`: the settings and the repository's law, for `bot/rightsizing/command`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.assess import law_at
from bot.config_file import ConfigError
from bot.forges import ForgeError
from bot.gather import facts_of
from bot.main import create_rightsizing, forge_apps
from bot.repo import Repository
from bot.rightsizing import command
from bot.rightsizing.config import Rightsizing
from bot.rightsizing.lifecycle import Result
from bot.rightsizing.run import rightsize
from bot.settings import SettingsError, load
from checks.model import Facts


def run(args: argparse.Namespace) -> int:
    """Recommend, or with --open make the pull requests; returns the exit status."""
    return command.run(args, law, lambda repo: _open(repo, args.prometheus))


def law(repo: Repository, sha: str, now: datetime) -> tuple[Rightsizing, Facts]:
    """The rightsizing section and the prices of a commit. Raises ValueError where its config is
    no law."""
    try:
        policy = law_at(repo, sha)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return policy.rightsizing, facts_of(repo, sha, (), policy, now)


def _open(where: str, prometheus: str) -> Sequence[Result]:
    """The pull requests of the project that the repository's origin is."""
    try:
        settings = load(os.environ)
        apps = forge_apps(settings)
        needs = create_rightsizing(settings, lambda: datetime.now(UTC), prometheus)
    except SettingsError as error:
        raise ValueError(f"--open needs the settings of a forge: {error}") from error
    with Repository.local(where) as repo:
        project = command.project_of(repo.remote_url("origin"))
    if len(apps) != 1:
        raise ForgeError("both forges are configured: leave one of them out of the environment")
    app = next(iter(apps.values()))
    return rightsize(project, app.acting_for(project), app.proposing(project), needs)

"""GitLab as a whole: one user of the instance, and the projects it is a member of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.forges import ForgeError
from bot.forges.gitlab import GitLab
from bot.forges.gitlab_propose import GitLabProposing
from bot.forges.gitlab_talk import GitLabTalk
from bot.forges.gitlab_wire import Setup, Wire
from bot.forges.wire import Pace, classify
from bot.retry import Policy

DEVELOPER = 30


class GitLabApp:
    """A ForgeApp. Safe to share between threads; nothing is sent before it is asked something.

    `url` is the instance's, `token` a project's, group's or user's access token with scope api.
    `timeout` and `write_pause`, the time between writes to one project, are in seconds. There are
    no installations on GitLab: what the user is a member of is what it acts on.
    """

    name = "gitlab"

    def __init__(
        self,
        *,
        url: str = "https://gitlab.com",
        token: str,
        timeout: float = 20.0,
        write_pause: float = 1.0,
        policy: Policy | None = None,
    ) -> None:
        if not token:
            raise ForgeError("no GitLab token is configured: set PLUMBLINE_GITLAB_TOKEN")
        policy = policy or Policy(classify=classify)
        url = url.rstrip("/")
        pace = Pace(write_pause, policy)
        self._wire = Wire(Setup(url=url, token=token, timeout=timeout, policy=policy, pace=pace))
        self._forge = GitLab(wire=self._wire, url=url, token=token)

    def acting_for(self, project: str, installation: str = "") -> GitLab:  # noqa: ARG002
        """The forge: one user acts for every project. Whether it may is told by the first answer;
        a project that it does not see has no merge requests."""
        return self._forge

    def conversing(self, project: str, installation: str = "") -> GitLabTalk:  # noqa: ARG002
        """What comment commands and approvals need."""
        return GitLabTalk(wire=self._wire, forge=self._forge)

    def proposing(self, project: str, installation: str = "") -> GitLabProposing:  # noqa: ARG002
        """What our own merge requests need."""
        return GitLabProposing(wire=self._wire, forge=self._forge)

    def projects(self) -> Iterator[tuple[str, str]]:
        """(project, "") of everything the user may push to."""
        found = self._wire.pages(
            "/projects",
            membership="true",
            min_access_level=DEVELOPER,
            archived="false",
            # GitLab refuses the later pages of long lists unless they are asked for by key.
            pagination="keyset",
            order_by="id",
            sort="asc",
        )
        using = (each for each in found if each.get("merge_requests_enabled", True))
        return ((each["path_with_namespace"], "") for each in using)

    def redeliver_failed(self, since: datetime) -> int:  # noqa: ARG002
        """0, always: GitLab lets only maintainers of a project ask for a delivery again, which the
        bot should not be. The sweep over open merge requests finds what was lost."""
        return 0

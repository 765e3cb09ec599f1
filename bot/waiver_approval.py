"""Whether somebody who answers for a waiver has seen the commit that adds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.waivers_config import WaiverSettings
from checks.model import Review


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """Who approved the head, asked of the forge once and only where it matters. `ask` None is a
    judgement outside of a pull request."""

    settings: WaiverSettings
    head_sha: str
    ask: Callable[[], Review] | None = None
    _asked: list[Review] = field(default_factory=list, init=False)

    def missing(self, owner: str) -> str:
        """Whose approval is missing, as the end of a sentence; "" where it stands. `owner` "" is
        an annotation's: anybody whom the config names, else anybody but the author."""
        people = self.settings.people_of(owner)
        if not owner:
            people = tuple(
                dict.fromkeys(one for group in self.settings.owners.values() for one in group)
            )
        if owner and not people:
            return f"nobody is named for {owner} in waivers.owners of the base branch's config"
        wanted = f"one of {', '.join(people)}" if people else "somebody who is not the author"
        if self.ask is None:
            return f"it needs the approval of {wanted}, which cannot be asked for here"
        if self._stands(people):
            return ""
        return f"it needs the approval of {wanted} at {self.head_sha[:12]}"

    def _stands(self, people: tuple[str, ...]) -> bool:
        if not self._asked and self.ask is not None:
            self._asked.append(self.ask())
        names = {_plain(one) for one in people}
        for review in self._asked:
            for approval in review.approvals:
                user = _plain(approval.user)
                if approval.head_sha != self.head_sha or user == _plain(review.author):
                    continue
                if not names or user in names or names & {_plain(t) for t in approval.teams}:
                    return True
        return False


def _plain(name: str) -> str:
    return name.strip().removeprefix("@").casefold()

"""What a root is made of, gathered piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field

from checks.model import RenderFailure


@dataclass(slots=True)
class Made:
    """`reads` are files, `remote` URLs, `failures` what keeps it from being rendered (the first is
    said of the root, the others beside it)."""

    reads: set[str] = field(default_factory=set)
    remote: list[str] = field(default_factory=list)
    failures: list[RenderFailure] = field(default_factory=list)

    def add(self, other: Made) -> None:
        """Take in another's."""
        self.reads |= other.reads
        self.remote += other.remote
        self.failures += other.failures

    @property
    def remotes(self) -> tuple[str, ...]:
        """The URLs, each once, in order of first sight."""
        return tuple(dict.fromkeys(self.remote))

"""One case of a policy's tests: what was asked, where it stands and how it came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["passed", "failed", "unsupported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: `file` relative to the folder it was found from, `line` counted from 1.

    `unsupported` is a case that could not be judged as its engine would; it is never counted
    as passed, and `message` names the part that is missing. `message` of a failed case says
    what was expected and what came instead. `seconds` of wall-clock time. `denied` and `allowed`
    are the ids of the rules that objected here, and of those that applied and did not: a runner
    that knows them fills them in, for the coverage of rules by tests.
    """

    file: str
    line: int
    name: str
    outcome: Outcome
    message: str = ""
    seconds: float = 0.0
    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

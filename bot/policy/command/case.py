"""One case of a policy's tests: what was asked, where it stands and how it came out."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "unsupported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: `file` relative to the folder it was found from, `line` counted from 1.

    `unsupported` is a case that could not be judged as its engine would; it is never counted
    as passed, and `message` names the part that is missing. `message` of a failed case says
    what was expected and what came instead. `seconds` of wall-clock time.
    """

    file: str
    line: int
    name: str
    outcome: Outcome
    message: str = ""
    seconds: float = 0.0

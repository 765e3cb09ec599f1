"""A set of Rego files, made ready to be judged by: what asks, what it needs, what cannot work.

Each definition of a rule of the form `deny contains …` is a unit of its own, loaded with only the
files that it needs and without its namesakes. So an error or a hang in one definition takes nothing
with it, and a finding knows the line of the policy that made it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

_ENTRY = re.compile(r"(deny|violation|warn)(_[A-Za-z0-9]+)*")


class Style(Enum):
    """The form of input that a policy is written for: the object itself (as for conftest), an
    AdmissionReview (as for OPA in a cluster), for both: the object's own keys and `request`; or no
    more than the `request`, which is all that it looks at."""

    OBJECT = "object"
    REVIEW = "review"
    BOTH = "both"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What policies may use: one of them on one object, all together, and how large a file is.
    `ends` is when the time for all is over, by the monotonic clock; None counts it from when an
    engine is made."""

    evaluation_seconds: float = 5.0
    total_seconds: float = 60.0
    memory_bytes: int = 512 * 1024 * 1024
    file_bytes: int = 256 * 1024
    ends: float | None = None

    def end(self) -> float:
        """When the time for all is over."""
        return time.monotonic() + self.total_seconds if self.ends is None else self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One policy file. `path` is what messages call it."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """Why a policy could not judge; `line` 0 is the file as a whole."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else self.said_of_file

    @property
    def said_of_file(self) -> str:
        """The problem without a line."""
        return f"{self.path}: {self.message}"


Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One definition in a module; `form` is set, value, dotted or function, the rest byte offsets
    of where it begins and of where the next one does."""

    name: str
    form: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A parsed file and what it refers to, each with its first line. `package_at` is the byte where
    the package's name begins."""

    source: Source
    number: int
    v0: bool
    package: Path
    package_at: int
    rules: tuple[Rule, ...]
    calls: dict[Path, int]
    data: dict[Path, int]
    input: dict[Path, int]
    names: frozenset[str]
    reviews: bool = False
    combines: int = 0
    unknown: frozenset[str] = frozenset()
    refused: dict[str, str] = field(default_factory=dict)
    hidden: tuple[tuple[str, int], ...] = ()

    @property
    def defines(self) -> set[str]:
        """The names of its rules."""
        return {rule.name for rule in self.rules}

    def entries(self) -> Iterator[Rule]:
        """The definitions that judge: of deny, violation, warn and what is named after them."""
        for rule in self.rules:
            if _ENTRY.fullmatch(rule.name) and rule.form != "function":
                yield rule

    def without(self, blank: Sequence[Rule]) -> str:
        """The text with some definitions blanked, every line and column where it was."""
        text = self.source.text.encode()
        for rule in blank:
            gone = re.sub(rb"[^\r\n]", b" ", text[rule.start : rule.end])
            text = text[: rule.start] + gone + text[rule.end :]
        return text.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A unit's own module in a package that nothing else is in, and what is asked of it there;
    `libraries` are the other modules that it needs, which are in other packages."""

    text: str
    query: str
    v0: bool
    libraries: tuple[Module, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is asked at once: one definition, or a whole rule where it has a single value.

    `rule` is its name ("kubernetes.admission.deny"), `query` the same as Rego writes it. Units of
    one `group` share an engine, so they have the same modules. `parameters` is JSON: with it the
    input is made of what is asked about as `review` and of the parameters. `data` is whether the
    engine's data is asked for. `alone` is what lets it share an engine with any others.
    """

    number: int
    path: str
    line: int
    rule: str
    query: str
    entry: str
    style: Style
    modules: tuple[tuple[Module, str], ...]
    group: int
    parameters: str = ""
    data: bool = False
    alone: Alone | None = None

    def problem(self, message: str) -> Problem:
        """A problem of this unit as a whole."""
        return Problem(path=self.path, line=self.line, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a set of files can ask, and what of it cannot work. `idle` files judge nothing: they
    have no rule of a known name, and no file that has one needs them."""

    units: tuple[Unit, ...] = ()
    problems: tuple[Problem, ...] = ()
    idle: tuple[str, ...] = ()


def query(package: Path, name: str) -> str:
    """The full path of a rule as Rego writes it."""
    steps = (f".{s}" if re.fullmatch(r"[A-Za-z_]\w*", s, re.ASCII) else f'["{s}"]' for s in package)
    return f"data{''.join(steps)}.{name}"

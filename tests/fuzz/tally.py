"""What came of many examples, counted and told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.piece import KINDS
from tests.fuzz.trial import LIMITS, MARGIN_SECONDS, Trial

# How the ends of workers are told.
_DEATHS = {
    "took too long": "it took longer than",
    "took too much memory": "more than the 128 MiB",
    "crashed": "the engine crashed",
    "panicked": "the engine panicked",
    "ended": "the engine's process ended",
    "said too much": "bytes at once",
    "used up its processor time": "processor time",
}
_EXCERPT = 3000
_ALLOWED = f"{LIMITS.total_seconds:.0f} + {MARGIN_SECONDS:.0f} s"


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts so far; `violations` are (what, the world) of broken promises."""

    seed: int
    examples: int = 0
    pieces: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    engine_errors: list[str] = field(default_factory=list)
    out_of_time: int = 0
    slow: int = 0
    slowest: Trial | None = None
    violations: list[str] = field(default_factory=list)

    def add(self, trial: Trial) -> None:
        """Count an example."""
        self.examples += 1
        self.pieces.update(piece.kind for piece in trial.world.pieces)
        self.broken.update(piece.kind for piece in trial.world.pieces if piece.broken)
        for problem in set(trial.problems):
            stem = problem.path.rpartition("/")[2].partition(".")[0].rstrip("0123456789")
            self.problems[stem if stem in KINDS else "other"] += 1
            self.deaths.update(what for what, said in _DEATHS.items() if said in problem.message)
        self.engine_errors += [trial.engine_error] if trial.engine_error else []
        self.out_of_time += any("together took longer" in p.message for p in trial.problems)
        self.slow += trial.slow
        if self.slowest is None or trial.seconds > self.slowest.seconds:
            self.slowest = trial
        self.violations += (f"{said}\n{_shown(trial)}" for said in trial.violations)

    def said(self) -> str:
        """All of it."""
        slowest = self.slowest
        named = slowest and ", ".join(
            f"{piece.kind} ({piece.broken or 'random'})" for piece in slowest.world.pieces
        )
        lines = [
            *self.violations,
            f"seed {self.seed}: {self.examples} examples",
            f"policies: {_counted(self.pieces)}",
            f"broken by construction: {_counted(self.broken)}",
            f"problems: {_counted(self.problems)}",
            f"worker deaths: {self.deaths.total()} ({_counted(self.deaths)})",
            f"examples that ran out of time: {self.out_of_time}, on a slow machine: {self.slow}",
            f"no worker started: {len(self.engine_errors)} {' '.join(set(self.engine_errors))}",
            f"slowest: {slowest.seconds if slowest else 0:.1f} s of {_ALLOWED}: {named}",
            f"violations of invariants: {len(self.violations)}",
        ]
        return "\n".join(lines)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"


def _shown(trial: Trial) -> str:
    parts = [f"--- {path}\n{text}" for one in trial.world.pieces for path, text in one.files]
    parts += (f"--- manifest\n{text}" for text in trial.world.manifests)
    parts += (f"--- problem {problem}" for problem in trial.problems)
    return "\n".join(part[:_EXCERPT] for part in parts)

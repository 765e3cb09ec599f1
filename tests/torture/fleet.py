"""Processes of plumbline that are killed with -9 and brought back, or not."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(kw_only=True)
class Member:
    """One process: its command, whether it is alive, and how often it was killed."""

    command: str
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0

    def start(self) -> None:
        """Bring it (back) up."""
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", self.command],
                env=dict(self.environ),
                stdout=sink,
                stderr=sink,
            )

    def kill(self) -> None:
        """End it without a warning, by its own id."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.kills += 1

    def stop(self) -> None:
        """End it as an operator would."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(kw_only=True)
class Fleet:
    """Members that a thread kills at random while `running`; `mortal` never come back."""

    members: list[Member]
    mortal: list[Member] = field(default_factory=list)
    seed: int = 1
    pause: tuple[float, float] = (1.5, 4.0)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start every process, and the killing."""
        for member in [*self.members, *self.mortal]:
            member.start()
        self._thread = threading.Thread(target=self._rage, name="killer")
        self._thread.start()

    def calm(self) -> None:
        """Kill nobody any more; who is down and not mortal is up again."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def stop(self) -> None:
        """End all that still run."""
        self.calm()
        for member in [*self.members, *self.mortal]:
            member.stop()

    @property
    def kills(self) -> int:
        """How many processes were killed so far."""
        return sum(member.kills for member in [*self.members, *self.mortal])

    def _rage(self) -> None:
        dice = random.Random(self.seed)
        doomed = list(self.mortal)
        while not self._stop.wait(dice.uniform(*self.pause)):
            if doomed and dice.random() < 0.3:
                doomed.pop().kill()
                continue
            victim = dice.choice(self.members)
            victim.kill()
            # Down for a moment, so that webhooks are really lost and leases really run out.
            self._stop.wait(dice.uniform(0.1, 1.0))
            victim.start()
        for member in doomed:
            member.kill()

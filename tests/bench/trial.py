"""Try `plumbline check` on a real repository: `python -m tests.bench.trial REPO [PAIRS] [BRANCH]`.

Judges each of the newest commits against its first parent, and reports crashes, exit statuses and
every file said to be unreadable, with what a plain YAML parser makes of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import yaml

_CODES = {0, 1, 3}


@dataclass
class Tally:
    """What was seen over all pairs."""

    verdicts: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """0 where nothing crashed and no file was called unreadable that a plain parser reads."""
    repo = sys.argv[1]
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    branch = sys.argv[3] if len(sys.argv) > 3 else "HEAD"
    shas = _git(repo, "rev-list", "--first-parent", f"-n{pairs + 1}", branch).split()
    tally = Tally()
    for head, base in pairwise(shas):
        _try(repo, base, head, tally)
    took = sorted(tally.seconds)
    print(
        f"{len(took)} pairs: {dict(tally.verdicts)}; {dict(tally.totals)}; seconds median "
        f"{took[len(took) // 2]:.2f}, longest {took[-1]:.2f}; {len(tally.wrong)} wrong"
    )
    for line in tally.wrong:
        print(f"  {line}")
    return 1 if tally.wrong else 0


def _try(repo: str, base: str, head: str, tally: Tally) -> None:
    command = [sys.executable, "-m", "bot.cli", "check", repo, "--format", "json"]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--base", base, "--head", head], capture_output=True, check=False
    )
    tally.seconds.append(time.perf_counter() - started)
    if done.returncode not in _CODES:
        said = done.stderr.decode()[-500:]
        tally.wrong.append(f"{head[:12]}: exit {done.returncode}: {said}")
        return
    report = json.loads(done.stdout)
    tally.verdicts[report["verdict"]] += 1
    tally.totals["files"] += report["stats"]["files_changed"]
    tally.totals["resources"] += report["stats"]["resources_after"]
    tally.totals["priced"] += len(report["cost"]["lines"])
    tally.totals["not priced"] += len(report["cost"]["unknown"])
    tally.totals["findings"] += sum(len(o["findings"]) for o in report["outcomes"])
    for item in report["unreadable"]:
        if item["broken"]:
            tally.totals["unreadable"] += 1
            tally.wrong += _judged(repo, head, item)
        else:
            tally.totals[f"not rendered ({item['code']})"] += 1


def _judged(repo: str, head: str, item: dict[str, object]) -> list[str]:
    """A line if a plain parser reads the file; what it says otherwise is printed."""
    said = f"{item['path']}:{item['line']}: {item['error']}"
    data = subprocess.run(
        ["git", "-C", repo, "show", f"{head}:{item['path']}"], capture_output=True, check=False
    ).stdout
    try:
        list(yaml.compose_all(data, yaml.CSafeLoader))
    except yaml.YAMLError as error:
        print(f"  rightly unreadable: {said} ({str(error).splitlines()[0]})")
        return []
    return [f"{head[:12]} {said}"]


def _git(repo: str, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", repo, *arguments], capture_output=True, check=True)
    return done.stdout.decode()


if __name__ == "__main__":
    sys.exit(main())

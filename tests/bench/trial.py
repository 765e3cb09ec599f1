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

import yaml

_CODES = {0, 1, 3}


def main() -> int:
    """0 where nothing crashed and no file was called unreadable that a plain parser reads."""
    repo = sys.argv[1]
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    branch = sys.argv[3] if len(sys.argv) > 3 else "HEAD"
    shas = _git(repo, "rev-list", "--first-parent", f"-n{pairs + 1}", branch).split()
    verdicts: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    seconds: list[float] = []
    wrong: list[str] = []
    for head, base in zip(shas, shas[1:], strict=False):
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", "check", repo, "--base", base, "--head", head]
            + ["--format", "json"],
            capture_output=True,
            check=False,
        )
        seconds.append(time.perf_counter() - started)
        if done.returncode not in _CODES:
            wrong.append(f"{head[:12]}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
            continue
        report = json.loads(done.stdout)
        verdicts[report["verdict"]] += 1
        totals["files"] += report["stats"]["files_changed"]
        totals["resources"] += report["stats"]["resources_after"]
        totals["priced"] += len(report["cost"]["lines"])
        totals["not priced"] += len(report["cost"]["unknown"])
        totals["findings"] += sum(len(o["findings"]) for o in report["outcomes"])
        for item in report["unreadable"]:
            if item["broken"]:
                totals["unreadable"] += 1
                wrong += _judged(repo, head, item)
            else:
                totals[f"not rendered ({item['code']})"] += 1
    seconds.sort()
    print(
        f"{len(seconds)} pairs: {dict(verdicts)}; {dict(totals)}; seconds median "
        f"{seconds[len(seconds) // 2]:.2f}, longest {seconds[-1]:.2f}; {len(wrong)} wrong"
    )
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


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

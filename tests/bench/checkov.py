"""`python -m tests.bench.checkov CHECKOV`: plumbline and checkov over the same manifests, whole
processes in the same run. CHECKOV is the program; it is none of ours to install."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.processes import measure, plumbline
from tests.bench.repos import repository

_MANIFESTS = (3, 300)
_JUDGED = (0, 1)


def main(checkov: str) -> int:
    """Print both, and the ratios; 0."""
    for size in _MANIFESTS:
        with tempfile.TemporaryDirectory() as folder:
            repo = repository(Path(folder) / "repo.git", size, size)
            checkout = Path(folder) / "checkout"
            checkout.mkdir()
            packed = subprocess.run(
                ["git", "--git-dir", str(repo), "archive", "change"],
                capture_output=True,
                check=True,
            )
            subprocess.run(["tar", "-x", "-C", str(checkout)], input=packed.stdout, check=True)
            scan = [checkov, "-d", str(checkout), "--framework", "kubernetes", "--compact"]
            theirs = measure([*scan, "--quiet"], 3, _JUDGED, stderr=subprocess.DEVNULL)
            check = plumbline("check", str(repo), "--base", "main", "--head", "change")
            ours = measure(check, 3, _JUDGED)
        print(
            f"{size} manifests: plumbline (both sides) {ours.seconds:.2f} s, {ours.mebibytes:.0f}"
            f" MiB; checkov (one side) {theirs.seconds:.2f} s, {theirs.mebibytes:.0f} MiB; ratios"
            f" {ours.seconds / theirs.seconds:.2f} and {ours.mebibytes / theirs.mebibytes:.2f}"
            " (aim <= 0.30)"
        )
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python -m tests.bench.checkov CHECKOV")
    sys.exit(main(sys.argv[1]))

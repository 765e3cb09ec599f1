"""Warm workers: one after the other's chart, and none left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bot.render.helm.pool import Ended, Pool
from tests.render.helm.charts import CHART, config_map, written

ROOT = Path(__file__).resolve().parents[3]


def request(folder: Path) -> dict[str, Any]:
    return {
        "chart": "web",
        "top": str(folder),
        "values_files": [],
        "values": {},
        "parameters": [],
        "release": "demo",
        "namespace": "default",
        "kube_version": "1.34.0",
        "api_versions": [],
        "crds": True,
    }


def chart(folder: Path, template: str) -> dict[str, Any]:
    return request(
        written(folder, {"web/Chart.yaml": CHART, "web/templates/x.yaml": config_map(template)})
    )


def text(answer: dict[str, Any] | Ended) -> str:
    assert isinstance(answer, dict)
    return str(answer["outputs"][0]["text"]).strip().rpartition("\n")[2].strip()


def processes(of: int) -> set[int]:
    """The processes whose parent's parent or nearer is this one."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    new = {of}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


def test_a_worker_answers_one_request_after_the_other(tmp_path: Path) -> None:
    pool = Pool()
    before = processes(os.getpid())
    try:
        for number in range(3):
            asked = chart(tmp_path / str(number), f"a: v{number}")
            assert text(pool.ask(asked, 10)) == f"a: v{number}"
            if number == 0:
                one = processes(os.getpid())
            assert processes(os.getpid()) == one
        assert one > before
    finally:
        pool.close()
    assert processes(os.getpid()) == before


def test_a_killed_worker_takes_nobody_with_it(tmp_path: Path) -> None:
    pool = Pool()
    try:
        good = chart(tmp_path / "good", "a: b")
        endless = chart(tmp_path / "endless", "a: {{ range until 9999999 }}{{ end }}" * 50)
        answers: dict[str, dict[str, Any] | Ended] = {}
        threads = [
            threading.Thread(target=lambda: answers.update(bad=pool.ask(endless, 2))),
            threading.Thread(target=lambda: answers.update(good=pool.ask(good, 20))),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert isinstance(answers["bad"], Ended)
        assert text(answers["good"]) == "a: b"
        assert text(pool.ask(good, 10)) == "a: b"
    finally:
        pool.close()


def test_a_worker_that_has_left_is_replaced(tmp_path: Path) -> None:
    pool = Pool()
    try:
        asked = chart(tmp_path, "a: b")
        before = processes(os.getpid())
        assert text(pool.ask(asked, 10)) == "a: b"
        for pid in processes(os.getpid()) - before:
            os.kill(pid, 9)
        assert text(pool.ask(asked, 10)) == "a: b"
    finally:
        pool.close()


def test_nothing_is_left_when_the_process_ends(tmp_path: Path) -> None:
    """Neither a process nor a folder, though nobody closes the pool."""
    chart(tmp_path / "repo", "a: b")
    program = (
        "import json, sys; from bot.render.helm.pool import pool; from pathlib import Path; "
        "print(len(pool().ask(json.load(sys.stdin), 10)['outputs']))"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        (sys.executable, "-c", program),
        cwd=ROOT,
        input=json.dumps(request(tmp_path / "repo")).encode(),
        env={**os.environ, "TMPDIR": str(scratch)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"1\n"), done.stderr
    end = time.monotonic() + 5
    while list(scratch.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert list(scratch.iterdir()) == []

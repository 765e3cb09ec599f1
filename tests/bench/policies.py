"""Resources a second through the repository's own policies, beside the bare engines over the same
objects, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.policy.engines import Policies
from bot.policy.files import Files
from bot.policy.model import Context, Limits, Question
from checks.model import Resource
from tests.bench import rules
from tests.bench.processes import python
from tests.bench.repos import manifest
from tests.checks.manifests import NOW, resource

# A Deployment and a Service in each manifest.
_MANIFESTS = 2500
_AIM = 0.60
_TURNS = 3
_KUBE = "1.34.0"
_PARTS = ("Rego", "CEL", "schema", "together")
_LIMITS = Limits(total_seconds=600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Objects a second, the processor time of all processes, how many violations were found, and
    the most memory in MiB of the process and of its workers together."""

    rate: float
    seconds: float
    found: int
    mebibytes: float
    workers: float


def bodies() -> list[dict[str, Any]]:
    """The objects."""
    texts = (manifest(number) for number in range(_MANIFESTS))
    return [one for text in texts for one in yaml.load_all(text, yaml.CSafeLoader)]


def main() -> int:
    """Print the figures; 0."""
    for part in _PARTS:
        # In turns, so that whatever else the machine does is in the way of both.
        turns = [(_run("ours", part), _run("bare", part)) for _ in range(_TURNS)]
        ours, bare = (max(some, key=lambda one: one.rate) for some in zip(*turns, strict=True))
        print(
            f"policies, {part}: {ours.rate:,.0f} resources/s, bare {bare.rate:,.0f}/s; ratio "
            f"{ours.rate / bare.rate:.2f} (aim >= {_AIM:.2f}), of processor time "
            f"{bare.seconds / ours.seconds:.2f}; {ours.mebibytes:.0f} MiB and "
            f"{ours.workers:.0f} MiB in workers, bare {bare.mebibytes:.0f} MiB; "
            f"{ours.found:,} violations, bare {bare.found:,}"
        )
    print(_conftest())
    return 0


def _run(whose: str, part: str) -> Speed:
    command = python("-m", "tests.bench.policies", whose, part)
    done = subprocess.run(command, capture_output=True, check=True)
    return Speed(**json.loads(done.stdout))


def _timed(count: int, work: Callable[[], tuple[int, float]]) -> Speed:
    started, used = time.perf_counter(), sum(os.times()[:4])
    found, workers = work()
    took, used = time.perf_counter() - started, sum(os.times()[:4]) - used
    return Speed(
        rate=count / took, seconds=used, found=found, mebibytes=_peak("self"), workers=workers
    )


def _peak(process: str) -> float:
    """The most memory that a process had, in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def ours(part: str) -> Speed:
    """All of it: from the texts of the policies to answers."""
    objects = [resource(body) for body in bodies()]
    return _timed(len(objects), lambda: _judged(part, objects))


def _judged(part: str, objects: list[Resource]) -> tuple[int, float]:
    context = Context(now=NOW, limits=_LIMITS, inventory=lambda: objects, kube_version=_KUBE)
    with Policies(_files(part), context, schema=part in ("schema", "together")) as policies:
        answers = policies.judge([Question(resource=one) for one in objects])
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        wrong = [*policies.problems, *(p for one in answers for a in one for p in a.problems)]
        if wrong:
            raise RuntimeError(str(wrong[0]))
        found = sum(len(answer.violations) for one in answers for answer in one)
        return found, sum(map(_peak, children))


def _files(part: str) -> Files:
    rego = rules.rego_files() if part in ("Rego", "together") else Files()
    cel = rules.cel_files() if part in ("CEL", "together") else Files()
    return Files(sources=rego.sources, documents=cel.documents, problems=cel.problems)


def bare(part: str) -> Speed:
    """The engines in a plain loop, in this process."""
    objects = bodies()
    loops = {"Rego": _bare_rego, "CEL": _bare_cel, "schema": _bare_schema}
    wanted = [loop for name, loop in loops.items() if part in (name, "together")]

    def work() -> tuple[int, float]:
        ready = [loop() for loop in wanted]
        return sum(found(body) for body in objects for found in ready), 0.0

    return _timed(len(objects), work)


_Loop = Callable[[Mapping[str, Any]], int]


def _bare_rego() -> _Loop:
    """One engine with all modules; each object is written once, and once as a request."""
    import regorus  # type: ignore[import-untyped]

    engine = regorus.Engine()
    engine.add_extension("re_match", 2, _re_match)
    for one in rules.rego():
        engine.set_rego_v0(one.v0)
        engine.add_policy(one.name, one.text)
    plain = list(dict.fromkeys(r.query for r in rules.rego() if not r.admission))
    admission = list(dict.fromkeys(r.query for r in rules.rego() if r.admission))

    def found(body: Mapping[str, Any]) -> int:
        text = json.dumps(body)
        engine.set_input_json(text)
        count = sum(len(engine.eval_rule(query)) for query in plain)
        kind = json.dumps({"kind": body["kind"]})
        space = json.dumps(body["metadata"]["namespace"])
        engine.set_input_json(
            f'{{"request":{{"kind":{kind},"namespace":{space},"object":{text}}}}}'
        )
        return count + sum(len(engine.eval_rule(query)) for query in admission)

    return found


def _re_match(pattern: str, text: str) -> bool:
    import re

    return re.search(pattern, text) is not None


def _bare_cel() -> _Loop:
    """The closures of the expressions, over the object as JSON has it."""
    from bot.engines.cel.units import Unit, load, normal

    ready: list[tuple[str, Unit]] = []
    for one in rules.cel():
        unit, error = load((), (one.expression,))
        if unit is None:
            raise RuntimeError(error)
        ready.append((one.resources, unit))

    def found(body: Mapping[str, Any]) -> int:
        plural = body["kind"].lower() + "s"
        seen = {"object": normal(body), "oldObject": None, "request": {}, "params": None}
        answers = [unit.answers(seen)[0] for about, unit in ready if about in ("*", plural)]
        return sum(answer == ["value", False] for answer in answers)

    return found


def _bare_schema() -> _Loop:
    """The validators of the kinds."""
    import jsonschema_rs

    from bot.policy.schema.bundle import installed
    from bot.policy.schema.kubernetes import BASE, Definitions

    bundle = installed()
    folder = bundle.of(_KUBE) if bundle else None
    if folder is None:
        raise RuntimeError("the extra [schemas] is not installed")
    known = Definitions(folder)
    registry = jsonschema_rs.Registry([(BASE, known.document)])
    validators: dict[str, Any] = {}

    def found(body: Mapping[str, Any]) -> int:
        kind = body["kind"]
        if kind not in validators:
            schema = known.schema(body["apiVersion"], kind) or False
            validators[kind] = jsonschema_rs.Draft202012Validator(schema, registry=registry)
        return sum(1 for _ in validators[kind].iter_errors(body))

    return found


def _conftest() -> str:
    """What conftest takes for the same files of Rego, where it is installed."""
    tool = shutil.which("conftest")
    if tool is None:
        there = shutil.which("opa")
        return (
            "policies: no conftest" + ("" if there else " and no opa") + " on PATH to compare with"
        )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for source in rules.rego_files().sources:
            file = root / source.path
            file.parent.mkdir(exist_ok=True)
            file.write_text(source.text)
        (root / "all.yaml").write_text("---\n".join(map(manifest, range(_MANIFESTS))))
        command = (tool, "test", "--no-fail", "--all-namespaces", "--policy", "policy", "all.yaml")
        started = time.perf_counter()
        subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, check=True)
        rate = 2 * _MANIFESTS / (time.perf_counter() - started)
    return f"policies, conftest over the same Rego: {rate:,.0f} resources/s"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    speed = (ours if sys.argv[1] == "ours" else bare)(sys.argv[2])
    print(json.dumps({name: getattr(speed, name) for name in Speed.__slots__}))

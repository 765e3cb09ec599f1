"""Whatever an AI workload and its evidence hold, the alignment checks answer."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.config import defaults
from checks.model import Approval, Evidence, GroupCounts, Location, ModelBom, Resource, Review
from checks.registry import CHECKS
from tests.checks.aligned import DIGEST, MODEL_ID, change
from tests.checks.manifests import hpa, resource

_ALIGNMENT = [check for check in CHECKS if check.domain == "alignment"]
_TEXT = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["high", "x-v4", "a:1.0", "4.2", "24Gi", "80", "${X}", "a,b/../c", "x" * 300]),
    st.sampled_from(["s3://b/m/v3/x.onnx", "hf://o/m:v1", f"oci://r/m:1@{DIGEST}", DIGEST]),
)
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**40), 10**40), st.floats(), _TEXT)
_KEYS = st.sampled_from(
    [
        *(f"ai.apexlogic.com/{name}" for name in ("risk-class", "owner", "evidence")),
        *(f"ai.apexlogic.com/{name}" for name in ("gpu-memory", "model-digest")),
        *(MODEL_ID, "nvidia.com/gpu.memory", "nvidia.com/gpu.product"),
    ]
)
_KINDS = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
    ("serving.kserve.io/v1beta1", "InferenceService"),
    ("serving.kserve.io/v1alpha1", "LLMInferenceService"),
]
_DEVICES = st.sampled_from(
    ["nvidia.com/gpu", "nvidia.com/gpu-memory", "nvidia.com/mig-1g.5gb", "amd.com/gpu", "cpu"]
)
_STRINGS = st.dictionaries(_KEYS, _SCALARS, max_size=4) | _SCALARS
_ENV = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["MODEL_NAME", "MODEL_VERSION", "STORAGE_URI", "A"]) | _SCALARS,
            "value": _SCALARS,
        }
    )
    | _SCALARS,
    max_size=3,
)
_CONTAINER = st.fixed_dictionaries(
    {"image": _SCALARS},
    optional={
        "name": _SCALARS,
        "env": _ENV | _SCALARS,
        "storageUri": _SCALARS,
        "restartPolicy": st.just("Always"),
        "resources": st.dictionaries(
            st.sampled_from(["limits", "requests"]),
            st.dictionaries(_DEVICES, _SCALARS, max_size=3) | _SCALARS,
            max_size=2,
        )
        | _SCALARS,
    },
)
_POD = st.fixed_dictionaries(
    {"containers": st.lists(_CONTAINER | _SCALARS, max_size=3) | _SCALARS},
    optional={
        "initContainers": st.lists(_CONTAINER, max_size=2) | _SCALARS,
        "nodeSelector": _STRINGS,
        "resourceClaims": _SCALARS,
        "model": _CONTAINER | _SCALARS,
        "sklearn": _CONTAINER,
        "maxReplicas": _SCALARS,
        "workerSpec": _SCALARS,
    },
)


@st.composite
def _workload(draw: st.DrawFn) -> Resource:
    version, kind = draw(st.sampled_from(_KINDS))
    pod: Any = draw(_POD | _SCALARS)
    template = {"metadata": {"labels": draw(_STRINGS)}, "spec": pod}
    spec: dict[str, Any] = {
        "template": pod if kind.startswith("LLM") else template,
        "predictor": pod,
        "replicas": draw(_SCALARS),
        "parallelism": draw(_SCALARS),
        "jobTemplate": {"spec": {"template": template, "parallelism": draw(_SCALARS)}},
        "model": {"uri": draw(_SCALARS), "name": draw(_SCALARS)},
    }
    meta = {"name": "m", "labels": draw(_STRINGS), "annotations": draw(_STRINGS)}
    body = {"apiVersion": version, "kind": kind, "metadata": meta}
    return resource({**body, "spec": draw(_SCALARS) if draw(st.booleans()) else spec})


@st.composite
def _evidence(draw: st.DrawFn) -> Evidence:
    at = Location(path=draw(st.sampled_from(["m.csv", "a/b.csv"])), line=1)
    boms = st.builds(ModelBom, name=_TEXT, version=_TEXT, location=st.just(at))
    numbers = st.integers(0, 50)
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        tp, fp, fn, tn = (draw(numbers) for _ in range(4))
        given_confusion = draw(st.booleans())
        cells = {"tp": tp, "fp": fp, "fn": fn, "tn": tn} if given_confusion else {}
        row = GroupCounts(
            attribute=draw(st.sampled_from(["a", "b"])),
            group=draw(st.sampled_from(["x", "y", "z"])),
            n=max(1, tp + fp + fn + tn),
            selected=tp + fp,
            location=at,
            model=draw(st.just("") | _TEXT),
            **cells,
        )
        rows.append(row)
    return Evidence(boms=tuple(draw(st.lists(boms, max_size=2))), counts=tuple(rows))


_SIDE = st.lists(_workload(), max_size=1)
_REVIEWS = st.none() | st.just(
    Review(head_sha="0" * 40, author="a", approvals=(Approval(user="b", head_sha="0" * 40),))
)


@given(_SIDE, _SIDE, _evidence(), _evidence(), _REVIEWS, _SCALARS)
def test_every_alignment_check_answers(
    before: list[Resource],
    after: list[Resource],
    old: Evidence,
    new: Evidence,
    review: Review | None,
    most: Any,
) -> None:
    scaler = hpa(1, most, target=("Deployment", "m"), name="scaler")
    subject = change(
        [*before, scaler], [*after, scaler], evidence=new, evidence_before=old, review=review
    )
    configs = defaults().checks
    for check in _ALIGNMENT:
        outcome = check.judge(subject, configs[check.id])
        assert outcome == check.judge(subject, configs[check.id])
        assert len({f.fingerprint for f in outcome.findings}) == len(outcome.findings)
        for finding in outcome.findings:
            assert finding.rule in {rule.id for rule in check.rules}
            assert finding.remedy
            assert finding.trace.predicate
            assert finding.trace.inputs or finding.severity < finding.severity.FAIL

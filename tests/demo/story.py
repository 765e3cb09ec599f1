"""The sample repository, and the pull request that makes it costlier and breaks a rule."""

from __future__ import annotations

from pathlib import Path

_SAMPLE = Path(__file__).parent / "sample"
PROJECT = "acme/ai-platform"
BRANCH = "sentiment-v5"
TITLE = "Serve sentiment v5 with two GPUs"
_IMAGE = (
    "sentiment-analyzer:4.2.1@sha256:"
    "6000367608b8182f84282c67b67d24fa1f67850becbaa4fbdc50ffe189474363"
)


def sample() -> dict[str, bytes | str | None]:
    """Every file of the sample repository."""
    return {
        path.relative_to(_SAMPLE).as_posix(): path.read_bytes()
        for path in sorted(_SAMPLE.rglob("*"))
        if path.is_file()
    }


def change() -> dict[str, bytes | str | None]:
    """What the pull request changes: production grows and floats, development shrinks."""
    prod, dev = "prod/sentiment-analyzer", "dev/image-captioner/statefulset.yaml"
    gateway, vectors = "gateway/overlays/prod", "charts/vector-store/values-prod.yaml"
    return {
        f"{prod}/deployment.yaml": _edited(
            f"{prod}/deployment.yaml",
            ("nvidia.com/gpu: 1", "nvidia.com/gpu: 2"),
            (_IMAGE, "sentiment-analyzer:latest"),
            ("    finops.apexlogic.com/cost-center: customer-insights\n", ""),
        ),
        f"{prod}/autoscaling.yaml": _edited(
            f"{prod}/autoscaling.yaml", ("maxReplicas: 9", "maxReplicas: 12")
        ),
        dev: _edited(dev, ("cpu: 500m", "cpu: 250m"), ("storage: 10Gi", "storage: 5Gi")),
        "prod/speech-to-text/warm-up.yaml": _WARM_UP,
        # A patch of a kustomization, values of a chart, a variable of Terraform.
        f"{gateway}/replicas.yaml": _edited(
            f"{gateway}/replicas.yaml", ("replicas: 4", "replicas: 6")
        ),
        vectors: _edited(vectors, ('cpu: "2"', 'cpu: "3"')),
        "terraform/main.tf": _edited("terraform/main.tf", ("default = 2", "default = 3")),
    }


def fix() -> dict[str, bytes | str | None]:
    """What the author pushes after reading the comment."""
    path = "prod/sentiment-analyzer/deployment.yaml"
    restored = (path, "terraform/main.tf")
    return {
        **{name: (_SAMPLE / name).read_bytes() for name in restored},
        "prod/speech-to-text/warm-up.yaml": None,
    }


def _edited(path: str, *edits: tuple[str, str]) -> str:
    text = (_SAMPLE / path).read_text()
    for old, new in edits:
        if old not in text:
            raise ValueError(f"{path} does not hold {old!r}")
        text = text.replace(old, new)
    return text


_WARM_UP = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: speech-warm-up
  namespace: ai-prod
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: warm-up
          image: registry.example.com/ai/speech-to-text:7.0.3
"""

"""A policy of each kind that objects to the canary, whatever stands beside it."""

from __future__ import annotations

import json

from checks.model import Node
from tests.fuzz import gatekeeper, kyverno, vap
from tests.fuzz.piece import CANARY, Piece, of_bodies

_SAYS = "the canary is bad"
_BAD = "object.metadata.name != 'canary'"
_REGO = """package canary

deny contains "the canary is bad" if {
  input.kind == "Deployment"
  input.metadata.name == "canary"
}
"""
_TEMPLATE = """package canary

violation[{"msg": "the canary is bad"}] { input.review.object.metadata.name == "canary" }
"""
_NATIVE = {
    "code": [
        {
            "engine": "K8sNativeValidation",
            "source": {"validations": [{"expression": _BAD, "message": _SAYS}]},
        }
    ]
}
CANARIES = (
    Piece(kind="rego", files=(("policy/canary.rego", _REGO),)),
    of_bodies(
        "gatekeeper",
        "policy/canary-gatekeeper.yaml",
        gatekeeper.template("Canary", {"rego": _TEMPLATE}),
        gatekeeper.constraint("Canary", {}),
        gatekeeper.template("NativeCanary", _NATIVE),
        gatekeeper.constraint("NativeCanary", {}),
    ),
    of_bodies(
        "vap",
        "policy/canary-vap.yaml",
        vap.policy("canary", _BAD, validations=[{"expression": _BAD, "message": _SAYS}]),
        vap.binding("canary"),
    ),
    of_bodies(
        "kyverno",
        "policy/canary-kyverno.yaml",
        kyverno.policy("canary", {"message": _SAYS, "pattern": {"metadata": {"name": "!canary"}}}),
        kyverno.validating("canary-cel", _BAD),
    ),
)
# What each kind's canaries are called, as findings name their rules.
RULES = {
    "rego": ("rego/canary.deny",),
    "gatekeeper": ("gatekeeper/Canary/one", "gatekeeper/NativeCanary/one"),
    "vap": ("vap/canary/0",),
    "kyverno": ("kyverno/canary/one", "kyverno/canary-cel/0"),
    "crd": ("schema/apps/v1/Deployment",),
}
# The object, which breaks its schema as well, and the Namespace that it stands in.
OBJECT = json.dumps(
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": CANARY, "namespace": CANARY, "labels": {"app": CANARY}},
        "spec": {
            "replicas": "three",
            "selector": {"matchLabels": {"app": CANARY}},
            "template": {
                "metadata": {"labels": {"app": CANARY}},
                "spec": {"containers": [{"name": "c", "image": "c:1"}]},
            },
        },
    }
)
NAMESPACE: dict[str, Node] = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": CANARY, "labels": {"team": CANARY}},
}

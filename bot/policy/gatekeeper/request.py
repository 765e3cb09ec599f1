"""What a case of a suite asks about: an object, or an AdmissionReview as it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.policy.gatekeeper.match import Matchable
from bot.policy.gatekeeper.review import Review, labels_of
from checks.model import Node

Body = Mapping[str, Node]
_REVIEW = ("AdmissionReview", "admission.k8s.io")


class Malformed(Exception):  # noqa: N818 - a verdict on a file
    """The file holds no request; the message says why."""


def review_for(body: Body, inventory: Sequence[Body]) -> Review:
    """The request that a document is, with the Namespaces of the inventory. Raises Malformed."""
    matchable = Matchable(body=body)
    if (matchable.kind, matchable.group) == _REVIEW:
        return _review(_request(body), inventory)
    version = str(body.get("apiVersion") or "").rpartition("/")[2]
    kind = {"group": matchable.group, "version": version, "kind": matchable.kind}
    known = {"kind": kind, "object": body, "name": matchable.text("name")}
    return _review({**known, "namespace": matchable.text("namespace")}, inventory)


def _request(body: Body) -> Mapping[str, Any]:
    request = body.get("request")
    if not isinstance(request, dict):
        raise Malformed("the AdmissionReview has no request")
    if not request.get("object") and not request.get("oldObject"):
        raise Malformed("the request has no object and no oldObject")
    return request


def _review(given: Mapping[str, Any], inventory: Sequence[Body]) -> Review:
    request = _complete(given)
    deleted = request["operation"] == "DELETE"
    if deleted and request["oldObject"] is None:
        raise Malformed("a DELETE needs the oldObject")
    place = str(request.get("namespace") or "")
    space = next((one for one in inventory if _is_namespace(one, place)), None)
    # CEL sees what the API server sends; for Rego Gatekeeper puts in what is deleted.
    seen = {**request, "object": request["oldObject"]} if deleted else request
    bodies = [one for one in (seen["object"], seen["oldObject"]) if one is not None]
    bindings = {
        "object": None if deleted else request["object"],
        "oldObject": request["oldObject"],
        "request": {k: v for k, v in request.items() if k not in ("object", "oldObject")},
        "namespaceObject": space,
    }
    return Review(
        label=f"{request['kind'].get('kind', '')} {request.get('name', '')}",
        request=seen,
        matchables=tuple(_matchable(one, place if space else "", space) for one in bodies),
        bindings=bindings,
        space=space,
    )


def _complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """The request with what an empty one has."""
    empty: dict[str, Any] = {
        "uid": "",
        "kind": {"group": "", "version": "", "kind": ""},
        "resource": {"group": "", "version": "", "resource": ""},
        "operation": "",
        "userInfo": {},
        "object": None,
        "oldObject": None,
        "options": None,
    }
    left_out = ("name", "namespace")
    return {**empty, **{k: v for k, v in given.items() if v or k not in left_out}}


def _matchable(body: Body, place: str, space: Body | None) -> Matchable:
    own = Matchable(body=body).text("namespace")
    name = place or own
    scope = "Namespaced" if name else "Cluster"
    return Matchable(body=body, namespace=name, labels=labels_of(space), scope=scope)


def _is_namespace(body: Body, name: str) -> bool:
    one = Matchable(body=body)
    return bool(name) and one.is_namespace and one.text("name") == name

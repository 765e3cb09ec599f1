"""Cut the used operations out of GitHub's API description.

A maintenance script, run by hand when GitHub's description moves or a route is added to the fake:

    npm pack @octokit/openapi && tar xf octokit-openapi-*.tgz
    python -m tests.forge.vendor_schema package/generated/api.github.com.json

It writes `api.github.com.subset.json` beside itself: for each operation of `OPERATIONS` its
request body and its responses, and the component schemas they reach, reduced to the keywords that
validate and with OpenAPI's `nullable` turned into JSON Schema types.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("api.github.com.subset.json")
REPO = "/repos/{owner}/{repo}"
OPERATIONS = (
    "GET /app",
    "GET /app/installations",
    "GET /app/installations/{installation_id}",
    "POST /app/installations/{installation_id}/access_tokens",
    "GET /app/hook/deliveries",
    "GET /app/hook/deliveries/{delivery_id}",
    "POST /app/hook/deliveries/{delivery_id}/attempts",
    "GET /installation/repositories",
    f"GET {REPO}",
    f"GET {REPO}/installation",
    f"GET {REPO}/branches/{{branch}}",
    f"GET {REPO}/collaborators/{{username}}/permission",
    f"GET {REPO}/compare/{{basehead}}",
    f"GET {REPO}/git/ref/{{ref}}",
    f"POST {REPO}/git/refs",
    f"PATCH {REPO}/git/refs/{{ref}}",
    f"DELETE {REPO}/git/refs/{{ref}}",
    f"POST {REPO}/git/blobs",
    f"POST {REPO}/git/trees",
    f"POST {REPO}/git/commits",
    f"GET {REPO}/git/commits/{{commit_sha}}",
    f"GET {REPO}/pulls",
    f"POST {REPO}/pulls",
    f"GET {REPO}/pulls/{{pull_number}}",
    f"PATCH {REPO}/pulls/{{pull_number}}",
    f"GET {REPO}/pulls/{{pull_number}}/reviews",
    f"GET {REPO}/issues/{{issue_number}}/comments",
    f"POST {REPO}/issues/{{issue_number}}/comments",
    f"GET {REPO}/issues/comments/{{comment_id}}",
    f"PATCH {REPO}/issues/comments/{{comment_id}}",
    f"DELETE {REPO}/issues/comments/{{comment_id}}",
    f"POST {REPO}/issues/comments/{{comment_id}}/reactions",
    f"POST {REPO}/check-runs",
    f"GET {REPO}/check-runs/{{check_run_id}}",
    f"PATCH {REPO}/check-runs/{{check_run_id}}",
    f"GET {REPO}/check-runs/{{check_run_id}}/annotations",
    f"GET {REPO}/commits/{{ref}}",
    f"GET {REPO}/commits/{{ref}}/check-runs",
)
# Everything else is prose, an example or a hint to generators.
KEYWORDS = frozenset(
    (
        "type",
        "required",
        "enum",
        "format",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "minProperties",
        "maxProperties",
        "uniqueItems",
        "pattern",
    )
)


def subset(description: dict[str, Any], licence: str) -> dict[str, Any]:
    """The used part of an OpenAPI 3.0 `description`, with the `licence` text it comes under."""
    used: dict[str, Any] = {}
    operations = {name: _operation(description, name, used) for name in OPERATIONS}
    return {
        "source": "npm @octokit/openapi, generated/api.github.com.json",
        "version": description["info"]["version"],
        "licence": licence,
        "operations": operations,
        "components": {"schemas": dict(sorted(used.items()))},
    }


def _operation(description: dict[str, Any], name: str, used: dict[str, Any]) -> dict[str, Any]:
    method, path = name.split(" ")
    operation = description["paths"][path][method.lower()]
    parameters = [_resolve(description, each) for each in operation.get("parameters", ())]
    return {
        "query": sorted(each["name"] for each in parameters if each["in"] == "query"),
        "request": _content(description, operation.get("requestBody", {}), used),
        "responses": {
            status: _content(description, _resolve(description, answer), used)
            for status, answer in sorted(operation["responses"].items())
            if status[0] in "24"
        },
    }


def _content(description: dict[str, Any], owner: dict[str, Any], used: dict[str, Any]) -> Any:
    content = owner.get("content", {}).get("application/json")
    return None if content is None else _schema(description, content["schema"], used)


def _resolve(description: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = description
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _schema(description: dict[str, Any], node: dict[str, Any], used: dict[str, Any]) -> Any:
    """`node` as plain JSON Schema; the components it names are added to `used`."""

    def inner(child: Any) -> Any:
        return _schema(description, child, used)

    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name not in used:
            used[name] = None  # so that a cycle ends here
            used[name] = inner(_resolve(description, node))
        return {"$ref": node["$ref"]}
    out: dict[str, Any] = {key: node[key] for key in node if key in KEYWORDS}
    if "properties" in node:
        out["properties"] = {key: inner(child) for key, child in node["properties"].items()}
    if "items" in node:
        out["items"] = inner(node["items"])
    if isinstance(node.get("additionalProperties"), dict):
        out["additionalProperties"] = inner(node["additionalProperties"])
    elif node.get("additionalProperties") is False:
        out["additionalProperties"] = False
    for key in ("anyOf", "oneOf", "allOf"):
        if key in node:
            out[key] = [inner(child) for child in node[key]]
    return _nullable(out) if node.get("nullable") else out


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        return schema
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema


def main() -> None:
    """Rewrite the subset from the description named on the command line."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.forge.vendor_schema api.github.com.json")
    source = Path(sys.argv[1])
    description = json.loads(source.read_text("utf-8"))
    licence = (source.parents[1] / "LICENSE").read_text("utf-8").strip()
    text = json.dumps(subset(description, licence), separators=(",", ":"), ensure_ascii=False)
    TARGET.write_text(text + "\n", "utf-8")
    sys.stdout.write(f"{TARGET.name}: {len(text)} bytes, {len(OPERATIONS)} operations\n")


if __name__ == "__main__":
    main()

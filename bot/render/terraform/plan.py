"""A plan as `terraform show -json` writes it: the exact input, before and after."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from bot.render.rendered import Rendered
from bot.render.terraform.json_text import loads
from bot.render.terraform.neighbours import placed
from bot.render.terraform.place import place_of, provider_of
from bot.render.terraform.plan_config import PlanConfig, items, mapping, said_region
from bot.render.terraform.plan_references import References
from bot.render.terraform.plan_values import masked, unknown_paths, without_nulls
from bot.render.terraform.reading import module_files
from bot.render.terraform.rows import rendered_object
from bot.render.terraform.source_lines import SourceLines
from bot.render.terraform.trouble import trouble
from checks.model import RenderFailure

MOST_BYTES = 48 * 1024 * 1024
_TYPE = re.compile(r"[\w-]{1,200}")
_LONGEST_ADDRESS = 2_000
_NO_FILES: Mapping[str, str] = {}


def from_plan(
    data: bytes,
    path: str,
    *,
    before: bool,
    files: Mapping[str, str] = _NO_FILES,
    module: str = "",
) -> Rendered:
    """The resources of a plan: as they are (`before`, the prior state), or as planned.

    `path` is what the plan is called in failures. `files` are the repository's .tf files by path,
    and `module` the directory of the root module among them: where a resource is declared there,
    that is its source, else the plan's first line. Sensitive values are masked.
    """
    rows, failures = plan_rows(data, path, before=before, files=files, module=module)
    return Rendered(objects=tuple(map(rendered_object, rows)), failures=tuple(failures))


def sides(
    data: bytes, path: str, folder: Path | None = None, module: str = ""
) -> tuple[Rendered, Rendered]:
    """Both sides of a plan, before and after; `folder` is the checkout that `module` is a directory
    of, None for none. What is wrong with the plan is said on the second alone."""
    files = module_files(folder) if folder else _NO_FILES
    before = from_plan(data, path, before=True, files=files, module=module)
    after = from_plan(data, path, before=False, files=files, module=module)
    return Rendered(objects=before.objects), after


def plan_rows(
    data: bytes, path: str, *, before: bool, files: Mapping[str, str], module: str
) -> tuple[list[dict[str, Any]], list[RenderFailure]]:
    """The same as plain data: see resources_of."""
    try:
        plan = _read(data, path)
        side = _Side(plan, path, before=before, files=files, module=module)
        return list(side.rows()), [] if before else _doubts(plan, path)
    except _Refused as refused:
        return [], [refused.failure]
    except RecursionError:
        return [], [trouble("plan-json", path, 1, "it is nested too deeply")]


def _doubts(plan: Mapping[str, Any], path: str) -> list[RenderFailure]:
    if plan.get("errored") is True:
        return [trouble("plan-errored", path, 1, "terraform plan ended with an error")]
    if plan.get("complete") is False:
        return [trouble("plan-partial", path, 1, "the plan does not cover everything")]
    return []


class _Refused(Exception):  # noqa: N818 - a verdict on one plan, not a fault
    def __init__(self, failure: RenderFailure) -> None:
        super().__init__(failure.error)
        self.failure = failure


def _refuse(code: str, path: str, error: str, line: int = 1) -> NoReturn:
    raise _Refused(trouble(code, path, line, error))


def _read(data: bytes, path: str) -> Mapping[str, Any]:
    if len(data) > MOST_BYTES:
        _refuse("plan-json", path, f"it is larger than {MOST_BYTES // 1024**2} MiB")
    if data.startswith(b"PK"):
        _refuse("plan-json", path, "this is a plan as terraform plan -out writes it, not JSON")
    try:
        plan = loads(data)
        if b"\\ud" in data.lower():
            # Half a pair is no character, and could not be written anywhere.
            plan = json.loads(json.dumps(plan, ensure_ascii=False).encode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        said = f"this is not JSON: {error.msg}"
        if b'"@level"' in data[:10_000]:
            said = "this is the log of terraform plan -json, not the plan"
        _refuse("plan-json", path, said, error.lineno)
    except ValueError:
        _refuse("plan-json", path, "this is not JSON that Terraform writes")
    if not isinstance(plan, dict) or "format_version" not in plan:
        _refuse("plan-json", path, "this is no plan: it has no format_version")
    version = plan["format_version"]
    if not isinstance(version, str) or not re.fullmatch(r"1\.\d{1,4}", version):
        shown = str(version)[:20]
        _refuse("plan-version", path, f"the plan's format_version is {shown!r}, 1.x is read")
    if "planned_values" not in plan:
        _refuse("plan-json", path, "this is no plan but a state: it has no planned_values")
    return plan


class _Side:
    """One side of one plan."""

    def __init__(
        self,
        plan: Mapping[str, Any],
        path: str,
        *,
        before: bool,
        files: Mapping[str, str],
        module: str,
    ) -> None:
        state = mapping(plan.get("prior_state")) if before else plan
        values = mapping(state.get("values" if before else "planned_values"))
        self._root = mapping(values.get("root_module"))
        self._path = path
        self._before = before
        self._config = PlanConfig(plan, module)
        self._sources = SourceLines(files)
        self._changes = {
            str(change.get("address")): mapping(change.get("change"))
            for change in items(plan.get("resource_changes"))
            if "deposed" not in change
        }
        self._renamed = {
            str(change["previous_address"]): str(change.get("address"))
            for change in items(plan.get("resource_changes"))
            if before and "previous_address" in change
        }
        self._references = References(self._config, ())
        self._seen_regions: dict[str, str] = {}

    def rows(self) -> Iterator[dict[str, Any]]:
        """The resources of this side, data sources left out, in the order of the plan."""
        found = list(self._resources(self._root, ""))
        for module, resource in found:
            self._look(module, resource)
        managed = [(module, one) for module, one in found if one.get("mode") == "managed"]
        self._references = References(self._config, [one["address"] for _, one in managed])
        yield from placed([self._row(module, resource) for module, resource in managed])

    def _resources(
        self, module: Mapping[str, Any], address: str
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for resource in items(module.get("resources")):
            if _is_resource(resource):
                yield address, resource
            else:
                _refuse("plan-json", self._path, "a resource in it has no type or address")
        for child in items(module.get("child_modules")):
            yield from self._resources(child, str(child.get("address", "")))

    def _look(self, module: str, resource: Mapping[str, Any]) -> None:
        """A provider whose setting cannot be told gives itself away by what it has made or read."""
        key = self._config.key(_config_address(module, resource))
        if key and key not in self._seen_regions:
            values = mapping(resource.get("values"))
            provider = provider_of(str(resource.get("provider_name", "")))
            named = values.get("name") if resource["type"] == "aws_region" else None
            region = said_region(provider, {"region": named, **values})
            if region and provider == "aws":
                self._seen_regions[key] = region

    def _row(self, module: str, resource: Mapping[str, Any]) -> dict[str, Any]:
        address = self._renamed.get(resource["address"], resource["address"])
        change = self._changes.get(address, {})
        key = self._config.key(_config_address(module, resource))
        provider = provider_of(str(resource.get("provider_name", "")))
        spec = masked(mapping(resource.get("values")), resource.get("sensitive_values"))
        spec = masked(spec, change.get("before_sensitive" if self._before else "after_sensitive"))
        spec = mapping(without_nulls(spec))
        region = self._config.region(key) or self._seen_regions.get(key, "")
        place = place_of(provider, spec, region)
        unknown = [] if self._before else unknown_paths(mapping(change.get("after_unknown")))
        return {
            "address": address,
            "type": resource["type"],
            "module": module,
            "spec": {name: value for name, value in spec.items() if name != "timeouts"},
            "unknown": unknown,
            "references": self._references.of(
                module, resource["address"], _config_address(module, resource)
            ),
            "provider": provider,
            "cloud": place.provider,
            "region": place.region,
            **self._source(module, resource),
        }

    def _source(self, module: str, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        folder = self._config.folder(module)
        name = str(resource.get("name", ""))
        found = self._sources.find(folder, resource["type"], name) if folder is not None else None
        return found or {"path": self._path, "line": 1, "lines": None}


def _is_resource(resource: Mapping[str, Any]) -> bool:
    kind, address = resource.get("type"), resource.get("address")
    named = isinstance(kind, str) and _TYPE.fullmatch(kind) is not None
    return named and isinstance(address, str) and len(address) <= _LONGEST_ADDRESS


def _config_address(module: str, resource: Mapping[str, Any]) -> str:
    kind = "data." if resource.get("mode") == "data" else ""
    prefix = f"{module}." if module else ""
    return f"{prefix}{kind}{resource['type']}.{resource.get('name', '')}"

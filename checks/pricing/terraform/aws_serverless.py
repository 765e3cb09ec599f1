"""Lambda functions and SageMaker endpoints."""

from __future__ import annotations

from decimal import Decimal

from checks.pricing.cost import number
from checks.pricing.terraform.ask import Ask, by_usage
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.quote import Count, Group, Quote, item

_FREE_STORAGE_MB = 512
_MB_IN_GB = Decimal(1024)
# From here on a GB-second gets cheaper by steps.
_FIRST_TIER = {"x86_64": Decimal(6 * 10**9), "arm64": Decimal(75 * 10**8)}


def function(ask: Ask) -> Quote:
    """aws_lambda_function: requests and the time they take, by the usage file."""
    requests = ask.usage.get("monthly_requests")
    millis = ask.usage.get("request_duration_ms")
    if requests is None or millis is None:
        raise by_usage("monthly_requests", "request_duration_ms")
    memory = ask.of.amount("memory_size", 128, computed=True)
    kinds = ask.of.texts("architectures", computed=True) or ("x86_64",)
    seconds = requests * millis / 1000
    work = seconds * memory / _MB_IN_GB
    name = "lambda:gb-second" + (":arm" if kinds[0] == "arm64" else "")
    items = [
        item("requests", f"{number(requests)} requests", ask.tariff.part("lambda:requests",
                                                                         requests)),
        item("duration", f"{number(work)} GB-seconds", ask.tariff.part(name, work)),
    ]  # fmt: skip
    disk = ask.of.block("ephemeral_storage").amount("size", _FREE_STORAGE_MB, computed=True)
    if disk > _FREE_STORAGE_MB:
        held = seconds * (disk - _FREE_STORAGE_MB) / _MB_IN_GB
        part = ask.tariff.part("lambda:storage", held)
        items.append(item("storage", f"{number(held)} GB-seconds of storage", part))
    return Quote(groups=(Group(items=tuple(items)),), notes=_tiers(work, kinds[0]))


def sagemaker_endpoint(ask: Ask) -> Quote:
    """aws_sagemaker_endpoint: the machines of the variants of its configuration."""
    name = ask.of.hint("endpoint_config_name")
    kinds = ("aws_sagemaker_endpoint_configuration",)
    config = ask.sibling(kinds, "endpoint_config_name", name)
    if config is None:
        raise CannotTellError("its endpoint configuration is not in the files that were read")
    variants = config.blocks("production_variants", computed=False)
    if not variants:
        raise CannotTellError("its endpoint configuration has no production_variants")
    several = len(variants) > 1
    return Quote(
        groups=tuple(
            _variant(ask, one, f"variant {number + 1}" if several else "")
            for number, one in enumerate(variants)
        )
    )


def _variant(ask: Ask, of: Attributes, name: str) -> Group:
    if of.has("serverless_config"):
        raise CannotTellError(
            "its endpoint is serverless: what it costs depends on how it is used, and no sheet"
            " has its prices"
        )
    kind = of.text("instance_type")
    count = of.whole("initial_instance_count")
    machine = item("instance type", kind, ask.tariff.part(f"sagemaker:{kind}"))
    return Group(
        items=(machine,),
        count=Count.exact(count),
        name=name,
        # The same machine as EC2 sells it, for what runs in it.
        machine=ask.tariff.prices.machines.get(kind.removeprefix("ml.")),
    )


def _tiers(work: Decimal, kind: str) -> tuple[str, ...]:
    if work <= _FIRST_TIER.get(kind, _FIRST_TIER["x86_64"]):
        return ()
    return ("the lower price above the first tier is not taken off",)

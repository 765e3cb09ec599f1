"""The one entry: a Terraform resource to its cost a month, or why it is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import InvalidOperation, Overflow
from typing import Any

from checks.model import Prices, Resource
from checks.pricing.cost import Cost, Unknown, plausible
from checks.pricing.terraform.ask import Ask, Usage
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.free import is_free
from checks.pricing.terraform.quote import cost_of
from checks.pricing.terraform.rules import RULES
from checks.pricing.terraform.tariff import Tariff


def price_terraform(
    resource: Resource,
    prices: Prices,
    usage: Mapping[str, Any],
    now: datetime,
    siblings: Mapping[str, Resource] | None = None,
) -> Cost | Unknown | None:
    """What a resource (api_version terraform/v1) costs a month at the prices of its place; None
    where it is known to cost nothing by itself.

    `usage` are the figures of the usage file for it, `siblings` the resources of the same root by
    address, in which launch templates and the like are looked up.
    """
    rule = RULES.get(resource.kind)
    if rule is None:
        if is_free(resource.kind):
            return None
        return Unknown(reason=f"there is no rule that prices {resource.kind:.80}")
    tariff = Tariff(prices=prices, now=now)
    ask = Ask(
        resource=resource,
        of=Attributes.of(resource),
        tariff=tariff,
        usage=Usage(figures=usage),
        siblings=siblings or {},
    )
    try:
        quote = rule(ask)
        return None if quote is None else plausible(cost_of(quote, tariff))
    except CannotTellError as error:
        return _unknown(error, resource)
    except (InvalidOperation, Overflow):
        return Unknown(reason="its figures are too large to be meant")


def _unknown(error: CannotTellError, resource: Resource) -> Unknown:
    flaw = error.flaw
    if flaw is None:
        return Unknown(reason=str(error))
    own = flaw.resource is resource
    return Unknown(reason=str(error), flaws=(replace(flaw, resource=None) if own else flaw,))

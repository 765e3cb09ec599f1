"""What a pod costs a month on the nodes it may run on."""

from __future__ import annotations

from checks.pricing.cost import Unknown
from checks.pricing.nodes.alone import by_unit
from checks.pricing.nodes.charge import Charge
from checks.pricing.nodes.cores import cores
from checks.pricing.nodes.devices import Devices
from checks.pricing.nodes.hosts import Hosts
from checks.pricing.nodes.machines import by_machine
from checks.pricing.nodes.share import Reserved
from checks.pricing.sheet import Sheet


def charge(
    reserved: Reserved, asked: Devices | None, hosts: Hosts, sheet: Sheet
) -> Charge | Unknown:
    """The price of a pod that reserves this on such nodes."""
    if asked is None:
        return cores(reserved, hosts, sheet)
    found = by_unit(reserved, asked, hosts, sheet, derived=False)
    if found is not None:
        return found
    found = by_machine(reserved, asked, hosts, sheet)
    sold = any(sheet.hosts().get(model) for model in hosts.models)
    if isinstance(found, Unknown) and not sold:
        return by_unit(reserved, asked, hosts, sheet, derived=True) or found
    return found

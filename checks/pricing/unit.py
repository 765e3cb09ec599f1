"""What one pod costs a month: the part that is multiplied by replicas or nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from checks.model import Grade, Node, Range, Resource, UnitPrice
from checks.pricing.cost import Hardware, Unknown, nano, number, worst
from checks.pricing.market import Market
from checks.pricing.near import folder
from checks.pricing.nodes.claims import NOTHING, claimed
from checks.pricing.nodes.devices import Devices, devices
from checks.pricing.nodes.hosts import ANY, Hosts, hosts
from checks.pricing.nodes.price import charge
from checks.pricing.nodes.share import Reserved
from checks.pricing.nodes.wishes import NO_WISHES, both, wishes
from checks.pricing.pod import Request, effective
from checks.pricing.quantity import GIB
from checks.pricing.sheet import Sheet
from checks.pricing.volume import Volume, volume, volume_price

_WHERE = ("nodeSelector", "affinity", "tolerations")
# What matters besides the containers.
_RELEVANT = frozenset({"initContainers", "overhead", "resources", "volumes", *_WHERE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What the price of a pod was worked out from."""

    reserved: Reserved
    asked: Devices | None
    on: Hosts
    sheet: Sheet
    disks: tuple[Volume, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """One pod of a workload; `basis` says what it consists of, `grounds` what its price depends on
    (None where it cannot be taken apart). Pods that share a TPU slice come `together`; `shared`
    names a device claim that all pods use together."""

    monthly: Range
    grade: Grade
    basis: str
    prices: tuple[UnitPrice, ...]
    grounds: Grounds | None
    hardware: Hardware
    together: int = 1
    shared: str = ""


def pod_unit(spec: Node, workload: Resource, market: Market) -> Unit | Unknown:
    """One pod of `workload`, with the volumes that come and go with it."""
    key = _key(spec, workload, market)
    if key is None:
        return _unit(spec, workload, market)
    found: Unit | Unknown | None = market.memo.get(key)
    if found is None:
        found = market.memo[key] = _unit(spec, workload, market)
    return found


def _key(spec: Node, workload: Resource, market: Market) -> object:
    """What the price of a pod depends on, None where that is more than its own spec."""
    if not isinstance(spec, dict) or "resourceClaims" in spec:
        return None
    containers = spec.get("containers")
    trimmed: Node = containers
    if isinstance(containers, list):
        trimmed = [
            [entry.get("name"), entry.get("resources")] if isinstance(entry, dict) else entry
            for entry in containers
        ]
    names = spec.keys() & _RELEVANT
    rest = [(name, spec[name]) for name in sorted(names)] if names else ()
    try:
        text = repr((trimmed, rest))
    except ValueError:
        # Python refuses to write out a number of thousands of digits.
        return None
    if market.limits.by_namespace or "volumes" in names:
        # Which LimitRange or StorageClass is meant depends on what stands beside.
        return workload.place, workload.namespace, workload.rendered_from, folder(workload), text
    return workload.place, text


def _unit(spec: Node, workload: Resource, market: Market) -> Unit | Unknown:
    request = effective(spec, market.limits.defaults(workload))
    if isinstance(request, Unknown) or not isinstance(spec, dict):
        return request if isinstance(request, Unknown) else Unknown(reason="it has no pod spec")
    sheet = market.sheets.at(workload.place)
    claims = claimed(spec, workload, market.objects)
    if isinstance(claims, Unknown):
        return claims
    if claims is not NOTHING:
        request = replace(request, amounts={**request.amounts, **claims.amounts})
    asked = devices(request.amounts)
    if isinstance(asked, Unknown):
        return asked
    on: Hosts | Unknown = ANY
    if asked or any(key in spec for key in _WHERE):
        wanted = both(wishes(spec), claims.wanted) if spec else NO_WISHES
        pools = market.pools_at(workload.place)
        on = hosts(wanted, spec.get("tolerations"), asked, sheet, pools)
    if isinstance(on, Unknown):
        return on
    disks = _disks(spec, workload, market)
    if isinstance(disks, Unknown):
        return disks
    unit = _priced(request, asked, on, sheet, disks)
    return replace(unit, shared=claims.shared) if claims.shared and isinstance(unit, Unit) else unit


def _priced(
    request: Request,
    asked: Devices | None,
    on: Hosts,
    sheet: Sheet,
    disks: Sequence[Volume],
) -> Unit | Unknown:
    reserved = _reserved(request)
    cost = charge(reserved, asked, on, sheet)
    if isinstance(cost, Unknown):
        return cost
    parts = [*_shown(request), *([asked.shown] if asked else [])]
    basis = ", ".join(parts) + (f" {cost.where}" if cost.where else "")
    unit = Unit(
        monthly=_nano(cost.monthly),
        grade=cost.grade,
        basis="; ".join((basis, *request.assumed)),
        prices=cost.prices,
        grounds=None
        if reserved.silent
        else Grounds(reserved=reserved, asked=asked, on=on, sheet=sheet),
        hardware=Hardware(
            vcpu=reserved.cpu, memory_gib=reserved.gib, accelerators=cost.accelerators
        ),
        together=_together(asked, on),
    )
    return with_volumes(unit, disks, sheet) if disks else unit


def _reserved(request: Request) -> Reserved:
    amounts = {
        name: amount
        for name, amount in request.amounts.items()
        if name in ("cpu", "memory") or name.startswith("hugepages-")
    }
    return Reserved(amounts=amounts, silent=request.silent)


def with_volumes(unit: Unit, volumes: Sequence[Volume], sheet: Sheet) -> Unit | Unknown:
    """`unit` and its disks; Unknown where one of them has no price."""
    monthly, grades, prices = unit.monthly, [unit.grade], list(unit.prices)
    for one in volumes:
        found = volume_price(one, sheet)
        if isinstance(found, Unknown):
            return found
        monthly += Range.exact(nano(found[0]))
        grades.append(found[1].grade)
        prices.append(found[1].price)
    grounds = unit.grounds
    if grounds is not None:
        grounds = replace(grounds, disks=(*grounds.disks, *volumes))
    return replace(
        unit,
        monthly=monthly,
        grade=worst(*grades),
        prices=tuple(dict.fromkeys(prices)),
        basis=", ".join((unit.basis, *(one.shown for one in volumes))),
        grounds=grounds,
    )


def _disks(
    spec: Mapping[str, Node], workload: Resource, market: Market
) -> tuple[Volume, ...] | Unknown:
    found: list[Volume] = []
    for claim in _ephemeral(spec):
        one = volume(claim, workload, market.objects)
        if isinstance(one, Unknown):
            return Unknown(reason=one.reason)
        found.append(one)
    return tuple(found)


def _ephemeral(spec: Mapping[str, Node]) -> Iterator[Node]:
    volumes = spec.get("volumes")
    for entry in volumes if isinstance(volumes, list) else ():
        claim = entry.get("ephemeral") if isinstance(entry, dict) else None
        template = claim.get("volumeClaimTemplate") if isinstance(claim, dict) else None
        if template is not None:
            yield template.get("spec") if isinstance(template, dict) else None


def _together(asked: Devices | None, on: Hosts) -> int:
    """How many pods a TPU slice of several hosts takes: it is bought as a whole."""
    if asked is None or not on.chips or on.chips <= asked.count:
        return 1
    return -(-on.chips // int(asked.count)) if asked.count >= 1 else 1


def _nano(amount: Range) -> Range:
    if amount.low == amount.high:
        return Range.exact(nano(amount.expected))
    return Range(low=nano(amount.low), expected=nano(amount.expected), high=nano(amount.high))


def _shown(request: Request) -> Iterator[str]:
    for name, amount in request.amounts.items():
        if name == "cpu":
            yield f"{number(amount)} CPU"
        elif name == "memory" or name.startswith("hugepages-"):
            yield f"{number(amount / GIB)} GiB {name}"

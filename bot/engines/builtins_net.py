"""Builtins of Rego about networks; none of them uses one."""

from __future__ import annotations

import ipaddress
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def intersects(one: Any, other: Any) -> bool:
    """`net.cidr_intersects`: whether two networks share an address."""
    left, right = _network(one), _network(other)
    return left.version == right.version and left.overlaps(right)


def overlap(cidr: Any, address: Any) -> bool:
    """`net.cidr_overlap`: whether a network holds an address."""
    network = _network(cidr)
    held = ipaddress.ip_address(address)
    return network.version == held.version and held in network


def merge(values: Any) -> set[str]:
    """`net.cidr_merge`: the fewest networks that hold the same addresses."""
    if not isinstance(values, list | set):
        raise TypeError(f"expected an array or a set, not {type(values).__name__}")
    networks = [_network(value) for value in values]
    old = ipaddress.collapse_addresses(n for n in networks if isinstance(n, ipaddress.IPv4Network))
    new = ipaddress.collapse_addresses(n for n in networks if isinstance(n, ipaddress.IPv6Network))
    return {str(network) for network in (*old, *new)}


def _network(text: Any) -> Network:
    if not isinstance(text, str):
        raise TypeError(f"expected a string, not {type(text).__name__}")
    return ipaddress.ip_network(text, strict=False)

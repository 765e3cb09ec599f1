"""IP addresses and networks: `ip("10.0.0.1")`, `cidr("10.0.0.0/8")`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import ClassVar

from bot.engines.cel.library.registry import Library
from bot.engines.cel.values import CelError

LIBRARY = Library()
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_LOCAL_MULTICAST = ip_network("224.0.0.0/24")


@dataclass(frozen=True, slots=True)
class Ip:
    """An address."""

    address: IPv4Address | IPv6Address
    cel_type: ClassVar[str] = "net.IP"

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address with the length of its network's prefix."""

    address: IPv4Address | IPv6Address
    length: int
    cel_type: ClassVar[str] = "net.CIDR"

    def __str__(self) -> str:
        return f"{self.address}/{self.length}"

    @property
    def network(self) -> IPv4Network | IPv6Network:
        """The network that it is in."""
        return ip_network((self.address, self.length), strict=False)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        if "/" in text:
            raise ValueError
        address = ip_address(text)
    except (ValueError, AddressValueError):
        raise CelError(f"IP Address {text!r} parse error during conversion from string") from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise CelError(f"IP address {text!r} with zone value is not allowed")
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        raise CelError(f"IPv4-mapped IPv6 address {text!r} is not allowed")
    return address


@LIBRARY.add("ip", str)
def _ip(text: str) -> Ip:
    return Ip(_address(text))


@LIBRARY.add("isIP", str)
def _is_ip(text: str) -> bool:
    try:
        _address(text)
    except CelError:
        return False
    return True


@LIBRARY.add("ip.isCanonical", str)
def _is_canonical(text: str) -> bool:
    return str(_address(text)) == text


@LIBRARY.add(".family", Ip)
def _family(ip: Ip) -> int:
    return ip.address.version


@LIBRARY.add(".isUnspecified", Ip)
def _is_unspecified(ip: Ip) -> bool:
    return ip.address.is_unspecified


@LIBRARY.add(".isLoopback", Ip)
def _is_loopback(ip: Ip) -> bool:
    return ip.address.is_loopback


@LIBRARY.add(".isLinkLocalMulticast", Ip)
def _is_link_local_multicast(ip: Ip) -> bool:
    if isinstance(ip.address, IPv4Address):
        return ip.address in _LOCAL_MULTICAST
    return int(ip.address) >> 112 & 0xFF0F == 0xFF02


@LIBRARY.add(".isLinkLocalUnicast", Ip)
def _is_link_local_unicast(ip: Ip) -> bool:
    return ip.address.is_link_local


@LIBRARY.add(".isGlobalUnicast", Ip)
def _is_global_unicast(ip: Ip) -> bool:
    one = ip.address
    special = one.is_unspecified or one.is_loopback or one.is_multicast or one.is_link_local
    return not special and str(one) != "255.255.255.255"


@LIBRARY.add("string", Ip)
@LIBRARY.add("string", Cidr)
def _string(value: Ip | Cidr) -> str:
    return str(value)


def parsed_cidr(text: str) -> Cidr:
    """A network as text. Raises CelError."""
    address, slash, length = text.rpartition("/")
    try:
        if not slash or not _LENGTH.fullmatch(length):
            raise CelError("it has no length")
        found = Cidr(_address(address), int(length))
        if found.length > found.address.max_prefixlen:
            raise CelError("its length is out of range")
    except CelError as error:
        raise CelError(
            f"network address parse error during conversion from string: {text!r}: {error}"
        ) from None
    return found


@LIBRARY.add("cidr", str)
def _cidr(text: str) -> Cidr:
    return parsed_cidr(text)


@LIBRARY.add("isCIDR", str)
def _is_cidr(text: str) -> bool:
    try:
        parsed_cidr(text)
    except CelError:
        return False
    return True


@LIBRARY.add(".containsIP", Cidr, Ip)
def _contains_ip(cidr: Cidr, ip: Ip) -> bool:
    return ip.address in cidr.network


@LIBRARY.add(".containsIP", Cidr, str)
def _contains_ip_text(cidr: Cidr, text: str) -> bool:
    return _contains_ip(cidr, _ip(text))


@LIBRARY.add(".containsCIDR", Cidr, Cidr)
def _contains_cidr(cidr: Cidr, other: Cidr) -> bool:
    return other.address in cidr.network and cidr.length <= other.length


@LIBRARY.add(".containsCIDR", Cidr, str)
def _contains_cidr_text(cidr: Cidr, text: str) -> bool:
    return _contains_cidr(cidr, parsed_cidr(text))


@LIBRARY.add(".ip", Cidr)
def _ip_of(cidr: Cidr) -> Ip:
    return Ip(cidr.address)


@LIBRARY.add(".masked", Cidr)
def _masked(cidr: Cidr) -> Cidr:
    return Cidr(cidr.network.network_address, cidr.length)


@LIBRARY.add(".prefixLength", Cidr)
def _prefix_length(cidr: Cidr) -> int:
    return cidr.length

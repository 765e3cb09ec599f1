"""What of Azure is open to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.exposure.found import Look, Opening, Way, World
from checks.exposure.ports import has_ports, opened, span, world
from checks.terraform.attributes import Attributes

_FLAGS = ("allow_nested_items_to_be_public", "allow_blob_public_access")


def _account(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    for name in _FLAGS:
        if own.flag(name) is True:
            yield Opening(
                way=Way.UNBLOCKED,
                key=name,
                pointer=own.at(name),
                said="lets its containers be made public",
                value=f"{name} = true",
                instead=False,
            )


def _container(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    access = own.text("container_access_type")
    if access in ("blob", "container"):
        yield Opening(
            way=Way.BUCKET,
            key="container_access_type",
            pointer=own.at("container_access_type"),
            said="lets everybody read what is in it",
            value=f"container_access_type = {access}",
            instead="private",
        )


def _group(own: Attributes, near: World) -> Iterator[Opening]:
    for block in own.blocks("security_rule"):
        yield from _rule(block, near)


def _rule(own: Attributes, near: World) -> Iterator[Opening]:
    inbound = own.text("direction").lower() == "inbound" and own.text("access").lower() == "allow"
    if not inbound or not has_ports(own.text("protocol")):
        return
    fields = ("destination_port_range", "destination_port_ranges")
    spans = [found for name in fields for one in own.texts(name) if (found := span(one))]
    what = opened(spans, near.ports)
    for name in ("source_address_prefix", "source_address_prefixes"):
        source = world(own.texts(name))
        if what and source:
            yield Opening(
                way=Way.PORT,
                key=f"{own.text('name')} {what}",
                pointer=own.at(name),
                said=f"opens {what} to the whole Internet ({source})",
                value=f"{source} to {what}",
            )
        elif what and own.unknown(name) and not own.references.get(str(own.at(name)[1])):
            yield Opening(
                way=Way.UNKNOWN, key=name, pointer=own.at(name), said="", value="not known"
            )


def _database(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    # From 0.0.0.0 to 0.0.0.0 means what runs in Azure.
    if (own.text("start_ip_address"), own.text("end_ip_address")) == ("0.0.0.0", "255.255.255.255"):  # noqa: S104
        yield Opening(
            way=Way.DATABASE,
            key="end_ip_address",
            pointer=own.at("start_ip_address"),
            said="lets the whole Internet connect",
            value="0.0.0.0 to 255.255.255.255",
        )


_SERVERS = (
    "azurerm_mariadb_firewall_rule",
    "azurerm_mssql_firewall_rule",
    "azurerm_mysql_firewall_rule",
    "azurerm_mysql_flexible_server_firewall_rule",
    "azurerm_postgresql_firewall_rule",
    "azurerm_postgresql_flexible_server_firewall_rule",
    "azurerm_sql_firewall_rule",
)
LOOKS: Mapping[str, Look] = {
    "azurerm_storage_account": _account,
    "azurerm_storage_container": _container,
    "azurerm_network_security_group": _group,
    "azurerm_network_security_rule": _rule,
    **dict.fromkeys(_SERVERS, _database),
}

"""What of Google Cloud is open to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.exposure.found import Look, Opening, Way, World
from checks.exposure.ports import EVERY, every_port, has_ports, opened, span, world
from checks.model import Resource
from checks.terraform.attributes import Attributes

_EVERYBODY = {
    "allUsers": "everybody",
    "allAuthenticatedUsers": "everybody with a Google account",
}
_PUBLIC_ACLS = ("publicRead", "publicReadWrite", "authenticatedRead")


def _member(own: Attributes, near: World) -> Iterator[Opening]:
    names = (("member", own.text("member")), *(("members", one) for one in own.texts("members")))
    for field, name in names:
        if name in _EVERYBODY:
            yield Opening(
                way=_way(own, near),
                key=name,
                pointer=own.at(field),
                said=f"gives {own.text('role') or 'a role'} to {_EVERYBODY[name]} ({name})",
                value=name,
            )


def _way(own: Attributes, near: World) -> Way:
    buckets = near.near("google_storage_bucket")
    site = any(_is_of(own, one) and Attributes(resource=one).get("website") for one in buckets)
    return Way.WEBSITE if site else Way.BUCKET


def _is_of(own: Attributes, bucket: Resource) -> bool:
    name = own.text("bucket")
    named = bool(name) and name == Attributes(resource=bucket).text("name")
    return named or own.refers("bucket", bucket)


def _entity(own: Attributes, near: World) -> Iterator[Opening]:
    name = own.text("entity")
    if name in _EVERYBODY:
        yield Opening(
            way=_way(own, near),
            key=name,
            pointer=own.at("entity"),
            said=f"gives {own.text('role') or 'a role'} to {_EVERYBODY[name]} ({name})",
            value=name,
        )


def _acl(own: Attributes, near: World) -> Iterator[Opening]:
    for field in ("predefined_acl", "default_acl"):
        if own.text(field) in _PUBLIC_ACLS:
            yield Opening(
                way=_way(own, near),
                key=field,
                pointer=own.at(field),
                said="lets everybody read it",
                value=f"{field} = {own.text(field)}",
                instead="private",
            )


def _bucket(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    if own.flag("uniform_bucket_level_access") is False:
        yield Opening(
            way=Way.UNBLOCKED,
            key="uniform_bucket_level_access",
            pointer=own.at("uniform_bucket_level_access"),
            said="lets single objects have rights of their own",
            value="uniform_bucket_level_access = false",
            instead=True,
        )


def _firewall(own: Attributes, near: World) -> Iterator[Opening]:
    if own.text("direction").upper() == "EGRESS" or own.flag("disabled") is True:
        return
    spans = [one for block in own.blocks("allow") for one in _spans(block)]
    what = opened(spans, near.ports)
    source = world(own.texts("source_ranges"))
    if what and source:
        yield Opening(
            way=Way.PORT,
            key=f"{what} {source}",
            pointer=own.at("source_ranges"),
            said=f"opens {what} to the whole Internet ({source})",
            value=f"{source} to {what}",
        )
    elif what and own.unknown("source_ranges") and not own.references.get("source_ranges"):
        yield Opening(
            way=Way.UNKNOWN, key="source_ranges", pointer=own.at("source_ranges"), said="", value=""
        )


def _spans(allow: Attributes) -> Iterator[tuple[int, int]]:
    protocol = allow.text("protocol")
    if every_port(protocol) or (has_ports(protocol) and not allow.get("ports")):
        if not allow.unknown("ports"):
            yield EVERY
    elif has_ports(protocol):
        yield from (found for one in allow.texts("ports") if (found := span(one)))


def _sql(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    for settings in own.blocks("settings"):
        for address in settings.blocks("ip_configuration"):
            for network in address.blocks("authorized_networks"):
                if source := world([network.text("value")]):
                    yield Opening(
                        way=Way.DATABASE,
                        key=source,
                        pointer=network.at("value"),
                        said=f"lets the whole Internet connect ({source})",
                        value=source,
                    )


LOOKS: Mapping[str, Look] = {
    "google_storage_bucket": _bucket,
    "google_storage_bucket_iam_member": _member,
    "google_storage_bucket_iam_binding": _member,
    "google_storage_bucket_access_control": _entity,
    "google_storage_default_object_access_control": _entity,
    "google_storage_bucket_acl": _acl,
    "google_bigquery_dataset_iam_member": _member,
    "google_bigquery_dataset_iam_binding": _member,
    "google_compute_firewall": _firewall,
    "google_sql_database_instance": _sql,
}

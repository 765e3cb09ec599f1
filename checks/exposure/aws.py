"""What of AWS is open to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.exposure.found import Look, Opening, Way, World
from checks.exposure.ports import EVERY, every_port, has_ports, opened, world
from checks.exposure.statements import public_statement
from checks.model import Resource
from checks.terraform.attributes import Attributes

_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_BLOCKS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)


def _bucket(bucket: Attributes, near: World) -> Iterator[Opening]:
    yield from _acl(bucket, near, bucket.resource)
    yield from _policy(bucket, near, bucket.resource)


def _of_bucket(own: Attributes, near: World) -> Iterator[Opening]:
    """What stands in a resource of its own: aws_s3_bucket_acl, aws_s3_bucket_policy."""
    bucket = _named(own, near)
    yield from _acl(own, near, bucket)
    yield from _policy(own, near, bucket)


def _acl(own: Attributes, near: World, bucket: Resource | None) -> Iterator[Opening]:
    acl = own.text("acl")
    if acl in _PUBLIC_ACLS and not _blocked(bucket, near, "ignore_public_acls"):
        yield Opening(
            way=_way(bucket, near),
            key="acl",
            pointer=own.at("acl"),
            said="lets everybody read it"
            if acl == "public-read"
            else "lets everybody write to it"
            if acl == "public-read-write"
            else "lets everybody with an AWS account read it",
            value=f"acl = {acl}",
            instead="private",
        )


def _policy(own: Attributes, near: World, bucket: Resource | None) -> Iterator[Opening]:
    found = public_statement(own.text("policy"))
    if found and not _blocked(bucket, near, "restrict_public_buckets"):
        yield Opening(
            way=_way(bucket, near),
            key="policy",
            pointer=own.at("policy"),
            said=f"lets everybody do {found}",
            value=f"Principal * may {found}",
        )


def _way(bucket: Resource | None, near: World) -> Way:
    if bucket is None:
        return Way.BUCKET
    site = Attributes(resource=bucket).get("website")
    sites = near.near("aws_s3_bucket_website_configuration")
    meant = bool(site) or any(_is_of(Attributes(resource=one), bucket) for one in sites)
    return Way.WEBSITE if meant else Way.BUCKET


def _named(own: Attributes, near: World) -> Resource | None:
    """The bucket that a resource is about, where it is declared beside it."""
    return next((one for one in near.near("aws_s3_bucket") if _is_of(own, one)), None)


def _is_of(own: Attributes, bucket: Resource) -> bool:
    name = own.text("bucket")
    named = bool(name) and name == Attributes(resource=bucket).text("bucket")
    return named or own.refers("bucket", bucket)


def _blocked(bucket: Resource | None, near: World, what: str) -> bool:
    """Whether an access block of the bucket, or of the whole account, makes it void."""
    blocks = [
        Attributes(resource=one)
        for kind in ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block")
        for one in near.near(kind)
    ]
    return any(
        block.flag(what) is True
        for block in blocks
        if block.resource.kind == "aws_s3_account_public_access_block"
        or (bucket is not None and _is_of(block, bucket))
    )


def _access_block(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    for name in _BLOCKS:
        if own.flag(name) is False:
            yield Opening(
                way=Way.UNBLOCKED,
                key=name,
                pointer=own.at(name),
                said=f"switches {name} off",
                value=f"{name} = false",
                instead=True,
            )


def _group(own: Attributes, near: World) -> Iterator[Opening]:
    for block in own.blocks("ingress"):
        yield from _ingress(block, near, ("cidr_blocks", "ipv6_cidr_blocks"), "protocol")


def _rule(own: Attributes, near: World) -> Iterator[Opening]:
    if own.text("type") == "ingress":
        yield from _ingress(own, near, ("cidr_blocks", "ipv6_cidr_blocks"), "protocol")


def _ingress_rule(own: Attributes, near: World) -> Iterator[Opening]:
    yield from _ingress(own, near, ("cidr_ipv4", "cidr_ipv6"), "ip_protocol")


def _ingress(
    rule: Attributes, near: World, sources: tuple[str, str], protocol: str
) -> Iterator[Opening]:
    kind = rule.text(protocol)
    low, high = rule.number("from_port"), rule.number("to_port")
    if every_port(kind):
        what = opened([EVERY], near.ports)
    elif low is None or high is None or not has_ports(kind):
        return
    else:
        what = opened([(low, high)], near.ports)
    for name in sources:
        source = world(rule.texts(name))
        if what and source:
            yield Opening(
                way=Way.PORT,
                key=f"{what} {source}",
                pointer=rule.at(name),
                said=f"opens {what} to the whole Internet ({source})",
                value=f"{source} to {what}",
            )
        elif what and rule.unknown(name) and not rule.references.get(str(rule.at(name)[1])):
            yield Opening(
                way=Way.UNKNOWN, key=name, pointer=rule.at(name), said="", value="not known"
            )


def _reachable(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    if own.flag("publicly_accessible") is True:
        yield Opening(
            way=Way.DATABASE,
            key="publicly_accessible",
            pointer=own.at("publicly_accessible"),
            said="has an address that the whole Internet can reach",
            value="publicly_accessible = true",
            instead=False,
        )


def _database(own: Attributes, near: World) -> Iterator[Opening]:
    yield from _reachable(own, near)
    # What is restored or follows another is encrypted as that is.
    others = ("replicate_source_db", "snapshot_identifier", "global_cluster_identifier")
    if not any(own.get(name) or own.unknown(name) for name in others):
        yield from _plain(own, "storage_encrypted", missing=True)


def _file_system(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    yield from _plain(own, "encrypted", missing=True)


def _disk(own: Attributes, near: World) -> Iterator[Opening]:  # noqa: ARG001
    # An account can encrypt all disks by default: only what is said is certain.
    yield from _plain(own, "encrypted", missing=False)


def _plain(own: Attributes, name: str, *, missing: bool) -> Iterator[Opening]:
    given = own.flag(name)
    absent = own.get(name) is None and not own.unknown(name)
    if given is False or (missing and absent):
        yield Opening(
            way=Way.PLAIN,
            key=name,
            pointer=own.at(name),
            said="is not encrypted",
            value=f"{name} = false" if given is False else f"{name} is not given",
            instead=True,
        )


LOOKS: Mapping[str, Look] = {
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_acl": _of_bucket,
    "aws_s3_bucket_policy": _of_bucket,
    "aws_s3_bucket_public_access_block": _access_block,
    "aws_s3_account_public_access_block": _access_block,
    "aws_security_group": _group,
    "aws_default_security_group": _group,
    "aws_security_group_rule": _rule,
    "aws_vpc_security_group_ingress_rule": _ingress_rule,
    "aws_db_instance": _database,
    "aws_rds_cluster": _database,
    "aws_rds_cluster_instance": _reachable,
    "aws_redshift_cluster": _reachable,
    "aws_dms_replication_instance": _reachable,
    "aws_mq_broker": _reachable,
    "aws_efs_file_system": _file_system,
    "aws_ebs_volume": _disk,
}

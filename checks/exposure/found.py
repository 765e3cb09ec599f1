"""One way in which a resource lets everybody in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from checks.model import Node, Pointer, Resource
from checks.terraform.attributes import Attributes


class Way(Enum):
    """What kind of thing is open."""

    BUCKET = "public-bucket"
    WEBSITE = "public-website"
    UNBLOCKED = "bucket-not-blocked"
    PORT = "open-port"
    DATABASE = "public-database"
    PLAIN = "not-encrypted"
    # Nobody knows before apply.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Where a resource says so: `key` names it independently of its place, `said` finishes the
    sentence "aws_s3_bucket.logs …", `instead` is a value that would be fine, None for none that is
    certain."""

    way: Way
    key: str
    pointer: Pointer
    said: str
    value: str
    instead: Node = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a rule looks at besides the resource: which ports nobody should reach (by number, with
    what they are for), and the resources of the same root by kind."""

    ports: Mapping[int, str]
    near: Callable[[str], Sequence[Resource]]


Look: TypeAlias = Callable[[Attributes, World], Iterator[Opening]]

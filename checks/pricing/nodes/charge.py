"""What an hour of a pod costs on the nodes it may run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal


from checks.model import Grade, Machine, Range, UnitPrice
from checks.pricing.cost import Unknown, worst
from checks.pricing.nodes.hosts import Hosts
from checks.pricing.nodes.devices import GPUS, TPU, Devices
from checks.pricing.pod import Amounts
from checks.pricing.quantity import GIB
from checks.pricing.sheet import Rate, Sheet

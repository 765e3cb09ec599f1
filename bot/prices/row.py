"""One row of a price sheet, wherever it stands: what has a price, where, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from checks.model import Grade, Machine, UnitPrice

ANY = "any"
# The columns of a sheet, in the order in which they are written.
COLUMNS = (
    "provider",
    "region",
    "kind",
    "name",
    "unit",
    "amount",
    "spot",
    "currency",
    "vcpu",
    "memory_gib",
    "accelerator",
    "accelerators",
    "source",
    "as_of",
    "spot_source",
    "spot_as_of",
    "grade",
)
# What a price can be the price of one of.
UNITS = frozenset(
    {
        "hour",
        "month",
        "vCPU-hour",
        "vCPU-month",
        "GiB-hour",
        "GPU-hour",
        "chip-hour",
        "LCU-hour",
        "ACU-hour",
        "GiB-month",
        "IOPS-month",
        "MBps-month",
        "GB",
        "vCPU-second",
        "GiB-second",
        "GB-second",
        "GHz-second",
        "1k-requests",
        "10k-requests",
        "1M-requests",
    }
)
# What the name of a unit price may begin with; docs/prices.md says what each one is.
STEMS = frozenset(
    {
        "acr",
        "artifact-registry",
        "aurora",
        "autopilot",
        "azure-sql",
        "blob",
        "cloud-run",
        "cloud-sql",
        "cloudwatch",
        "control-plane",
        "cpu",
        "cpu-credits",
        "detailed-monitoring",
        "docdb",
        "dynamodb",
        "ebs-optimized",
        "ecr",
        "efs",
        "egress",
        "eks",
        "elasticache",
        "fargate",
        "functions",
        "gcs",
        "gpu",
        "iops",
        "ip",
        "kms",
        "lambda",
        "load-balancer",
        "log-analytics",
        "mq",
        "msk",
        "mysql-flexible",
        "nat-gateway",
        "neptune",
        "opensearch",
        "postgresql-flexible",
        "ram",
        "rds",
        "redis",
        "requests",
        "redshift",
        "route53",
        "s3",
        "sagemaker",
        "secret",
        "snapshot",
        "sns",
        "sqs",
        "storage",
        "throughput",
        "tpu",
        "transit-gateway",
        "vpc-endpoint",
        "vpn",
    }
)


class Kind(Enum):
    """What a row is the price of: an instance type, or a unit of something."""

    MACHINE = "machine"
    UNIT = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One price. `amount` is of one `unit` ("hour" for a machine) in `currency`; `spot` the same,
    interruptible, from `spot_source` of `spot_as_of`. `region` and `provider` may be "any";
    `cluster` narrows a row of one's own to one cluster. `path` and `line` say where it stands.
    """

    provider: str
    kind: Kind
    name: str
    unit: str
    amount: Decimal
    source: str
    as_of: date
    region: str = ANY
    currency: str = "USD"
    grade: Grade = Grade.A
    spot: Decimal | None = None
    spot_source: str = ""
    spot_as_of: date | None = None
    vcpu: Decimal = Decimal(0)
    memory_gib: Decimal = Decimal(0)
    accelerator: str = ""
    accelerators: Decimal = Decimal(0)
    cluster: str = ""
    path: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What no sheet has twice. Names of machines are compared without regard to case."""
        name = self.name.casefold() if self.kind is Kind.MACHINE else self.name
        return self.provider, self.region, self.kind.value, name

    @property
    def price(self) -> UnitPrice:
        """The price as the judges see it."""
        return UnitPrice(
            amount=self.amount,
            unit=self.unit,
            source=self.source,
            as_of=self.as_of,
            grade=self.grade,
            sku=self.name,
            region="" if self.region == ANY else self.region,
        )

    @property
    def spot_price(self) -> UnitPrice | None:
        """The interruptible price, None where there is none."""
        if self.spot is None:
            return None
        return UnitPrice(
            amount=self.spot,
            unit=self.unit,
            source=self.spot_source or self.source,
            as_of=self.spot_as_of or self.as_of,
            grade=self.grade,
            sku=self.name,
            region="" if self.region == ANY else self.region,
        )

    @property
    def machine(self) -> Machine:
        """The machine as the judges see it."""
        return Machine(
            name=self.name,
            vcpu=self.vcpu,
            memory_gib=self.memory_gib,
            hourly=self.price,
            spot=self.spot_price,
            accelerator=self.accelerator,
            accelerators=self.accelerators,
        )

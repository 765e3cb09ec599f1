"""Small price lists in the formats that their publishers describe, with figures made up here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

REFERENCE = """\
provider,region,instance_type,vcpu,memory_gib,accelerator,accelerator_count,accelerator_memory_gib,usd_per_hour,usd_per_hour_spot,source,as_of
aws,us-east-1,m6i.large,2,8,,,,0.096,0.04,a-list+spot:other-2024-08,2026-07-20
aws,us-east-1,p5.48xlarge,192,2048,H100,8,80,55.04,,a-list,2026-07-20
gcp,us-central1,tpu-chip:v5e,,,TPU-v5e,1,16,1.2,0.63,a-list,2025-11+
gcp,us-central1,gpu-attach:nvidia-tesla-t4,,,T4,1,16,0.35,0.11,a-list,2026-06-23
shed,any,box,4-6,12-16,T4,1,16,0.34,,a-list,2025-03-07
aws,us-east-1,g3.4xlarge,,,M60,1,8,1.14,,a-list,2026-07-20
azure,eastus,odd,4,16,Radeon-V620,,,1,,a-list,2026-07-20
"""
REFERENCE_UNITS = """\
scope,provider,region,resource,unit,usd,source,as_of,note
opencost-default,default,any,cpu,vCPU-hour,0.031611,a default,2024-10-24,
opencost-default,default,any,storage,GiB-hour,5.479452e-05,a default,2024-10-24,= $0.04/GiB-month
list-price,aws,us-east-1,ebs-gp3,GB-month,0.08,a list,2024-07-01,
list-price,gcp,us-central1,pd-ssd-regional,GiB-month,0.34,a list,2026-07-30,
list-price,gcp,us-central1,ip-unused,month,7.3,a list,2026-07-30,
list-price,azure,eastus,disk-P10-128GiB,disk-month,19.71,a list,2024-07-01,
list-price,gcp,us-central1,n2-custom-vcpu,vCPU-hour,0.033174,a list,2026-06-23,
derived,aws,us-east-1,intel-6i-ram,GiB-hour,0.003417,"solve(a,b)",2026-07-20,
"""
SKYPILOT = """\
InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone
m6i.large,,,2.0,8.0,,0.096,0.05,us-east-1,us-east-1a
m6i.large,,,2.0,8.0,,0.096,0.04,us-east-1,us-east-1b
p5.48xlarge,H100,8.0,192.0,2048.0,"{'Gpus': []}",55.04,,us-east-1,us-east-1a
,T4,2.0,,,,0.7,0.22,us-west1,
x9.odd,Abacus,1.0,2.0,8.0,,1.0,,us-east-1,us-east-1a
"""
OPENCOST = """\
EndTimestamp,InstanceID,Region,AssetClass,InstanceIDField,InstanceType,MarketPriceHourly,Version
2026-08-01 23:34:22 UTC,m6i.large,us-east-1,node,node.kubernetes.io/instance-type,m6i.large,0.08,v1
2026-08-01 23:34:22 UTC,worker-a,,node,metadata.name,,0.24,
2026-08-01 23:34:22 UTC,hcloud-volumes,,pv,spec.storageClassName,,0.0001,v1
2026-08-01 23:34:22 UTC,pvc-1,,pv,metadata.name,,0.0001,v1
2026-08-01 23:34:22 UTC,Quadro_RTX_4000,,gpu,nvidia.com/gpu_type,,0.75,
2026-08-01 23:34:22 UTC,Abacus,,gpu,nvidia.com/gpu_type,,0.75,
"""
_AWS_COLUMNS = (
    *("SKU", "TermType", "Unit", "PricePerUnit", "Currency", "Product Family", "Instance Type"),
    *("vCPU", "Memory", "Tenancy", "Operating System", "CapacityStatus", "Pre Installed S/W"),
    *("Region Code", "Volume API Name", "GPU"),
)
_AWS_PREAMBLE = """\
"FormatVersion","v1.0"
"Disclaimer","This list is made up."
"Publication Date","2026-09-12T22:53:08Z"
"Version","20260912225308"
"OfferCode","AmazonEC2"
"""


def _offer(**given: str) -> str:
    machine = {
        "TermType": "OnDemand",
        "Unit": "Hrs",
        "PricePerUnit": "0.0960000000",
        "Currency": "USD",
        "Product Family": "Compute Instance",
        "Instance Type": "m6i.large",
        "vCPU": "2",
        "Memory": "8 GiB",
        "Tenancy": "Shared",
        "Operating System": "Linux",
        "CapacityStatus": "Used",
        "Pre Installed S/W": "NA",
        "Region Code": "us-east-1",
    }
    cells = {**machine, **{name.replace("_", " "): value for name, value in given.items()}}
    return ",".join(f'"{cells.get(name, "")}"' for name in _AWS_COLUMNS) + "\n"


_NO_MACHINE = dict.fromkeys(
    ("Instance_Type", "vCPU", "Memory", "Tenancy", "Operating_System", "CapacityStatus"), ""
)
_P5 = {"vCPU": "192", "Memory": "2,048 GiB", "GPU": "8"}
AWS_CSV = "".join(
    (
        _AWS_PREAMBLE,
        ",".join(f'"{name}"' for name in _AWS_COLUMNS) + "\n",
        _offer(),
        _offer(Operating_System="Windows", PricePerUnit="0.188"),
        _offer(Tenancy="Dedicated", PricePerUnit="0.1"),
        _offer(TermType="Reserved", PricePerUnit="0.06"),
        _offer(Instance_Type="p5.48xlarge", PricePerUnit="55.0400000000", **_P5),
        _offer(Instance_Type="z9.huge", PricePerUnit="9", **_P5),
        _offer(
            Product_Family="Storage",
            Volume_API_Name="gp3",
            Unit="GB-Mo",
            PricePerUnit="0.08",
            **_NO_MACHINE,
        ),
        _offer(Product_Family="Data Transfer", Unit="GB", PricePerUnit="0.09", **_NO_MACHINE),
    )
)


def aws_json() -> str:
    """The same machine, disk and noise as a bulk offer file in JSON."""

    def product(family: str, **attributes: str) -> dict[str, Any]:
        return {"productFamily": family, "attributes": {"regionCode": "us-east-1", **attributes}}

    def term(unit: str, price: str) -> dict[str, Any]:
        dimension = {"unit": unit, "pricePerUnit": {"USD": price}}
        return {"t": {"priceDimensions": {"d": dimension}}}

    machine = {
        "instanceType": "m6i.large",
        "vcpu": "2",
        "memory": "8 GiB",
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "preInstalledSw": "NA",
    }
    return json.dumps(
        {
            "formatVersion": "v1.0",
            "disclaimer": 'A "quoted" {brace} and a \\ in a text.',
            "publicationDate": "2026-09-12T22:53:08Z",
            "products": {
                "A": product("Compute Instance", operatingSystem="Linux", **machine),
                "B": product("Compute Instance", operatingSystem="Windows", **machine),
                "G": product("Storage", volumeApiName="gp3"),
                "H": product("Data Transfer"),
            },
            "terms": {
                "Reserved": {"A": term("Hrs", "0.06")},
                "OnDemand": {
                    "A": term("Hrs", "0.0960000000"),
                    "B": term("Hrs", "0.188"),
                    "G": term("GB-Mo", "0.08"),
                    "H": term("GB", "0.09"),
                },
            },
        },
        indent=1,
    )


def _sku(description: str, usage: str, unit: str, price: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "skuId": "0000-1111",
        "description": description,
        "category": {"resourceFamily": "Compute", "usageType": usage},
        "serviceRegions": ["us-central1", "us-east1"],
        "pricingInfo": [
            {
                "effectiveTime": "2026-08-01T00:00:00.000Z",
                "pricingExpression": {
                    "usageUnit": unit,
                    "tieredRates": [{"startUsageAmount": 0, "unitPrice": price}],
                },
            }
        ],
    }


def gcp(unit: str = "h") -> str:
    """Four SKUs that have a name here and one that has none."""

    def usd(nanos: int, units: str = "0") -> dict[str, Any]:
        return {"currencyCode": "USD", "units": units, "nanos": nanos}

    skus = [
        _sku("N2 Instance Core running in Americas", "OnDemand", unit, usd(31_611_000)),
        _sku(
            "Spot Preemptible N2 Instance Ram running in Americas",
            "Preemptible",
            "GiBy.h",
            usd(1_000_000),
        ),
        _sku("Nvidia Tesla T4 GPU running in Americas", "OnDemand", "h", usd(350_000_000)),
        _sku("Balanced PD Capacity in Iowa", "OnDemand", "GiBy.mo", usd(100_000_000)),
        _sku("N1 Predefined Instance Core running in Americas", "OnDemand", "h", usd(0, "1")),
        _sku("Network Egress via Carrier", "OnDemand", "GiBy", usd(1)),
        _sku("N2 Instance Core running in Americas", "Commit1Yr", "h", usd(20_000_000)),
    ]
    return json.dumps({"skus": skus, "nextPageToken": ""})


def _item(name: str, price: float, **more: object) -> dict[str, Any]:
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": price,
        "armRegionName": "eastus",
        "productName": "Virtual Machines Dsv5 Series",
        "skuName": "D4s v5",
        "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "armSkuName": name,
        **more,
    }


def azure(unit: str = "1 Hour") -> str:
    """A machine with its spot price, one of unknown size, a disk, and noise."""
    disk: dict[str, object] = {
        "serviceName": "Storage",
        "productName": "Premium SSD Managed Disks",
        "skuName": "P10 LRS",
        "unitOfMeasure": "1/Month",
    }
    items = [
        _item("Standard_D4s_v5", 0.192, unitOfMeasure=unit),
        _item("Standard_D4s_v5", 0.03, skuName="D4s v5 Spot"),
        _item("Standard_D4s_v5", 0.376, productName="Virtual Machines Dsv5 Series Windows"),
        _item("Standard_D4s_v5", 1000.0, type="Reservation"),
        _item("Standard_Odd", 1.0),
        _item("", 19.71, meterName="P10 LRS Disk", **disk),
        _item("", 0.5, meterName="P10 LRS Disk Mount", **disk),
    ]
    return json.dumps({"BillingCurrency": "USD", "Items": items, "NextPageLink": None})

"""Price lists of others become rows of ours; what does not is counted, or refused on its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config_file import ConfigError
from bot.prices.arguments import FORMAT_NAMES
from bot.prices.importers import FORMATS, Source
from bot.prices.row import Kind, Row
from bot.prices.sheet import plain, rows_of, text
from checks.model import Grade
from tests.prices import lists

DAY = date(2026, 8, 1)
SAMPLES = {
    "reference": ("reference.csv", lists.REFERENCE),
    "skypilot": ("aws.csv", lists.SKYPILOT),
    "opencost": ("opencost.csv", lists.OPENCOST),
    "aws": ("index.csv", lists.AWS_CSV),
    "gcp": ("skus.json", lists.gcp()),
    "azure": ("prices.json", lists.azure()),
}


def read(
    tmp_path: Path, kind: str, content: str, *, name: str = "", source: Source | None = None
) -> tuple[dict[str, Row], list[str]]:
    """The rows by region and name, and the reasons of what was left out."""
    path = tmp_path / (name or SAMPLES[kind][0])
    path.write_text(content, encoding="utf-8")
    found = list(FORMATS[kind](path, source or Source(as_of=DAY, provider="aws")))
    rows = {f"{one.region} {one.name}": one for one in found if isinstance(one, Row)}
    return rows, [one.reason for one in found if not isinstance(one, Row)]


def figures(row: Row) -> str:
    """The amount, the spot amount, vCPU and GiB."""
    parts = (row.amount, row.spot, row.vcpu, row.memory_gib)
    return " ".join("None" if part is None else plain(part) for part in parts)


def test_the_command_offers_the_formats_that_there_are() -> None:
    assert tuple(sorted(FORMATS)) == FORMAT_NAMES


def test_reference(tmp_path: Path) -> None:
    rows, skipped = read(tmp_path, "reference", lists.REFERENCE)
    large = rows["us-east-1 m6i.large"]
    assert figures(large) == "0.096 0.04 2 8"
    assert (large.source, large.as_of) == ("a-list", date(2026, 7, 20))
    assert (large.spot_source, large.spot_as_of) == ("other-2024-08", date(2024, 8, 1))
    assert rows["us-east-1 p5.48xlarge"].accelerator == "H100"
    assert rows["us-central1 tpu:v5e"].unit == "chip-hour"
    assert rows["us-central1 tpu:v5e"].as_of == date(2025, 11, 1)
    assert rows["us-central1 gpu:T4"].spot == Decimal("0.11")
    assert figures(rows["any box"]) == "0.34 None 4 12"
    assert len(rows) == 5
    assert skipped == [
        "a machine without vCPU and memory",
        "Radeon-V620: not in the catalogue, or nobody says how many",
    ]


def test_reference_units(tmp_path: Path) -> None:
    rows, skipped = read(tmp_path, "reference", lists.REFERENCE_UNITS, name="units.csv")
    assert skipped == []
    said = {row.name: (row.amount, row.unit, row.grade.value) for row in rows.values()}
    assert said == {
        "cpu": (Decimal("0.031611"), "vCPU-hour", "D"),
        "storage": (Decimal("0.0400"), "GiB-month", "D"),
        "storage:gp3": (Decimal("0.08"), "GiB-month", "A"),
        "storage:pd-ssd:regional": (Decimal("0.34"), "GiB-month", "A"),
        "ip:unused": (Decimal("0.01"), "hour", "A"),
        "storage:Premium_LRS:P10": (Decimal("19.71"), "month", "A"),
        "cpu:n2:custom": (Decimal("0.033174"), "vCPU-hour", "A"),
        "ram:intel-6i": (Decimal("0.003417"), "GiB-hour", "C"),
    }


def test_skypilot(tmp_path: Path) -> None:
    rows, skipped = read(tmp_path, "skypilot", lists.SKYPILOT)
    assert rows["us-east-1 m6i.large"].spot == Decimal("0.04")
    assert rows["us-east-1 m6i.large"].as_of == DAY
    assert rows["us-east-1 p5.48xlarge"].accelerators == 8
    assert rows["us-west1 gpu:T4"].amount == Decimal("0.35")
    assert skipped == ["Abacus: not in the catalogue of accelerators"]


def test_opencost(tmp_path: Path) -> None:
    rows, skipped = read(tmp_path, "opencost", lists.OPENCOST, source=Source(provider="aws"))
    large = rows["us-east-1 m6i.large"]
    assert (figures(large), large.as_of) == ("0.08 None 2 8", DAY)
    assert rows["any storage:hcloud-volumes"].amount == Decimal("0.0730")
    assert rows["any gpu:Quadro-RTX-4000"].unit == "GPU-hour"
    assert len(skipped) == 3


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_aws(tmp_path: Path, kind: str) -> None:
    content = lists.AWS_CSV if kind == "csv" else lists.aws_json()
    rows, skipped = read(tmp_path, "aws", content, name=f"index.{kind}", source=Source())
    large = rows["us-east-1 m6i.large"]
    assert figures(large) == "0.096 None 2 8"
    assert large.as_of == date(2026, 9, 12)
    assert rows["us-east-1 storage:gp3"].unit == "GiB-month"
    assert {"operatingSystem other than Linux", "product family Data Transfer"} <= set(skipped)
    if kind == "csv":
        p5 = rows["us-east-1 p5.48xlarge"]
        assert f"{p5.accelerators} {p5.accelerator}, {p5.memory_gib} GiB" == "8 H100, 2048 GiB"
        assert "the list names no GPU model, and no sheet of ours does" in skipped
        assert "term Reserved" in skipped


def test_gcp(tmp_path: Path) -> None:
    rows, skipped = read(tmp_path, "gcp", lists.gcp(), source=Source())
    assert rows["us-central1 cpu:n2"].amount == Decimal("0.031611")
    assert rows["us-east1 ram:n2:spot"].amount == Decimal("0.001")
    assert rows["us-central1 gpu:T4"].unit == "GPU-hour"
    assert rows["us-central1 storage:pd-balanced"].unit == "GiB-month"
    assert rows["us-central1 cpu:n1"].amount == 1
    assert rows["us-central1 cpu:n2"].as_of == DAY
    assert len(rows) == 10
    assert len(skipped) == 2


def test_azure(tmp_path: Path) -> None:
    rows, skipped = read(tmp_path, "azure", lists.azure())
    found = rows["eastus Standard_D4s_v5"]
    assert figures(found) == "0.192 0.03 4 16"
    assert rows["eastus storage:Premium_LRS:P10"].amount == Decimal("19.71")
    assert len(rows) == 2
    assert "a machine that no sheet says the size of" in skipped


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_what_is_imported_reads_back_the_same(tmp_path: Path, kind: str) -> None:
    rows, _ = read(tmp_path, kind, SAMPLES[kind][1])
    again = rows_of("own.csv", text(rows.values()).encode())
    assert [(*row.key, row.amount, row.spot, row.vcpu, row.accelerators) for row in again] == [
        (*row.key, row.amount, row.spot, row.vcpu, row.accelerators) for row in rows.values()
    ]
    assert {(row.source, row.as_of, row.grade) for row in again} == {
        (row.source, row.as_of, row.grade) for row in rows.values()
    }
    assert all(row.kind is Kind.UNIT or row.vcpu > 0 for row in again)
    assert all(row.grade in Grade for row in again)


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("reference", "a,b\n1,2\n", "reference.csv:1: there is no column 'provider'"),
        (
            "reference",
            lists.REFERENCE_UNITS + "list-price,aws,any,ebs-gp3,furlong,1,x,2026-01-01,\n",
            "reference.csv:10: unit: there is no unit 'furlong'",
        ),
        (
            "reference",
            lists.REFERENCE_UNITS + "list-price,aws,any,teapot,hour,1,x,2026-01-01,\n",
            "reference.csv:10: resource: there is no unit price 'teapot'",
        ),
        (
            "reference",
            lists.REFERENCE_UNITS + "list-price,aws,any,ebs-gp3,GB-month,-1,x,2026-01-01,\n",
            "reference.csv:10: usd: expected a number of 0 or more, not '-1'",
        ),
        (
            "reference",
            lists.REFERENCE_UNITS + "list-price,aws,any,ebs-gp3,GB-month,NaN,x,2026-01-01,\n",
            "reference.csv:10: usd: expected a number",
        ),
        (
            "reference",
            lists.REFERENCE_UNITS + "list-price,aws,any,ebs-gp3,GB-month,1,x,lately,\n",
            "reference.csv:10: as_of: expected a day",
        ),
        ("reference", lists.REFERENCE_UNITS + "short,row\n", "reference.csv:10: 2 cells under 9"),
        ("skypilot", "a,b\n1,2\n", "aws.csv:1: there is no column 'InstanceType'"),
        (
            "opencost",
            lists.OPENCOST + ",x,,spoon,metadata.name,,1,\n",
            "opencost.csv:8: AssetClass: expected node, pv or gpu, not 'spoon'",
        ),
        ("aws", lists.AWS_CSV.replace('"Hrs","0.096', '"Furlong","0.096'), "index.csv:7: unit: "),
        ("aws", "a,b\n", "index.csv:1: there is no 'Publication Date'"),
        ("gcp", lists.gcp(unit="furlong"), "skus.json:1: usageUnit: expected one of h, "),
        ("gcp", '{"items": []}', "skus.json:1: there is no 'skus'"),
        ("gcp", '{"skus": [', "skus.json:1: the file ends too early"),
        ("gcp", '{"skus": [1]}', "skus.json:1: expected a SKU"),
        ("gcp", "[]", "skus.json:1: expected an object"),
        ("azure", lists.azure(unit="1 Fortnight"), "prices.json:1: unitOfMeasure: expected "),
        ("azure", '{"Items": [{}]}', "prices.json:1: a price without armRegionName"),
        ("azure", '{"Items": {', "prices.json:1: the file ends too early"),
    ],
)
def test_what_is_no_price_list_is_refused_on_its_line(
    tmp_path: Path, kind: str, content: str, said: str
) -> None:
    source = Source(provider="aws") if kind in {"aws", "gcp"} else None
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, kind, content, source=source)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "source", "said"),
    [
        ("skypilot", Source(provider="aws"), "this format carries no date: give one with --as-of"),
        ("skypilot", Source(as_of=DAY), "this format names no provider: give --provider"),
        ("azure", Source(), "this format carries no date"),
    ],
)
def test_what_a_list_does_not_say_must_be_said(
    tmp_path: Path, kind: str, source: Source, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, kind, SAMPLES[kind][1], source=source)

"""The sheets in config/prices: every row of them is sound, and every accelerator has its price."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from bot.facts import prices
from bot.prices import shipped
from bot.prices.book import Book
from bot.prices.catalogue import accelerators, without_price
from bot.prices.config import PriceSettings
from bot.prices.row import COLUMNS, Kind, Row
from bot.prices.sheet import rows_of
from checks.model import Grade, Place

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "config" / "prices"
SHEETS = sorted(FOLDER.glob("*/*.csv"))
# The newest day of any source, and the oldest that is worth bringing.
NEWEST, OLDEST = date(2026, 7, 30), date(2024, 7, 1)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """All rows, as the loader types them."""
    return [shipped.row(raw) for _, _, raw in shipped.every()]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sheet_would_be_taken_from_a_user(path: Path) -> None:
    """The strict reading of people's own sheets and the fast one of ours say the same."""
    data = path.read_bytes()
    strict = rows_of(path.name, data)
    fast = [shipped.row(tuple(line.values())) for line in _cells(data)]
    assert [(one.key, one.amount, one.spot, one.as_of) for one in strict] == [
        (one.key, one.amount, one.spot, one.as_of) for one in fast
    ]
    for one in strict:
        assert one.provider == path.parent.name
        assert path.stem in {"units", "accelerated", one.region}
        assert (path.stem == "units") == (one.kind is Kind.UNIT)
        assert (path.stem == "accelerated") == bool(one.accelerators)


def _cells(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(data.decode().splitlines()))


def test_every_row_is_dated_and_says_where_it_is_from(rows: list[Row]) -> None:
    assert len(rows) > 7000
    for row in rows:
        assert row.source
        assert OLDEST <= row.as_of <= NEWEST
        assert row.currency == "USD"
        assert row.amount > 0
        if row.spot is not None:
            assert 0 < row.spot <= row.amount
            assert row.spot_as_of is None or OLDEST <= row.spot_as_of <= NEWEST
    assert max(Counter(row.key for row in rows).values()) == 1


def test_machines_name_accelerators_that_are_known(rows: list[Row]) -> None:
    for row in rows:
        assert not row.accelerator or row.accelerator in accelerators(), row.name
        if row.name.startswith("gpu:"):
            assert row.name.removeprefix("gpu:") in accelerators()


@pytest.mark.parametrize("name", sorted(accelerators()))
def test_every_accelerator_with_a_public_price_resolves(name: str, rows: list[Row]) -> None:
    machines = [row for row in rows if row.accelerator == name]
    alone = [row for row in rows if row.name == f"gpu:{name}"]
    assert bool(machines or alone) == (name not in without_price())


def test_the_accelerators_without_a_price_are_named_in_the_docs() -> None:
    said = (ROOT / "docs" / "prices.md").read_text()
    assert {name for name in without_price() if name not in said} == set()
    assert {"Trainium2", "Gaudi2", "Gaudi3"} <= without_price()


def test_slices_are_exact_sevenths() -> None:
    h100 = accelerators()["H100"]
    assert h100.slices["3g.40gb"] * 7 == 3
    assert h100.slices["7g.80gb"] == 1
    assert accelerators()["Trainium1"].slices["neuroncore"] == Decimal("0.5")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("nvidia-tesla-t4", "T4"),
        ("nvidia-h100-80gb-hbm3", "H100"),
        ("nvidia-h100-mega-80gb", "H100-MEGA"),
        ("tpu-v5-lite-podslice", "TPU-v5e"),
        ("l40s", "L40S"),
        ("trainium", "Trainium1"),
    ],
)
def test_labels_lead_to_accelerators(label: str, name: str) -> None:
    assert name in {one.name for one in accelerators().values() if label in one.labels}


def test_labels_are_in_lower_case() -> None:
    labels = [label for one in accelerators().values() for label in one.labels]
    assert labels == [label.lower() for label in labels]


def test_every_name_of_a_unit_price_is_in_the_docs(rows: list[Row]) -> None:
    said = (ROOT / "docs" / "prices.md").read_text()
    names = {row.name for row in rows if row.kind is Kind.UNIT}
    missing = sorted(name for name in names if not _documented(name, said))
    assert missing == []


def _documented(name: str, said: str) -> bool:
    """By itself, or by a name with a part to fill in, of as many parts."""
    if f"`{name}`" in said:
        return True
    base = name.removesuffix(":regional").removesuffix(":multi-az").removesuffix(":cu")
    shapes = re.findall(r"`([a-z0-9-]+:[^`]*<[^`]*)`", said)
    return any(re.fullmatch(re.sub(r"<[^>]*>", "[^:]+", shape), base) for shape in shapes) or (
        base != name and f"`{base}`" in said
    )


@pytest.mark.parametrize(
    ("place", "name", "amount"),
    [
        ("aws us-east-1", "p5.48xlarge", "55.04"),
        ("aws us-east-1", "p4d.24xlarge", "21.957642"),
        ("aws us-east-1", "g5.xlarge", "1.006"),
        ("aws us-east-1", "p3.8xlarge", "12.24"),
        ("aws us-east-1", "trn1.32xlarge", "21.5"),
        ("aws us-west-2", "m5.large", "0.096"),
        ("aws eu-west-1", "t3.xlarge", "0.1824"),
        ("aws eu-central-1", "p3.2xlarge", "3.82194"),
        ("gcp us-central1", "a3-highgpu-8g", "88.49"),
        ("gcp us-central1", "g2-standard-4", "0.706832"),
        ("gcp us-east4", "c4-standard-4-lssd", "0.279862"),
        ("gcp us-central1", "ct5lp-hightpu-8t", "9.6"),
        ("gcp us-east5", "ct5p-hightpu-4t", "16.8"),
        ("azure eastus", "Standard_ND96isr_H100_v5", "98.32"),
        ("azure westeurope", "standard_nc24ads_a100_V4", "4.775"),
        ("azure eastus", "Standard_D4s_v5", "0.192"),
        ("lambda any", "1xH100", "1.99"),
        ("runpod any", "8xA4000", "2.72"),
    ],
)
def test_figures_of_the_sources(place: str, name: str, amount: str) -> None:
    found = prices(*place.split()).machines[name]
    assert found.hourly.amount == Decimal(amount)
    assert found.hourly.grade is not Grade.D


@pytest.mark.parametrize(
    ("place", "name", "amount"),
    [
        ("aws us-east-1", "storage:gp3", "0.08"),
        ("aws us-east-1", "control-plane", "0.1"),
        ("aws us-east-1", "fargate:cpu", "0.04048"),
        ("aws us-east-1", "rds:mysql:db.t3.large:multi-az", "0.272"),
        ("aws us-east-1", "lambda:gb-second", "0.0000166667"),
        ("gcp europe-west4", "storage:pd-ssd:regional", "0.374"),
        ("gcp us-central1", "gpu:T4", "0.35"),
        ("gcp us-central1", "tpu:v6e:spot", "0.54421"),
        ("azure eastus", "storage:Premium_LRS:P10", "19.71"),
        ("default", "storage", "0.04"),
    ],
)
def test_figures_of_the_unit_prices(place: str, name: str, amount: str) -> None:
    provider, _, region = place.partition(" ")
    assert prices(provider, region).units[name].amount == Decimal(amount)


def test_the_sheets_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.csv")) < 1_200_000


def test_a_region_loads_fast() -> None:
    """Measured in a process of its own, as nothing is read there yet; the best of three."""
    program = (
        "import time\nfrom bot.facts import prices\nstarted = time.perf_counter()\n"
        "prices('aws', 'us-east-1').machines['m6i.large']\n"
        "print(time.perf_counter() - started)"
    )
    command = (sys.executable, "-c", program)
    took = [
        float(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
        for _ in range(3)
    ]
    assert min(took) < 0.1


def test_the_default_place_reads_no_region() -> None:
    """What plumbline reads where nobody configured a place."""
    program = (
        "import sys\nread = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and read.append(str(args[0])))\n"
        "from bot.facts import prices\nprices('default', '')\n"
        "print('\\n'.join(one for one in read if '/prices/' in one and one.endswith('.csv')))"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), check=True, capture_output=True, cwd=ROOT, text=True
    )
    assert {Path(line).name for line in done.stdout.split()} == {
        "units.csv",
        "accelerated.csv",
        "accelerators.csv",
    }


def test_a_place_is_worked_out_once() -> None:
    place = Place("aws", "us-east-1")
    started = time.perf_counter()
    first = Book().at(place)
    assert Book().at(place) is first
    assert time.perf_counter() - started < 5


def test_the_columns_are_those_that_the_docs_name() -> None:
    said = (ROOT / "docs" / "prices.md").read_text()
    assert [column for column in COLUMNS if f"`{column}`" not in said] == []


@pytest.mark.parametrize("name", ["..", "../aws", "a/b", "us-east-1/../../aws/units", ""])
def test_no_place_leads_out_of_the_folder(name: str) -> None:
    assert shipped.machines("aws", name) == {}
    assert shipped.machines(name, "us-east-1") == {}
    assert shipped.regions(name) == ()


def _blocks(language: str) -> list[str]:
    said = (ROOT / "docs" / "prices.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", said, re.DOTALL)


def test_the_configs_in_the_docs_are_law() -> None:
    configs = [yaml.safe_load(one) for one in _blocks("yaml")]
    sections = [one["prices"] for one in configs if "prices" in one]
    assert len(sections) == 2
    for section in sections:
        Book.of(PriceSettings.model_validate(section), ".github/plumbline.yml", {})


def test_the_sheets_in_the_docs_are_read() -> None:
    (table,) = _blocks("csv")
    gaudi, *_ = rows_of("docs.csv", table.encode())
    assert gaudi.accelerator in without_price()
    (hardware,) = (one for one in _blocks("yaml") if "hardware" in one)
    (dgx,) = rows_of("docs.yaml", hardware.encode())
    # (310,000 / 35,040 + 8 · 1.4 · 0.18) / 0.7
    assert dgx.amount == Decimal("15.518617")


def test_the_docs_count_the_rows(rows: list[Row]) -> None:
    said = (ROOT / "docs" / "prices.md").read_text()
    here = [row for row in rows if (row.provider, row.region) == ("aws", "us-east-1")]
    machines = [row for row in here if row.kind is Kind.MACHINE]
    with_one = sum(bool(row.accelerator) for row in machines)
    counted = f"{len(machines):,} | {with_one} | {len(here) - len(machines)}"
    assert f"| aws | us-east-1 | {counted} |" in said

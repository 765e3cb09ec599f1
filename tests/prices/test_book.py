"""What something costs at a place: which row wins, what is derived, what is one's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.config_file import ConfigError
from bot.facts import facts_at, prices
from bot.prices.book import Book, prices_at
from bot.prices.config import PriceSettings
from checks.model import Grade, Place
from tests.checks.manifests import NOW

HEAD = "provider,region,cluster,kind,name,unit,amount,currency,vcpu,memory_gib,source,as_of"
AWS = Place("aws", "us-east-1")


def book(settings: object = None, **sheets: str) -> Book:
    """A book of settings as YAML has them, and of sheets by the first part of their names."""
    files = {f"{name}.csv": f"{HEAD}\n{text}".encode() for name, text in sheets.items()}
    return Book.of(PriceSettings.model_validate(settings or {}), ".plumbline.yml", files)


def test_cores_of_a_cloud_come_from_its_machines() -> None:
    units = prices("aws", "us-east-1").units
    # Two equations: 4c + 8m = 0.17 and 4c + 32m = 0.252.
    assert units["cpu"].amount == Decimal("0.035667")
    assert units["ram"].amount == Decimal("0.003417")
    assert units["cpu"].grade is Grade.C
    assert units["cpu"].source.startswith("derived from c6i.xlarge and r6i.xlarge: ")


@pytest.mark.parametrize(
    ("place", "cpu", "ram"),
    [
        (Place("aws", "eu-west-1"), "0.037300", "0.004150"),
        (Place("aws", "eu-central-1"), "0.039333", "0.004583"),
        (Place("azure", "eastus"), "0.033000", "0.003750"),
        (Place("azure", "westeurope"), "0.039000", "0.004625"),
    ],
)
def test_derived_prices_are_those_that_others_derived(place: Place, cpu: str, ram: str) -> None:
    units = prices_at(place).units
    assert (units["cpu"].amount, units["ram"].amount) == (Decimal(cpu), Decimal(ram))


def test_derived_cores_are_near_googles_own_list() -> None:
    units = prices("gcp", "us-central1").units
    assert abs(units["cpu"].amount / units["cpu:n2"].amount - 1) < Decimal("0.01")
    assert abs(units["ram"].amount / units["ram:n2"].amount - 1) < Decimal("0.01")


def test_a_region_without_a_sheet_has_the_home_regions_prices_and_says_so() -> None:
    there = prices("aws", "ap-south-1")
    nat, machine = there.units["nat-gateway"], there.machines["m6i.large"].hourly
    for price in (nat, machine, there.units["cpu"]):
        assert price.grade is Grade.D
        assert price.source.endswith(", of aws us-east-1: none for ap-south-1")
    assert machine.region == "us-east-1"


def test_a_machine_that_a_region_lacks_is_graded_down_but_the_others_are_not() -> None:
    machines = prices("aws", "eu-west-1").machines
    assert machines["p5.48xlarge"].hourly.grade is Grade.D
    assert machines["t3.xlarge"].hourly.grade is Grade.A


def test_without_a_place_gpu_machines_still_have_a_price_that_says_so() -> None:
    found = prices("default", "")
    assert found.machines["p5.48xlarge"].hourly.grade is Grade.D
    assert "no place is configured" in found.machines["p5.48xlarge"].hourly.source
    assert "m6i.large" not in found.machines
    assert found.units["cpu"].amount == Decimal("0.031611")


def test_a_provider_without_a_region_has_its_defaults() -> None:
    assert prices("azure", "").units["cpu"].amount == Decimal("0.039")
    assert prices("onprem", "").units["cpu"].amount == Decimal("0.031611")


def test_a_gpu_alone_is_the_machine_less_its_cores() -> None:
    found = prices("aws", "us-east-1")
    machine, units = found.machines["p5.4xlarge"], found.units
    rest = machine.hourly.amount - 16 * units["cpu"].amount - 256 * units["ram"].amount
    whole = found.machines["p5.48xlarge"]
    eighth = (
        whole.hourly.amount - 192 * units["cpu"].amount - 2048 * units["ram"].amount
    ) / whole.accelerators
    assert units["gpu:H100"].amount == min(rest, eighth).quantize(Decimal("0.000001"))
    assert units["gpu:H100"].grade is Grade.C


def test_a_gpu_cloud_sells_gpus_with_their_share_of_the_machine() -> None:
    found = prices("lambda", "")
    assert found.units["gpu:H100"].amount == Decimal("1.99")


def test_a_listed_price_of_a_gpu_goes_before_a_derived_one() -> None:
    assert prices("gcp", "us-central1").units["gpu:T4"].amount == Decimal("0.35")


def test_a_row_of_ones_own_wins_and_the_more_special_one_most() -> None:
    own = book(
        {"clusters": [{"name": "prod", "paths": ["prod/**"], "provider": "aws", "region": "x"}]},
        a="aws,any,,unit,cpu,vCPU-hour,0.02,USD,,,us,2026-10-01\n"
        "aws,us-east-1,,unit,cpu,vCPU-hour,0.03,USD,,,us,2026-10-01\n"
        "any,any,prod,unit,cpu,vCPU-hour,0.04,USD,,,us,2026-10-01\n",
    )
    assert own.at(Place("aws", "eu-west-1")).units["cpu"].amount == Decimal("0.02")
    assert own.at(AWS).units["cpu"].amount == Decimal("0.03")
    assert own.at(Place("aws", "us-east-1", "prod")).units["cpu"].amount == Decimal("0.04")
    assert own.at(Place("gcp", "us-central1")).units["cpu"].grade is Grade.C
    assert own.at(AWS).units["cpu"].source == "us"


def test_a_machine_of_ones_own_replaces_the_list_price() -> None:
    own = book(a="aws,any,,machine,M6I.Large,,0.05,USD,2,8,our contract,2026-10-01\n")
    found = own.at(AWS).machines
    assert found["m6i.large"].hourly.amount == Decimal("0.05")
    assert len(found) == len(prices("aws", "us-east-1").machines)


def test_cores_of_hardware_follow_its_price() -> None:
    sheet = (
        b"version: 1\nrows:\n- {kind: hardware, provider: onprem, name: r760, vcpu: 64,\n"
        b"   memory_gib: 512, amount: 20000, years: 5, watts: 600, price_per_kwh: '0.2',\n"
        b"   pue: '1.5', utilisation: '0.5', source: invoice 4711, as_of: 2026-03-01}\n"
    )
    settings = PriceSettings.model_validate({"provider": "onprem"})
    found = Book.of(settings, "", {"own.yaml": sheet}).at(Place("onprem"))
    machine = found.machines["r760"]
    # (20,000 / 43,800 + 0.6 · 1.5 · 0.2) / 0.5
    assert machine.hourly.amount == Decimal("1.273242")
    assert machine.hourly.grade is Grade.C
    assert machine.hourly.source == "invoice 4711, 20,000 over 5 years at 50% utilisation"
    split = 64 * found.units["cpu"].amount + 512 * found.units["ram"].amount
    assert abs(split - machine.hourly.amount) < Decimal("0.0005")
    assert found.units["cpu"].grade is Grade.C


def test_a_discount_says_who_granted_it() -> None:
    own = book({"discounts": [{"provider": "aws", "family": "m6i", "percent": "12.5"}]})
    listed = prices("aws", "us-east-1").machines["m6i.large"]
    paid = own.at(AWS).machines["m6i.large"]
    assert paid.hourly.amount == listed.hourly.amount * Decimal("0.875")
    assert paid.hourly.source == f"negotiated by .plumbline.yml: 12.5% off {listed.hourly.source}"
    assert paid.spot == listed.spot
    assert own.at(AWS).machines["c6i.large"] == prices("aws", "us-east-1").machines["c6i.large"]


def test_the_first_discount_that_matches_wins_and_a_clusters_go_first() -> None:
    own = book(
        {
            "provider": "aws",
            "region": "us-east-1",
            "discounts": [{"sku": "m6i.*", "percent": 10}, {"percent": 5}],
            "clusters": [
                {
                    "name": "prod",
                    "paths": ["prod/**"],
                    "discounts": [{"percent": 50, "spot": True, "commitment": True}],
                }
            ],
        }
    )
    listed = prices("aws", "us-east-1").machines
    here, prod = own.at(AWS).machines, own.at(Place("aws", "us-east-1", "prod")).machines
    assert here["m6i.large"].hourly.amount == listed["m6i.large"].hourly.amount * Decimal("0.9")
    assert here["c6i.large"].hourly.amount == listed["c6i.large"].hourly.amount * Decimal("0.95")
    assert prod["m6i.large"].hourly.amount == listed["m6i.large"].hourly.amount / 2
    assert prod["m6i.large"].hourly.source.startswith("commitment by .plumbline.yml: 50% off ")
    spot, listed_spot = prod["m6i.large"].spot, listed["m6i.large"].spot
    assert spot is not None
    assert listed_spot is not None
    assert spot.amount == listed_spot.amount / 2


def test_what_is_derived_follows_the_discount() -> None:
    own = book({"discounts": [{"family": "{c6i,r6i}", "percent": 50}]})
    assert own.at(AWS).units["cpu"].amount == Decimal("0.017833")


def test_a_negotiated_price_stands_as_it_is() -> None:
    rates = {"EUR": {"usd": "1.10", "as_of": "2026-11-01"}}
    amount = {"sku": "p5.48xlarge", "amount": 40, "currency": "EUR", "as_of": "2026-10-01"}
    paid = book({"rates": rates, "discounts": [amount]}).at(AWS).machines["p5.48xlarge"].hourly
    assert paid.amount == 44
    assert paid.as_of == date(2026, 10, 1)
    assert paid.source == "negotiated by .plumbline.yml, EUR at 1.10 USD of 2026-11-01"


def test_other_currencies_are_converted_at_the_configured_rate() -> None:
    own = book(
        {"rates": {"EUR": {"usd": "1.08", "as_of": "2026-11-01"}}},
        a="any,any,,unit,cpu,vCPU-hour,0.1,EUR,,,us,2026-10-01\n",
    )
    price = own.at(Place()).units["cpu"]
    assert price.amount == Decimal("0.108")
    assert price.source == "us, EUR at 1.08 USD of 2026-11-01"
    assert own.at(Place()).currency == "USD"


def test_without_a_rate_another_currency_is_refused_on_its_line() -> None:
    with pytest.raises(ConfigError) as refused:
        book(a="any,any,,unit,cpu,vCPU-hour,0.1,USD,,,us,2026-10-01\n"
             "any,any,,unit,ram,GiB-hour,0.1,EUR,,,us,2026-10-01\n")  # fmt: skip
    assert str(refused.value).startswith("a.csv:3: a price in EUR needs an exchange rate: write")


def test_two_prices_of_one_thing_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        book(
            a="aws,any,,machine,m6i.large,,1,USD,2,8,us,2026-10-01\n",
            b="aws,any,,machine,M6I.LARGE,,2,USD,2,8,us,2026-10-01\n",
        )
    assert str(refused.value) == "b.csv:2: M6I.LARGE of aws any has a price in a.csv:2 already"


def test_a_provider_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"\.plumbline\.yml:1: prices: there are no prices of"):
        book({"provider": "gpc"})
    own = book({"provider": "shed"}, a="shed,any,,unit,cpu,vCPU-hour,0.1,USD,,,us,2026-10-01\n")
    assert own.at(Place("shed")).units["cpu"].amount == Decimal("0.1")


def test_facts_have_the_prices_of_every_place() -> None:
    own = book({"provider": "aws", "region": "us-east-1"})
    places = [AWS, Place("gcp", "us-central1"), Place("aws", "eu-west-1", "prod")]
    facts = facts_at(own, places, NOW)
    assert facts.prices.place == AWS
    assert set(facts.elsewhere) == {*places[1:]}
    assert facts.prices_at(places[1]).units["cpu"].source.startswith("derived from n2-")

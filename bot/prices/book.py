"""What has a price at a place: a repository's own rows over the shipped ones, less its discounts.

From the least to the most special: OpenCost's defaults, the prices of the provider's home region
where a region has none of its own, the provider's, the region's, what is derived of these, and the
repository's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bot.config_file import ConfigError
from bot.prices import derive, shipped
from bot.prices.catalogue import accelerators
from bot.prices.config import PriceSettings
from bot.prices.machines import Layer, Machines, stand_in
from bot.prices.paid import paid
from bot.prices.row import ANY, Kind, Row
from bot.prices.sheet import rows_of
from checks.model import Place, Prices, UnitPrice

_NO_SETTINGS = PriceSettings()
# Prices of these may come from the config alone, without a sheet.
_NAMELESS = frozenset({shipped.DEFAULT, "onprem"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The prices of a repository. `config` is where its settings were read, for what it says of a
    negotiated price; `own` are its rows, in USD."""

    settings: PriceSettings = _NO_SETTINGS
    config: str = ""
    own: tuple[Row, ...] = ()
    _made: dict[Place, Prices] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, settings: PriceSettings, config: str, sheets: Mapping[str, bytes]) -> Book:
        """The book of a config and its sheets, by path. Raises ConfigError, with file and line."""
        rows = [row for path in sorted(sheets) for row in rows_of(path, sheets[path])]
        rows += [one.row(config or "the config", 0) for one in settings.rows]
        _no_two(rows)
        book = cls(
            settings=settings,
            config=config,
            own=tuple(_in_usd(row, settings) for row in rows),
        )
        for place in settings.places:
            book.check(place)
        return book

    def at(self, place: Place) -> Prices:
        """Everything that has a price at a place."""
        if self.own or self.settings.discounts or self.settings.clusters:
            if place not in self._made:
                self._made[place] = _prices(self, place)
            return self._made[place]
        return _general(place)

    def check(self, place: Place) -> None:
        """Raises ConfigError where a place's provider is one that nothing is known of."""
        known = {*shipped.providers(), *_NAMELESS, *(row.provider for row in self.own)} - {ANY}
        if place.provider not in known:
            said = f"there are no prices of the provider {place.provider!r}"
            raise ConfigError(
                self.config or "the config",
                1,
                f"prices: {said}; give rows of your own, or one of {', '.join(sorted(known))}",
            )

    def rows_at(self, place: Place) -> Iterator[Row]:
        """The rows of one's own that hold at a place, the more special later."""
        fitting = (
            row
            for row in self.own
            if row.provider in {ANY, place.provider}
            and row.region in {ANY, place.region}
            and row.cluster in {"", place.cluster}
        )
        return iter(sorted(fitting, key=_special))

    def paid(self, row: Row, place: Place) -> Row:
        """A row with the discounts of the place."""
        discounts = self.settings.discounts_at(place)
        return paid(row, place, discounts, self.settings.money, self.config) if discounts else row


def prices_at(place: Place, book: Book | None = None) -> Prices:
    """Everything that has a price at a place, by the shipped sheets and those of a repository."""
    return (book or Book()).at(place)


@lru_cache(maxsize=64)
def _general(place: Place) -> Prices:
    return _prices(Book(), place)


def _prices(book: Book, place: Place) -> Prices:
    own = list(book.rows_at(place))
    machines = Machines(
        tuple(_layers(place)),
        {row.name.casefold(): row for row in own if row.kind is Kind.MACHINE},
        lambda row: book.paid(row, place),
    )
    units = _by_name(book.paid(row, place) for row in _listed(place).values())
    # A cloud's own machines say more of its cores than a default does.
    units |= derive.cpu_and_ram(place.provider, machines) if place.region else {}
    if place.provider not in derive.PAIRS and any(row.kind is Kind.MACHINE for row in own):
        units |= derive.of_own(machines, units)
    units |= _by_name(book.paid(row, place) for row in own if row.kind is Kind.UNIT)
    whole = place.provider not in {shipped.DEFAULT, *derive.PAIRS}
    gpus = derive.accelerators(machines.accelerated, accelerators(), units, whole=whole)
    units = gpus | units
    return Prices(
        place=place,
        units=dict(sorted(units.items())),
        machines=machines,
        accelerators=accelerators(),
    )


def _by_name(rows: Iterable[Row]) -> dict[str, UnitPrice]:
    """Unit prices by name; an interruptible price has a name of its own."""
    units: dict[str, UnitPrice] = {}
    for row in rows:
        units[row.name] = row.price
        if row.spot_price:
            units[f"{row.name}:spot"] = row.spot_price
    return units


def _layers(place: Place) -> Iterator[Layer]:
    """The shipped machines that may stand for a place, the nearest first."""
    provider, region = place.provider, place.region
    if region:
        yield Layer(rows=shipped.machines(provider, region))
    yield Layer(rows=shipped.machines(provider, ANY))
    home = shipped.HOMES.get(provider)
    why = f"none for {region}" if region else "no region is configured"
    if home:
        yield Layer(rows=shipped.machines(provider, home), stand_in=why)
        yield Layer(rows=shipped.elsewhere(provider, "accelerated"), stand_in=why)
    if provider == shipped.DEFAULT:
        # The type of a machine says whose it is, so GPUs can be priced without a config.
        for cloud in shipped.HOMES:
            rows = shipped.elsewhere(cloud, "accelerated")
            yield Layer(rows=rows, stand_in="no place is configured")


def _listed(place: Place) -> dict[str, Row]:
    """The shipped unit prices of a place by name."""
    provider, region = place.provider, place.region
    found = {name: shipped.row(raw) for name, raw in shipped.units(shipped.DEFAULT, ANY).items()}
    if provider in shipped.HOMES:
        why = f"none for {region}" if region else "no region is configured"
        for name, raw in shipped.elsewhere(provider, "units").items():
            found[name] = stand_in(shipped.row(raw), why)
    for at in (ANY, region) if region else (ANY,):
        for name, raw in shipped.units(provider, at).items():
            found[name] = shipped.row(raw)
    return found


def _special(row: Row) -> tuple[bool, bool, bool]:
    return row.cluster != "", row.region != ANY, row.provider != ANY


def _no_two(rows: Iterable[Row]) -> None:
    """Raises ConfigError where two rows are the price of one thing."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows:
        first = seen.setdefault((*row.key, row.cluster), row)
        if first is not row:
            at = f"{first.path}:{first.line}" if first.line else first.path
            said = f"{row.name} of {row.provider} {row.region} has a price in {at} already"
            raise ConfigError(row.path, row.line or 1, said)


def _in_usd(row: Row, settings: PriceSettings) -> Row:
    if row.currency == "USD":
        return row
    money = settings.money
    try:
        amount = money.usd(row.amount, row.currency)
        spot = None if row.spot is None else money.usd(row.spot, row.currency)
    except ValueError as error:
        raise ConfigError(row.path, row.line or 1, str(error)) from error
    source = row.source + money.note(row.currency)
    return replace(row, amount=amount, spot=spot, currency="USD", source=source)

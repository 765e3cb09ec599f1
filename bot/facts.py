"""Facts for the judges: the prices of every place where something runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.prices.book import Book
from checks.model import Facts, Place, Prices


def load_facts(provider: str, region: str, now: datetime) -> Facts:
    """What judging needs to know besides the two snapshots, for one place as shipped."""
    return Facts(now=now, prices=prices(provider, region))


def facts_at(book: Book, places: Iterable[Place], now: datetime) -> Facts:
    """The facts with a repository's prices: those of its general place, and of each of `places`."""
    general = book.settings.place
    elsewhere = {place: book.at(place) for place in sorted(set(places)) if place != general}
    return Facts(now=now, prices=book.at(general), elsewhere=elsewhere)


def prices(provider: str, region: str) -> Prices:
    """The shipped prices of a place."""
    return Book().at(Place(provider, region))

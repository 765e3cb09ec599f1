"""Links that open one record, until their day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.web.links import Links

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RECORD = "ab" * 32


def opened(link: str, now: datetime, links: Links, record: str = RECORD) -> bool:
    query = parse_qs(urlsplit(link).query)
    return links.opens(record, query["expires"][0], query["signature"][0], now)


def test_a_link_opens_its_record_for_a_month_at_least_and_not_for_ever() -> None:
    links = Links("https://plumbline.example/", "s3cret")
    link = links.to(RECORD, NOW)
    assert link.startswith(f"https://plumbline.example/judgements/{RECORD}?")
    assert opened(link, NOW + timedelta(days=30), links)
    assert not opened(link, NOW + timedelta(days=61), links)


def test_it_opens_no_other_record_and_none_of_another_server() -> None:
    links = Links("https://plumbline.example", "s3cret")
    link = links.to(RECORD, NOW)
    assert not opened(link, NOW, links, "cd" * 32)
    assert not opened(link, NOW, Links("https://plumbline.example", "other"))


def test_the_same_record_has_the_same_link_for_weeks() -> None:
    links = Links("https://plumbline.example", "s3cret")
    same = {links.to(RECORD, NOW + timedelta(days=day)) for day in range(60)}
    assert len(same) <= 3


@pytest.mark.parametrize(
    ("expires", "signature"),
    [("", ""), ("x", ""), ("٣", ""), ("9" * 13, "0" * 64), ("-1", "0" * 64), ("1", "ü\udc80")],
)
def test_nonsense_opens_nothing(expires: str, signature: str) -> None:
    assert not Links("https://plumbline.example", "s").opens(RECORD, expires, signature, NOW)


def test_without_a_public_address_or_a_secret_there_is_no_link() -> None:
    assert Links("", "s3cret").to(RECORD, NOW) == ""
    assert Links("https://plumbline.example", "").to(RECORD, NOW) == ""
    assert not Links("https://plumbline.example", "").opens(RECORD, "1", "0" * 64, NOW)

"""The other open changes into a branch, as their stored records have their costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

import structlog
from pydantic import BaseModel, ValidationError

from bot.model import PullRequest
from checks.model import Attribution, OpenChange, Range, Share

log = structlog.get_logger()
# Their sums are only a hint to people: a project with more open changes than these has other
# troubles.
MOST = 200


class _Amount(BaseModel):
    low: Decimal
    expected: Decimal
    high: Decimal


class _Whose(BaseModel):
    cost_center: str = ""
    team: str = ""
    model: str = ""
    environment: str = ""


class _Line(BaseModel):
    delta: _Amount
    counted: bool = True
    attribution: _Whose = _Whose()
    cluster: str = ""


class _Unknown(BaseModel):
    attribution: _Whose = _Whose()
    cluster: str = ""


class _Cost(BaseModel):
    currency: str
    lines: list[_Line]
    unknown: list[_Unknown]


class _Record(BaseModel):
    """What is read of a record; it holds more."""

    number: int
    head: str
    cost: _Cost


def open_changes(
    pulls: Iterable[PullRequest],
    judged: PullRequest,
    stored: Callable[[PullRequest], bytes | None],
) -> tuple[OpenChange, ...]:
    """The open pull requests into the branch of `judged` but itself, that have a record of their
    head, by number.

    `stored` gives the newest record of a pull request at its head, None where it has none; one that
    was not judged yet adds nothing that anybody knows of.
    """
    others = [
        pull
        for pull in sorted(pulls, key=lambda pull: pull.number)
        if pull.is_open and pull.base_ref == judged.base_ref and pull.number != judged.number
    ]
    found = []
    for pull in others[:MOST]:
        data = stored(pull)
        change = from_record(data) if data else None
        if change is not None and change.head_sha == pull.head_sha:
            found.append(change)
    return tuple(found)


def from_record(data: bytes) -> OpenChange | None:
    """What a record says of its costs; None for what is no record of ours."""
    try:
        record = _Record.model_validate_json(data)
    except ValidationError as error:
        log.warning("record_unreadable", errors=error.error_count())
        return None
    return OpenChange(
        number=record.number,
        head_sha=record.head,
        currency=record.cost.currency,
        shares=tuple(_shares(record.cost)),
    )


def _shares(cost: _Cost) -> Iterator[Share]:
    sums: dict[tuple[Attribution, str], Share] = {}
    for line in cost.lines:
        if line.counted:
            key = (_attribution(line.attribution), line.cluster)
            old = sums.get(key, Share(attribution=key[0], cluster=key[1]))
            amount = sorted((line.delta.low, line.delta.expected, line.delta.high))
            delta = Range(low=amount[0], expected=line.delta.expected, high=amount[2])
            sums[key] = Share(
                attribution=key[0],
                cluster=key[1],
                delta=old.delta + delta,
                unknown=old.unknown,
            )
    yield from sums.values()
    for unknown in cost.unknown:
        yield Share(
            attribution=_attribution(unknown.attribution), cluster=unknown.cluster, unknown=1
        )


def _attribution(whose: _Whose) -> Attribution:
    return Attribution(**whose.model_dump())

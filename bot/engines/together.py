"""Many objects in one message to the worker: what it is told, and what its answers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engines.program import Alone, Problem, Style, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An object to be judged: what messages call it, and its input as JSON in each style."""

    label: str
    write: Callable[[Style], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the units said about one question: (unit, what its rule is) in the units' order, with
    what is undefined or empty left out; and what could not be answered."""

    said: tuple[tuple[Unit, Any], ...] = ()
    problems: tuple[Problem, ...] = ()


SILENT = Answer()


def sharing(units: Sequence[Unit]) -> list[dict[str, Any]]:
    """The messages that have units share an engine, one for each style."""
    messages = []
    for style, of_style in _by_style(units).items():
        alone = {unit.number: unit.alone for unit in of_style if unit.alone is not None}
        libraries = {one.number: one for own in alone.values() for one in own.libraries}
        messages.append(
            {
                "do": "share",
                "style": style,
                "units": [_own(number, own) for number, own in alone.items()],
                "libraries": [
                    {"name": f"m{one.number}", "v0": one.v0, "text": one.source.text}
                    for one in libraries.values()
                ],
            }
        )
    return messages


def _own(number: int, own: Alone) -> dict[str, Any]:
    return {
        "number": number,
        "name": f"u{number}",
        "v0": own.v0,
        "text": own.text,
        "query": own.query,
    }


def judging(
    units: Sequence[Unit], questions: Sequence[Question], seconds: float
) -> tuple[dict[str, Any], list[str]]:
    """The message that asks units about objects, and the objects in each style; the worker ends
    after so many seconds, however many it has come to."""
    by_style = _by_style(units)
    asked = {style: [unit.number for unit in some] for style, some in by_style.items()}
    texts = [one.write(Style(style)) for one in questions for style in by_style]
    return {"do": "judge", "seconds": seconds, "units": asked}, texts


def _by_style(units: Sequence[Unit]) -> dict[str, list[Unit]]:
    found = {style.value: [u for u in units if u.style is style] for style in Style}
    return {style: some for style, some in found.items() if some}


def answered(
    units: Sequence[Unit],
    told: Sequence[tuple[int, dict[str, Any]]],
    placed: Callable[[Unit, dict[str, Any]], Problem],
) -> Answer:
    """What the worker told of one object."""
    if not told:
        return SILENT
    found = dict(told)
    said = [(unit, found[unit.number]) for unit in units if unit.number in found]
    return Answer(
        said=tuple((unit, one["value"]) for unit, one in said if "error" not in one),
        problems=tuple(placed(unit, one["error"]) for unit, one in said if "error" in one),
    )

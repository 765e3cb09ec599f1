"""From a report to a summary, or to the reason why there is none. Knows no vendor."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import structlog
from pydantic import ValidationError

from bot.model import Report
from bot.retry import Later, Policy, RateLimited, Transient
from bot.summary.breaker import Breaker
from bot.summary.claims import Claims, Message, Reply
from bot.summary.disclosure import Disclosed, disclose
from bot.summary.grounding import Ungrounded, grounded
from bot.summary.ledger import Ledger, OverBudget
from bot.summary.model import Summary
from bot.summary.prompt import MAX_TOKENS, Prompt, Withheld, prompt

log = structlog.get_logger()

_NOTHING = "there is nothing to summarise"
_MILLION = Decimal(1_000_000)
_STOPPED = {
    "refusal": "the model refused to answer",
    "max_tokens": "the answer was cut short",
    "model_context_window_exceeded": "the answer was cut short",
}


class Unanswered(Exception):  # noqa: N818 - an outcome with a reason
    """A question got no answer. `why` is for the record; `billed` is False where that is sure to
    have cost nothing; `again` says whether another try may help."""

    def __init__(
        self, why: str, *, billed: bool = True, again: Transient | RateLimited | None = None
    ) -> None:
        super().__init__(why)
        self.why = why
        self.billed = billed
        self.again = again


class Ask(Protocol):
    """One request to a model."""

    def __call__(self, question: Prompt, seconds: float) -> bytes:
        """The body of the answer (JSON, read by `Message`) within `seconds` of wall-clock time.
        Raises Unanswered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Asks at most one question a report, counts the money, and believes nothing.

    Prices are USD for a million tokens. `deadline` bounds the whole of it, waits and second tries
    included, in seconds.
    """

    ask: Ask
    model: str
    price_in: Decimal
    price_out: Decimal
    deadline: float
    ledger: Ledger
    breaker: Breaker
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def summarise(self, report: Report, pull: str = "") -> Summary:
        """A summary of what counts in the report, or why there is none."""
        try:
            summary = self._summary(report, pull)
        # The boundary of an ornament: a bug in it, or in an SDK, must not cost a verdict.
        except Exception as error:
            log.error("llm_summary_broke", exc_info=True)
            summary = self._none(f"internal error: {type(error).__name__}")
        if summary.said and summary.said != _NOTHING:
            log.warning("llm_summary_absent", why=summary.said, model=self.model, pull=pull)
        return summary

    def _summary(self, report: Report, pull: str) -> Summary:
        findings = disclose(report)
        if not findings:
            return self._none(_NOTHING)
        try:
            question = prompt(findings, self.model)
        except Withheld as reason:
            return self._none(str(reason))
        try:
            kept = self.ledger.answer(question.digest)
            data, cost = (kept, Decimal(0)) if kept else self._asked(question, pull)
        except (Unanswered, OverBudget) as reason:
            return self._none(str(reason), question)
        except sqlite3.Error as error:
            return self._none(f"the ledger of summaries cannot be used: {error}", question)
        text, said = _checked(data, findings)
        return Summary(
            text=text,
            said=said,
            model=self.model,
            prompt_digest=question.digest,
            output_digest=hashlib.sha256(data).hexdigest(),
            grounded=bool(text),
            cost=cost,
        )

    def _none(self, why: str, question: Prompt | None = None) -> Summary:
        return Summary(
            said=why, model=self.model, prompt_digest=question.digest if question else ""
        )

    def _asked(self, question: Prompt, pull: str) -> tuple[bytes, Decimal]:
        """The answer, which is kept from now on, and what it cost."""
        if not self.breaker.lets_through():
            raise Unanswered("the API failed repeatedly and is left alone for a while")
        ends = self.monotonic() + self.deadline
        policy = Policy(
            classify=lambda error: error.again if isinstance(error, Unanswered) else None,
            attempts=2,
            budget=self.deadline,
            cap=self.deadline / 2,
            sleep=self.sleep,
            clock=self.monotonic,
        )
        try:
            message, cost = policy.idempotent(lambda: self._attempt(question, pull, ends))
        except (Unanswered, Later) as error:
            self.breaker.failed()
            cause = error.__cause__ if isinstance(error, Later) else error
            raise cause if isinstance(cause, Unanswered) else Unanswered(str(error)) from error
        self.breaker.worked()
        reply = Reply.of(message).model_dump_json().encode()
        return self.ledger.keep(question.digest, reply, self.clock()), cost

    def _attempt(self, question: Prompt, pull: str, ends: float) -> tuple[Message, Decimal]:
        """One request. The most that it can cost is counted before, what it did cost after."""
        most = self._cost(question.most_tokens, MAX_TOKENS)
        reservation = self.ledger.reserve(pull, most, self.clock())
        try:
            body = self.ask(question, max(ends - self.monotonic(), 0.0))
        except Unanswered as error:
            # An answer that was lost may have been billed: then the reservation stays.
            if not error.billed:
                self.ledger.settle(reservation, Decimal(0))
            raise
        try:
            message = Message.model_validate_json(body)
        except ValidationError:
            raise Unanswered("the API's answer is not a message") from None
        cost = self._cost(message.usage.read, message.usage.output_tokens)
        self.ledger.settle(reservation, cost)
        return message, cost

    def _cost(self, tokens_in: int, tokens_out: int) -> Decimal:
        return (tokens_in * self.price_in + tokens_out * self.price_out) / _MILLION


def _checked(data: bytes, findings: Sequence[Disclosed]) -> tuple[str, str]:
    """(text, "") for a good answer, ("", why) for any other."""
    reply = Reply.model_validate_json(data)
    if reply.stop_reason != "end_turn":
        return "", _STOPPED.get(reply.stop_reason, "the answer did not end by itself")
    if reply.text is None:
        return "", "the answer is not one text"
    try:
        return grounded(Claims.model_validate_json(reply.text), findings), ""
    except ValidationError:
        return "", "the answer is not of the form that was asked for"
    except Ungrounded as reason:
        return "", str(reason)

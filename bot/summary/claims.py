"""What a model is asked to answer, and the message around it. The edge: nothing is believed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_CLAIMS = 6

# More tokens than any answer of ours can have; a server that says more is not believed.
_Tokens = Annotated[int, Field(ge=0, le=10_000_000)]


class Claim(BaseModel):
    """A sentence about the findings it names. Names and numbers stand in it as placeholders."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: str
    finding_ids: list[str]


class Claims(BaseModel):
    """The whole answer."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    claims: list[Claim]


class Usage(BaseModel):
    """The tokens that are billed."""

    model_config = ConfigDict(strict=True, frozen=True)

    input_tokens: _Tokens
    output_tokens: _Tokens
    cache_creation_input_tokens: _Tokens | None = None
    cache_read_input_tokens: _Tokens | None = None

    @property
    def read(self) -> int:
        """All tokens that went in. We ask for no prompt cache, so dearer ones cannot occur."""
        cached = (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        return self.input_tokens + cached


class Block(BaseModel):
    """One piece of the answer; `text` is only there on text blocks."""

    model_config = ConfigDict(strict=True, frozen=True)

    type: str
    text: str = ""


class Message(BaseModel):
    """The API's answer as far as it is used. The SDK's own types are built without validation, and
    its `messages.parse` raises on a cut-off answer without saying what it cost."""

    model_config = ConfigDict(strict=True, frozen=True)

    type: Literal["message"]
    content: list[Block]
    stop_reason: str
    usage: Usage


class Reply(BaseModel):
    """What is kept of a message: why it ended, and its text; None where it is not one text."""

    model_config = ConfigDict(strict=True, frozen=True)

    stop_reason: str
    text: str | None

    @classmethod
    def of(cls, message: Message) -> Reply:
        """The reply in a message. Thinking is no part of it; anything else does not belong."""
        blocks = [b for b in message.content if b.type not in {"thinking", "redacted_thinking"}]
        text = blocks[0].text if len(blocks) == 1 and blocks[0].type == "text" else None
        return cls(stop_reason=message.stop_reason, text=text)

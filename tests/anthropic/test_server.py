"""The simulated API keeps to what the SDK describes."""

from __future__ import annotations

import json

import anthropic
import pytest
from anthropic.types import ErrorResponse, Message
from pydantic import BaseModel

from tests.anthropic.server import KEY, MODEL, Server, claims, fails, message, says, text


class Form(BaseModel):
    """Some form of an answer."""

    word: str


def client(server: Server, key: str = KEY) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key=key, base_url=server.url, max_retries=0)


@pytest.mark.parametrize(
    "answer", [says("x"), claims(("x", ["F1"])), says("", stop_reason="refusal")]
)
def test_its_answers_are_messages(answer: object) -> None:
    body = json.loads(answer.body)  # type: ignore[attr-defined]
    found = Message.model_validate(body)
    assert found.to_dict(mode="json") == body


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 529])
def test_its_errors_are_errors(status: int) -> None:
    found = ErrorResponse.model_validate_json(fails(status).body)
    assert found.error.message == f"simulated {status}"


def test_the_sdk_understands_it() -> None:
    with Server() as server:
        server.answers.append(says('{"word": "yes"}'))
        found = client(server).messages.parse(
            model=MODEL,
            max_tokens=10,
            messages=[{"role": "user", "content": "?"}],
            output_format=Form,
        )
    assert found.parsed_output == Form(word="yes")
    assert found.usage.output_tokens == 100


def test_it_wants_its_key_and_a_form() -> None:
    with Server() as server:
        with pytest.raises(anthropic.AuthenticationError):
            client(server, key="other").messages.create(
                model=MODEL, max_tokens=10, messages=[{"role": "user", "content": "?"}]
            )
        with pytest.raises(anthropic.BadRequestError):
            client(server).messages.create(
                model=MODEL, max_tokens=10, messages=[{"role": "user", "content": "?"}]
            )


def test_a_message_can_hold_several_blocks() -> None:
    found = Message.model_validate(message(text("a"), text("b")))
    assert [block.type for block in found.content] == ["text", "text"]

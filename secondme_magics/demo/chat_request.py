"""The body of a chat request: which fields it has, and their bounds.

Knows nothing of HTTP, and not what will be answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from secondme_magics.demo.fields import Fields, parse_fields

Speaker = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation that is sent."""

    role: Speaker
    content: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where an OpenAI-compatible server and a Second Me differ.

    Args:
        hottest: The highest temperature.
        wants_model: Whether a request must name a model.
        streams: Whether an answer streams if the request does not say.
    """

    hottest: float
    wants_model: bool
    streams: bool


SECOND_ME = Dialect(hottest=1, wants_model=False, streams=True)
OPENAI = Dialect(hottest=2, wants_model=True, streams=False)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request whose fields are all in their bounds."""

    messages: tuple[Message, ...]
    max_tokens: int
    streams: bool
    includes_usage: bool
    role_id: str | None
    retrieves: bool


def parse_chat_request(body: bytes, dialect: Dialect) -> ChatRequest:
    """Return the chat request in `body`.

    Raises:
        RefusedError: The body is no JSON object, or a field is out of its bounds.
    """
    fields = parse_fields(body)
    metadata = fields.inner("metadata")
    streams = fields.boolean("stream")
    request = ChatRequest(
        messages=_parse_messages(fields),
        max_tokens=fields.integer("max_tokens", 1) or 2000,
        streams=dialect.streams if streams is None else streams,
        includes_usage=bool(fields.inner("stream_options").boolean("include_usage")),
        role_id=metadata.text("role_id"),
        retrieves=metadata.boolean("enable_l0_retrieval") is not False,
    )
    metadata.boolean("enable_l1_retrieval")
    fields.number("temperature", 0, dialect.hottest)
    if fields.text("model") is None and dialect.wants_model:
        fields.add_problem("model", "is required")
    fields.refuse_if_wrong()
    return request


def _parse_messages(fields: Fields) -> tuple[Message, ...]:
    messages = tuple(map(_parse_message, fields.objects("messages")))
    if all(message.role != "user" for message in messages):
        fields.add_problem("messages", "must hold at least one message of the user")
    elif messages[0].role == "assistant":
        fields.add_problem("messages", "must begin with the system or the user")
    return messages


def _parse_message(fields: Fields) -> Message:
    """Return a message; a content that is no string is a 400, as on the real server."""
    said = fields.text("role")
    role = next((role for role in get_args(Speaker) if role == said), None)
    if role is None:
        fields.add_problem("role", "must be system, user or assistant")
    content = fields.text("content")
    if content is None:
        fields.add_problem("content", "must be a string", status=400)
    return Message(role or "user", content or "")

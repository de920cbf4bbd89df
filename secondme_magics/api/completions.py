"""The wire, inwards: events, or a whole completion, into deltas; `api.body` is the way out.

Knows no sockets. What comes in is hostile until shown otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from secondme_magics.api.chunks import Chunks, first_choice, no_chunk
from secondme_magics.api.failures import (
    error_frame,
    parse_json,
    reported,
    unparsed_error,
    words_of,
)
from secondme_magics.api.hiding import hide_in_value
from secondme_magics.conversation.messages import Delta
from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import ConnectionFailed, ProtocolError, StreamInterrupted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from secondme_magics.api.endpoint import Key
    from secondme_magics.api.sse import ServerSentEvent

LONGEST_ANSWER = 4 * 1024 * 1024
"""Characters of one answer, its reasoning included."""

_BLANK = b"\xef\xbb\xbf \t\r\n"
_FIELDS = (b":", b"data:", b"event:", b"id:", b"retry:")
_ALIVE = Delta()


def kind_of(start: bytes, content_type: str) -> Literal["events", "json", "other"] | None:
    """Return what a body is that begins with `start`; `None` where that is too little to tell.

    The beginning tells more than the content type, which servers and proxies get wrong.
    """
    start = start.lstrip(_BLANK)
    if start.startswith((b"{", b"<")):
        return "json" if start.startswith(b"{") else "other"
    if start and (content_type == "text/event-stream" or start.startswith(_FIELDS)):
        return "events"
    return None if any(field.startswith(start) for field in _FIELDS) else "other"


def iter_deltas(
    events: Iterable[ServerSentEvent | None], key: Key | None = None
) -> Iterator[Delta]:
    """Yield what each event adds to the answer; a delta without text says that the server lives.

    It ends when the server said that the answer is complete: by `[DONE]`, or by a finish reason
    before the events end.

    Args:
        events: The stream, `None` for a comment. A `ConnectionFailed` that is raised from it is
            passed on, unless a finish reason came before.
        key: Made unreadable in all that is cut short, as errors are.

    Raises:
        StreamInterrupted: The events ended before the answer was complete.
        ProtocolError: An event is no chunk of a completion, or none is one with a choice; the
            server reported an error, or the answer is too long.
    """
    chunks, texts = Chunks(), _Texts()
    try:
        for event in events:
            delta = _ALIVE if event is None else _parse_event(event, chunks, key)
            if delta is None:
                if chunks.unread and not chunks.were_read:
                    raise no_chunk(chunks.unread)
                break
            yield texts.mend(delta)
            if chunks.failure:
                raise chunks.failure
        else:
            raise StreamInterrupted(
                "the answer was cut: the server did not say that it is complete",
                "What came is kept. Ask again.",
            )
    except ConnectionFailed:
        if not chunks.are_finished:
            raise
    if rest := texts.flush():
        yield rest


def iter_completion(body: str, key: Key | None = None) -> Iterator[Delta]:
    """Yield the deltas of a whole `chat.completion`, the answer of a server that does not stream.

    Raises:
        ProtocolError: It is none, it reports an error, or it is too long.
    """
    value, body = _parse_json(body, key)
    if not isinstance(value, dict) or first_choice(value.get("choices"), body) is None:
        raise error_frame(value) or no_chunk(body)
    chunks, texts = Chunks(), _Texts()
    yield texts.mend(chunks.parse(value, body))
    if chunks.failure:
        raise chunks.failure
    yield texts.flush()


def _parse_event(event: ServerSentEvent, chunks: Chunks, key: Key | None) -> Delta | None:
    """Return what an event adds, or `None` for the one that ends the answer."""
    if event.event != "message":
        return _parse_named(event, chunks, key)
    text = event.data.strip()
    if not text or text == "[DONE]":
        return None if text else _ALIVE
    return chunks.parse(*_parse_json(text, key))


def _parse_named(event: ServerSentEvent, chunks: Chunks, key: Key | None) -> Delta | None:
    """Return what an event of another type adds: of any type, some servers send chunks."""
    text = key.hide_in(event.data) if key else event.data
    if event.event == "error":
        raise _failure(text)
    if text.strip() == "[DONE]":
        return None
    try:
        value, _ = _parse_json(event.data, key)
    except ProtocolError:
        value = None
    if isinstance(value, dict):
        if chunks.are_finished or not words_of(value.get("error")).strip():
            value.pop("error", None)  # a count of errors, or news that come too late
        if "error" in value or isinstance(value.get("choices"), list):
            return chunks.parse(value, text)
    chunks.skip(text)
    return _ALIVE


def _failure(text: str) -> ProtocolError:
    """Return what an event of the type `error` reports."""
    try:
        error = parse_json(text)
    except ValueError:
        error = text
    return unparsed_error(text) or reported(words_of(error))


def _parse_json(text: str, key: Key | None) -> tuple[object, str]:
    """Return the value that `text` writes, and `text` for an error: both without the key."""
    shown = key.hide_in(text) if key else text
    try:
        value = parse_json(text)
        return (hide_in_value(value, key) if key and shown != text else value), shown
    except (ValueError, RecursionError):
        raise unparsed_error(shown) or no_chunk(shown) from None


class _Texts:
    """The answer's texts, without a lone surrogate and within their bound."""

    def __init__(self) -> None:
        self._content = _Joiner()
        self._reasoning = _Joiner()
        self._size = 0

    def mend(self, delta: Delta) -> Delta:
        """Return `delta` with surrogate pairs joined that came apart."""
        content, reasoning = delta.content, delta.reasoning
        self._size += len(content) + len(reasoning)
        if self._size > LONGEST_ANSWER:
            raise ProtocolError(
                f"the answer is longer than {LONGEST_ANSWER:,} characters, and was left there",
                "What came is kept. Ask for less, or set --max-tokens (or max_tokens=).",
            )
        joined = self._content.join(content), self._reasoning.join(reasoning)
        if joined == (content, reasoning):
            return delta
        return Delta(*joined, delta.finish_reason, delta.usage)

    def flush(self) -> Delta:
        """Return what was held back, if anything was."""
        return Delta(self._content.flush(), self._reasoning.flush())


class _Joiner:
    """JSON writes a character beyond U+FFFF as two surrogates, which may come in two deltas."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, text: str) -> str:
        """Return `text`, begun with what was held back; a first half at its end is held back."""
        if text.isascii() and not self._held:
            return text
        text = self._held + text
        self._held = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        return without_surrogates(text.removesuffix(self._held))

    def flush(self) -> str:
        """Return what became of a first half whose second never came."""
        return "\ufffd" if self._held else ""

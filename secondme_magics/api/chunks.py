"""A chunk of a completion -> what it adds to the answer; a whole completion is one chunk.

Knows no events, and no text but for an error that shows it.
"""

from __future__ import annotations

from zlib import crc32

from secondme_magics.api.failures import broken_off, error_frame
from secondme_magics.conversation.bounds import COUNT
from secondme_magics.conversation.messages import Delta, Usage
from secondme_magics.errors import ProtocolError, one_line

_FIRST = (0, None, "0")
_EMPTY: dict[str, object] = {}
_FAILURES = {"error", "abort"}
"""The finish reasons of OpenRouter, Mistral and vLLM for an answer that failed."""

_THOUGHTS = ("thinking", "reasoning", "reasoning_text", "reasoning_content")
"""The types of parts that are no content; none is hashed, since a type may be anything."""

_MOST_LATEST = 100
"""Texts that are counted at once, which is quicker than one by one."""

LONGEST_UNREAD = 200
"""Characters that an error shows of what is no chunk, before they are made one short line."""


class Chunks:
    """The chunks of one answer, read one after the other.

    Attributes:
        are_finished: Whether one of them had a finish reason, and no failure.
        failure: What the server reported in a chunk whose own words are kept; nothing follows.
        were_read: Whether one of them held a choice that is ours, or usage.
        unread: How the first text begins that said nothing; empty if all did.
    """

    def __init__(self) -> None:
        self.are_finished = False
        self.failure: ProtocolError | None = None
        self.were_read = False
        self.unread = ""
        self._content = _Said()
        self._reasoning = _Said()

    def parse(self, chunk: object, text: str) -> Delta:
        """Return what a chunk adds; of several choices only the one with the index 0 is ours.

        Raises:
            ProtocolError: It is no chunk, or it is an error and nothing else.
        """
        if not isinstance(chunk, dict):
            raise no_chunk(text)
        choices = chunk.get("choices")
        if choices is None or "error" in chunk:
            self.failure = error_frame(chunk)
            if self.failure and not isinstance(choices, list):
                raise self.failure
        usage = _parse_usage(chunk["usage"]) if "usage" in chunk else None
        choice = first_choice(choices, text)
        if choice is not None:
            self.were_read = True
            return self._parse_choice(choice, usage, text)
        if usage:
            self.were_read = True
        elif choices or "choices" not in chunk:
            self.skip(text)
        return Delta(usage=usage)

    def skip(self, text: str) -> None:
        """Note that nothing was found in `text`."""
        self.unread = self.unread or text.strip()[:LONGEST_UNREAD]

    def _parse_choice(self, choice: dict[str, object], usage: Usage | None, text: str) -> Delta:
        reason = None
        if "error" in choice or choice.get("finish_reason"):
            reason = self._parse_ending(choice)
        content, reasoning = self._parse_words(choice.get("delta") or _EMPTY, text)
        if content:
            self._content.add(content)
        if reasoning:
            self._reasoning.add(reasoning)
        if "message" in choice:
            # It stands in the place of deltas, or repeats them all at their end.
            try:
                whole, thought = self._parse_words(choice["message"] or _EMPTY, text)
            except ProtocolError:
                if not (self._content or self._reasoning):
                    raise
                whole = thought = ""  # garbage does not fail what deltas said
            content = content or self._content.new_in(whole)
            reasoning = reasoning or self._reasoning.new_in(thought)
        return Delta(content, reasoning, reason, usage)

    def _parse_words(self, message: object, text: str) -> tuple[str, str]:
        """Return the content and the reasoning of a delta or a message."""
        if not isinstance(message, dict):
            raise self.failure or no_chunk(text)
        content = message.get("content") or ""
        thought = message.get("reasoning_content") or message.get("reasoning")
        if isinstance(content, list) and all(isinstance(part, dict) for part in content):
            # As a thinking model of Mistral's answers.
            thoughts = [part for part in content if part.get("type") in _THOUGHTS]
            thought = thought or "".join(map(_thought_of, thoughts))
            content = _text_of([part for part in content if part.get("type") not in _THOUGHTS])
        if not isinstance(content, str):
            raise self.failure or no_chunk(text)
        return content or _refusal_of(message), thought if isinstance(thought, str) else ""

    def _parse_ending(self, choice: dict[str, object]) -> str | None:
        """Return the finish reason, unless the answer failed: then note why."""
        reason = choice.get("finish_reason")
        reason = one_line(reason)[:64] if isinstance(reason, str) else ""
        said = error_frame({"error": choice.get("error")})
        if said or reason.lower() in _FAILURES:
            self.failure = self.failure or said or broken_off(reason)
        if self.failure or not reason:
            return None
        self.are_finished = True
        return reason


class _Said:
    """What deltas said of one kind: how much, and a checksum, not a second copy of it."""

    def __init__(self) -> None:
        self._size = 0
        self._sum = 0
        self._latest: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._size or self._latest)

    def add(self, text: str) -> None:
        """Note more of it."""
        self._latest.append(text)
        if len(self._latest) == _MOST_LATEST:
            self._count()

    def new_in(self, text: str) -> str:
        """Return what `text`, of a message, says beyond what it repeats; all if it does not."""
        self._count()
        if not self._size:
            return text
        code = _utf16(text)
        if crc32(code[: self._size]) == self._sum:
            text = code[self._size :].decode("utf-16-le", "surrogatepass")
        self.add(text)
        return text

    def _count(self) -> None:
        code = _utf16("".join(self._latest))
        self._latest.clear()
        self._size += len(code)
        self._sum = crc32(code, self._sum)


def _utf16(text: str) -> bytes:
    """Return `text` as bytes in which a surrogate pair that came apart is joined again."""
    return text.encode("utf-16-le", "surrogatepass")


def _text_of(value: object) -> str:
    """Return a text, also one in parts of whatever type; images have none."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _thought_of(part: dict[str, object]) -> str:
    """Return what a part thinks, which stands under its type's name or under `text`."""
    return _text_of(part.get(str(part["type"])) or part.get("text"))


def _refusal_of(message: dict[str, object]) -> str:
    """Return in which words the model refused, which OpenAI keeps apart from the content."""
    refusal = message.get("refusal")
    return refusal if isinstance(refusal, str) else ""


def first_choice(choices: object, text: str) -> dict[str, object] | None:
    """Return the choice that is ours, if there is one.

    Raises:
        ProtocolError: There are no choices at all, but something else.
    """
    if not isinstance(choices, list):
        if choices is None:
            return None
        raise no_chunk(text)
    for choice in choices:
        if isinstance(choice, dict) and choice.get("index") in _FIRST:
            return choice
    return None


def no_chunk(text: str) -> ProtocolError:
    """Return the error for what is no chunk; `text` is shown, without the key."""
    return ProtocolError(
        f"the server sent what is no chat completion: {one_line(text[:LONGEST_UNREAD])[:80]!r}",
        "Check the address: is it a Second Me, or an OpenAI-compatible server?",
    )


def _parse_usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    counts = Usage(*(_count(usage.get(name)) for name in Usage.__slots__))
    return counts if counts != Usage() else None


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and COUNT.admit(value):
        return value
    return None

"""The answer on the wire: words, chunks, and whole completions.

Knows what a chunk looks like; knows neither sockets nor what is said.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import dataclass, field

MODEL = "secondme-demo"

_WORD = re.compile(r"\s*(?:[\u3400-\u9fff]{1,2}|(?:(?![\u3400-\u9fff])\S)+)|\s+$")
"""A word with the space before it, or two characters of Chinese."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, cut where `max_tokens` says; a token is a word here.

    Args:
        words: What is sent, a chunk each.
        finish_reason: `stop`, or `length` where the answer was cut.
        prompt_tokens: The words of the messages.
    """

    words: tuple[str, ...]
    finish_reason: str
    prompt_tokens: int
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def to_chunk(self, index: int) -> dict[str, object]:
        """Return the chunk that holds the word at `index`."""
        role = {} if index else {"role": "assistant"}
        return self._chunk([_choice("delta", {**role, "content": self.words[index]}, None)])

    def to_last_chunk(self) -> dict[str, object]:
        """Return the chunk that says why the answer ends."""
        return self._chunk([_choice("delta", {}, self.finish_reason)])

    def to_usage_chunk(self) -> dict[str, object]:
        """Return the chunk without a choice that counts the tokens."""
        return {**self._chunk([]), "usage": self._usage()}

    def to_json(self) -> dict[str, object]:
        """Return the whole answer as one object."""
        message = {"role": "assistant", "content": "".join(self.words)}
        choices = [_choice("message", message, self.finish_reason)]
        whole = {**self._chunk(choices), "object": "chat.completion"}
        return {**whole, "usage": self._usage()}

    def _chunk(self, choices: list[dict[str, object]]) -> dict[str, object]:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": MODEL,
            "system_fingerprint": None,
            "choices": choices,
        }

    def _usage(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": len(self.words),
            "total_tokens": self.prompt_tokens + len(self.words),
        }


def complete(text: str, *, prompt_tokens: int, max_tokens: int) -> Completion:
    """Return `text` as a completion of at most `max_tokens` words."""
    words = split_words(text)
    finish_reason = "length" if len(words) > max_tokens else "stop"
    return Completion(words[:max_tokens], finish_reason, prompt_tokens)


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of `text`, each with the space before it; joined they are `text`."""
    return tuple(_WORD.findall(text))


def to_event(value: object) -> str:
    """Return a server-sent event that holds `value` as JSON."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _choice(kind: str, value: dict[str, str], finish_reason: str | None) -> dict[str, object]:
    return {"index": 0, kind: value, "finish_reason": finish_reason}

"""A key in what a server sends back: parsed values and deltas without it. Knows no wire.

Only texts are changed, after they were parsed: a key may read like a part of JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.api.endpoint import SHORTEST_SECRET
from secondme_magics.api.lever import Cut
from secondme_magics.conversation.messages import Delta
from secondme_magics.errors import SecondMeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from secondme_magics.api.endpoint import Key


def hide_in_value(value: object, key: Key) -> object:
    """Return a JSON value with `key` made unreadable in its texts; its fields keep their names."""
    if isinstance(value, str):
        return key.hide_in(value)
    if isinstance(value, list):
        return [hide_in_value(item, key) for item in value]
    if isinstance(value, dict):
        return {name: hide_in_value(item, key) for name, item in value.items()}
    return value


def hide_in_deltas(deltas: Iterable[Delta], key: Key | None) -> Iterable[Delta]:
    """Return `deltas` with `key` made unreadable, also where it is spread over several."""
    return deltas if key is None or not key.is_secret else _iter_hidden(deltas, key)


def _iter_hidden(deltas: Iterable[Delta], key: Key) -> Iterator[Delta]:
    content, reasoning = _Text(key), _Text(key)
    try:
        for delta in deltas:
            words, thought = delta.content, delta.reasoning
            shown = content.feed(words) if words or not thought else content.flush()
            seen = reasoning.feed(thought) if thought or not words else reasoning.flush()
            is_changed = shown != words or seen != thought
            yield delta._replace(content=shown, reasoning=seen) if is_changed else delta
    except (SecondMeError, Cut):
        yield from _iter_rest(content, reasoning)
        raise
    yield from _iter_rest(content, reasoning)


def _iter_rest(content: _Text, reasoning: _Text) -> Iterator[Delta]:
    if rest := Delta(content.flush(), reasoning.flush()):
        yield rest


class _Text:
    """A text that grows, without the key; a beginning of the key at its end is held back."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._secret = key.reveal()
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the text of what was held back and `text`, but for what may be the key's part."""
        if self._held:
            text, self._held = self._held + text, ""
        if self._secret in text:
            text = self._key.hide_in(text)
        start = text.find(self._secret[0], max(0, len(text) - len(self._secret) + 1))
        while start >= 0 and not self._secret.startswith(text[start:]):
            start = text.find(self._secret[0], start + 1)
        if start >= 0:
            text, self._held = text[:start], text[start:]
        return text

    def flush(self) -> str:
        """Return what was held back: itself, or a mark where it is most likely of the key."""
        held, self._held = self._held, ""
        return held if len(held) < SHORTEST_SECRET else self._key.hide_in(self._secret)

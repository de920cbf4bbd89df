"""An answer while it grows: a thought, blocks that are finished, and a tail that changes.

Pure: renders, and says what has changed since it was last fed. Knows no front end.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from secondme_magics.markdown.blocks import MarkdownStream, render_text
from secondme_magics.markdown.room import MOST_THOUGHT
from secondme_magics.showing.rendering import GLIMPSE

if TYPE_CHECKING:
    from secondme_magics.conversation.messages import Reply

Fields = dict[str, object]

MESSAGE = 750
"""Bytes of a message of Jupyter's that brings nothing: 630, and the names of our own fields."""

MOST = 8
"""Bytes for a byte of an answer while it grows; with how it begins and ends, they are ten."""

LOOK_AHEAD = 64
"""Characters by which a text is recognised, after something that was put in before it."""


class Growth:
    """What of an answer has been shown.

    `blocks` never change once they are there; `tail` is what is still open, as HTML.
    """

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.tail = ""
        self.seconds: float | None = None
        self._stream = MarkdownStream()
        self._length = 0
        self._fed = 0
        self._told = 0
        self._thought: list[str] = []
        self._glimpse = ""
        self._since = 0.0

    @property
    def is_thinking(self) -> bool:
        """Whether a thought has begun and the answer has not."""
        return bool(self._thought) and self.seconds is None

    def thought(self) -> Fields | None:
        """Return the thought as a page shows it: its end while it goes on, then all of it."""
        if not self._thought:
            return None
        if self.is_thinking:
            seconds = time.monotonic() - self._since
            html = render_text(self._glimpse.lstrip())
            return {"html": html, "seconds": round(seconds, 1), "open": True}
        return thought_fields("".join(self._thought), self.seconds)

    @property
    def enough(self) -> int:
        """Characters that are worth a message: more of what has much markup, such as code."""
        growth = self._told / self._fed if self._fed else 1
        return round(MESSAGE / max(1, MOST - growth))

    def feed(self, content: str, reasoning: str) -> list[Fields]:
        """Take in what has come, and return what it changes; none if nothing can be seen of it."""
        was_thinking = self.is_thinking
        self._think(content, reasoning)
        self._length += len(content)
        self._fed += len(content) + len(reasoning)
        blocks = self._stream.feed(content) if content else []
        is_seen = was_thinking or self.is_thinking  # one that comes late is shown at the end
        thought = self.thought() if is_seen and (reasoning or content) else None
        return self._change(blocks, self._stream.tail(), thought)

    def end(self, reply: Reply) -> list[Fields]:
        """Take in what is missing of the final `reply`, and return what that changes.

        All of it is finished then.
        """
        self._think(reply.text[self._length :], "")
        self._thought = [reply.reasoning] if reply.reasoning else []
        blocks = self._stream.feed(reply.text[self._length :]) + self._stream.finish()
        return self._change(blocks, "", None)

    def _change(self, blocks: list[str], tail: str, thought: Fields | None) -> list[Fields]:
        """Note new blocks and the tail below them, and return them as a page takes them."""
        before, self.tail = self.tail, tail
        self.blocks += blocks
        if not blocks and thought is None and tail == before:
            return []
        changes = differences(before, "".join([*blocks, tail]))
        last = changes[-1] | {"cuts": [_units(block) for block in blocks]}
        self._told += sum(map(_size, changes)) + MESSAGE * (len(changes) - 1)
        if thought is not None:
            last["thought"] = thought
            self._told += _size(thought)
        return [*({**change, "cuts": []} for change in changes[:-1]), last]

    def whole(self) -> str:
        """Return the HTML of all that is finished, each block in one."""
        return self._stream.whole()

    def _think(self, content: str, reasoning: str) -> None:
        if reasoning:
            self._since = self._since or time.monotonic()
            self._thought.append(reasoning)
            self._glimpse = (self._glimpse + reasoning)[-GLIMPSE:]
        if content and self.is_thinking:
            self.seconds = round(time.monotonic() - self._since, 1)


def thought_fields(thought: str, seconds: float | None) -> Fields | None:
    """Return a finished thought as a page shows it, folded."""
    if not thought.strip():
        return None
    return {"html": render_text(thought.strip(), MOST_THOUGHT), "seconds": seconds, "open": False}


def differences(before: str, after: str) -> list[Fields]:
    """Return what makes `after` of `before`, in two steps where that says much less.

    So it is where a block is cut: a few characters come in at its beginning, more in its middle.
    """
    change = difference(before, after)
    if _size(change) <= MESSAGE:
        return [change]
    start = _common(before, after)
    known = before[start : start + LOOK_AHEAD]
    found = after.find(known, start, start + 2 * LOOK_AHEAD)
    between = after[:found] + before[start:] if found > start else after
    steps = [difference(before, between), difference(between, after)]
    return steps if sum(map(_size, steps)) + MESSAGE < _size(change) else [change]


def _size(change: Fields) -> int:
    return len(str(change["html"]))


def difference(before: str, after: str) -> Fields:
    """Return what makes `after` of `before`: how much of its beginning and its end stays.

    Lengths are UTF-16 units, in which a page counts.
    """
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    stop = len(after) - end
    return {
        "keep": _units(after[:start]),
        "html": after[start:stop],
        "keep_end": _units(after[stop:]),
    }


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _common(one: str, other: str) -> int:
    """Return how many characters both begin with; by halving, as comparing slices is quick."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

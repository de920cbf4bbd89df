"""The reply while it grows: deltas in, their reasoning taken apart, a `Reply` out at any time."""

from __future__ import annotations

import time
from io import StringIO
from threading import RLock
from typing import TYPE_CHECKING

from secondme_magics.conversation.messages import Delta, Reply, State, Usage
from secondme_magics.conversation.reasoning import ReasoningSplitter

if TYPE_CHECKING:
    from collections.abc import Sequence


class Draft:
    """What has come of an answer so far.

    It is locked: whoever ends it need not be the thread that reads. Nothing is added after its end.

    Args:
        begun: An answer that is continued: what comes is appended to it.
    """

    def __init__(self, begun: Reply | None = None) -> None:
        self._lock = RLock()
        self._splitter = ReasoningSplitter()
        self._text = StringIO()
        self._reasoning = StringIO()
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self._state: State = "streaming"
        self._begun = time.monotonic()
        self._first: float | None = None
        self._before = 0.0
        self._elapsed: float | None = None
        if begun is not None:
            self._text.write(begun.text)
            self._reasoning.write(begun.reasoning)
            self._first, self._before = begun.first, begun.elapsed

    def begin(self) -> None:
        """Start the clock."""
        self._begun = time.monotonic()

    def add(self, delta: Delta) -> Delta:
        """Take `delta` in, and return it with the reasoning taken out of its content."""
        with self._lock:
            if self._state != "streaming":
                return Delta()
            split = self._splitter.feed(delta.content) if delta.content else _NOTHING
            self._finish_reason = delta.finish_reason or self._finish_reason
            self._usage = delta.usage or self._usage
            return self._keep(split, delta)

    def flush(self) -> Delta:
        """Return what was held back because it might have become a tag."""
        with self._lock:
            return self._keep(self._splitter.flush(), Delta())

    def end(self, state: State) -> bool:
        """Make `state` final and stop the clock; return whether this was the first time."""
        with self._lock:
            if self._state != "streaming":
                return False
            self._keep(self._splitter.flush(), Delta())
            self._elapsed = self._seconds()
            self._state = state
            return True

    @property
    def is_answered(self) -> bool:
        """Whether the server has said why the answer ends: what follows adds nothing to it."""
        return self._finish_reason is not None

    @property
    def reply(self) -> Reply:
        """The reply as it is now."""
        return Reply(
            text=self._text.getvalue(),
            reasoning=self._reasoning.getvalue(),
            state=self._state,
            finish_reason=self._finish_reason,
            usage=self._usage,
            first=self._first,
            elapsed=self._seconds() if self._elapsed is None else self._elapsed,
        )

    def _keep(self, split: Sequence[str], delta: Delta) -> Delta:
        content, reasoning = split
        reasoning += delta.reasoning
        self._text.write(content)
        if reasoning:
            self._reasoning.write(reasoning)
        if self._first is None and (content or reasoning):
            self._first = self._seconds()
        if content == delta.content and reasoning == delta.reasoning:
            return delta
        return Delta(content, reasoning, delta.finish_reason, delta.usage)

    def _seconds(self) -> float:
        return self._before + time.monotonic() - self._begun


_NOTHING = ("", "")

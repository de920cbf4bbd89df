"""An answer from the wire to a view: a thread reads, the calling thread shows, a frame at a time.

The reader only appends; the shower takes what has come, ships it, and rests for a frame, so the
last words of a burst are never held back until the next. The interrupt reaches the main thread at
once, whatever the reader waits for. Knows neither requests nor how a view shows.
"""

from __future__ import annotations

import time
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Protocol

from secondme_magics.notebook.interrupts import Interrupts

if TYPE_CHECKING:
    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.conversation import Turn
    from secondme_magics.conversation.messages import Reply

FRAME = 0.05
"""Seconds from one update of a view to the next: 20 updates a second at most."""

SOON = 0.3
"""Seconds until a view first says that it waits."""

CLOCK = 1.0
"""Seconds from then on between the updates of a view that waits for words."""

FAREWELL = 0.3
"""Seconds that a stopped reader may take to close its connection before it is left alone."""


class View(Protocol):
    """Where an answer is shown while it grows."""

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show that no word has come for `seconds`, and whether the server was heard."""

    def update(self, content: str, reasoning: str) -> None:
        """Show what has come since the last update."""

    def finish(self, turn: Turn) -> None:
        """Show the whole answer, once and for good."""


class _Reader(Thread):
    """Reads a turn to its end and keeps what came until it is taken."""

    def __init__(self, turn: StreamingTurn) -> None:
        super().__init__(name="secondme-reader", daemon=True)
        self.connected = False
        self.error: BaseException | None = None
        self._turn = turn
        self._ended = Event()
        self._news = Condition()
        self._content: list[str] = []
        self._reasoning: list[str] = []

    def run(self) -> None:
        try:
            with self._turn as deltas:
                for delta in deltas:
                    self._keep(delta.content, delta.reasoning)
        except BaseException as error:  # noqa: BLE001 - the calling thread raises it
            self.error = error
        with self._news:
            self._ended.set()
            self._news.notify()

    def _keep(self, content: str, reasoning: str) -> None:
        with self._news:
            self.connected = True
            if content:
                self._content.append(content)
            if reasoning:
                self._reasoning.append(reasoning)
            self._news.notify()

    @property
    def done(self) -> bool:
        """Whether nothing more comes."""
        return self._ended.is_set()

    def rest(self) -> None:
        """Wait for a frame, or for the end."""
        self._ended.wait(FRAME)

    def take(self, seconds: float) -> tuple[str, str]:
        """Return what has come since the last call, after `seconds` at most where nothing has."""
        with self._news:
            self._news.wait_for(self._has_news, seconds)
            content, reasoning = "".join(self._content), "".join(self._reasoning)
            self._content.clear()
            self._reasoning.clear()
            return content, reasoning

    def _has_news(self) -> bool:
        return self.done or bool(self._content or self._reasoning)


def stream_answer(turn: StreamingTurn, view: View) -> Reply:
    """Show `turn` in `view` while it is answered, and return its reply.

    An interrupt of the calling thread stops the answer: what had come stays, the turn and the
    reply are `interrupted`, and nothing is raised.

    Args:
        turn: A turn that has not been entered.
        view: Where it is shown.

    Raises:
        SecondMeError: The answer failed or was cut; the view shows what had come.
    """
    reader = _Reader(turn)
    with Interrupts() as interrupts:
        reader.start()
        try:
            _show(reader, view, interrupts)
        except KeyboardInterrupt:
            turn.stop()
            reader.join(FAREWELL)
            reader.error = None
        except BaseException:
            turn.stop()
            raise
        view.finish(turn.recorded)
    if reader.error is not None:
        raise reader.error
    return turn.recorded.reply


def _show(reader: _Reader, view: View, interrupts: Interrupts) -> None:
    heard = time.monotonic()
    patience = SOON
    while not reader.done:
        with interrupts.welcome():
            content, reasoning = reader.take(patience)
        if content or reasoning:
            view.update(content, reasoning)
            with interrupts.welcome():
                reader.rest()
            heard = time.monotonic()
        elif not reader.done:
            view.wait(time.monotonic() - heard, connected=reader.connected)
        patience = CLOCK
    view.update(*reader.take(0))

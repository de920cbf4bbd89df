"""An answer from the wire to a view: a thread reads, the calling thread shows, a frame at a time.

The reader only appends; the shower takes what has come, ships it, and rests for a frame, so the
last words of a burst are never held back until the next. The interrupt reaches the main thread at
once, whatever the reader waits for. Knows neither requests nor how a view shows.
"""

from __future__ import annotations

import time
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from typing_extensions import Self

    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.turns import Turn

FRAME = 0.05
"""Seconds from one update of a view to the next: 20 updates a second at most."""

MOST_FRAMES = 4
"""Frames that letters wait for others at most, where an update is costly; two if few would come."""

GAP, GATHER = 0.001, 0.020
"""Seconds: whoever waited the first for a word waits the second too, and takes a few at once.

Waking up for each word is most of what a slow stream costs, and a frame is much longer.
"""

PATIENCE = 0.25
"""Seconds that are waited before it is looked around; on Windows nothing wakes a wait."""

PAUSE = 2.0
"""Seconds without a word, in the middle of an answer, that a view tells of."""

FAREWELL = 0.3
"""Seconds that stopped work may take to close its connection before it is left alone."""


class View(Protocol):
    """Where an answer is shown while it grows."""

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show that no word has come for `seconds`, and whether the server was heard."""

    def update(self, content: str, reasoning: str) -> None:
        """Show what has come since the last update."""

    def finish(self, turn: Turn) -> None:
        """Show the whole answer, once and for good."""


class Interrupts(Protocol):
    """Who lets the user interrupt, only where it does no harm."""

    def welcome(self) -> AbstractContextManager[None]:
        """Let an interrupt be raised inside of it."""


class _Reader(Thread):
    """Reads a turn to its end and keeps what came until it is taken; left by an error, it stops."""

    def __init__(self, turn: StreamingTurn) -> None:
        super().__init__(name="secondme-reader", daemon=True)
        self.connected = False
        self.error: BaseException | None = None
        self._turn = turn
        self._entered = Event()
        self._ended = Event()
        self._stopping = Event()
        self._news = Condition()
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._size = 0

    def __enter__(self) -> Self:
        """Begin, and return once the conversation knows of the turn."""
        self.start()
        self._entered.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.stop()

    def run(self) -> None:
        try:
            with self._turn as deltas:
                self._entered.set()
                heard = time.monotonic()
                for delta in deltas:
                    self._keep(delta.content, delta.reasoning)
                    if time.monotonic() - heard > GAP:
                        self._stopping.wait(GATHER)
                    heard = time.monotonic()
        except BaseException as error:  # noqa: BLE001 - the calling thread raises it
            self.error = error
        with self._news:
            self._entered.set()
            self._ended.set()
            self._news.notify()

    def _keep(self, content: str, reasoning: str) -> None:
        with self._news:
            self.connected = True
            if content:
                self._content.append(content)
            if reasoning:
                self._reasoning.append(reasoning)
            self._size += len(content) + len(reasoning)
            self._news.notify()

    def stop(self) -> None:
        """End the answer at once; its connection is given a moment to close."""
        self._stopping.set()
        self._turn.stop()
        self.join(FAREWELL)
        self.error = None

    @property
    def done(self) -> bool:
        """Whether nothing more comes."""
        return self._ended.is_set()

    def rest(self, seconds: float, enough: int) -> None:
        """Wait for `seconds`, and for more frames until `is_enough`; or for the end."""
        self._ended.wait(seconds)
        waiting = [self._size]
        while not self.done and not is_enough(waiting, enough):
            self._ended.wait(FRAME)
            waiting.append(self._size)

    def take(self, seconds: float) -> tuple[str, str]:
        """Return what has come since the last call, after `seconds` at most where nothing has."""
        with self._news:
            self._news.wait_for(self._has_news, seconds)
            content, reasoning = "".join(self._content), "".join(self._reasoning)
            self._content.clear()
            self._reasoning.clear()
            self._size = 0
            return content, reasoning

    def _has_news(self) -> bool:
        return self.done or bool(self._content or self._reasoning)


def is_enough(waiting: Sequence[int], enough: int) -> bool:
    """Return whether what waits is to be shown now.

    Two frames are waited for `enough` letters, and more only if they come in time at the pace of
    the last frame: so the end of a burst, and a slow answer, are shown after two.

    Args:
        waiting: How many letters waited at the end of each frame since the last update.
        enough: How many are worth an update.
    """
    frames, size = len(waiting), waiting[-1]
    if size >= enough or frames == MOST_FRAMES:
        return True
    pace = size - waiting[-2] if frames > 1 else enough
    return size + pace * (MOST_FRAMES - frames) < enough


class Both:
    """Two views of one answer."""

    def __init__(self, one: View, other: View) -> None:
        self._views = (one, other)

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show that no word has come for `seconds`."""
        for view in self._views:
            view.wait(seconds, connected=connected)

    def update(self, content: str, reasoning: str) -> None:
        """Show what has come since the last update."""
        for view in self._views:
            view.update(content, reasoning)

    def finish(self, turn: Turn) -> None:
        """Show the whole answer."""
        for view in self._views:
            view.finish(turn)


def stream_answer(
    turn: StreamingTurn,
    open_view: Callable[[Turn], View],
    interrupts: Interrupts,
    *,
    enough: Callable[[], int] | None = None,
) -> Turn:
    """Show `turn` in a view while it is answered, below what it goes on with, and return it.

    An interrupt stops the answer: what had come stays and is shown, and nothing is raised for it;
    `interrupts` knows that it came. The turn is `interrupted` then, unless it had just ended.

    Args:
        turn: A turn that has not been entered.
        open_view: Returns where it is shown; it is asked once the conversation knows of the turn,
            and the request is on its way.
        interrupts: Says when the user wants to stop; entered.
        enough: Returns how many characters are worth an update; fewer wait for more frames. Any,
            if it is not given.

    Raises:
        SecondMeError: The answer failed or was cut; the view shows what had come.
    """
    earlier = turn.reply
    with _Reader(turn) as reader:
        view = open_view(turn.recorded)
        if earlier.text or earlier.reasoning:
            view.update(earlier.text, earlier.reasoning)
        try:
            _show(reader, view, interrupts, enough)
        except KeyboardInterrupt:
            reader.stop()
    view.finish(turn.recorded)
    if reader.error is not None:
        raise reader.error
    return turn.recorded


def _show(
    reader: _Reader, view: View, interrupts: Interrupts, enough: Callable[[], int] | None
) -> None:
    """Show what the reader reads, until its end.

    An update is followed by a rest as long as itself, so half a core is left. A pause among words
    is told of after 2, 4, 8 … seconds: the view shows again what is there already.
    """
    heard = time.monotonic()
    quiet, growth = 0.0, 0
    while not reader.done:
        with interrupts.welcome():
            content, reasoning = reader.take(PATIENCE)
        if content or reasoning:
            begun = time.monotonic()
            view.update(content, reasoning)
            heard = time.monotonic()
            quiet, growth = PAUSE, 2
            with interrupts.welcome():
                reader.rest(max(FRAME, heard - begun), enough() if enough else 0)
        elif not reader.done and (seconds := time.monotonic() - heard) >= quiet:
            view.wait(seconds, connected=reader.connected)
            quiet = growth * seconds
    content, reasoning = reader.take(0)
    if content or reasoning:
        view.update(content, reasoning)

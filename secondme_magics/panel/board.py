"""What the panels of a notebook show: which are open, which answers grow, how turns are rendered.

Each panel shows all of its conversation, whoever asked. One lock guards it all: what a page is
told, it is told in order. Knows no widget.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Lock, RLock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary, WeakSet

from secondme_magics.errors import SecondMeError
from secondme_magics.markdown.blocks import MarkdownStream
from secondme_magics.panel.refusals import busy
from secondme_magics.panel.running import RunningAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.conversation import Conversation, Said
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.showing.origin import Origin


FEW = 20
"""Turns that are rendered at once: the last ones, which a page is given with a new panel."""

_log = logging.getLogger(__name__)


class Watcher(Protocol):
    """An open panel."""

    @property
    def conversation(self) -> Conversation:
        """What it shows."""

    def tell(self, kind: str, **fields: object) -> None:
        """Tell the page something."""

    def refresh(self) -> None:
        """Tell the page all that has changed."""

    def go_on(self) -> None:
        """Ask the prompt that waits, if it can be asked now."""


@dataclass
class Shown:
    """A turn as panels show it: what its conversation does not know of it.

    Args:
        turn: The turn.
        blocks: Its answer as HTML, as it grew.
        whole: The same, each block in one.
        seconds: How long it was thought about.
        error: What it failed with.
        origin: Where the answer comes from.
        prompt_id: The page's name for the prompt, if a page asked.
    """

    turn: Turn
    blocks: list[str]
    whole: str
    seconds: float | None = None
    error: SecondMeError | None = None
    origin: Origin | None = None
    prompt_id: str | None = None


@dataclass
class _Shelf:
    """What is kept for the panels of one conversation."""

    shown: dict[int, Shown] = field(default_factory=dict)
    forgotten: Said | None = None

    def prune(self, conversation: Conversation) -> None:
        """Forget turns that cannot come back."""
        kept = [conversation.said, *([self.forgotten] if self.forgotten else [])]
        numbers = {turn.number for said in kept for turn in _all_turns(said)}
        for number in self.shown.keys() - numbers:
            del self.shown[number]


class Board:
    """The open panels of a notebook, and the answers that they show.

    `ended` is notified whenever an answer has ended.

    Args:
        lock: Guards all that they show.
    """

    def __init__(self, lock: RLock | None = None) -> None:
        self.lock = lock or RLock()
        self.ended = Condition(self.lock)
        self._rendering = Lock()
        self._panels: WeakSet[Watcher] = WeakSet()
        self._running: list[RunningAnswer] = []
        self._shelves: WeakKeyDictionary[Conversation, _Shelf] = WeakKeyDictionary()

    def open(self, panel: Watcher) -> None:
        """Let `panel` know of what changes from now on; it is held weakly."""
        with self.lock:
            self._panels.add(panel)

    def close(self, panel: Watcher) -> None:
        """Tell `panel` no more."""
        with self.lock:
            self._panels.discard(panel)

    @property
    def panels(self) -> list[Watcher]:
        """The open panels."""
        with self.lock:
            return list(self._panels)

    def running(self, conversation: Conversation) -> list[RunningAnswer]:
        """Return what is being answered in `conversation`."""
        with self.lock:
            return [each for each in self._running if each.conversation is conversation]

    @contextmanager
    def at_rest(self, conversation: Conversation) -> Iterator[None]:
        """Let nothing be asked in `conversation` meanwhile.

        Raises:
            ConfigurationError: Something is being answered in it.
        """
        with self.lock:
            if self.running(conversation):
                raise busy()
            yield

    def start(self, conversation: Conversation, prompt_id: str | None = None) -> RunningAnswer:
        """Note that something is being asked in `conversation`."""
        with self.lock:
            running = RunningAnswer(self, conversation, prompt_id)
            self._running.append(running)
            return running

    def end(self, running: RunningAnswer, error: SecondMeError | None = None) -> None:
        """Note that an answer has ended, show how, and let what waited be asked."""
        with self.lock:
            self._running.remove(running)
            try:
                self._put_on_shelf(running, error)
                self.refresh()
                _each(self.panels, lambda panel: panel.go_on())
            finally:
                self.ended.notify_all()

    def _put_on_shelf(self, running: RunningAnswer, error: SecondMeError | None) -> None:
        if running.turn is not None:
            growth = running.growth
            self._shelf(running.conversation).shown[running.turn.number] = Shown(
                running.turn,
                growth.blocks,
                growth.whole(),
                growth.seconds,
                error,
                running.origin,
                running.prompt_id,
            )

    @contextmanager
    def answering(
        self, conversation: Conversation, turn: StreamingTurn, origin: Origin
    ) -> Iterator[RunningAnswer]:
        """Show `turn`, which is asked elsewhere, in the panels on its conversation."""
        running = self.start(conversation)
        running.attach(turn, origin)
        error: SecondMeError | None = None
        try:
            yield running
        except SecondMeError as failure:
            error = failure
            raise
        finally:
            self.end(running, error)

    def shown(self, conversation: Conversation, turn: Turn) -> Shown:
        """Return `turn` as panels show it; rendered once."""
        there = self.known(conversation, turn)
        return self._rendered(conversation, turn) if there is None else there

    def _rendered(self, conversation: Conversation, turn: Turn) -> Shown:
        shelf = self._shelf(conversation).shown
        before = shelf.get(turn.number)
        stream = MarkdownStream(has_pieces=False)
        blocks = stream.feed(turn.reply.text) + stream.finish()
        there = Shown(turn, blocks, stream.whole())
        with self.lock:
            if shelf.get(turn.number) is before:  # else it was answered anew meanwhile
                shelf[turn.number] = there
        return there

    def has_much_to_render(self, conversation: Conversation) -> bool:
        """Return whether more than a few turns have never been shown."""
        return sum(self.known(conversation, turn) is None for turn in conversation.turns) > FEW

    def render(self, conversation: Conversation) -> None:
        """Render all turns, while nobody waits for the lock."""
        with self._rendering:
            for turn in conversation.turns:
                self.shown(conversation, turn)

    def known(self, conversation: Conversation, turn: Turn) -> Shown | None:
        """Return `turn` as panels show it, if it was rendered already."""
        there = self._shelf(conversation).shown.get(turn.number)
        return there if there is not None and there.turn == turn else None

    def speakers(self, conversation: Conversation) -> dict[int, str]:
        """Return who answered in `conversation`, by the number of the turn, as far as is known."""
        known = ((turn.number, self.known(conversation, turn)) for turn in conversation.turns)
        return {number: shown.origin.instance for number, shown in known if shown and shown.origin}

    def forget(self, conversation: Conversation) -> None:
        """Forget what was said, so that it can be brought back."""
        self._shelf(conversation).forgotten = conversation.reset()

    def bring_back(self, conversation: Conversation) -> None:
        """Bring back what was forgotten last, before what was asked since."""
        shelf = self._shelf(conversation)
        if shelf.forgotten is not None:
            conversation.bring_back(shelf.forgotten)
            shelf.forgotten = None

    def can_bring_back(self, conversation: Conversation) -> bool:
        """Return whether something was forgotten that can be brought back."""
        forgotten = self._shelf(conversation).forgotten
        return forgotten is not None and bool(forgotten.turns)

    def refresh(self) -> None:
        """Tell all panels what has changed."""
        with self.lock:
            for conversation, shelf in list(self._shelves.items()):
                shelf.prune(conversation)
            _each(self.panels, lambda panel: panel.refresh())

    def tell(self, conversation: Conversation, kind: str, **fields: object) -> None:
        """Tell the panels on `conversation` something."""
        with self.lock:
            _each(self.watching(conversation), lambda panel: panel.tell(kind, **fields))

    def watching(self, conversation: Conversation) -> list[Watcher]:
        """Return the open panels on `conversation`."""
        return [panel for panel in self.panels if panel.conversation is conversation]

    def _shelf(self, conversation: Conversation) -> _Shelf:
        with self.lock:
            return self._shelves.setdefault(conversation, _Shelf())


def _all_turns(said: Said) -> Iterator[Turn]:
    yield from said.turns
    for point in said.points:
        for way in point.others:
            yield from way


def _each(panels: list[Watcher], work: Callable[[Watcher], None]) -> None:
    """Do `work` with each of `panels`; one that fails does not keep it from the others."""
    for panel in panels:
        _do_or_log(work, panel)


def _do_or_log(work: Callable[[Watcher], None], panel: Watcher) -> None:
    try:
        work(panel)
    except Exception:  # noqa: BLE001 - the other panels, and who waits, must not hang on it
        _log.exception("a panel could not be brought up to date")

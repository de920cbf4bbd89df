"""A turn that is being answered, shown in every panel on its conversation: a view of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.panel.growth import Growth

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from secondme_magics.conversation.asking import StreamingTurn
    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.panel.board import Board
    from secondme_magics.showing.origin import Origin


class RunningAnswer:
    """An answer from the moment it is asked for to its end; a `View` of `showing`.

    Args:
        board: Where the panels are that show it.
        conversation: Where the turn is recorded.
        prompt_id: The page's name for the prompt, if a page asked.
    """

    def __init__(
        self, board: Board, conversation: Conversation, prompt_id: str | None = None
    ) -> None:
        self.conversation = conversation
        self.prompt_id = prompt_id
        self.growth = Growth()
        self.turn: Turn | None = None
        self.origin: Origin | None = None
        self.is_stopping = False
        self._board = board
        self._stop: Callable[[], None] | None = None

    @property
    def is_gone(self) -> bool:
        """Whether its turn was taken away from its conversation."""
        turn = self.turn
        if turn is None or self.is_put_away:
            return False
        return all(turn.number != each.number for each in self.conversation.turns)

    @property
    def is_put_away(self) -> bool:
        """Whether its turn is another version than the one that stands: it got no answer."""
        return self.turn is not None and self.conversation.has_put_away(self.turn)

    def attach(self, turn: StreamingTurn, origin: Origin) -> None:
        """Learn what is being answered: it can be stopped from now on."""
        self.origin = origin
        self._stop = turn.stop
        if self.is_stopping:
            turn.stop()

    def stop(self) -> None:
        """End the answer at once; one that has not been asked yet ends as soon as it is."""
        self.is_stopping = True
        if self._stop is not None:
            self._stop()

    def enough(self) -> int:
        """Return how many characters are worth an update: any, if no panel shows them."""
        return self.growth.enough if self._board.watching(self.conversation) else 0

    def begin(self, turn: Turn) -> Self:
        """Show that the turn stands, and return its view; one that does not ends."""
        with self._board.lock:
            self.turn = turn
            if self.is_gone:
                self.turn = None
                self.stop()
            self._board.refresh()
        return self

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show that no word has come for `seconds`."""
        self._tell("wait", seconds=round(seconds, 1), connected=connected)

    def update(self, content: str, reasoning: str) -> None:
        """Show what has come since the last update."""
        with self._board.lock:
            for change in self.growth.feed(content, reasoning):
                self._tell("grow", **change)

    def finish(self, turn: Turn) -> None:
        """Show the rest of the answer; how it ended is shown once that is known."""
        with self._board.lock:
            self.turn = turn if self.turn is not None else None
            for change in self.growth.end(turn.reply):
                self._tell("grow", **change)

    def _tell(self, kind: str, **fields: object) -> None:
        if self.turn is not None:
            self._board.tell(self.conversation, kind, turn=str(self.turn.number), **fields)

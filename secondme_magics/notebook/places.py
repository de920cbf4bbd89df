"""Where in the notebook a prompt stands, as the front end tells it: which prompt of which cell.

Without a front end that names its cells there is no place.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from secondme_magics.conversation.turns import Place
from secondme_magics.notebook.shells import request_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.conversation import Conversation


class Places:
    """Counts the prompts of the run of a cell, for each conversation by itself."""

    def __init__(self) -> None:
        self._run: object = None
        self._counts: Counter[str] = Counter()
        self._cell: object = None
        self._asked: list[Conversation] = []

    def next(self, shell: InteractiveShell, talk: str, *, leaves_turn: bool = True) -> Place | None:
        """Return where the prompt stands that is about to be asked in `shell`.

        Only one that leaves a turn counts: a dry run before it does not move the others.

        Args:
            shell: Who runs the cell.
            talk: The name of the conversation in which it is asked.
            leaves_turn: Whether it counts.
        """
        request = request_of(shell)
        run = request.get("header", {}).get("msg_id")
        if run != self._run:
            self._run = run
            self._counts.clear()
        number = self._counts[talk] + 1
        self._counts[talk] += leaves_turn
        cell = self._cell = request.get("metadata", {}).get("cellId")
        return Place(cell, number) if isinstance(cell, str) and cell else None

    def note(self, conversation: Conversation) -> None:
        """Note that the running cell asks in `conversation`, and leaves a turn there."""
        if not any(conversation is asked for asked in self._asked):
            self._asked.append(conversation)

    def end_cell(self) -> list[tuple[Conversation, list[int]]]:
        """Return the turns that an earlier run of the cell left after the last prompt of this run.

        Each conversation in which it asked comes with the numbers of its turns, if there are any.
        """
        asked, self._asked = self._asked, []
        left = [(talk, self._left_in(talk)) for talk in asked]
        return [(talk, numbers) for talk, numbers in left if numbers]

    def _left_in(self, talk: Conversation) -> list[int]:
        here = [turn for turn in talk.turns if turn.place and turn.place.cell == self._cell]
        count = self._counts[talk.name]
        return [turn.number for turn in here if turn.place and turn.place.prompt > count]

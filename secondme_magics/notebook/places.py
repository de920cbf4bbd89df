"""Where in the notebook a prompt stands, as the front end tells it: which prompt of which cell.

Without a front end that names its cells there is no place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secondme_magics.conversation.turns import Place

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.conversation import Conversation


class Places:
    """Counts the prompts of the run of a cell."""

    def __init__(self) -> None:
        self._run: object = None
        self._count = 0
        self._cell: object = None
        self._asked: list[Conversation] = []

    def next(self, shell: InteractiveShell, *, leaves_turn: bool = True) -> Place | None:
        """Return where the prompt stands that is about to be asked in `shell`.

        Only one that leaves a turn counts: a dry run before it does not move the others.
        """
        get_parent = getattr(shell, "get_parent", None)  # a kernel's shell has it
        request: dict[str, Any] = {} if get_parent is None else get_parent()
        run = request.get("header", {}).get("msg_id")
        number = self._count + 1 if run == self._run else 1
        if leaves_turn:
            self._run, self._count = run, number
        cell = self._cell = request.get("metadata", {}).get("cellId")
        return Place(cell, number) if isinstance(cell, str) and cell else None

    def note(self, conversation: Conversation) -> None:
        """Note that the running cell asks in `conversation`, and leaves a turn there."""
        if not any(conversation is asked for asked in self._asked):
            self._asked.append(conversation)

    def end_cell(self) -> list[tuple[Conversation, list[int]]]:
        """Return the turns that an earlier run of the cell left behind its last prompt of this one.

        Each conversation in which it asked comes with the numbers of its turns, if there are any.
        """
        asked, self._asked = self._asked, []
        left = [(talk, [t.number for t in talk.turns if self._is_left(t.place)]) for talk in asked]
        return [(talk, numbers) for talk, numbers in left if numbers]

    def _is_left(self, place: Place | None) -> bool:
        return place is not None and place.cell == self._cell and place.prompt > self._count

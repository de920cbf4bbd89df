"""Where in the notebook a prompt stands, as the front end tells it: which prompt of which cell.

Without a front end that names its cells there is no place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secondme_magics.conversation.turns import Place

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Places:
    """Counts the prompts of the run of a cell."""

    def __init__(self) -> None:
        self._run: object = None
        self._count = 0

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
        cell = request.get("metadata", {}).get("cellId")
        return Place(cell, number) if isinstance(cell, str) and cell else None

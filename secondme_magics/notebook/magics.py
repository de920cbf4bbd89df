"""The magics `%%secondme` and `%secondme`, as thin as can be: what they need loads when used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from secondme_magics.notebook import manual
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.interrupts import Interrupts

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.messages import Reply
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.panel.panel import Panel


@magics_class
class SecondMeMagics(Magics):
    """What a notebook says to `%%secondme` and `%secondme`."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.defaults = SecondMe(parent=shell)

    @cached_property
    def state(self) -> NotebookState:
        """What the notebook remembers."""
        from secondme_magics.notebook.state import NotebookState  # noqa: PLC0415 - not at loading

        return NotebookState(self.defaults)

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def secondme(
        self, line: str, cell: str | None = None, local_ns: dict[str, object] | None = None
    ) -> Reply | Panel | None:
        """Ask a Second Me, or carry out a command."""
        with Interrupts() as interrupts:
            from secondme_magics.notebook.dispatch import Dispatcher  # noqa: PLC0415 - not at loading

            dispatcher = Dispatcher(self.state, self.shell, interrupts, local_ns or {})
            return dispatcher.line(line) if cell is None else dispatcher.cell(line, cell)

    secondme.__doc__ = manual.MAGIC

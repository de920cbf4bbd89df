"""What a line and a cell say, and who sees to it: a command is carried out, a prompt is asked."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.interrupts import Front, end_cell
from secondme_magics.notebook.lines import Options, parse_line
from secondme_magics.notebook.shells import insert_below

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Position
    from secondme_magics.notebook.interrupts import Interrupts
    from secondme_magics.notebook.outcomes import Outcome
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.panel.panel import Panel


class Dispatcher:
    """Sees to what one use of the magics says.

    Args:
        state: The notebook's instances and conversations.
        shell: Who ran the magic.
        interrupts: Says when the user wants to stop.
        local: The variables of the function in which the magic stands, if it stands in one.
    """

    def __init__(
        self,
        state: NotebookState,
        shell: InteractiveShell,
        interrupts: Interrupts,
        local: dict[str, object],
    ) -> None:
        self._state = state
        names = ChainMap(local, shell.user_ns, {"Err": state.errors.summaries})
        self._front = Front(shell, interrupts, names)

    def line(self, line: str) -> Reply | Panel | None:
        """See to what stands behind `%secondme`.

        Raises:
            SecondMeError: It does not read as anything, or what it says failed.
        """
        from secondme_magics.notebook import commands  # noqa: PLC0415 - a cell's prompt needs none

        command = commands.find(line, self._front.names)
        if command is not None:
            return self._carry_out(command(self._state))
        words = parse_line(line, self._front.names)
        return self._ask(words.prompt, words.options)

    def cell(self, line: str, cell: str) -> Reply | Panel | None:
        """See to what stands behind and below `%%secondme`.

        Raises:
            SecondMeError: It does not read as anything, or what it says failed.
        """
        if line.strip() and not cell.strip():
            return self.line(line)
        words = parse_line(line, self._front.names)
        if words.prompt:
            raise ConfigurationError(
                f"{words.prompt!r} on the line of %%secondme is not an option",
                "Put the whole prompt below it, and quotes around a value of several words: "
                "-s 'Be brief.'",
            )
        return self._ask(cell, words.options)

    def _carry_out(self, outcome: Outcome) -> Reply | Panel | None:
        """Let a command ask, put code into a cell, open a panel, or wait and show."""
        from secondme_magics.notebook.outcomes import Ask, Insert, Open  # noqa: PLC0415 - no prompt needs it

        if isinstance(outcome, Ask):
            return self._ask(outcome.prompt, outcome.options, outcome.position)
        if isinstance(outcome, Open):
            from secondme_magics.notebook.panels import open_panel  # noqa: PLC0415 - not at loading

            return open_panel(self._state, self._front.shell, outcome.conversation)
        if isinstance(outcome, Insert):
            insert_below(self._front.shell, outcome.code)
        elif outcome is not None:
            try:
                outcome(self._front)
            except KeyboardInterrupt:
                end_cell(self._state, self._front.shell)
        return None

    def _ask(self, prompt: str, options: Options, position: Position | None = None) -> Reply | None:
        from secondme_magics.notebook.answering import answer  # noqa: PLC0415 - no command needs it

        return answer(prompt, options, self._state, self._front, position)

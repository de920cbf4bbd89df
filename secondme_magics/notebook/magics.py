"""The magics `%%secondme` and `%secondme`: reads the line, and hands on what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook import commands, manual
from secondme_magics.notebook.config import SecondMe
from secondme_magics.notebook.options import Options, parse_line
from secondme_magics.notebook.state import NotebookState

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.messages import Reply


@magics_class
class SecondMeMagics(Magics):
    """What a notebook says to `%%secondme` and `%secondme`."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.state = NotebookState(SecondMe(parent=shell))

    @no_var_expand
    @line_cell_magic
    def secondme(self, line: str, cell: str | None = None) -> Reply | None:
        """Ask a Second Me, or carry out a command."""
        if cell is None or (line.strip() and not cell.strip()):
            return self._carry_out(line)
        read = parse_line(line)
        if read.prompt:
            raise ConfigurationError(
                f"{read.prompt!r} on the line of %%secondme is no option",
                "Put the whole prompt below that line, or use %secondme PROMPT for a single line.",
            )
        return self._ask(cell, read.options)

    secondme.__doc__ = manual.MAGIC

    def _carry_out(self, line: str) -> Reply | None:
        command = commands.find(line)
        if command is not None:
            command(self.state)
            return None
        read = parse_line(line)
        return self._ask(read.prompt, read.options)

    def _ask(self, prompt: str, options: Options) -> Reply | None:
        # Loads what asking needs with the first prompt, not with the extension.
        from secondme_magics.notebook.answering import answer  # noqa: PLC0415

        return answer(prompt, options, self.state, self.shell)

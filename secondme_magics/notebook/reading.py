"""What a line and a cell say: a command is carried out, a prompt is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook import commands
from secondme_magics.notebook.options import Options, parse_line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.messages import Reply
    from secondme_magics.notebook.state import NotebookState


def read(
    line: str, cell: str | None, state: NotebookState, shell: InteractiveShell
) -> Reply | None:
    """Carry out what stands behind `%secondme`, or behind and below `%%secondme`.

    Args:
        line: The rest of the magic's line.
        cell: The lines below it; `None` where the magic is a line's.
        state: The notebook's instances and conversations.
        shell: Who ran the magic.

    Raises:
        SecondMeError: It does not read as anything, or the answer failed.
    """
    if cell is None or (line.strip() and not cell.strip()):
        return _read_line(line, state, shell)
    words = parse_line(line)
    if words.prompt:
        raise ConfigurationError(
            f"{words.prompt!r} on the line of %%secondme is no option",
            "Put the whole prompt below that line, or use %secondme PROMPT for a single line.",
        )
    return _ask(cell, words.options, state, shell)


def _read_line(line: str, state: NotebookState, shell: InteractiveShell) -> Reply | None:
    command = commands.find(line)
    if command is not None:
        command(state)
        return None
    words = parse_line(line)
    return _ask(words.prompt, words.options, state, shell)


def _ask(
    prompt: str, options: Options, state: NotebookState, shell: InteractiveShell
) -> Reply | None:
    from secondme_magics.notebook.answering import answer  # noqa: PLC0415 - no command needs it

    return answer(prompt, options, state, shell)

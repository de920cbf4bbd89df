"""What a command leads to beyond what it prints: a prompt that is asked, code for a new cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from secondme_magics.errors import ConfigurationError
from secondme_magics.notebook.lines import check_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Position
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.lines import Options
    from secondme_magics.notebook.state import NotebookState

FIX = "Explain this error in a few words, and show the cell as it should be."
"""The prompt of `fix`."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt to ask."""

    prompt: str
    options: Options
    position: Position | None = None
    """Where in the conversation, if the cell's place does not say it."""


@dataclass(frozen=True, slots=True)
class Insert:
    """Code to put into a new cell."""

    code: str


@dataclass(frozen=True, slots=True)
class Open:
    """A panel to open."""

    conversation: str | None
    """The name of its conversation; none means the current one."""


Outcome: TypeAlias = "Ask | Insert | Open | Callable[[Front], None] | None"


def fix(_: NotebookState, options: Options) -> Ask:
    """Ask what the last error means, with the cell that raised it."""
    return Ask(FIX, options._replace(error=True))


def panel(_: NotebookState, *, conversation: str | None = None) -> Open:
    """Open a chat on the current conversation, or on the one called `conversation`."""
    if conversation is not None:
        check_name(conversation, "a conversation")
    return Open(conversation)


def code(state: NotebookState, number: str | None = None) -> Insert:
    """Insert the code of the last answer, or of the turn that `history` shows as `number`.

    Raises:
        ConfigurationError: There is no such turn, it is not whole, or it holds no code.
    """
    from secondme_magics.showing.insertion import cell_code  # noqa: PLC0415 - not at loading

    reply = _last_reply(state) if number is None else _reply_of_turn(state, int(number))
    if not reply.is_whole:
        ending = f"cut ({reply.finish_reason})" if reply.state == "complete" else reply.state
        raise ConfigurationError(
            f"that answer is {ending}: its code may not be whole",
            "Ask again, or copy from the answer what you want of it.",
        )
    found = cell_code(reply.text)
    if not found:
        raise ConfigurationError(
            "that answer holds no Python code in a fence",
            "Ask for code, or name another turn; %secondme history shows their numbers.",
        )
    return Insert(found)


def _last_reply(state: NotebookState) -> Reply:
    """Return the answer that came last: to a cell, or in the current conversation to a panel."""
    talk = state.conversations.talk()
    answered = [turn for turn in talk.turns if turn.reply.state in {"complete", "interrupted"}]
    turns = answered or talk.turns[-1:]
    newest = max(reversed(turns), key=lambda turn: turn.revision, default=None)
    asked_in, asked = state.last_answered or (talk, newest)
    is_newest = newest is not None and asked is not None and newest.revision > asked.revision
    last = newest if is_newest and asked_in is talk else asked
    if last is None:
        raise ConfigurationError("nothing was answered yet", "Ask for code first.")
    return last.reply


def _reply_of_turn(state: NotebookState, number: int) -> Reply:
    conversation = state.conversations.talk()
    for turn in conversation.turns:
        if turn.number == number:
            return turn.reply
    raise ConfigurationError(
        f"conversation {conversation.name} has no turn {number}",
        "%secondme history shows the turns and their numbers.",
    )

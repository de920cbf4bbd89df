"""The commands that go back in a conversation, or part from it: undo, retry, continue, fork."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.conversation.asking import GO_ON
from secondme_magics.conversation.turns import Position
from secondme_magics.errors import ConfigurationError, one_line
from secondme_magics.notebook.lines import Options, check_name
from secondme_magics.notebook.outcomes import Ask
from secondme_magics.showing.counting import count_turns

if TYPE_CHECKING:
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.notebook.state import NotebookState

_GLIMPSE = 60
"""Characters of a prompt that name its turn."""


def undo(state: NotebookState, number: str = "1") -> None:
    """Take the last turns back, and say which."""
    talk = state.talk()
    for turn in talk.undo(int(number)):
        print(f"Taken back: {_name(turn)}")
    print(f"Conversation {talk.name} has {count_turns(talk)} now.")


def retry(state: NotebookState) -> Ask:
    """Have the last prompt asked again, in place of its turn."""
    turn = _last(state)
    position = Position(place=turn.place, replaces=turn, last=state.config.max_turns)
    return Ask(turn.prompt, Options(raw=True), position)


def go_on(state: NotebookState) -> Ask:
    """Have the last answer gone on with."""
    turn = _last(state)
    if not turn.is_unfinished:
        raise ConfigurationError(
            f"there is nothing to go on with: turn {turn.number} {_ending(turn)}",
            "Ask on in a cell, or ask the same again with %secondme retry.",
        )
    position = Position(
        place=turn.place, replaces=turn, continues=True, last=state.config.max_turns
    )
    return Ask(GO_ON, Options(raw=True), position)


def fork(state: NotebookState, name: str) -> None:
    """Go on in a copy of the current conversation."""
    check_name(name, "a conversation")
    before = state.talk()
    talk = state.fork(name)
    print(f"Conversation {name} begins with the turns of {before.name}: {len(talk.turns)}.")


def _last(state: NotebookState) -> Turn:
    talk = state.talk()
    if not talk.turns:
        raise ConfigurationError(
            f"conversation {talk.name} has no turn yet", "Ask something first, in a cell."
        )
    return talk.turns[-1]


def _ending(turn: Turn) -> str:
    if turn.reply.state == "complete":
        return "is complete"
    return "has failed" if turn.reply.state == "failed" else "has no text yet"


def _name(turn: Turn) -> str:
    prompt = one_line(turn.prompt)
    shown = prompt if len(prompt) <= _GLIMPSE else prompt[: _GLIMPSE - 1] + "…"
    return f"turn {turn.number}, {shown}"

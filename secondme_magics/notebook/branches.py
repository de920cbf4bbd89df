"""The commands that go back in a conversation, or part from it: undo, retry, continue, fork."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from secondme_magics.conversation.asking import GO_ON
from secondme_magics.errors import ConfigurationError, one_line
from secondme_magics.notebook.lines import check_name
from secondme_magics.notebook.outcomes import Ask
from secondme_magics.notebook.positions import position_of
from secondme_magics.showing.counting import count_turns

if TYPE_CHECKING:
    from secondme_magics.conversation.turns import Position, Turn
    from secondme_magics.notebook.lines import Options
    from secondme_magics.notebook.state import NotebookState

_GLIMPSE = 60
"""Characters of a prompt that name its turn."""


def undo(state: NotebookState, number: str = "1") -> None:
    """Take the last turns back, and say which."""
    talk = state.conversations.talk()
    with state.at_rest(talk):
        taken = talk.undo(int(number))
    for turn in taken:
        print(f"Taken back: {_name(turn)}")
    print(f"Conversation {talk.name} has {count_turns(talk)} now.")


def retry(state: NotebookState, options: Options) -> Ask:
    """Have the last prompt asked again, in place of its turn, as `options` say."""
    _refuse(options, "retry", "append", "no_history")
    turn = _last(state, options)
    prompt, position = turn.prompt, _position(turn, state, options)
    turns = state.conversations.talk(options.conversation).turns
    if state.failed is not None and state.failed[0] == turns:  # nothing has changed since
        _, prompt, again = state.failed
        position = again._replace(last=position.last, truncates=position.truncates)
    return Ask(prompt, options._replace(raw=True), position)


def go_on(state: NotebookState, options: Options) -> Ask:
    """Have the last answer continued, as `options` say."""
    _refuse(options, "continue", "append", "no_history", "new")
    turn = _last(state, options)
    if not turn.is_unfinished:
        raise ConfigurationError(
            f"there is nothing to continue: turn {turn.number} {_ending(turn)}",
            "Ask your next prompt in a cell, or the same again with %secondme retry.",
        )
    position = _position(turn, state, options)
    return Ask(GO_ON, options._replace(raw=True), position._replace(continues=True))


def fork(state: NotebookState, name: str) -> None:
    """Go on in a copy of the current conversation."""
    check_name(name, "a conversation")
    before = state.conversations.talk()
    talk = state.conversations.fork(name)
    state.heard[talk] = dict(state.heard.get(before, {}))
    print(f"Conversation {name} begins with the turns of {before.name}: {len(talk.turns)}.")


def _refuse(options: Options, command: str, *names: str) -> None:
    """Refuse options that a prompt takes, but that have no sense with `command`."""
    for name in names:
        if getattr(options, name):
            flag = f"--{name.replace('_', '-')}"
            raise ConfigurationError(
                f"%secondme {command} takes no {flag}: it is about a turn that stands already",
                f"Leave {flag} out, or ask anew in a cell.",
            )


def _last(state: NotebookState, options: Options) -> Turn:
    """Return the turn that was asked last, wherever it stands."""
    name = options.conversation or state.conversations.current
    talk = state.conversations.get(name)
    if talk is None or not talk.turns:
        raise ConfigurationError(
            f"conversation {name} has no turn yet", "Ask something first, in a cell."
        )
    with state.at_rest(talk):
        return max(talk.turns, key=attrgetter("revision", "number"))


def _position(turn: Turn, state: NotebookState, options: Options) -> Position:
    talk = state.conversations.talk(options.conversation)
    return position_of(turn.place, talk, options, state.config)._replace(replaces=turn)


def _ending(turn: Turn) -> str:
    if turn.reply.state == "complete":
        return "is complete"
    return "has failed" if turn.reply.state == "failed" else "has no text yet"


def _name(turn: Turn) -> str:
    prompt = one_line(turn.prompt)
    shown = prompt if len(prompt) <= _GLIMPSE else prompt[: _GLIMPSE - 1] + "…"
    return f"turn {turn.number}, {shown}"

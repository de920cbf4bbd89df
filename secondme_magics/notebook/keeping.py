"""The commands that keep a conversation: save, load, export, restore."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from secondme_magics.conversation.saving import MOST_BYTES, parse_saved, to_saved
from secondme_magics.errors import ConfigurationError, one_line
from secondme_magics.markdown.safety import clean_text
from secondme_magics.notebook.files import parse_path, read_beginning, read_file, write_file
from secondme_magics.notebook.lines import check_name
from secondme_magics.showing.counting import count_turns, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.notebook.restoring import Restored
    from secondme_magics.notebook.state import NotebookState

MOST_OF_NOTEBOOK = 256 * 2**20
"""Bytes of a notebook; its pictures stand in it."""

_HEAD = 2**20
"""Bytes in which a file shows of which conversation it was exported."""

_MOST_REASONS = 5
"""Lines that tell what was left out."""


def save(state: NotebookState, path: str) -> None:
    """Write the current conversation to a file, which may be one that was saved before."""
    file, talk = parse_path(path), state.conversations.talk()
    content = to_saved(talk)
    if len(content) > MOST_BYTES:
        raise ConfigurationError(
            f"conversation {talk.name} is too large to be loaded again",
            "Take turns back with %secondme undo, or write it with %secondme export.",
        )
    if file.exists():
        _check_same(file, talk, state)
    write_file(file, content)
    state.saved[file] = talk
    print(f"Saved {count_turns(talk)} of conversation {talk.name} to {_shown(file)}")


def load(state: NotebookState, path: str) -> None:
    """Go on in a conversation that was saved."""
    file = parse_path(path)
    conversation = parse_saved(read_file(file, MOST_BYTES))
    check_name(conversation.name, "a conversation")
    name = conversation.name
    state.conversations.current = state.take_in(conversation)
    state.saved[file] = conversation
    if conversation.name != name:
        print(f"Conversation {name} is there already, and stays as it is.")
    print(f"Conversation {conversation.name} goes on: {count_turns(conversation)}.")


def export(state: NotebookState, path: str) -> None:
    """Write the current conversation to a file, for other readers; one of before is replaced."""
    from secondme_magics.showing.exporting import EXPORTS  # noqa: PLC0415 - only here

    file = parse_path(path)
    kind = EXPORTS.get(file.suffix.lower())
    if kind is None:
        raise ConfigurationError(
            f"there is no export to a file that ends in {file.suffix!r}",
            f"Choose a name that ends in {', '.join(EXPORTS)}.",
        )
    talk = state.conversations.talk()
    text = kind.to_text(talk, state.speakers(talk))
    if file.exists() and not kind.is_of_same(read_beginning(file, _HEAD), text):
        raise ConfigurationError(
            f"{file} is there already, and was not exported from this conversation",
            "Nothing was written; choose another name, or remove it.",
        )
    write_file(file, text.encode())
    print(f"Exported {count_turns(talk)} of conversation {talk.name} to {_shown(file)}")


def restore(state: NotebookState, path: str | None = None) -> None:
    """Rebuild the conversations that a saved notebook holds."""
    from IPython.core.getipython import get_ipython  # noqa: PLC0415 - only here

    from secondme_magics.notebook.restoring import restore_conversations  # noqa: PLC0415 - only here

    shell = get_ipython()
    file = parse_path(path) if path else _own_notebook(shell.user_ns if shell else {})
    restored = restore_conversations(read_file(file, MOST_OF_NOTEBOOK))
    if not restored.conversations:
        _print_skipped(restored)
        raise ConfigurationError(
            f"{file} holds no answer of a conversation",
            "Save the notebook first; answers are found in the cells' outputs.",
        )
    print(f"From {_shown(file)}:")
    for conversation in restored.conversations:
        missing = restored.missing.get(conversation.name, 0)
        print(_take_in(state, conversation) + _tell_missing(missing))
    _print_skipped(restored)
    if len(restored.conversations) == 1 and not state.conversations.talk().turns:
        state.conversations.current = restored.conversations[0].name
    talk = state.conversations.talk()
    print(f"Conversation {talk.name} goes on: {count_turns(talk)}.")


def _shown(file: Path) -> str:
    """Return the path as it may be printed: a notebook from a stranger has a name of theirs."""
    return one_line(clean_text(str(file)))


def _check_same(file: Path, talk: Conversation, state: NotebookState) -> None:
    """Refuse to write over anything but what was saved of `talk`: most are called `default`.

    It is the same where it goes on from what was saved, or was saved there from this notebook and
    has not been emptied since.
    """
    try:
        there = parse_saved(read_file(file, MOST_BYTES))
    except ConfigurationError:
        raise ConfigurationError(
            f"{file} is there already, and is not a saved conversation",
            "Nothing was written; choose another name.",
        ) from None
    before, now = ([turn.prompt for turn in each.turns] for each in (there, talk))
    was_saved = state.saved.get(file) is talk and _share_a_turn(there, talk)
    if there.name != talk.name or not (was_saved or now[: len(before)] == before):
        which = "another conversation" if there.name == talk.name else "conversation"
        raise ConfigurationError(
            f"{file} is there already, and holds {which} {clean_text(there.name)}",
            "Nothing was written; choose another name, or remove the file.",
        )


def _share_a_turn(one: Conversation, other: Conversation) -> bool:
    asked = {(turn.number, turn.prompt) for turn in one.turns}
    return any((turn.number, turn.prompt) in asked for turn in other.turns)


def _own_notebook(names: Mapping[str, object]) -> Path:
    from secondme_magics.notebook.restoring import iter_notebook_names  # noqa: PLC0415 - only here

    for name in iter_notebook_names(names, os.environ):
        if Path(name).is_file():
            return Path(name)
    raise ConfigurationError(
        "this notebook's own file cannot be found",
        "Give its path: %secondme restore PATH.ipynb; save the notebook before.",
    )


def _take_in(state: NotebookState, conversation: Conversation) -> str:
    """Remember a restored conversation, and say so."""
    name, lineage = conversation.name, conversation.lineage()
    there = state.conversations.get(name)
    if there is not None and _words(conversation) <= _words(there):
        return f"  {name} has all of it already: {count_turns(conversation)}"
    if state.take_in(conversation) == name:
        return f"  {name}: {count_turns(conversation)}"
    conversation.trunks = lineage  # the outputs of its turns have the old name
    return f"  {name} is in use; as {conversation.name}: {count_turns(conversation)}"


def _tell_missing(number: int) -> str:
    are = "is" if number == 1 else "are"
    turns = counted(number, "turn")
    return f" ({turns} that it had before {are} not in the notebook)" if number else ""


def _words(conversation: Conversation) -> set[tuple[str, str]]:
    return {(turn.prompt, clean_text(turn.reply.text)) for turn in conversation.turns}


def _print_skipped(restored: Restored) -> None:
    if number := len(restored.skipped):
        print(f"{counted(number, 'answer')} could not be read and were left out:")
        for reason in restored.skipped[:_MOST_REASONS]:
            print(f"  {reason}")

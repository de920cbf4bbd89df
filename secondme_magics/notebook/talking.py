"""The commands that lead from one conversation to another, and show what was said in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.notebook.lines import check_name
from secondme_magics.showing.counting import count_turns

if TYPE_CHECKING:
    from secondme_magics.notebook.interrupts import Front
    from secondme_magics.notebook.state import NotebookState


def new(state: NotebookState, name: str | None = None) -> None:
    """Start a conversation, and make it the current one."""
    if name is not None:
        check_name(name, "a conversation")
    conversation = state.conversations.new(name)
    print(f"Conversation {conversation.name} begins.")


def use(state: NotebookState, name: str) -> None:
    """Go on in another conversation."""
    check_name(name, "a conversation")
    conversation = state.conversations.use(name)
    print(f"Conversation {conversation.name} goes on: {count_turns(conversation)}.")


def list_all(state: NotebookState) -> None:
    """Print the conversations, and mark the current one."""
    state.conversations.talk()
    width = max(map(len, state.conversations))
    for name, conversation in state.conversations.items():
        mark = "*" if name == state.conversations.current else " "
        print(f"{mark} {name:{width}}  {count_turns(conversation)}")


def reset(state: NotebookState) -> None:
    """Forget the turns of the current conversation."""
    conversation = state.conversations.talk()
    with state.at_rest(conversation):
        count = count_turns(conversation)
        conversation.reset()
    kept = "; its system message stays" if conversation.system else ""
    print(f"Conversation {conversation.name} is empty now: {count} forgotten{kept}.")


def history(state: NotebookState, front: Front) -> None:
    """Show the turns of the current conversation."""
    from secondme_magics.notebook.looking_back import show_talk  # noqa: PLC0415 - only here

    show_talk(state, front.shell, state.conversations.talk())

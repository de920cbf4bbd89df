"""What was said in a conversation, shown again: as the transcript below a panel, or as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secondme_magics.errors import one_line
from secondme_magics.markdown.blocks import render_markdown, render_text
from secondme_magics.markdown.code import STYLE
from secondme_magics.markdown.safety import clean_text
from secondme_magics.notebook.shells import in_notebook, write
from secondme_magics.showing.reading import (
    ANSWER,
    LOOKS,
    RULE,
    fit,
    lines_of,
    render_turn,
    render_words,
)
from secondme_magics.showing.rendering import render_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.notebook.state import NotebookState
    from secondme_magics.showing.exporting import Speakers

LONGEST = 200_000
"""Characters of HTML, from where answers are plain text: a front end renders all at once."""


def show_talk(state: NotebookState, shell: InteractiveShell, talk: Conversation) -> None:
    """Show the turns of `talk` as an output of the running cell, or on the terminal."""
    speakers = state.speakers(talk)
    text = render_plain_talk(talk, speakers)
    if in_notebook(shell):
        shell.display_pub.publish({"text/html": render_talk(talk, speakers), "text/plain": text})
    else:
        write(f"{text}\n")


def render_talk(talk: Conversation, speakers: Speakers) -> str:
    """Return the turns of `talk` as safe HTML."""
    parts = fit(_iter_parts(talk, speakers))
    body = RULE.join(parts) if talk.turns else "".join([*parts, render_line(_nothing(talk))])
    return f"{STYLE}{LOOKS}<div>{body}</div>"


def render_plain_talk(talk: Conversation, speakers: Speakers) -> str:
    """Return the same as text."""
    parts = [f"System message:\n{talk.system}"] if talk.system else []
    parts += [_plain(turn, speakers.get(turn.number, "")) for turn in talk.turns]
    return clean_text("\n\n".join(parts if talk.turns else [*parts, _nothing(talk)]))


def _iter_parts(talk: Conversation, speakers: Speakers) -> Iterator[str]:
    """Yield the turns of `talk` and its system message as HTML, from the last one to the first."""
    room = LONGEST
    for turn in reversed(talk.turns):
        render = render_markdown if room > 0 else render_text
        answer = render(turn.reply.text)
        room -= len(answer)
        speaker = speakers.get(turn.number, "")
        yield render_turn(turn, answer, lines_of(turn), speaker, f"turn {turn.number}")
    if talk.system:
        yield render_words("System message", talk.system)


def _plain(turn: Turn, speaker: str) -> str:
    lines = [f"[{line}]" for line in lines_of(turn)]
    answer = turn.reply.text.strip("\n")
    said = "\n".join([f"{one_line(speaker) or ANSWER}:", *([answer] if answer else []), *lines])
    return f"[{turn.number}] You:\n{turn.prompt}\n\n{said}"


def _nothing(talk: Conversation) -> str:
    return f"Conversation {talk.name} has no turn yet."

"""A turn as it is read later, on its own: who said what, as HTML that reads well without style.

Pure: knows neither which turns are shown together nor where.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from secondme_magics.markdown.blocks import render_text
from secondme_magics.markdown.room import MOST_HTML
from secondme_magics.markdown.safety import clean_text, escape_text
from secondme_magics.showing.counting import counted
from secondme_magics.showing.origin import UNKNOWN
from secondme_magics.showing.pasted import part
from secondme_magics.showing.rendering import (
    footer_of,
    notes_of,
    render_line,
    render_piece,
    render_thought,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from secondme_magics.conversation.turns import Turn
    from secondme_magics.errors import SecondMeError
    from secondme_magics.showing.origin import Origin

ANSWER = "Answer"
"""Who answers, where that is not known."""

GROWING = "This is still being answered."

LONGEST_PROMPT = 2_000
"""Characters of a prompt that are shown; the rest is folded."""

RULE = "<hr>"
"""What stands between two turns."""

EARLIER = "What came before is too long to be shown here: %secondme export writes all of it."
"""The note where not all of a conversation is shown."""

LOOKS = """<style>
.secondme + hr {
  margin: 1em 5px; border: 0; height: 1px; color: inherit; background: currentColor; opacity: 0.2;
}
.secondme .secondme-speaker { margin: 0 0 0.3em; }
.secondme .secondme-speaker + blockquote {
  margin: 0 0 1em; padding: 0 0 0 0.9em; border: 0;
  border-inline-start: 2px solid color-mix(in srgb, currentColor 18%, transparent);
}
.secondme .secondme-speaker + blockquote > * { margin: 0; }
.secondme .secondme-speaker + blockquote > details {
  margin-top: 0.3em; padding: 0; border: 0; font-size: 0.9em;
}
</style>"""
"""How turns look besides; they read well without, where a site keeps no style."""


def render_turn(
    turn: Turn, answer: str, lines: Iterable[str], speaker: str = "", number: str = ""
) -> str:
    """Return a turn that reads well without any style: some sites keep none.

    Args:
        turn: The turn.
        answer: Its answer, as safe HTML.
        lines: What is to be known of it.
        speaker: Who answered.
        number: What the turn is called, if it is to be said.
    """
    return render_piece(
        _render_speaker("You", number)
        + f'<blockquote dir="auto">{_render_prompt(turn.prompt)}</blockquote>'
        + _render_speaker(speaker or ANSWER)
        + render_thought(turn.reply.reasoning)
        + answer
        + "".join(map(render_line, lines))
    )


def render_words(speaker: str, text: str) -> str:
    """Return what someone else says, as who wrote the system message."""
    words = f'<blockquote dir="auto">{_render_prompt(text)}</blockquote>'
    return render_piece(_render_speaker(speaker) + words)


def fit(parts: Iterable[str]) -> list[str]:
    """Return as many of the last parts of a conversation as a page holds, in their order.

    The last one is always there: its own parts are bounded.

    Args:
        parts: HTML, from the last turn to the first.
    """
    left = MOST_HTML
    shown: list[str] = []
    for each in parts:
        left -= len(each.encode())
        if left < 0 and shown:
            shown.append(render_line(EARLIER))
            break
        shown.append(each)
    return shown[::-1]


def lines_of(turn: Turn, origin: Origin = UNKNOWN, error: SecondMeError | None = None) -> list[str]:
    """Return what is to be known of an answer, a sentence each, and how it came about.

    Args:
        turn: The turn.
        origin: Where its answer comes from.
        error: What it failed with.
    """
    reply = turn.reply
    lines = [*notes_of(reply, origin), footer_of(reply, origin)]
    if error is not None:
        lines[:0] = [f"Failed: {error.what}"]
    elif reply.state == "failed" and not reply.text:
        lines[:0] = ["It failed."]
    return [line for line in lines if line] if reply.state != "streaming" else [GROWING]


def _render_speaker(name: str, number: str = "") -> str:
    words = escape_text(clean_text(name))
    besides = f" · {escape_text(clean_text(number))}" if number else ""
    return f'<p class="secondme-speaker" dir="auto"><strong>{words}</strong>{besides}</p>'


def _render_prompt(prompt: str) -> str:
    """Return a prompt; what was pasted above it, and the end of a long one, are folded."""
    above, words = part(prompt.strip())
    shown, rest = _cut(words)
    html = _render_prose(shown)
    if rest:
        html += _render_fold(f"The rest: {counted(len(rest), 'character')}", rest)
    if above:
        html += _render_fold(
            f"With it, from the notebook: {counted(len(above), 'character')}", above
        )
    return html


def _cut(words: str) -> tuple[str, str]:
    """Return the beginning of a long prompt, whole lines of it if there are such, and its rest."""
    if len(words) <= LONGEST_PROMPT:
        return words, ""
    end = words.rfind("\n", 0, LONGEST_PROMPT // 2) + 1 or LONGEST_PROMPT // 2
    return words[:end].rstrip("\n"), words[end:]


def _render_fold(summary: str, text: str) -> str:
    return (
        f'<details dir="auto"><summary dir="auto">{summary}</summary>{render_text(text)}</details>'
    )


def _render_prose(prompt: str) -> str:
    """Return a prompt as a paragraph, or as it is where it is laid out with white space."""
    if _LAYOUT.search(prompt):
        return render_text(prompt.strip("\r\n"))
    lines = clean_text(prompt).split("\n")
    return f"<p>{'<br>'.join(map(escape_text, lines))}</p>"


_LAYOUT = re.compile(r"\n[ \t]|[ \t]{2}|\t")

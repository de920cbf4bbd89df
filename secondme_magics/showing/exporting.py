"""A conversation for other readers: Markdown, a web page that stands alone, OpenAI's messages.

Pure: returns the text of a file, fit for any sink.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from secondme_magics.conversation.fences import open_fence
from secondme_magics.conversation.unicode import to_json
from secondme_magics.markdown.blocks import render_markdown, render_text
from secondme_magics.markdown.code import STYLE
from secondme_magics.markdown.escaping import without_html
from secondme_magics.markdown.safety import clean_text
from secondme_magics.showing.origin import UNKNOWN
from secondme_magics.showing.rendering import (
    notes_of,
    render_line,
    render_piece,
    render_thought,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.turns import Turn

_PAGE = """\
<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>body {{ font-family: sans-serif; margin: 2em auto; max-width: 50em; padding: 0 1em }}</style>
{style}
</head>
<body>
<h1>{name}</h1>
{body}
</body>
</html>
"""


def to_markdown(conversation: Conversation) -> str:
    """Return `conversation` as Markdown: prompts are quoted, answers stand as they were written.

    But nothing in a turn reaches into the next one: a code block in which an answer was cut ends
    with the answer, HTML is text and images are links, as they are where an answer is shown.
    """
    parts = [f"# {conversation.name}"]
    if conversation.system:
        parts += ["System message:", _quoted(conversation.system)]
    for turn in conversation.turns:
        parts += [f"## {turn.number}", _quoted(turn.prompt), _closed(turn.reply.text)]
        parts += [f"*{without_html(note)}*" for note in _notes(turn)]
    return clean_text("\n\n".join(part for part in parts if part) + "\n")


def to_page(conversation: Conversation) -> str:
    """Return `conversation` as a web page that loads nothing and runs nothing."""
    parts = []
    if conversation.system:
        parts.append(_section("System message", render_text(conversation.system), ""))
    for turn in conversation.turns:
        notes = "".join(map(render_line, _notes(turn)))
        answer = render_thought(turn.reply.reasoning) + render_markdown(turn.reply.text) + notes
        parts.append(_section(str(turn.number), render_text(turn.prompt), render_piece(answer)))
    name = escape(clean_text(conversation.name))
    return _PAGE.format(name=name, style=STYLE, body="\n".join(parts))


def to_messages(conversation: Conversation) -> str:
    """Return what of `conversation` is sent with the next prompt, as OpenAI's API takes it."""
    messages = [message._asdict() for message in conversation.messages("next")[:-1]]
    return f"{to_json(messages)}\n"


class Export(NamedTuple):
    """A kind of file that a conversation is exported as.

    Args:
        to_text: Returns the text of the file.
        mime: Its media type.
    """

    to_text: Callable[[Conversation], str]
    mime: str


EXPORTS = {
    ".md": Export(to_markdown, "text/markdown"),
    ".html": Export(to_page, "text/html"),
    ".json": Export(to_messages, "application/json"),
}
"""What a conversation is exported as, by the suffix of the file."""


def _notes(turn: Turn) -> list[str]:
    failure = ["It failed."] if turn.reply.state == "failed" and not turn.reply.text else []
    return [*failure, *notes_of(turn.reply, UNKNOWN)]


def _quoted(text: str) -> str:
    lines = clean_text(text).split("\n")
    return without_html("\n".join(f"> {line}".rstrip() for line in lines))


def _closed(text: str) -> str:
    text = without_html(clean_text(text).strip())
    fence = open_fence(text)
    return f"{text}\n{fence}" if fence else text


def _section(title: str, above: str, below: str) -> str:
    quoted = render_piece(f"<blockquote>{above}</blockquote>")
    return f"<section>\n<h2>{title}</h2>\n{quoted}\n{below}\n</section>"

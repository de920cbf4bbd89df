"""A conversation for other readers: Markdown, a web page that stands alone, OpenAI's messages.

Returns the text of a file, fit for any sink; asks nothing but the day.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from secondme_magics.conversation.fences import open_fence
from secondme_magics.conversation.unicode import to_json
from secondme_magics.errors import one_line
from secondme_magics.markdown.blocks import render_markdown
from secondme_magics.markdown.code import STYLE
from secondme_magics.markdown.escaping import without_html
from secondme_magics.markdown.safety import clean_text, escape_text
from secondme_magics.showing.counting import count_turns
from secondme_magics.showing.pasted import part
from secondme_magics.showing.reading import (
    ANSWER,
    LOOKS,
    RULE,
    lines_of,
    render_turn,
    render_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from secondme_magics.conversation.conversation import Conversation

    Speakers = Mapping[int, str]
    """Who answered, by the number of the turn, as far as that is known."""

NOBODY: Speakers = MappingProxyType({})

_CSS = """
:root {
  color-scheme: light dark;
  --jp-code-font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
body {
  margin: 0; padding: 2.5em 1.2em 4em; color: #1f2328; background: #ffffff;
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 46em; margin: 0 auto; }
main > h1 { margin: 0 5px 0.2em; font-size: 1.6em; line-height: 1.25; overflow-wrap: anywhere; }
main > h1 + p { margin: 0 5px 2.2em; font-size: 0.9em; opacity: 0.75; overflow-wrap: anywhere; }
.secondme + hr { margin: 1.8em 5px; }
a { color: #0a58ca; }
p, ul, ol { margin: 0 0 0.8em; }
code {
  padding: 0.1em 0.35em; border-radius: 3px; background: var(--sm-soft);
  font-family: var(--jp-code-font-family); font-size: 0.9em;
}
.secondme .highlight pre { font-size: 0.9em; line-height: 1.5; }
.secondme > blockquote {
  margin: 0 0 0.8em; padding: 0 0 0 0.9em; border-inline-start: 5px solid var(--sm-line);
}
.secondme > :is(blockquote, details) > :last-child { margin-bottom: 0; }
table { border-collapse: collapse; font-size: 0.95em; }
.secondme :is(th, td) { padding: 0.35em 0.75em; border: 1px solid var(--sm-line); }
th { background: var(--sm-soft); }
@media (prefers-color-scheme: dark) {
  :root {
    --jp-mirror-editor-keyword-color: #7ee2a0; --jp-mirror-editor-def-color: #8fb8ff;
    --jp-mirror-editor-string-color: #ff9d94; --jp-mirror-editor-number-color: #7ee2a0;
    --jp-mirror-editor-operator-color: #cf9bff;
  }
  body { color: #e6e8eb; background: #17191c; }
  a { color: #82b6ff; }
}
@media print {
  body { padding: 0; }
  pre { white-space: pre-wrap !important; overflow-wrap: anywhere; }
}
"""

_MADE_BY = '<meta name="generator" content="secondme_magics">'
_PAGE = """\
<!doctype html>
<html>
<head>
{made_by}
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{style}
</head>
<body>
<main>
<h1 dir="auto">{heading}</h1>
<p dir="auto">{about}</p>
{body}
</main>
</body>
</html>
"""


def to_markdown(
    conversation: Conversation, speakers: Speakers = NOBODY, day: date | None = None
) -> str:
    """Return `conversation` as Markdown: prompts are quoted, answers stand as they were written.

    But nothing in a turn reaches into the next one: a code block in which an answer was cut ends
    with the answer, HTML is text and images are links, as they are where an answer is shown.

    Args:
        conversation: What was said.
        speakers: Who answered.
        day: When this is written; left out if it is not given.
    """
    parts = [f"# {without_html(_title(conversation))}"]
    if day:
        parts.append(f"*{without_html(_about(conversation, day))}*")
    if conversation.system:
        parts += ["**System message**", _quoted(conversation.system)]
    for number, turn in enumerate(conversation.turns):
        speaker = without_html(one_line(speakers.get(turn.number, ANSWER)))
        parts += ["---"] if number or conversation.system else []
        parts += ["**You**", _quoted(turn.prompt)]
        parts += [f"**{speaker}**", _closed(turn.reply.text)]
        parts += [f"*{without_html(line)}*" for line in lines_of(turn)]
    return clean_text("\n\n".join(part for part in parts if part) + "\n")


def to_page(
    conversation: Conversation, speakers: Speakers = NOBODY, day: date | None = None
) -> str:
    """Return `conversation` as a web page that loads nothing and runs nothing.

    Args:
        conversation: What was said.
        speakers: Who answered.
        day: When this is written; left out if it is not given.
    """
    parts = []
    if conversation.system:
        parts.append(render_words("System message", conversation.system))
    for turn in conversation.turns:
        answer = render_markdown(turn.reply.text)
        parts.append(render_turn(turn, answer, lines_of(turn), speakers.get(turn.number, "")))
    title = _title(conversation)
    return _PAGE.format(
        made_by=_MADE_BY,
        title=escape(title),
        style=f"{STYLE}{LOOKS}<style>{' '.join(_CSS.split())}</style>",
        heading=escape_text(title),
        about=escape_text(_about(conversation, day)),
        body=f"\n{RULE}\n".join(parts),
    )


def to_messages(conversation: Conversation, *_: object) -> str:
    """Return what of `conversation` is sent with the next prompt, as OpenAI's API takes it."""
    messages = [message._asdict() for message in conversation.messages("next")[:-1]]
    return f"{to_json(messages)}\n"


class Export(NamedTuple):
    """A kind of file that a conversation is exported as.

    Args:
        render: Returns the text of the file.
        mime: Its media type.
        mark: How such a file begins, and in its groups which conversation it is of: by its title,
            which is the first prompt where nobody named it, or by its first message.
    """

    render: Callable[[Conversation, Speakers, date], str]
    mime: str
    mark: str

    def to_text(self, conversation: Conversation, speakers: Speakers = NOBODY) -> str:
        """Return the text of the file, of this day."""
        return self.render(conversation, speakers, datetime.now(timezone.utc).astimezone().date())

    def is_of_same(self, there: str, text: str) -> bool:
        """Return whether a file that begins with `there` was exported of what `text` is of."""
        before, now = re.match(self.mark, there), re.match(self.mark, text)
        return before is not None and now is not None and before.groups() == now.groups()


EXPORTS = {
    ".md": Export(
        to_markdown, "text/markdown", r"# (.*)\n\n\*(Conversation .*): .* exported on [0-9-]+\*\n"
    ),
    ".html": Export(
        to_page,
        "text/html",
        rf"<!doctype html>\n<html>\n<head>\n{_MADE_BY}(?s:.*?)(<title>.*</title>)",
    ),
    ".json": Export(
        to_messages,
        "application/json",
        r'\[\s*\{\s*"role": ("\w+"),\s*"content": ("(?:[^"\\]|\\.)*")\s*\}',
    ),
}
"""What a conversation is exported as, by the suffix of the file."""


_LONGEST_TITLE = 80

_OUR_NAME = re.compile(r"default|conversation-\d+")
"""What a conversation is called that nobody has named."""


def _title(conversation: Conversation) -> str:
    """Return the conversation's name, or the beginning of its first prompt where it has none."""
    name = one_line(clean_text(conversation.name))
    if not (_OUR_NAME.fullmatch(name) and conversation.turns):
        return name
    first = one_line(clean_text(part(conversation.turns[0].prompt)[1]))
    if len(first) <= _LONGEST_TITLE:
        return first
    return f"{first[:_LONGEST_TITLE].rsplit(' ', 1)[0]} …"


def _about(conversation: Conversation, day: date | None) -> str:
    name = one_line(clean_text(conversation.name))
    written = f", exported on {day.isoformat()}" if day else ""
    return f"Conversation {name}: {count_turns(conversation)}{written}"


def _quoted(text: str) -> str:
    lines = clean_text(text).split("\n")
    return without_html("\n".join(f"> {line}".rstrip() for line in lines))


def _closed(text: str) -> str:
    text = without_html(clean_text(text).strip())
    fence = open_fence(text)
    return f"{text}\n{fence}" if fence else text

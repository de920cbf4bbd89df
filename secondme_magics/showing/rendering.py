"""A turn as HTML, as plain text, and as the metadata that a saved notebook keeps of it.

Pure: returns strings and values, touches no front end.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from secondme_magics.conversation.fences import iter_fences
from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import one_line
from secondme_magics.markdown.blocks import MarkdownStream, render_markdown, render_text
from secondme_magics.markdown.budget import Budget
from secondme_magics.markdown.code import STYLE, render_code
from secondme_magics.markdown.room import MOST_HTML, MOST_THOUGHT, Room
from secondme_magics.markdown.safety import clean_text, escape_text
from secondme_magics.showing.counting import counted
from secondme_magics.showing.insertion import why_no_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from secondme_magics.conversation.messages import Reply, Usage
    from secondme_magics.conversation.turns import Position, Turn
    from secondme_magics.showing.origin import Metadata, Origin

Bundle = dict[str, str]

GLIMPSE = 300
"""Characters of a thought that are shown while it goes on."""

_ENDINGS = {
    "length": "Cut at the longest answer allowed: raise it with --max-tokens.",
    "content_filter": "The server's content filter cut the answer.",
}


class GrowingText:
    """A text that grows as it is; the sibling of `MarkdownStream` for the other formats."""

    _PIECE = 2048

    def __init__(self) -> None:
        self._open = ""
        self._page = Room()

    def feed(self, text: str) -> list[str]:
        """Take `text` in, and return the lines that are finished now as safe HTML."""
        self._open += text
        if len(self._open) < self._PIECE:
            return []
        end = self._open.rfind("\n") + 1 or len(self._open)
        finished, self._open = self._open[:end], self._open[end:]
        shown = self._page.fit(render_text(finished.removesuffix("\n")), finished)
        return [shown] if shown else []

    def tail(self) -> str:
        """Return what is still open as safe HTML."""
        return render_text(self._open) if self._open else ""


def start_rendering(origin: Origin) -> MarkdownStream | GrowingText:
    """Return what renders an answer of this format while it grows."""
    return MarkdownStream() if origin.format == "markdown" else GrowingText()


def render_line(text: str) -> str:
    """Return `text` as one quiet line of HTML, with the commands in it as code."""
    words = _COMMAND.sub(r"<code>\g<0></code>", escape_text(clean_text(text)))
    return f'<div class="secondme-note" dir="auto">{words}</div>'


_COMMAND = re.compile(r"(?<![%\w])%secondme [a-z]+(?: [A-Z]{2,}\b)?")


def render_waiting(seconds: float, *, connected: bool) -> str:
    """Return a line that says that the answer is waited for."""
    return render_line(render_plain_waiting(seconds, connected=connected))


def render_plain_waiting(seconds: float, *, connected: bool) -> str:
    """Return in words that the answer is waited for."""
    phase = "connected, waiting" if connected else "connecting"
    return f"{phase} · {seconds:.0f} s" if seconds >= 1 else f"{phase} …"


def render_thinking(thought: str) -> str:
    """Return the end of a thought that goes on."""
    return render_line("thinking …") + render_line(thought[-GLIMPSE:].lstrip())


def render_thought(thought: str) -> str:
    """Return a finished thought, folded."""
    if not thought.strip():
        return ""
    body = render_text(thought.strip(), MOST_THOUGHT)
    return f'<details dir="auto"><summary dir="auto">Thought</summary>{body}</details>'


def render_piece(html: str) -> str:
    """Return a piece of an answer, ready for an output of its own.

    It runs as its first words do, but for parts that have a direction of their own.
    """
    return f'<div class="secondme" dir="auto">{html}</div>'


def render_whole(body: str, reply: Reply, origin: Origin) -> str:
    """Return a whole answer: its style, its thought, its body, and what is to be known of it."""
    notes = "".join(render_line(note) for note in notes_of(reply, origin))
    words = escape_text(footer_of(reply, origin))
    footer = f'<div class="secondme-footer" dir="auto">{words}</div>'
    return f"{STYLE}{render_piece(render_thought(reply.reasoning) + body + notes + footer)}"


def render_again(reply: Reply) -> str:
    """Return an earlier answer as Markdown shows it, with its thought."""
    return STYLE + render_piece(render_thought(reply.reasoning) + render_markdown(reply.text))


def render_body(reply: Reply, origin: Origin) -> str | None:
    """Return the answer as `json` or `code` shows it; none if it is shown as it grew."""
    if origin.format == "json" and (value := _json(reply)) is not None:
        return Room().fit(render_code(value, "json"), clean_text(value))
    if origin.format == "code" and reply.code:
        return "".join(_iter_code(reply.text))
    return None if origin.format == "markdown" else render_text(reply.text)


def _iter_code(text: str) -> Iterator[str]:
    """Yield the code blocks of an answer as HTML, as many as a page holds."""
    budget, page = Budget(), Room()
    for fence in iter_fences(text):
        language = fence.language if budget.has_colours_for(fence.code) else ""
        yield page.fit(render_code(fence.code, language), fence.code)
        if page.is_full:
            break


def notes_of(reply: Reply, origin: Origin) -> list[str]:
    """Return what the reader should know of an answer, a sentence each."""
    notes = []
    if origin.format == "json" and (problem := _json_problem(reply)):
        notes.append(f"{problem}: it is shown as it came.")
    if origin.format == "code" and not reply.code:
        notes.append("The answer holds no fenced code: it is shown as it came.")
    if origin.inserts_code and reply.state == "complete":
        why_none = why_no_cell(reply, origin.has_cell)
        notes += [why_none] if why_none else []
    if reply.state == "interrupted":
        notes.append(f"Interrupted after {reply.elapsed:.1f} s.")
    if reply.state == "failed" and reply.text:
        notes.append("The answer broke off here. Later prompts leave it out.")
    if reply.state == "complete" and not reply.text.strip():
        notes.append("The server sent no text.")
    if reply.finish_reason not in {None, "stop"}:
        reason = str(reply.finish_reason)
        notes.append(_ENDINGS.get(reason, f"The server ended it with {reason!r}."))
    return [*notes, *_notes_of_position(reply, origin.position), *origin.notes]


def _notes_of_position(reply: Reply, position: Position) -> list[str]:
    replaced = position.replaces
    if replaced is None or reply.state == "streaming":
        return []
    if _leaves_what_stood(reply, position):
        return [f"Turn {replaced.number} of this conversation stays as it was."]
    verb = "Goes on with" if position.continues else "Replaces"
    return [f"{verb} turn {replaced.number} of this conversation."]


def _leaves_what_stood(reply: Reply, position: Position) -> bool:
    """Return whether an earlier answer stays in the conversation, and `reply` does not."""
    return position.replaces is not None and not position.replaces.gives_way_to(reply)


def footer_of(reply: Reply, origin: Origin) -> str:
    """Return one line on how an answer came about: from whom, how fast, from what."""
    parts = [
        origin.instance,
        origin.model or "",
        f"role {origin.role}" if origin.role else "",
        _seconds(reply),
        reply.finish_reason if reply.finish_reason not in {None, "stop"} else "",
        _tokens(reply.usage) if reply.usage else "",
        f"{counted(origin.sent, 'earlier turn')} sent" if origin.sent else "",
        f"put in: {', '.join(origin.inserted)}" if origin.inserted else "",
    ]
    return " · ".join(_short(one_line(part)) for part in parts if part)


_LONGEST_OF_FOOTER = 200
"""Characters of one part of the footer."""


def _short(line: str) -> str:
    is_short = len(line) <= _LONGEST_OF_FOOTER
    return line if is_short else f"{line[: _LONGEST_OF_FOOTER - 1]}…"


def _seconds(reply: Reply) -> str:
    if reply.first is None:
        return f"{reply.elapsed:.1f} s"
    return f"{reply.first:.1f} s to the first word, {reply.elapsed:.1f} s in all"


def _tokens(usage: Usage) -> str:
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    if prompt is not None and completion is not None:
        return f"{prompt:,} + {completion:,} tokens"
    counted = [count for count in (usage.total_tokens, completion, prompt) if count is not None]
    return f"{counted[0]:,} tokens" if counted else ""


def render_plain(reply: Reply) -> str:
    """Return the answer's own text, fit for any sink."""
    return clean_text(reply.text)


def render_plain_body(reply: Reply, origin: Origin) -> str:
    """Return the answer as a terminal shows it once it is whole."""
    if origin.format == "json":
        return clean_text(_json(reply) or reply.text)
    if origin.format == "code":
        return clean_text(reply.code or reply.text)
    return render_plain(reply)


def metadata(turn: Turn, origin: Origin) -> Metadata:
    """Return what a saved notebook keeps of a turn, beside its text."""
    reply = turn.reply
    kept: Metadata = {
        "instance": origin.instance,
        "conversation": origin.conversation,
        "turn": None,
        "state": reply.state,
        "finish_reason": one_line(reply.finish_reason) if reply.finish_reason else None,
        "elapsed": round(reply.elapsed, 3),
        "usage": asdict(reply.usage) if reply.usage else None,
    }
    if origin.keeps_prompt:
        kept |= _what_restores(turn, origin)
    return {"secondme": {name: _writable(value) for name, value in kept.items()}}


def _what_restores(turn: Turn, origin: Origin) -> Metadata:
    """Return what a turn is restored from, beside its answer."""
    kept: Metadata = {
        "turn": turn.number if origin.is_kept else None,
        "prompt": turn.prompt,
        "revision": turn.revision,
        **origin.besides,
    }
    stays = _leaves_what_stood(turn.reply, origin.position)
    if stays or not turn.is_sent:
        kept |= origin.otherwise
    if stays:
        kept["stays"] = True
    return kept


def _writable(value: object) -> object:
    """Return `value` so that a notebook can be saved with it: half a character cannot be."""
    return without_surrogates(value) if isinstance(value, str) else value


def _json(reply: Reply) -> str | None:
    try:
        return _laid_out(reply.json())
    except (ValueError, RecursionError):
        return None


def _laid_out(value: object) -> str:
    """Return `value` as JSON, a line for each part of it unless the lines outgrow a page.

    What is nested a hundred levels deep has two hundred spaces before each number.
    """
    parts: list[str] = []
    size = 0
    for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
        parts.append(part)
        size += len(part)
        if size > MOST_HTML:
            return json.dumps(value, ensure_ascii=False)
    return "".join(parts)


def _json_problem(reply: Reply) -> str:
    """Return why the answer is not shown as JSON; nothing if it is."""
    try:
        reply.json()
    except ValueError as error:
        return f"T{str(error)[1:]}"  # "the answer holds no JSON value", as a sentence
    return "" if _json(reply) is not None else "The JSON is nested too deeply to be laid out"

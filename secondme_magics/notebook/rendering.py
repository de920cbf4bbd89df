"""A turn as HTML, as plain text, and as the metadata that a saved notebook keeps of it.

Pure: returns strings and values, touches no front end.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from secondme_magics.conversation.conversation import END
from secondme_magics.conversation.fences import iter_fences
from secondme_magics.markdown.blocks import MarkdownStream, render_markdown, render_text
from secondme_magics.markdown.code import STYLE, render_code
from secondme_magics.markdown.safety import clean_text, escape_text

if TYPE_CHECKING:
    from secondme_magics.conversation.conversation import Position, Turn
    from secondme_magics.conversation.messages import Reply
    from secondme_magics.notebook.options import Format

Bundle = dict[str, str]
Metadata = dict[str, object]

_GLIMPSE = 300
"""Characters of a thought that are shown while it goes on."""

_ENDINGS = {
    "length": "Cut at the longest answer allowed: raise it with --max-tokens.",
    "content_filter": "The server's content filter cut the answer.",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer comes from, and how it is wanted.

    Args:
        instance: The name of who answers.
        conversation: The name of the conversation.
        format: How the answer is shown.
        is_kept: Whether the conversation keeps the turn.
        is_streamed: Whether it was asked for in pieces.
        notes: What the reader should know besides, a sentence each.
        position: Where in the conversation it was asked.
        besides: What the saved notebook keeps of the turn besides.
    """

    instance: str
    conversation: str
    format: Format = "markdown"
    is_kept: bool = True
    is_streamed: bool = True
    notes: tuple[str, ...] = ()
    position: Position = END
    besides: Metadata = field(default_factory=dict)


class GrowingText:
    """A text that grows as it is; the sibling of `MarkdownStream` for the other formats."""

    _PIECE = 2048

    def __init__(self) -> None:
        self._open = ""

    def feed(self, text: str) -> list[str]:
        """Take `text` in, and return the lines that are finished now as safe HTML."""
        self._open += text
        if len(self._open) < self._PIECE:
            return []
        end = self._open.rfind("\n") + 1 or len(self._open)
        finished, self._open = self._open[:end], self._open[end:]
        return [render_text(finished.removesuffix("\n"))]

    def tail(self) -> str:
        """Return what is still open as safe HTML."""
        return render_text(self._open) if self._open else ""


def start_rendering(origin: Origin) -> MarkdownStream | GrowingText:
    """Return what renders an answer of this format while it grows."""
    return MarkdownStream() if origin.format == "markdown" else GrowingText()


def render_line(text: str) -> str:
    """Return `text` as one quiet line of HTML."""
    return f'<div class="secondme-note">{escape_text(clean_text(text))}</div>'


def render_waiting(seconds: float, *, connected: bool) -> str:
    """Return a line that says that the answer is waited for."""
    return render_line(render_plain_waiting(seconds, connected=connected))


def render_plain_waiting(seconds: float, *, connected: bool) -> str:
    """Return in words that the answer is waited for."""
    phase = "connected, waiting" if connected else "connecting"
    return f"{phase} · {seconds:.0f} s" if seconds >= 1 else f"{phase} …"


def render_thinking(thought: str) -> str:
    """Return the end of a thought that goes on."""
    return render_line("thinking …") + render_line(thought[-_GLIMPSE:].lstrip())


def render_thought(thought: str) -> str:
    """Return a finished thought, folded."""
    if not thought.strip():
        return ""
    return f"<details><summary>Thought</summary>{render_text(thought.strip())}</details>"


def render_piece(html: str) -> str:
    """Return a piece of an answer, ready for an output of its own."""
    return f'<div class="secondme">{html}</div>'


def render_whole(body: str, reply: Reply, origin: Origin) -> str:
    """Return a whole answer: its style, its thought, its body, and what is to be known of it."""
    notes = "".join(render_line(note) for note in notes_of(reply, origin))
    return f"{STYLE}{render_piece(render_thought(reply.reasoning) + body + notes)}"


def render_again(reply: Reply) -> str:
    """Return an earlier answer as Markdown shows it, with its thought."""
    return STYLE + render_piece(render_thought(reply.reasoning) + render_markdown(reply.text))


def render_body(reply: Reply, origin: Origin) -> str | None:
    """Return the answer as `json` or `code` shows it; none if it is shown as it grew."""
    if origin.format == "json" and (value := _json(reply)) is not None:
        return render_code(value, "json")
    if origin.format == "code" and reply.code:
        fences = iter_fences(reply.text)
        return "".join(render_code(fence.code, fence.language) for fence in fences)
    return None if origin.format == "markdown" else render_text(reply.text)


def notes_of(reply: Reply, origin: Origin) -> list[str]:
    """Return what the reader should know of an answer, a sentence each."""
    notes = []
    if origin.format == "json" and _json(reply) is None:
        notes.append("The answer is no JSON: it is shown as it came.")
    if origin.format == "code" and not reply.code:
        notes.append("The answer holds no fenced code: it is shown as it came.")
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
    if not replaced.gives_way_to(reply):
        return [f"Turn {replaced.number} of this conversation stays as it was."]
    verb = "Goes on with" if position.continues else "Replaces"
    return [f"{verb} turn {replaced.number} of this conversation."]


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
    kept = {
        "instance": origin.instance,
        "conversation": origin.conversation,
        "turn": turn.number if origin.is_kept else None,
        "state": reply.state,
        "finish_reason": reply.finish_reason,
        "elapsed": round(reply.elapsed, 3),
        "usage": asdict(reply.usage) if reply.usage else None,
        "prompt": turn.prompt,
        **origin.besides,
    }
    return {"secondme": kept}


def _json(reply: Reply) -> str | None:
    try:
        return json.dumps(reply.json(), indent=2, ensure_ascii=False)
    except ValueError:
        return None

"""An answer growing in a cell's output, in a terminal, in a script.

Views that a stream of words is shown in: each takes what has come, at most 20 times a second, and
at the end shows the whole answer once. Knows nothing of the network.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from IPython.core.displaypub import CapturingDisplayPublisher

from secondme_magics.markdown.blocks import MarkdownStream, render_markdown
from secondme_magics.markdown.code import STYLE
from secondme_magics.markdown.safety import TextCleaner, clean_text, with_math_as_written
from secondme_magics.notebook.shells import in_notebook, owns_cell, write
from secondme_magics.showing import rendering

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from secondme_magics.conversation.messages import Reply
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.showing.origin import Metadata, Origin
    from secondme_magics.showing.rendering import Bundle
    from secondme_magics.showing.streaming import View

SEGMENT = 4_000
"""Characters of finished HTML that are gathered before they get an output of their own."""

SEGMENTS = 40
"""Outputs of one answer before they are joined: JupyterLab shows the first 50 of a cell."""

ALLOWANCE, TIMES = 200_000, 5
"""Characters that an answer in a single output may cost: so many, and so many times its length."""


class Publisher(Protocol):
    """The part of IPython's display publisher that a view needs."""

    def publish(
        self,
        data: Bundle,
        metadata: Metadata | None = None,
        *,
        transient: dict[str, str] | None = None,
        update: bool = False,
    ) -> None:
        """Show `data` as a new output, or in place of one with the same display id."""

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - IPython's own
        """Clear the cell's output, or let the next output do it."""


class _Output:
    """One output of a cell that can be shown again, changed."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._transient = {"display_id": uuid4().hex}
        self._shown: str | None = None

    @property
    def is_shown(self) -> bool:
        """Whether it has been published."""
        return self._shown is not None

    def show(self, html: str) -> None:
        """Show `html`, in place of what the output held."""
        if html != self._shown:
            self.publish({"text/html": html})
            self._shown = html

    def publish(self, bundle: Bundle, metadata: Metadata | None = None) -> None:
        """Publish `bundle`, as a new output or in place."""
        self._publisher.publish(bundle, metadata, transient=self._transient, update=self.is_shown)
        self._shown = bundle["text/html"]


class _Answer:
    """The HTML of an answer while it grows: finished pieces, and a tail that changes."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.finished: list[str] = []
        self._thought: list[str] = []
        self._glimpse = ""
        self.has_begun = False
        self._length = 0
        self._rendering = rendering.start_rendering(origin)

    def feed(self, content: str, reasoning: str) -> list[str]:
        """Take in what has come, and return the pieces that are finished now.

        The first is the thought, folded, once the answer begins.
        """
        if reasoning:
            self._thought.append(reasoning)
            self._glimpse = (self._glimpse + reasoning)[-rendering.GLIMPSE :]
        pieces: list[str] = []
        if content and not self.has_begun:
            self.has_begun = True
            thought = rendering.render_thought("".join(self._thought))
            pieces = [thought] if thought else []
        self._length += len(content)
        pieces += self._rendering.feed(content)
        self.finished += pieces
        return pieces

    @property
    def has_thought(self) -> bool:
        """Whether a thought has begun."""
        return bool(self._thought)

    def tail(self) -> str:
        """Return what is still open."""
        if self.has_thought and not self.has_begun:
            return rendering.render_thinking(self._glimpse)
        return self._rendering.tail()

    def whole(self, turn: Turn) -> tuple[Bundle, Metadata]:
        """Return the final answer as an output's content and metadata."""
        reply = turn.reply
        body = rendering.render_body(reply, self.origin) or self._markdown(reply.text)
        html = rendering.render_whole(body, reply, self.origin)
        bundle = {"text/html": html, "text/plain": rendering.render_plain(reply)}
        return bundle, rendering.metadata(turn, self.origin)

    def _markdown(self, text: str) -> str:
        """Return the whole text as Markdown: what is rendered already is not rendered again."""
        if not isinstance(self._rendering, MarkdownStream):
            return render_markdown(text)
        self._rendering.feed(text[self._length :])
        self._rendering.finish()
        return self._rendering.whole()


def _says_nothing(turn: Turn) -> bool:
    """Return whether the answer failed before its first word: the error says it all."""
    reply = turn.reply
    return reply.state == "failed" and not (reply.text or reply.reasoning)


class CellView:
    """A view that has a cell's output to itself.

    Finished pieces become outputs that are never touched again, so the work of an update does not
    grow with the answer, and what a reader has selected stays. Only the last output changes. At
    the end one output takes the place of all; a short answer has but one from the start. An answer
    that is not streamed ends as a new output, for front ends that cannot update any.

    Outputs go only by `clear_output`. JupyterLab then lays out the emptied cell before it shows
    what follows, so a reader far down loses the place; no order of messages avoids that.
    """

    def __init__(self, publisher: Publisher, origin: Origin) -> None:
        self._publisher = publisher
        self._origin = origin
        self._answer = _Answer(origin)
        self._pending: list[str] = []
        self._segments = 0
        self._tail = _Output(publisher)

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show that no word has come for `seconds`."""
        self._show_tail(rendering.render_waiting(seconds, connected=connected))

    def update(self, content: str, reasoning: str) -> None:
        """Show what has come since the last update."""
        had_begun = self._answer.has_begun
        self._pending += self._answer.feed(content, reasoning)
        begins_after_thought = self._answer.has_thought and not had_begun and self._answer.has_begun
        if begins_after_thought or sum(map(len, self._pending)) >= SEGMENT:
            self._freeze()
        self._show_tail()

    def finish(self, turn: Turn) -> None:
        """Show the whole answer as the cell's one output."""
        in_place = self._origin.is_streamed and not self._segments and not _says_nothing(turn)
        if self._tail.is_shown and not in_place:
            self._publisher.clear_output(wait=True)
            self._tail = _Output(self._publisher)
        if not _says_nothing(turn):
            self._tail.publish(*self._answer.whole(turn))

    def _show_tail(self, note: str = "") -> None:
        self._show(with_math_as_written("".join([*self._pending, self._answer.tail(), note])))

    def _show(self, html: str) -> None:
        """Show `html` in the last output; while it is also the first, below the style."""
        above = "" if self._segments else STYLE
        self._tail.show(above + rendering.render_piece(html))

    def _freeze(self) -> None:
        """Leave the finished pieces behind in an output of their own."""
        self._show("".join(self._pending))
        self._pending.clear()
        self._segments += 1
        if self._segments == SEGMENTS:
            self._join()
        self._tail = _Output(self._publisher)

    def _join(self) -> None:
        """Put all finished pieces into one output, so that the cell has room for more."""
        self._publisher.clear_output(wait=True)
        whole = rendering.render_piece("".join(self._answer.finished))
        _Output(self._publisher).show(STYLE + whole)
        self._segments = 1


class InlineView:
    """A view among a cell's other output: one output, sent again whole, ever more rarely."""

    def __init__(self, publisher: Publisher, origin: Origin) -> None:
        self._output = _Output(publisher)
        self._answer = _Answer(origin)
        self._spent = 0
        self._length = 0

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show that no word has come for `seconds`."""
        self._show(rendering.render_waiting(seconds, connected=connected))

    def update(self, content: str, reasoning: str) -> None:
        """Show what has come, unless too much has been spent on this answer already."""
        self._length += sum(map(len, self._answer.feed(content, reasoning)))
        if self._spent <= ALLOWANCE + TIMES * self._length:
            self._show()

    def finish(self, turn: Turn) -> None:
        """Show the whole answer in place."""
        if not _says_nothing(turn):
            self._output.publish(*self._answer.whole(turn))
        elif self._output.is_shown:
            self._output.show("")

    def _show(self, note: str = "") -> None:
        pieces = [*self._answer.finished, self._answer.tail(), note]
        html = STYLE + rendering.render_piece(with_math_as_written("".join(pieces)))
        self._spent += len(html)
        self._output.show(html)


class FinalView:
    """A view that shows the whole answer, once: what is captured cannot be updated."""

    def __init__(self, publisher: Publisher, origin: Origin) -> None:
        self._publisher = publisher
        self._answer = _Answer(origin)

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show nothing yet."""

    def update(self, content: str, reasoning: str) -> None:
        """Show nothing yet."""

    def finish(self, turn: Turn) -> None:
        """Show the whole answer."""
        if not _says_nothing(turn):
            _Output(self._publisher).publish(*self._answer.whole(turn))


class TerminalView:
    """A view that prints the words as they come."""

    def __init__(self, origin: Origin, *, live: bool) -> None:
        self._origin = origin
        self._live = live
        self._streams = live and origin.format in {"markdown", "text"}
        self._cleaner = TextCleaner()
        self._written = 0
        self._thinks = False

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Say on the current line that no word has come for `seconds`."""
        if self._live and not self._written:
            write(f"\r\x1b[K{rendering.render_plain_waiting(seconds, connected=connected)}")

    def update(self, content: str, reasoning: str) -> None:
        """Print what has come."""
        if reasoning and self._live and not self._thinks:
            write("\r\x1b[Kthinking …")
            self._thinks = True
        if content and self._streams:
            write("" if self._written else "\r\x1b[K")
            write(self._cleaner.feed(content))
            self._written += len(content)

    def finish(self, turn: Turn) -> None:
        """Print what was not printed yet, and what is to be known of the answer."""
        if self._live and not self._written:
            write("\r\x1b[K")
        if _says_nothing(turn):
            return
        if self._streams:
            rest = turn.reply.text[self._written :]
            write(self._cleaner.feed(rest) + self._cleaner.flush())
        else:
            write(rendering.render_plain_body(turn.reply, self._origin))
        write("\n")
        for note in rendering.notes_of(turn.reply, self._origin):
            write(f"[{clean_text(note)}]\n")
        if self._live:
            write(f"[{clean_text(rendering.footer_of(turn.reply, self._origin))}]\n")


class QuietView:
    """A view that shows nothing."""

    def wait(self, seconds: float, *, connected: bool) -> None:
        """Show nothing."""

    def update(self, content: str, reasoning: str) -> None:
        """Show nothing."""

    def finish(self, turn: Turn) -> None:
        """Show nothing."""


def view_for(shell: InteractiveShell, origin: Origin) -> View:
    """Return the view that fits where `shell` shows its output."""
    publisher: Publisher = shell.display_pub
    if not in_notebook(shell):
        return TerminalView(origin, live=sys.stdout.isatty())
    if isinstance(publisher, CapturingDisplayPublisher):
        return FinalView(publisher, origin)
    if owns_cell(shell):
        return CellView(publisher, origin)
    return InlineView(publisher, origin)


def show_reply(shell: InteractiveShell, reply: Reply) -> None:
    """Show a reply that was asked for earlier, as Markdown."""
    html = rendering.render_again(reply)
    shell.display_pub.publish({"text/html": html, "text/plain": rendering.render_plain(reply)})

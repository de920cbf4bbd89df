"""What stays of a panel when the kernel is gone: its conversation as a plain output below it.

Safe HTML and text, and in the output's metadata what `%secondme restore` needs. The live panel's
style sheet hides it.
"""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import asdict
from functools import partial
from threading import Timer
from typing import TYPE_CHECKING
from uuid import uuid4

from secondme_magics.conversation.unicode import without_surrogates
from secondme_magics.errors import one_line
from secondme_magics.markdown.blocks import render_text
from secondme_magics.markdown.code import STYLE
from secondme_magics.markdown.safety import clean_text, escape_text
from secondme_magics.notebook.looking_back import LONGEST
from secondme_magics.panel.board import Shown
from secondme_magics.showing.exporting import to_markdown
from secondme_magics.showing.origin import UNKNOWN
from secondme_magics.showing.reading import LOOKS, RULE, fit, lines_of, render_turn
from secondme_magics.showing.rendering import render_line, render_piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from secondme_magics.conversation.conversation import Conversation
    from secondme_magics.conversation.turns import Turn
    from secondme_magics.notebook.display import Publisher
    from secondme_magics.panel.board import Board
    from secondme_magics.panel.panel import Panel
    from secondme_magics.showing.origin import Metadata
    from secondme_magics.showing.rendering import Bundle

    Turns = tuple[Turn, ...]

HINT = (
    "A chat stands here while its kernel runs. If you see none, the front end lacks anywidget: "
    "install secondme-magics where the Jupyter server runs too, and reload the page. "
    "%%secondme asks without it."
)

MUCH = 100_000
"""Characters that are not sent at the end of each turn, but in the next rest."""

REST = 2.0
"""Seconds in which nothing has changed."""


class Transcript:
    """The output below a panel.

    Args:
        publisher: Where it is shown; the panel's cell has it.
        panel: Whose conversation it holds.
        board: How turns are shown.
    """

    def __init__(self, publisher: Publisher, panel: Panel, board: Board) -> None:
        self._publisher = publisher
        self._panel = panel
        self._board = board
        self._mark = f'data-panel="{panel.model_id}"'
        self._transient = {"display_id": uuid4().hex}
        self._talks: list[Conversation] = []
        self._shown: object = None
        self._size = 0
        self._later: Timer | None = None

    def show_soon(self, *, is_kept: bool) -> None:
        """Show what was said by now, or, if that is much, once the panel has come to rest.

        All of it is sent each time, so a long chat would send far more than its answers: in a
        rest nobody waits for it, and prompts that follow each other quickly send it once.
        """
        with self._board.lock:
            if self._size < MUCH:
                self.show(is_kept=is_kept)
                return
            self._forget_later()
            show = partial(copy_context().run, self._show_at_rest, is_kept=is_kept)
            self._later = Timer(REST, show)
            self._later.daemon = True
            self._later.start()

    def _show_at_rest(self, *, is_kept: bool) -> None:
        with self._board.lock:
            if not self._panel.is_busy:
                self.show(is_kept=is_kept)

    def _forget_later(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def show(self, *, is_kept: bool) -> None:
        """Show what was said by now in all that the panel has shown; nothing if none is kept."""
        with self._board.lock:
            self._forget_later()
            self._show(is_kept=is_kept)

    def _show(self, *, is_kept: bool) -> None:
        current = self._panel.conversation
        self._talks = [current, *(talk for talk in self._talks if talk is not current)]
        said = [(talk, _ended(talk)) for talk in self._talks if is_kept and _ended(talk)]
        pages = (self._panel.was_heard, self._panel.reloads)
        state = ([(talk.name, talk.system, turns) for talk, turns in said], pages)
        if state == self._shown:
            return
        bundle = self._bundle(said) if said else self._hint()
        kept = [_to_fields(talk, turns) for talk, turns in said]
        metadata: Metadata = {"secondme": {"transcript": kept}} if kept else {}
        is_update, self._shown = self._shown is not None, state
        self._size = sum(map(len, bundle.values()))
        self._publisher.publish(bundle, metadata, transient=self._transient, update=is_update)
        if self._panel.reloads:  # a page that was loaded anew knows no names of outputs
            self._panel.tell("kept", output={"data": bundle, "metadata": metadata})

    def _bundle(self, said: list[tuple[Conversation, Turns]]) -> Bundle:
        body = RULE.join(fit(self._iter_parts(said)))
        text = "\n".join(to_markdown(talk) for talk, _ in said)
        return {"text/html": STYLE + LOOKS + self._wrapped(body), "text/plain": text}

    def _iter_parts(self, said: list[tuple[Conversation, Turns]]) -> Iterator[str]:
        """Yield the turns as HTML, from the last one to the first."""
        room = LONGEST
        for talk, turns in reversed(said):
            for turn in reversed(turns):
                if room >= 0:
                    room -= len(self._board.shown(talk, turn).whole)
                shown = self._board.known(talk, turn) or Shown(turn, [], "")
                is_named = len(said) > 1 and turn is turns[0]
                above = _render_name(talk.name) if is_named else ""
                yield above + _render(turn, shown, has_markup=room >= 0)

    def _hint(self) -> Bundle:
        text = "" if self._panel.was_heard else HINT
        return {"text/html": self._wrapped(render_line(text) if text else ""), "text/plain": text}

    def _wrapped(self, html: str) -> str:
        """Return `html` marked as this panel's: a cell may hold two, and a page replaces one."""
        return f'<div class="secondme-transcript" {self._mark}>{html}</div>'


def _ended(talk: Conversation) -> Turns:
    return tuple(turn for turn in talk.turns if turn.reply.state != "streaming")


def _render(turn: Turn, shown: Shown, *, has_markup: bool) -> str:
    origin = shown.origin or UNKNOWN
    error = shown.error if turn.reply.state == "failed" else None
    answer = shown.whole if has_markup else render_text(turn.reply.text)
    return render_turn(turn, answer, lines_of(turn, origin, error), origin.instance)


def _render_name(name: str) -> str:
    return render_piece(f"<p>Conversation <em>{escape_text(clean_text(name))}</em></p>")


def _to_fields(talk: Conversation, turns: Turns) -> dict[str, object]:
    told = [_to_turn(turn) for turn in turns]
    trunks = [trunk._asdict() for trunk in talk.trunks]
    return {"conversation": talk.name, "system": talk.system, "trunks": trunks, "turns": told}


def _to_turn(turn: Turn) -> dict[str, object]:
    reply = turn.reply
    reason = reply.finish_reason
    return {
        "turn": turn.number,
        "revision": turn.revision,
        "prompt": without_surrogates(turn.prompt),
        "text": clean_text(reply.text),
        "state": reply.state,
        "finish_reason": None if reason is None else one_line(reason),
        "elapsed": round(reply.elapsed, 3),
        "usage": asdict(reply.usage) if reply.usage else None,
        "place": asdict(turn.place) if turn.place else None,
    }

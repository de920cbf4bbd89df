"""What a page can hold: HTML beyond it is left out, formulas are not typeset; a note says so.

Counts bytes. What is left out is lost to the page alone: a text is kept whole beside its HTML.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from secondme_magics.markdown.safety import FORMULA, as_written

if TYPE_CHECKING:
    import re

MOST_HTML = 1_500_000
"""Bytes of the HTML of an answer, whatever it is made of."""
MOST_THOUGHT = 400_000
"""The same for the thought above it: together they are under two megabytes."""
MOST_TEX = 20_000
"""Characters of an answer's formulas; a host takes about a millisecond to typeset one."""
NOTE = "The rest is too long to be shown here: the reply and %secondme save have all of it."
NOTE_TEX = "Not all formulas are typeset from here on: there are too many."

_PLAIN = '<pre class="secondme-text">'
"""How nothing begins that comes from the parser: it has no such class."""


def plain(text: str, note: str = "") -> str:
    """Return `text` as safe HTML that shows it as it is and wraps, with a note below it."""
    shown = f"{_PLAIN}<span></span>{escape(text, quote=False)}</pre>\n"
    return shown + _noted(note) if note else shown


def is_plain(html: str) -> bool:
    """Return whether `plain` made `html`."""
    return html.startswith(_PLAIN)


class Room:
    """What is left of a page; once something did not fit, nothing more is shown.

    Args:
        most: Bytes of HTML.
    """

    def __init__(self, most: int = MOST_HTML) -> None:
        self._left = most
        self._tex = MOST_TEX

    @property
    def is_full(self) -> bool:
        """Whether something did not fit."""
        return self._left < 0

    def fit(self, html: str, source: str) -> str:
        """Return `html`, or as much of its `source` as fits, with a note, or nothing."""
        if self.is_full:
            return ""
        html = self._with_less_math(html)
        size = _size_of(html)
        if size <= self._left:
            self._left -= size
            return html
        left, self._left = self._left, -1
        return plain(_beginning(source, left), NOTE)

    def _with_less_math(self, html: str) -> str:
        had_room = self._tex >= 0
        html = FORMULA.sub(self._formula, html)
        return _noted(NOTE_TEX) + html if had_room and self._tex < 0 else html

    def _formula(self, found: re.Match[str]) -> str:
        self._tex -= len(found["tex"])
        return found[0] if self._tex >= 0 else as_written(found)


def _noted(note: str) -> str:
    return f'<p class="secondme-note">{escape(note)}</p>\n'


def _beginning(text: str, most: int) -> str:
    """Return the beginning of `text` that has at most `most` bytes as HTML."""
    while (size := _size_of(escape(text, quote=False))) > most:
        text = text[: len(text) * most // size]
    return text


def _size_of(html: str) -> int:
    return len(html) if html.isascii() else len(html.encode())

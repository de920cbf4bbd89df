"""A small table as safe HTML and as aligned text, and how it is shown.

Knows nothing of what stands in it, and distrusts all of it.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

from secondme_magics.markdown.code import STYLE
from secondme_magics.markdown.safety import clean_text, escape_text, sanitize
from secondme_magics.notebook.shells import in_notebook, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

_GAP = "  "

_JOINED = ("Mn", "Me", "Cf")
"""What stands upon the character before it, as an accent, or is not seen, as a joiner."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and what the reader should know of it.

    Args:
        heads: What stands above the columns.
        rows: What stands in them, a line each.
        notes: A sentence each.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def render_html(self) -> str:
        """Return the table as HTML that is safe to show."""
        notes = "".join(f'<p class="secondme-note">{_html(note)}</p>' for note in self.notes)
        return f'{STYLE}<div class="secondme">{sanitize(self._html_rows() + notes)}</div>'

    def render_plain(self, width: int = sys.maxsize) -> str:
        """Return the table as aligned text, its last column cut where the lines get too long.

        Args:
            width: Columns of the screen.
        """
        lines = [[clean_text(cell) for cell in row] for row in (self.heads, *self.rows)]
        columns = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        rows = [
            _cut(_GAP.join(map(_pad, row, columns)).rstrip(), width)
            for row in (lines if self.rows else [])
        ]
        return "\n".join([*rows, *([""] * bool(rows)), *map(clean_text, self.notes)])

    def _html_rows(self) -> str:
        if not self.rows:
            return ""
        head = "".join(f"<th>{_html(each)}</th>" for each in self.heads)
        body = "".join(
            f"<tr>{''.join(f'<td>{_html(cell)}</td>' for cell in row)}</tr>" for row in self.rows
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f'<div class="secondme-table">{table}</div>'


def show_table(shell: InteractiveShell, table: Table) -> None:
    """Show `table` as an output of the running cell, or on the terminal."""
    if in_notebook(shell):
        bundle = {"text/html": table.render_html(), "text/plain": table.render_plain()}
        shell.display_pub.publish(bundle)
        return
    write(f"{table.render_plain(shutil.get_terminal_size().columns)}\n")


def _html(text: str) -> str:
    return escape_text(clean_text(text))


def _width(text: str) -> int:
    """Return how many columns `text` takes: East Asia's characters two each, joined marks none."""
    return sum(0 if category(c) in _JOINED else 1 + (east_asian_width(c) in "WF") for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    text = text[:width]
    while _width(text) >= width:
        text = text[:-1]
    return f"{text}…"

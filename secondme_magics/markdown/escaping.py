"""Markdown for other readers: HTML is text and images are links, as where we show it ourselves.

Only what would begin one is changed, by a backslash before it; code stays to the letter. Shows
nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt

_MARK = re.compile(
    r"""
    \\.                                               # what is escaped already
    | (?P<ticks>`+)                                   # may begin code
    | <(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]{1,64}@[\w.-]{1,255})>  # is a link
    | (?P<live><(?=[A-Za-z/!?])|!(?=\[))              # begins HTML or an image
    """,
    re.VERBOSE,
)


def without_html(text: str) -> str:
    """Return Markdown, clean text, with tags and comments as text, and with links for images."""
    if "<" not in text and "![" not in text:
        return text
    lines = text.split("\n")
    for token in _parser().parse(text):
        first, end = token.map or (0, 0)
        if token.type == "inline":
            is_table = bool(_TABLE.search("\n".join(lines[first : end + 1])))
            prose = "\n".join(lines[first:end])
            lines[first:end] = _escaped(prose, is_table=is_table).split("\n")
        elif token.type == "fence":  # for some readers a `|` there makes it a table's first row
            lines[first] = lines[first].replace("|", "&#124;")
    return "\n".join(lines)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - not at loading

    parser = MarkdownIt("commonmark").disable(["html_block", "reference"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _escaped(prose: str, *, is_table: bool) -> str:
    """Return `prose`, one paragraph, with a backslash before what would begin HTML or an image."""
    live = {*_iter_live(prose, 0), *_iter_blocks(prose)}
    if is_table:
        live.update(place for border in _BORDERS for place in _iter_live_in_cells(prose, border))
    places = [0, *sorted(live), len(prose)]
    return "\\".join(prose[start:end] for start, end in pairwise(places))


def _iter_blocks(prose: str) -> Iterator[int]:
    """Yield where a line begins an HTML block: that cuts apart even code that goes over lines."""
    from markdown_it.rules_block.html_block import HTML_SEQUENCES  # noqa: PLC0415 - not at loading

    for line in _LINE.finditer(prose):
        if any(opening.search(line[1]) for opening, _, cuts in HTML_SEQUENCES if cuts):
            yield line.start(1)


_LINE = re.compile(r"^[ \t>]*(<.*)", re.MULTILINE)

_TABLE = re.compile(r"^[ \t>|:]*-[-:| \t\r]*$", re.MULTILINE)
"""What may be the second row of a table, which not all readers know."""

_BORDERS = [re.compile(rf"\n|{before}\|") for before in ("", r"(?<!\\)", r"(?<!\\)(?:\\\\)*")]
"""Where a cell ends and its code with it: readers differ in what a backslash means there."""


def _iter_live_in_cells(prose: str, border: re.Pattern[str]) -> Iterator[int]:
    start = 0
    for end in (*border.finditer(prose), None):
        cell = prose[start : end.start() if end else len(prose)]
        if "<" in cell or "![" in cell:
            yield from _iter_live(cell, start)
        start = end.end() if end else 0


def _iter_live(text: str, start: int) -> Iterator[int]:
    """Yield where in `text`, which begins at `start`, something live begins outside of code."""
    runs: defaultdict[str, list[int]] = defaultdict(list)
    for match in re.finditer("`+", text):
        runs[match[0]].append(match.start())
    code_ends = 0
    for mark in _MARK.finditer(text):
        if mark.start() < code_ends:
            continue
        if mark["ticks"]:
            closing = runs[mark["ticks"]]
            index = bisect_right(closing, mark.start())
            code_ends = closing[index] + len(mark["ticks"]) if index < len(closing) else 0
        elif mark["live"]:
            yield start + mark.start()

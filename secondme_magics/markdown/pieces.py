"""Where a block that outgrows its limit while it streams is cut, to be shown in pieces.

The pieces are provisional: each is Markdown of its own that looks like its part of the block.
Knows markdown-it's tokens and the source they came from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markdown_it.token import Token


class Cut(NamedTuple):
    """Where a piece ends in the source, and what the rest needs before it to be read alike."""

    end: int
    prefix: str


def find_cut(source: str, tokens: Sequence[Token]) -> Cut | None:
    """Return where the one open block of `source` may be cut, late in it, or nothing.

    Args:
        source: Markdown that begins with the block's first line.
        tokens: What the parser made of it.
    """
    rule = _RULES.get(tokens[0].type)
    return rule(source, tokens) if rule else None


def offset_of(source: str, line: int) -> int:
    """Return where `line`, counted from 0, begins in `source`."""
    offset = 0
    for _ in range(line):
        offset = source.index("\n", offset) + 1
    return offset


def _cut_fence(source: str, tokens: Sequence[Token]) -> Cut | None:
    _, end = tokens[0].map or (0, 0)
    lines = tokens[0].content.removesuffix("\n").split("\n")
    return None if end > len(lines) + 1 else _cut_lines(source, 1)


def _cut_lines(source: str, heading: int) -> Cut | None:
    """Cut before the last line, and repeat the first `heading` lines, which say how to read it."""
    begin = offset_of(source, heading) if source.count("\n") > heading else len(source)
    end = source.rfind("\n", begin, len(source.rstrip("\n"))) + 1
    return Cut(end, source[:begin]) if end else None


def _cut_list(source: str, tokens: Sequence[Token]) -> Cut | None:
    items = [token.map[0] for token in tokens if token.level == 1 and token.map]
    end = offset_of(source, items[-1])
    is_sure = end > 0 and "|" not in source[end:].partition("\n")[0]
    return Cut(end, "") if is_sure else None


def _cut_paragraph(source: str, _tokens: Sequence[Token]) -> Cut | None:
    if source.startswith(("$$", "\\[")):
        return None
    for boundary in _BOUNDARIES:
        ends = [found.end() for found in boundary.finditer(source, len(source) // 2)]
        if ends:
            return Cut(ends[-1], "")
    return None


_BOUNDARIES = (
    re.compile(r"[.!?\u3002\uff01\uff1f]\s*(?=[^\W\d_])|\n(?=[^\W\d_])"),
    re.compile(r"\s(?=[^\W\d_])"),
    re.compile(r"\w(?=[^\W\d_])"),
)
"""Sentences, words, anything: always before a letter, where no other block can begin."""

_RULES: dict[str, Callable[[str, Sequence[Token]], Cut | None]] = {
    "fence": _cut_fence,
    "table_open": lambda source, _tokens: _cut_lines(source, 2),
    "bullet_list_open": _cut_list,
    "ordered_list_open": _cut_list,
    "paragraph_open": _cut_paragraph,
}

"""A whole answer as safe HTML, and an answer that grows, block by block.

Knows when a block of Markdown is finished and cannot change any more. Knows nothing of who shows
it. Everything that it returns is safe: see `safety`.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from secondme_magics.markdown.budget import Budget
from secondme_magics.markdown.pieces import find_cut, offset_of
from secondme_magics.markdown.render import parse_blocks, render_blocks, split_blocks
from secondme_magics.markdown.room import MOST_HTML, Room, plain
from secondme_magics.markdown.safety import TextCleaner, clean_text

if TYPE_CHECKING:
    from markdown_it.token import Token

FIRST_LOOK = 256
"""Characters after which it is first looked whether a block is finished, then each half more."""
LONGEST_PIECE = 1_500
"""Characters of an open block after which its beginning is shown for good, where it can be cut."""
LONGEST_LINE = 2_048
LONGEST_TAIL = 4_500
LONGEST_TAIL_HTML = 16_000
MOST_TAIL_TOKENS = 1_000
MOST_TAIL_BRACKETS = 200
"""What is open and goes beyond one of these is shown as plain text, and only its end."""
BRACKET = 45
"""Tokens that a `[` in words costs as much as: a link's end is looked for in twenty links deep."""
NOTE = "This part is shown as plain text: its markup is out of proportion."
NOTE_LONG = "From here on the answer is shown as plain text: it is very long."


def render_markdown(text: str) -> str:
    """Return a whole answer as safe HTML."""
    stream = MarkdownStream(has_pieces=False)
    stream.feed(text)
    stream.finish()
    return stream.whole()


def render_text(text: str, most: int = MOST_HTML) -> str:
    """Return `text` as safe HTML that shows it as it is, and wraps: its first `most` bytes."""
    text = clean_text(text)
    return Room(most).fit(plain(text), text)


class MarkdownStream:
    """An answer that grows: what is finished is returned once, what is open can be asked for.

    What `feed` and `finish` return is to be shown in its order, and `tail` below it. A block of
    more than `LONGEST_PIECE` characters comes in pieces that look like their part of it, so that
    no update grows with the answer. `whole` has each block in one: it is `render_markdown` of the
    text, however that was split, and what was returned adds up to it but for those pieces.

    Args:
        has_pieces: Whether anyone looks at the pieces of a long block.
    """

    def __init__(self, *, has_pieces: bool = True) -> None:
        self._cleaner = TextCleaner()
        self._line = ""
        self._lines: list[str] = []
        self._length = 0
        self._look = FIRST_LOOK
        self._prefix = 0
        self._pieces: list[str] = []
        self._whole: list[str] = []
        self._has_pieces = has_pieces
        self._budget = Budget()
        self._is_noted = False
        self._page, self._live_page = Room(), Room()
        self._tail: str | None = ""

    def feed(self, text: str) -> list[str]:
        """Take `text` in, and return the HTML of what is finished now and never changes again."""
        self._tail = None
        return self._take(self._cleaner.feed(text))

    def tail(self) -> str:
        """Return the HTML of what is still open; its cost does not grow with the answer."""
        if self._tail is None:
            self._tail = self._render_tail()
        return self._tail

    def finish(self) -> list[str]:
        """Return the HTML of what was still open: the answer has ended."""
        shown = self._take(self._cleaner.flush())
        source = "".join([*self._lines, self._line])
        self._line, self._tail = "", ""
        shown += self._close(source, self._parse(source))
        self._hold("")
        return shown

    def whole(self) -> str:
        """Return the HTML of all that is finished, each block in one."""
        return "".join(self._whole)

    def _take(self, text: str) -> list[str]:
        text = self._line + text
        shown: list[str] = []
        start = 0
        while end := (_end_of_plain if self._budget.is_spent else _end_of_line)(text, start):
            self._lines.append(text[start:end])
            self._length += end - start
            self._budget.earn(end - start)
            start = end
            if self._length >= self._look:
                shown += self._look_for_blocks()
        self._line = text[start:]
        return shown

    def _look_for_blocks(self) -> list[str]:
        """Return what is finished of the open lines, and hold the rest.

        A block is finished once another has begun at the top level: CommonMark reads line by
        line, and what was read before a block began cannot change.
        """
        source = _BLANK_LINES.sub("", "".join(self._lines))
        tokens = self._parse(source)
        starts = split_blocks(tokens)
        if self._budget.is_spent:
            return self._close_first(source, tokens, len(source))
        if len(starts) > 1:
            end = offset_of(source, (tokens[starts[-1]].map or [0])[0])
            return self._close_first(source, tokens[: starts[-1]], end)
        cut = find_cut(source, tokens) if starts and len(source) >= LONGEST_PIECE else None
        if cut is None:
            self._hold(source, self._prefix)
            return []
        self._pieces.append(source[self._prefix : cut.end])
        self._hold(cut.prefix + source[cut.end :], len(cut.prefix))
        return self._show_piece(source[: cut.end]) if self._has_pieces else []

    def _show_piece(self, source: str) -> list[str]:
        shown = self._live_page.fit(_joined(_render(source)), source)
        return [shown] if shown else []

    def _parse(self, source: str) -> list[Token]:
        """Return the tokens of `source`, unless the budget is spent or spent by them."""
        tokens = [] if self._budget.is_spent else parse_blocks(source)
        self._budget.spend(work=len(tokens) + 3 * source.count("\n") + 2 * _quoted_lines(tokens))
        return [] if self._budget.is_spent else tokens

    def _close_first(self, source: str, tokens: list[Token], end: int) -> list[str]:
        shown = self._close(source[:end], tokens)
        self._hold(source[end:])
        return shown

    def _close(self, source: str, tokens: list[Token]) -> list[str]:
        """Return `source`, blocks that are finished, as it is shown, and keep it as it is saved."""
        if self._pieces:
            whole = "".join([*self._pieces, source[self._prefix :]])
            self._pieces = []
            shown = render_blocks(source, tokens) if tokens else plain(source)
            self._whole.append(self._page.fit(self._affordable(whole, self._parse(whole)), whole))
        else:
            shown = self._affordable(source, tokens)
            self._whole.append(self._page.fit(shown, source))
        shown = self._live_page.fit(shown, source)
        return [shown] if shown else []

    def _affordable(self, source: str, tokens: list[Token]) -> str:
        """Return the HTML of `source`; it is plain text from where the budget is spent."""
        for token in tokens:
            if token.type == "fence" and not self._budget.has_colours_for(token.content):
                token.info = ""
        self._budget.spend(work=BRACKET * _brackets_in(tokens))
        if not self._budget.is_spent:
            html = render_blocks(source, tokens)
            self._budget.spend(html=len(html), work=sum(map(_work_of, tokens)))
        if self._budget.is_spent:
            html = plain(source, self._take_note()) if source else ""
        return html

    def _take_note(self) -> str:
        """Return why it is plain text from here on, once."""
        is_noted, self._is_noted = self._is_noted, True
        return "" if is_noted else NOTE_LONG if self._budget.is_long else NOTE

    def _hold(self, source: str, prefix: int = 0) -> None:
        self._lines = [source] if source else []
        self._length, self._prefix = len(source), prefix
        grown = FIRST_LOOK + self._length + self._length // 2
        self._look = LONGEST_PIECE if self._budget.is_spent else grown

    def _render_tail(self) -> str:
        if self._budget.is_spent or self._length > LONGEST_TAIL:
            return plain(self._ending())
        source = "".join(self._lines) + _HALF_MARK.sub("", self._line)
        tokens = parse_blocks(source)
        if len(tokens) > MOST_TAIL_TOKENS or _brackets_in(tokens) > MOST_TAIL_BRACKETS:
            return plain(source)
        _close_marks(tokens)
        html = render_blocks(source, tokens)
        return html if len(html) <= LONGEST_TAIL_HTML else plain(source)

    def _ending(self) -> str:
        """Return the last `LONGEST_PIECE` characters of what is open."""
        parts: list[str] = []
        room = LONGEST_PIECE
        for line in chain([self._line], reversed(self._lines)):
            parts.append(line[-room:])
            room -= len(parts[-1])
            if not room:
                break
        is_cut = self._length + len(self._line) > LONGEST_PIECE
        return "\u2026\n" * is_cut + "".join(reversed(parts))


_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")
_HALF_MARK = re.compile(r"\A[ \t>]*[-=*_+#`~|:]+[ \t]*\Z")
"""What opens many things, and is none of them yet: shown too early, the text would flicker."""


def _end_of_line(text: str, start: int) -> int:
    """Return where the line from `start` ends, or 0; a long one ends after `LONGEST_LINE`."""
    end = text.find("\n", start, start + LONGEST_LINE) + 1
    return end or (start + LONGEST_LINE if len(text) - start >= LONGEST_LINE else 0)


def _end_of_plain(text: str, start: int) -> int:
    """Return where the line ends in which a piece has its length, or 0: no one reads the lines."""
    return _end_of_line(text, start + LONGEST_PIECE)


def _quoted_lines(tokens: list[Token]) -> int:
    """Return how many lines stand in quotes, once for each quote: so often each was read."""
    quotes = [token.map for token in tokens if token.type == "blockquote_open" and token.map]
    return sum(last - first for first, last in quotes)


def _brackets_in(tokens: list[Token]) -> int:
    return sum(token.content.count("[") for token in tokens if token.type == "inline")


def _work_of(token: Token) -> int:
    return 40 if token.type == "fence" else 1 + len(token.children or ())


def _render(source: str) -> str:
    return render_blocks(source, parse_blocks(source))


def _joined(html: str) -> str:
    """Return the piece `html` so that what follows it looks like the same block."""
    for plain_, joined in _JOINED.items():
        if html.startswith(plain_):
            return joined + html.removeprefix(plain_)
    return html


_JOINED = {
    "<p>": '<p class="secondme-cut">',
    '<div class="highlight">': '<div class="highlight secondme-cut">',
}


def _close_marks(tokens: list[Token]) -> None:
    """Close what the last words opened and have not closed yet: code, or strong emphasis."""
    last = next((t for t in reversed(tokens) if t.type in {"inline", "fence", "code_block"}), None)
    if last and last.type == "inline":
        last.content = _with_closed_marks(last.content)


def _with_closed_marks(text: str) -> str:
    if text.count("`") % 2:
        return text + "`"
    words = text.rstrip()
    if words.count("**") % 2:
        return words.removesuffix("**") if words.endswith("**") else words + "**"
    return text
